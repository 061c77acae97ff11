"""A packet as it is at one place of its way, and what becomes of it there."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress

ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86DD


class Verdict(StrEnum):
    """What becomes of a packet."""

    ACCEPT = "accept"
    DROP = "drop"
    REJECT = "reject"
    """Dropped, and the sender is told."""
    UNKNOWN = "unknown"


class Packet(Record):
    """None: not known. A rule that asks for what is not known may match and may not."""

    ethertype: int = IPV4
    vlan: int | None = None
    """The tag that it has on the bridge. None: it has none."""
    mac_from: str | None = None
    mac_to: str | None = None
    source: IpAddress | None = None
    """ARP's sender, where it is ARP."""
    target: IpAddress | None = None
    protocol: str | None = None
    """tcp, udp, icmp, icmpv6, a protocol's number; None only where it has none: ARP."""
    source_port: int | None = None
    target_port: int | None = None
    icmp_type: int | None = None
    arp_operation: int | None = None
    """1: request, 2: answer."""
    tcp_flags: int | None = None
    mark: int | None = 0
    state: str = "new"
    """Of its connection: new, established, related, invalid, untracked."""
    reply: bool = False
    """Whether it goes against the connection's direction."""
    dnat: bool = False
    """Whether its connection goes to another destination than the one asked for."""
    snat: bool = False
    original: tuple[IpAddress | None, IpAddress | None] | None = None
    """Source and destination of its connection's first packet, before any NAT."""
    ct_mark: int | None = 0
    becomes_source: tuple[IpAddress, int | None] | None = None
    """Of an established connection: what NAT makes of it, as its first packet has laid down."""
    becomes_target: tuple[IpAddress, int | None] | None = None

    # Where it is. A bridge's port and the bridge itself are two links: the rules of the bridge
    # family see the port, those of IP the bridge.
    in_link: str = ""
    in_port: str = ""
    out_link: str = ""
    out_port: str = ""
    out_mac_from: str | None = None
    """Of the frame that the host makes of what it routes or sends."""
    out_mac_to: str | None = None


class Hop(Record):
    """One rule, or a chain's policy, that had a say."""

    family: str
    table: str
    chain: str
    rule: str
    """As nft or iptables-save shows it, or `policy drop`."""
    verdict: str
    """accept, drop, reject, unknown, or what else it does: `jump DOCKER-USER`, `dnat to ...`."""
    owner: str
    """Whose it is: `Docker`, `libvirt`; the table's own name where nobody is known."""
    handle: int | None = None
    hook: str = ""
    """The base chain's hook, in which it was come by."""

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"table {self.family} {self.table}, chain {self.chain}"


class Outcome(Record):
    """What the rules do with a packet.

    verdict: unknown only where what cannot be evaluated would change it; `unknown` names that.
    hops: every rule that had a say, in the order of the way. Of several ways that end alike, one.
    """

    verdict: Verdict
    hops: tuple[Hop, ...] = ()
    packet: Packet
    """As it is afterwards: NAT done, marks set."""
    others: tuple[Packet, ...] = ()
    """As it may be as well, where that depends on what cannot be evaluated."""
    unknown: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether it is known to get through."""
        return self.verdict is Verdict.ACCEPT

    @property
    def decided_by(self) -> Hop | None:
        """What stopped it; None: nothing did, or that is not known."""
        if self.verdict not in (Verdict.DROP, Verdict.REJECT):
            return None
        return next((hop for hop in reversed(self.hops) if hop.verdict in ("drop", "reject")), None)
