"""What list-networks, show-network and list-leases show."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.model.network_want import network_differences, patch_of
from vnetmgr.model.record import Listing, Record

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.network import Network, SeenNetwork
    from vnetmgr.model.rows.forwards import ForwardListing
    from vnetmgr.model.values import Mac


class NetworkNicRow(Record):
    """A domain's nic that is on a network, or will be from the domain's next start on."""

    domain: str
    name: str | None
    mac: Mac | None
    target: str | None
    in_live: bool
    """Whether it is on the network now."""
    running: bool
    """Whether the domain runs."""
    orphan: bool | None
    """None: cannot be seen from here."""
    addresses: tuple[str, ...] = ()
    """Those that the network's DHCP has given it."""

    @property
    def label(self) -> str:
        """How messages call it: `web1/lan`."""
        return f"{self.domain}/{self.name or self.mac}"

    @property
    def state(self) -> str:
        """The row's state in words."""
        if self.orphan:
            return "orphan"
        if not self.running:
            return "off"
        if not self.in_live:
            return "config only"
        return "ok" if self.orphan is False else "not visible from here"


class NetworkRow(Record):
    """A network with everything that is on it."""

    seen: SeenNetwork
    nics: tuple[NetworkNicRow, ...] = ()
    foreign_ports: tuple[str, ...] = ()
    """Ports of its own bridge that no guest of this libvirt has."""

    @property
    def bridge(self) -> str | None:
        """Its bridge, which a config may leave to libvirt."""
        live = self.seen.live
        return self.seen.any.bridge or (live.bridge if live is not None else None)

    @property
    def orphans(self) -> int:
        """How many nics are known to have lost its bridge."""
        return sum(nic.orphan is True for nic in self.nics)

    @property
    def pending(self) -> tuple[str, ...]:
        """The fields in which the running network is not what its config says."""
        config, live = self.seen.config, self.seen.live
        if config is None or live is None:
            return ()
        return tuple(
            field
            for field, _, _ in network_differences(live, patch_of(config))
            if not _filled_in(field, config)
        )

    @property
    def state(self) -> str:
        """Its state in words."""
        words = ["running" if self.seen.active else "off"]
        words += ["autostart"] if self.seen.autostart else []
        words += [] if self.seen.persistent else ["transient"]
        words += ["pending: " + ", ".join(self.pending)] if self.pending else []
        return ", ".join(words)


def _filled_in(field: str, config: Network) -> bool:
    """Whether libvirt puts a field that the config leaves out into the running network: a name
    for the bridge, and the links of a physical function's virtual ones."""
    if field == "bridge":
        return config.bridge is None
    return field == "forward_devs" and not config.forward_devs and config.pf is not None


class NetworkListing(Listing[NetworkRow]):
    """What list-networks shows."""


class LeaseRow(Record):
    """An address that DHCP has given to a client, or keeps for one."""

    network: str
    address: IpAddress
    prefix: int | None
    """The length of its subnet's; None for a reservation outside of every subnet."""
    mac: Mac | None
    duid: str | None
    domain: str | None
    """Whose nic it is, if one on the network has that MAC; of an overlay also on another host."""
    nic: str | None
    """That nic's name; None also for a nic without one."""
    hostname: str | None
    expires_s: int | None
    """Seconds since the epoch; None: never, or not leased."""
    leased: bool
    reserved: bool
    host: str | None = None
    """Where that domain is: this host, or the one that has the nic's port in OVN; None: none has,
    or it is not known."""
    is_elsewhere: bool = False
    """Whether that domain is on none of this libvirt's, but OVN has its nic's port."""
    bound: bool | None = None
    """Whether a host has the port of a domain that is elsewhere."""

    @property
    def label(self) -> str | None:
        """Whose it is, as messages call a nic: `web1/lan`."""
        return f"{self.domain}/{self.nic or self.mac}" if self.domain else None

    @property
    def state(self) -> str:
        """The row's state in words."""
        words = (("leased", self.leased), ("reserved", self.reserved))
        said = [word for word, holds in words if holds]
        return ", ".join([*said, self._whereabouts] if self.is_elsewhere else said)

    @property
    def _whereabouts(self) -> str:
        if self.host is not None:
            return f"on {self.host}"
        return "on no host" if self.bound is False else "host not checked"


class LeaseListing(Listing[LeaseRow]):
    """What list-leases shows."""


class ShownNetwork(NamedTuple):
    """A network, and what else show-network shows of it."""

    row: NetworkRow
    leases: LeaseListing
    forwards: ForwardListing
