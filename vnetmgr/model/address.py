"""The addresses that nics are known to have, and who says so."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.record import Record, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vnetmgr.model.nic import Nic
    from vnetmgr.model.values import Mac


class Origin(StrEnum):
    """Who says that a nic has an address."""

    LEASE = "lease"
    """libvirt's DHCP server: what it gave, used or not."""
    AGENT = "agent"
    """The guest's agent: what is configured in the guest."""
    ARP = "arp"
    """The host's neighbour table."""
    PORT = "port"
    """OVN, whose DHCP gives it to the nic: its port on an overlay has it."""


class Address(Record):
    """One IP address of one nic; `prefix` is the length of its network's."""

    address: str
    prefix: int
    mac: Mac
    origin: Origin
    network: str | None = None
    """The network whose DHCP gave it, and its bridge; None for other origins."""
    bridge: str | None = None
    """Of the host's neighbour table: the bridge where it has answered."""

    def belongs_to(self, nic: Nic) -> bool:
        """Whether it can be this nic's. A lease outlives the nic's move to another network."""
        if self.origin is Origin.ARP:
            return nic.bridge == self.bridge
        if self.origin not in (Origin.LEASE, Origin.PORT):
            return True
        return nic.source == Source(Mode.NETWORK, self.network) or (
            self.bridge is not None and nic.bridge == self.bridge
        )


class AddressBook(Record):
    """What is known of all addresses, and what could not be asked."""

    by_mac: Mapping[Mac, tuple[Address, ...]] = MappingProxyType({})
    not_asked: str | None = None
    """Why no agent was asked; None: each that is connected was."""
    silent: tuple[str, ...] = ()
    """The domains whose agent did not answer in time."""

    def with_more(self, found: Iterable[Address]) -> AddressBook:
        """The same, with what is known less surely."""
        by_mac = dict(self.by_mac)
        for address in found:
            by_mac[address.mac] = (*by_mac.get(address.mac, ()), address)
        return replace(self, by_mac=by_mac)

    def of(self, nic: Nic) -> tuple[Address, ...]:
        """A nic's addresses, each once: one that has a lease is a lease, whoever names it too. A
        lease that its agent knows nothing of is none: it was given before the guest moved to
        another host and back, or before it set its address by itself."""
        named = self.by_mac.get(nic.mac, ()) if nic.mac is not None else ()
        from_agent = {each.address for each in named if each.origin is Origin.AGENT}
        versions = {":" in each for each in from_agent if not each.startswith("fe80:")}
        mine: dict[str, Address] = {}
        for address in named:
            refuted = address.address not in from_agent and (":" in address.address) in versions
            if address.belongs_to(nic) and not refuted:
                mine.setdefault(address.address, address)
        return tuple(mine.values())
