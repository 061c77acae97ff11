"""What OVN has of the nics on overlays, and what this host is to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.overlay.host import Chassis
    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.model.overlay.southbound import Southbound


class Tunnel(Record):
    """One that ovn-controller has made in Open vSwitch, to another host."""

    name: str
    remote: str
    """The address of its other end."""
    error: str | None = None
    """Why Open vSwitch could not make it."""
    alive: bool | None = None
    """What BFD says, where OVN has it watch the tunnel; None: nobody watches."""


class Flow(Record):
    """A packet that a guest would send, and what OVN does with it."""

    switch: str
    packet: str
    """As ovn-trace(8) takes it."""
    actions: tuple[str, ...] = ()
    """What becomes of it, as ovn-trace says it: `ip.ttl--`, `output("PORT")`."""
    outputs: tuple[str, ...] = ()
    """The logical ports that it leaves by."""


class OverlayFacts(Record):
    """The parts are None where they could not be seen."""

    chassis: Chassis | None = None
    controller: bool | None = None
    """Whether ovn-controller runs and is connected to the southbound database."""
    tunnels: tuple[Tunnel, ...] | None = None
    northbound: Northbound | None = None
    southbound: Southbound | None = None
    flows: tuple[Flow, ...] = ()
    """Those that were asked about."""
