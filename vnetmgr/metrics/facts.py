"""What one scrape has found, before it has names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.path.finding import Finding
    from vnetmgr.model.rows.forwards import ForwardRow
    from vnetmgr.model.rows.last_run import LastRun
    from vnetmgr.model.seen.traffic import Traffic


class NicNow(Record):
    """A running nic."""

    domain: str
    nic: str
    """What it is called, as nothing else of its domain is."""
    mac: str
    network: str
    bridge: str
    target: str
    mode: str
    model: str
    link_up: bool
    orphan: bool | None
    """None: cannot be seen from here."""
    pending: int | None
    """In how many fields it is not what the config says; None: it has no config."""
    traffic: Traffic | None
    """The guest's; None: nobody counts it, as in user mode."""


class DomainNow(Record):
    """A domain, running or not."""

    name: str
    running: bool
    readable: bool = True
    """Whether libvirt's document of it is one: else nothing is known of its nics and forwards."""


class PoolNow(Record):
    """The addresses that a network's DHCP hands out, of one IP version."""

    network: str
    version: int
    leased: int
    free: int


class BridgeNow(Record):
    """A bridge of this machine that guests or networks are on."""

    name: str
    carrier: bool
    ports: int
    traffic: Traffic | None
    """This machine's own."""


class Examined(Record):
    """What doctor has found at its last interval."""

    ended_s: float
    """Seconds since the epoch."""
    duration_s: float
    success: bool
    """Whether it could look at all."""
    findings: tuple[Finding, ...] = ()


class Scraped(Record):
    """All of it. Where libvirt does not answer there is little."""

    up: bool
    """Whether libvirt has answered."""
    version: str
    duration_s: float = 0.0
    host: str = ""
    domains: tuple[DomainNow, ...] = ()
    nics: tuple[NicNow, ...] = ()
    networks: tuple[SeenNetwork, ...] = ()
    pools: tuple[PoolNow, ...] = ()
    bridges: tuple[BridgeNow, ...] = ()
    forwards: tuple[ForwardRow, ...] = ()
    last_run: LastRun | None = None
    """None: nobody has left word of one, or it cannot be read from here."""
    examined: Examined | None = None
    """None: nobody asked for it, or it has not ended yet."""
