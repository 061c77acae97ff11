"""What a host is to OVN."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

INTEGRATION_BRIDGE = "br-int"
"""Where ovn-controller has nics, unless it is told otherwise (ovn-controller(8))."""
EXTERNAL_IDS: Mapping[str, str] = MappingProxyType(
    {
        "system_id": "system-id",
        "southbound": "ovn-remote",
        "encap_type": "ovn-encap-type",
        "encap_ip": "ovn-encap-ip",
        "integration_bridge": "ovn-bridge",
        "bridge_mappings": "ovn-bridge-mappings",
    }
)
"""A chassis' field -> its key in Open vSwitch's external_ids (ovn-controller(8))."""


class Chassis(Record):
    """What this machine is to OVN: external_ids of its Open vSwitch (ovn-controller(8))."""

    system_id: str | None = None
    southbound: str | None = None
    encap_type: str | None = None
    encap_ip: str | None = None
    integration_bridge: str = INTEGRATION_BRIDGE
    userspace: bool | None = None
    """Whether that bridge switches in user space; None: it is not there."""
    bridge_mappings: tuple[tuple[str, str], ...] = ()
    """(physical network, bridge) of each."""
    underlay_mtu: int | None = None
    """Bytes: of the link that has `encap_ip`."""
    registered: bool = False
    """Whether OVN itself has told this of it: then it has joined, whatever else is not known."""

    @property
    def has_joined(self) -> bool:
        """Whether it is told where OVN is."""
        return self.registered or bool(self.system_id and self.southbound)
