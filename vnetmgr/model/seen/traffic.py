"""What has gone through links and nics since they were made."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping


class Traffic(Record):
    """Counters as one side sees them; they begin anew with the link."""

    receive_bytes: int
    receive_packets: int
    receive_errors: int
    receive_drops: int
    transmit_bytes: int
    transmit_packets: int
    transmit_errors: int
    transmit_drops: int

    def from_the_other_side(self) -> Traffic:
        """The same, as who is at the other end of the wire sees it: what a tap sends, its guest
        receives."""
        return Traffic(
            receive_bytes=self.transmit_bytes,
            receive_packets=self.transmit_packets,
            receive_errors=self.transmit_errors,
            receive_drops=self.transmit_drops,
            transmit_bytes=self.receive_bytes,
            transmit_packets=self.receive_packets,
            transmit_errors=self.receive_errors,
            transmit_drops=self.receive_drops,
        )


class DomainActivity(Record):
    """What libvirt says of a domain in its one call for all of them."""

    name: str
    uuid: str
    run: int
    """The number of its run, another at each start; -1: it is off."""
    traffic: Mapping[str, Traffic] = MappingProxyType({})
    """Target -> what its guest has received and sent there, where that was asked for."""
