"""A libvirt virtual network, as far as nics need it."""

from __future__ import annotations

from enum import StrEnum

from vnetmgr.model.record import Record


class NetworkMode(StrEnum):
    """What a network does with its guests' packets. Anything else libvirt has is OTHER."""

    NAT = "nat"
    ROUTED = "routed"
    OPEN = "open"
    ISOLATED = "isolated"
    BRIDGE = "bridge"
    HOSTDEV = "hostdev"
    OTHER = "other"


class Network(Record):
    """A network's definition."""

    name: str
    mode: NetworkMode
    bridge: str | None = None
    virtualport: str | None = None
    portgroups: tuple[str, ...] = ()
    pf: str | None = None
    """The link whose virtual functions a hostdev network hands out."""


class SeenNetwork(Record):
    """A network as observed; `live` is None while it is off."""

    name: str
    autostart: bool
    config: Network | None
    live: Network | None

    @property
    def any(self) -> Network:
        """The config where there is one, else the live network."""
        found = self.config if self.config is not None else self.live
        if found is None:
            raise ValueError(f"network {self.name} is in neither state")
        return found


class NetworkWant(Record):
    """A network that has to be there and run; made from a template where it is missing."""

    name: str
    mode: NetworkMode
    pf: str | None = None
    """A hostdev network's link: see Network.pf."""
