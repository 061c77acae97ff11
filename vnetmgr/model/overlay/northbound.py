"""What OVN's northbound database has of overlays, as values.

An overlay itself is a `Network` of the mode overlay: its fields are read from its logical switch
and what belongs to that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.overlay.settings import DEFAULT_FLEET
from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.model.network import Network
    from vnetmgr.model.overlay.migration import Migration
    from vnetmgr.model.values import Mac


class Owner(Record):
    """Whose a logical port is, as its external_ids say."""

    fleet: str
    revision: int | None = None
    domain: str | None = None
    """The UUID of the domain whose nic it is for."""
    domain_name: str | None = None
    nic: str | None = None
    """That nic's name, or its MAC."""
    host: str | None = None
    """The name of the host, as libvirt has it, that the domain was on when this was written."""

    @property
    def label(self) -> str:
        """How messages call the nic: `web1/lan`; empty where nothing tells."""
        return "/".join(filter(None, (self.domain_name or self.domain, self.nic)))


class LogicalPort(Record):
    """A port of a logical switch for a nic."""

    name: str
    """Unique in the database; what a nic has as its interfaceid."""
    switch: str
    """The name of its logical switch."""
    mac: Mac | None = None
    addresses: tuple[IpAddress, ...] = ()
    own_choice: tuple[IpNetwork, ...] = ()
    """Subnets in which the guest chooses addresses by itself (SLAAC), with port security, too."""
    port_security: bool = True
    """Whether it can send with this MAC and these addresses alone."""
    dns_name: str | None = None
    """The name with which the switch's DNS answers with these addresses: `web1.lab.internal`."""
    requested_chassis: tuple[str, ...] = ()
    """The hosts that alone may have it, whoever said so; the first has it, the others get it by a
    migration. What vnetmgr says there is `migration`; what others do stays."""
    migration: Migration | None = None
    """The migration that vnetmgr has prepared it for; its options are written with it, and go with
    it. None: they are left as they are."""
    owner: Owner | None = None
    """None: it is not vnetmgr's, and nothing of it is touched."""
    up: bool | None = None
    """Whether a host has it, as OVN says."""
    flaws: tuple[str, ...] = ()
    """What of its rows is not as vnetmgr writes it, and no other field tells: `no DHCP options`."""

    @property
    def label(self) -> str:
        """How messages call it: by the nic that it is for, else by its own name."""
        return (self.owner.label if self.owner is not None else "") or self.name

    def is_of(self, domain: str, fleet: str) -> bool:
        """Whether it is a fleet's, for a nic of the domain with that UUID."""
        owner = self.owner
        return owner is not None and (owner.domain, owner.fleet) == (domain, fleet)


class Overlay(Record):
    """A logical switch, with its DHCP, DNS and router."""

    network: Network
    """Of the mode overlay: all that belongs to the switch, but for the ports of nics."""
    fleet: str | None = None
    """Whose it is; None: it is not vnetmgr's, and nothing of it is touched."""
    revision: int | None = None
    """Of the spec that it was written from last; None: by no spec that has one."""
    hosts: frozenset[str] = frozenset()
    """The hosts that have a libvirt network for it, by the names that libvirt has for them: the
    last one takes it away. Each stands in external_ids by a key of its own, and is told of alone:
    two that come or go at once are not in each other's way."""
    flaws: tuple[str, ...] = ()
    """What of its rows is not as vnetmgr writes it, and no field tells."""
    others: int = 0
    """How many of its ports are neither nics' nor made with it: somebody else's."""
    look_alikes: tuple[str, ...] = ()
    """Rows that are called as its own, and do not say whose they are: what ovn-nbctl is told to
    take each away, `lr-del UUID`."""

    @property
    def join_words(self) -> tuple[str, ...]:
        """The command that has one more host have it."""
        fleet = () if self.fleet in (None, DEFAULT_FLEET) else ("--fleet", self.fleet)
        return ("create-network", self.network.name, "--mode", "overlay", *fleet)


class Northbound(Record):
    """What the database has, or what of it was asked for."""

    # Beside the fields: no copy and no comparison has them.
    __slots__ = ("_by_name",)

    at: str
    """Where it is, for messages."""
    fleet: str = DEFAULT_FLEET
    """For whom vnetmgr writes there now, as it was told."""
    revision: int | None = None
    """Of the spec that it writes for now; None: of no spec that has one."""
    overlays: tuple[Overlay, ...] = ()
    """Logical switches, also those of others; two may have one name."""
    ports: tuple[LogicalPort, ...] = ()
    """The ports of nics on these, also those of others."""

    def overlays_named(self, name: str) -> Iterator[Overlay]:
        """Those of vnetmgr's that are called so, of whichever fleet."""
        return (
            each for each in self.overlays if each.network.name == name and each.fleet is not None
        )

    def port(self, name: str | None) -> LogicalPort | None:
        """A port by name, which a nic has as its interfaceid."""
        found: dict[str, LogicalPort] | None = getattr(self, "_by_name", None)
        if found is None:
            found = {port.name: port for port in self.ports}
            object.__setattr__(self, "_by_name", found)
        return None if name is None else found.get(name)

    def overlay(self, name: str, fleet: str) -> Overlay | None:
        """A fleet's overlay by name."""
        for each in self.overlays:
            if each.network.name == name and each.fleet == fleet:
                return each
        return None

    def overlay_of(self, network: Network) -> Overlay | None:
        """The overlay that a libvirt network leads to; without a mark it is of the fleet for which
        vnetmgr writes now."""
        return self.overlay(network.name, network.fleet or self.fleet)

    def ports_of(self, switch: str) -> tuple[LogicalPort, ...]:
        """The ports on one switch."""
        return tuple(port for port in self.ports if port.switch == switch)


class PortChange(Record):
    """One logical port, as it is and as it is to be; None: there is none."""

    before: LogicalPort | None
    after: LogicalPort | None

    @property
    def states(self) -> tuple[LogicalPort, ...]:
        """As it is to be, and as it is: what there is of these."""
        return tuple(port for port in (self.after, self.before) if port is not None)

    @property
    def port(self) -> LogicalPort:
        """As it is to be, or as it is where it goes."""
        return self.states[0]
