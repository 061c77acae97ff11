"""Where one packet gets to, hop by hop."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress


class Fate(StrEnum):
    """What becomes of a packet, and of the answer to it."""

    DELIVERED = "delivered"
    """To a guest or the host's own programs; or it leaves this host."""
    DROPPED = "dropped"
    UNKNOWN = "unknown"


class Way(StrEnum):
    """Which packet it is."""

    THERE = "there"
    BACK = "back"


class HopKind(StrEnum):
    """What a packet comes by."""

    NIC = "nic"
    TAP = "tap"
    MACVTAP = "macvtap"
    USER = "user"
    """QEMU itself, which makes connections of the host's of it."""
    BRIDGE = "bridge"
    OVERLAY = "overlay"
    """OVN's logical switches and routers."""
    CHAIN = "chain"
    NAT = "nat"
    ROUTE = "route"
    LINK = "link"
    HOST = "host"
    """The host's own programs."""
    GUEST = "guest"


class TraceHop(Record):
    """One hop."""

    kind: HopKind
    name: str
    """The link, the chain with its table, the table of routes."""
    rule: str | None = None
    """The rule as nft or iptables-save shows it; elsewhere, what is so there."""
    owner: str | None = None
    """Whose the rule is: `Docker`, `libvirt`."""
    verdict: str
    """pass, accept, drop, reject, unknown, or what a rule does besides: `jump DOCKER`, `dnat`."""
    way: Way = Way.THERE


class Trace(Record):
    """One packet's way, and that of its answer."""

    domain: str
    nic: str
    destination: IpAddress
    protocol: str
    port: int | None = None
    source: IpAddress | None = None
    """The guest's address; None: not known."""
    verdict: Fate
    reason: str
    """In one sentence, why."""
    hops: tuple[TraceHop, ...] = ()
    unknown: tuple[str, ...] = ()
    """What cannot be told, each by its name."""
    live_s: float | None = None
    """How long the kernel was watched; None: it is worked out, by what is loaded."""
