"""What rules look at, by nft's names: how each is read from a packet, and of what type it is.

A getter answers with the value; None: the packet has it, and it is not known; ABSENT: this packet
has no such thing, and a rule that asks for it does not match, whatever it compares with.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vnetmgr.packets import values
from vnetmgr.packets.constants import PROTOCOLS
from vnetmgr.packets.packet import ARP, IPV4, IPV6

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.packets.surroundings import Surroundings
    from vnetmgr.packets.values import Kind
    from vnetmgr.packets.world import World

ABSENT: Final = object()
_VLAN = 0x8100
_WITH_PORTS = frozenset(PROTOCOLS[name] for name in ("tcp", "udp", "udplite", "sctp", "dccp"))


class Field(NamedTuple):
    """One thing to look at."""

    name: str
    kind: Kind
    get: Callable[[World], Any]


def payload(protocol: str, name: str) -> Field | None:
    """A field of a header; None: not one that is known."""
    if protocol in ("th", *_PORTED):
        return _port_field(protocol, name)
    found = _PAYLOAD.get((protocol, name))
    return Field(f"{protocol} {name}", *found) if found else None


def meta(key: str) -> Field | None:
    """nft's `meta KEY`."""
    found = _META.get(key)
    return Field(f"meta {key}", *found) if found else None


def ct(key: str, direction: str | None = None) -> Field | None:
    """nft's `ct [DIRECTION] KEY`."""
    if direction is None:
        found = _CT.get(key)
        return Field(f"ct {key}", *found) if found else None
    place = {"saddr": 0, "daddr": 1}.get(key.split()[-1])
    if direction != "original" or place is None:
        return None
    is_v6 = key.startswith("ip6")
    kind, ethertype = (values.ADDRESS6, IPV6) if is_v6 else (values.ADDRESS4, IPV4)

    def get(world: World) -> Any:
        if not world.has_connection or world.ethertype != ethertype:
            return ABSENT
        return world.original[place]

    return Field(f"ct original {key}", kind, get)


def fib(result: str, flags: tuple[str, ...], around: Surroundings) -> Field | None:
    """nft's `fib`: the type of an address, or whether a route leads to it."""
    which = "source" if "saddr" in flags else "target"

    def get(world: World) -> Any:
        number = getattr(world, which)
        if world.ethertype not in (IPV4, IPV6):
            return ABSENT
        if number is None:
            return None
        address = IPv4Address(number) if world.ethertype == IPV4 else IPv6Address(number)
        if result == "type":
            link = _link(world, flags)
            return around.address_type(address, link)
        if world.place.iif == "lo":
            return True
        return around.leads_back(address, _link(world, flags))

    name = f"fib {' . '.join(flags)} {result}"
    if result == "type":
        return Field(name, values.ADDRESS_TYPE, get)
    return Field(name, values.NUMBER, get) if result in ("oif", "oifname") else None


def _link(world: World, flags: tuple[str, ...]) -> str | None:
    if "iif" in flags:
        return world.place.iif
    return world.place.oif if "oif" in flags else None


def _of(ethertype: int, attribute: str) -> Callable[[World], Any]:
    def get(world: World) -> Any:
        if world.ethertype != ethertype:
            return ABSENT
        if world.vlan is not None and world.place.family in ("bridge", "netdev"):
            return None  # whether nft looks behind the tag depends on how it was written
        return getattr(world, attribute)

    return get


def _constant(ethertype: int, value: int | None) -> Callable[[World], Any]:
    return lambda world: value if world.ethertype == ethertype else ABSENT


def _l4(protocol: str, attribute: str | None) -> Callable[[World], Any]:
    number = PROTOCOLS[protocol]
    read = (lambda _: None) if attribute is None else _reader(attribute)
    return lambda world: read(world) if world.protocol == number else ABSENT


def _reader(attribute: str) -> Callable[[World], Any]:
    return lambda world: getattr(world, attribute)


_PORTED = ("tcp", "udp", "udplite", "sctp", "dccp")
_PORTS = {"sport": "sport", "dport": "dport"}


def _port_field(protocol: str, name: str) -> Field | None:
    if protocol == "tcp" and name == "flags":
        return Field("tcp flags", values.TCP_FLAGS, _l4("tcp", "tcp_flags"))
    if name not in _PORTS:
        return None
    if protocol != "th":
        return Field(f"{protocol} {name}", values.PORT, _l4(protocol, name))
    read = _reader(name)

    def get(world: World) -> Any:
        if world.protocol is None:
            return ABSENT
        # Other protocols have something else there.
        return read(world) if world.protocol in _WITH_PORTS else None

    return Field(f"th {name}", values.PORT, get)


def _icmp_type(world: World, protocol: str) -> Any:
    return world.icmp_type if world.protocol == PROTOCOLS[protocol] else ABSENT


def _ether_type(world: World) -> int:
    return world.ethertype if world.vlan is None else _VLAN


def _frame(attribute: str) -> Callable[[World], Any]:
    """Of the frame: what the host itself sends has none before it leaves by a link."""

    def get(world: World) -> Any:
        place = world.place
        made_here = place.family in ("ip", "ip6") and not place.iif and not place.bridged
        return ABSENT if made_here else getattr(world, attribute)

    return get


_PAYLOAD: dict[tuple[str, str], tuple[Kind, Callable[[World], Any]]] = {
    ("ether", "saddr"): (values.MAC, _frame("mac_from")),
    ("ether", "daddr"): (values.MAC, _frame("mac_to")),
    ("ether", "type"): (values.ETHERTYPE, _ether_type),
    ("vlan", "id"): (values.NUMBER, lambda w: ABSENT if w.vlan is None else w.vlan),
    ("vlan", "type"): (values.ETHERTYPE, lambda w: ABSENT if w.vlan is None else w.ethertype),
    ("arp", "operation"): (values.ARP_OPERATION, _of(ARP, "arp_operation")),
    ("arp", "saddr ip"): (values.ADDRESS4, _of(ARP, "source")),
    ("arp", "daddr ip"): (values.ADDRESS4, _of(ARP, "target")),
    ("arp", "saddr ether"): (values.MAC, _of(ARP, "mac_from")),
    ("arp", "htype"): (values.NUMBER, _constant(ARP, 1)),
    ("arp", "ptype"): (values.ETHERTYPE, _constant(ARP, IPV4)),
    ("arp", "hlen"): (values.NUMBER, _constant(ARP, 6)),
    ("arp", "plen"): (values.NUMBER, _constant(ARP, 4)),
    ("ip", "saddr"): (values.ADDRESS4, _of(IPV4, "source")),
    ("ip", "daddr"): (values.ADDRESS4, _of(IPV4, "target")),
    ("ip", "protocol"): (values.PROTOCOL, _of(IPV4, "protocol")),
    ("ip", "version"): (values.NUMBER, _constant(IPV4, 4)),
    ("ip", "frag-off"): (values.NUMBER, lambda w: 0x4000 if w.ethertype == IPV4 else ABSENT),
    ("ip6", "saddr"): (values.ADDRESS6, _of(IPV6, "source")),
    ("ip6", "daddr"): (values.ADDRESS6, _of(IPV6, "target")),
    ("ip6", "nexthdr"): (values.PROTOCOL, _of(IPV6, "protocol")),
    ("ip6", "version"): (values.NUMBER, _constant(IPV6, 6)),
    ("icmp", "type"): (values.ICMP, lambda w: _icmp_type(w, "icmp")),
    ("icmp", "code"): (values.NUMBER, lambda w: 0 if w.protocol == PROTOCOLS["icmp"] else ABSENT),
    ("icmpv6", "type"): (values.ICMPV6, lambda w: _icmp_type(w, "icmpv6")),
    ("icmpv6", "code"): (
        values.NUMBER,
        lambda w: 0 if w.protocol == PROTOCOLS["icmpv6"] else ABSENT,
    ),
}


def _l4proto(world: World) -> Any:
    return ABSENT if world.ethertype not in (IPV4, IPV6) else world.protocol


def _nfproto(world: World) -> int:
    if world.place.family == "bridge":
        return 7  # AF_BRIDGE
    return {IPV4: 2, IPV6: 10}.get(world.ethertype, 3)


def _socket(world: World) -> Any:
    """Whose it is: what is forwarded is of no socket of this host's."""
    place = world.place
    at_host = place.hook == "input" or not (place.iif or place.bridged)
    return None if at_host and world.place.family in ("ip", "ip6") else ABSENT


def _packet_type(world: World) -> Any:
    """broadcast and multicast by the MAC; whether the rest is for this host depends on more."""
    mac = world.mac_to
    if mac is None or not (world.place.iif or world.place.bridged):
        return None
    if mac == (1 << 48) - 1:
        return 1
    if mac >> 40 & 1:
        return 2
    return None if world.place.family == "bridge" else 0


_META: dict[str, tuple[Kind, Callable[[World], Any]]] = {
    "iifname": (values.NAME, lambda w: w.place.iif),
    "oifname": (values.NAME, lambda w: w.place.oif),
    "iif": (values.NAME, lambda w: w.place.iif),
    "oif": (values.NAME, lambda w: w.place.oif),
    "ibrname": (values.NAME, lambda w: w.place.bridge_in or ABSENT),
    "obrname": (values.NAME, lambda w: w.place.bridge_out or ABSENT),
    "ibridgename": (values.NAME, lambda w: w.place.bridge_in or ABSENT),
    "obridgename": (values.NAME, lambda w: w.place.bridge_out or ABSENT),
    "protocol": (values.ETHERTYPE, _reader("ethertype")),
    "nfproto": (values.NFPROTO, _nfproto),
    "l4proto": (values.PROTOCOL, _l4proto),
    "mark": (values.NUMBER, _reader("mark")),
    "pkttype": (values.PACKET_TYPE, _packet_type),
    "skuid": (values.NUMBER, _socket),
    "skgid": (values.NUMBER, _socket),
}


def _tracked(attribute: str) -> Callable[[World], Any]:
    def get(world: World) -> Any:
        if not world.has_connection:
            return ABSENT
        return getattr(world, attribute)

    return get


def _state(world: World) -> Any:
    return 1 if world.place.before_conntrack and world.tracked else world.state


def _direction(world: World) -> Any:
    if not world.has_connection:
        return ABSENT
    return int(world.reply)


_CT: dict[str, tuple[Kind, Callable[[World], Any]]] = {
    "state": (values.STATE, _state),
    "status": (values.STATUS, _tracked("status")),
    "mark": (values.NUMBER, _tracked("ct_mark")),
    "direction": (values.DIRECTION, _direction),
}
