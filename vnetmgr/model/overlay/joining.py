"""What a machine needs to become a chassis of OVN, and what is wanted of it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

from vnetmgr.model.intent import Intent
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.record import Record, Row
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.errors import VnetError
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.overlay.southbound import Southbound
    from vnetmgr.model.overlay.tls import TlsFiles

Datapath: TypeAlias = Literal["userspace", "kernel"]
DATAPATH_TYPES: Mapping[str, str] = MappingProxyType({"userspace": "netdev", "kernel": "system"})
"""As Open vSwitch calls them; an empty type is the kernel's."""
ENCAP_TYPES = ("geneve", "vxlan", "stt")


class ChassisWant(Record):
    """That this machine is a chassis, or is none. None: as it is, or else what fits."""

    among = "chassis"
    southbound: str | None = None
    encap_ip: IpAddress | None = None
    encap_type: str | None = None
    """Several are separated by commas."""
    system_id: str | None = None
    datapath: Datapath | None = None
    bridge_mappings: tuple[tuple[str, str | None], ...] = ()
    """(physical network, bridge) of each that is to be; bridge None: it is to go. Others stay."""
    tls: TlsFiles | None = None
    intent: Intent = Intent.PRESENT
    """Removed: it is to be none; of the fields above only where that was counts then."""
    force: bool = False
    """Whether it may be none although guests lose their network."""

    @property
    def leaves(self) -> bool:
        """Whether it is to be none."""
        return self.intent is Intent.REMOVE

    @property
    def about(self) -> About:
        """The machine."""
        return About("host", self.system_id or "")


class OwnAddress(Row):
    """An address of this machine."""

    address: IpAddress
    link: str
    is_global: bool = True
    """Whether it means something beyond its link and this machine."""


class SwitchBridge(Record):
    """A bridge of Open vSwitch."""

    datapath_type: str = ""
    fail_mode: str | None = None
    guests: tuple[str, ...] = ()
    """Its ports that are neither its own nor ovn-controller's."""
    controllers: tuple[str, ...] = ()
    """Those that ovn-controller has made: tunnels, and ways to other bridges."""


class Joining(Record):
    """What joining this machine to OVN, or having it leave, depends on."""

    chassis: Chassis = Chassis()
    hostname: str = ""
    ids: Mapping[str, str] = MappingProxyType({})
    """Open vSwitch's external_ids."""
    datapath_setting: str | None = None
    """The type that ovn-controller gives the integration bridge."""
    override: str | None = None
    """The name in OVN's file, which counts more than the database's."""
    kept_id: str | None = None
    """The name that Open vSwitch's own start sets; None: it has no such file yet."""
    keeps_id: bool = False
    """Whether it has a place for that file."""
    bridges: Mapping[str, SwitchBridge] = MappingProxyType({})
    taken: bool = False
    """Whether a link has the integration bridge's name that is no such bridge."""
    tls: TlsFiles | None = None
    addresses: tuple[OwnAddress, ...] = ()
    source: IpAddress | None = None
    """From which this machine reaches the southbound database; None: that is not known."""
    lost_hosts: tuple[str, ...] = ()
    """Hosts that the southbound database is said to be on, of which this machine finds no
    address."""
    known_southbound: str | None = None
    """Where the southbound database is, as far as that is known without being told."""
    kernel_datapath: bool = True
    """Whether this kernel can switch by itself."""
    bridge_fault: str | None = None
    """Why Open vSwitch has not made the integration bridge, which it is told to; None: it has."""
    controller: bool | None = None
    """Whether ovn-controller is connected to the southbound database; None: it does not run, or
    cannot be asked."""
    southbound: Southbound | None = None
    southbound_unseen: VnetError | None = None
    """Why it could not be asked."""
    gateways: tuple[str, ...] = ()
    """The ports of OVN's routers that are on this host, or come to it when another one fails; only
    looked up where it is to leave."""

    @property
    def why_unseen(self) -> str:
        """Why the southbound database is not seen, in words."""
        return self.southbound_unseen.text if self.southbound_unseen else "it was not asked"

    def at(self, want: ChassisWant) -> str | None:
        """Where the southbound database is, or is to be."""
        return want.southbound or self.known_southbound
