"""What iptables' matches ask of a packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.packets import constants, fields, values
from vnetmgr.packets.constants import number_of
from vnetmgr.packets.fields import ABSENT
from vnetmgr.packets.rules import Maybe, always
from vnetmgr.packets.values import Unevaluable, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vnetmgr.packets.fields import Field
    from vnetmgr.packets.iptables.options import Option
    from vnetmgr.packets.rules import Step
    from vnetmgr.packets.surroundings import Surroundings
    from vnetmgr.packets.values import Span
    from vnetmgr.packets.world import World

_DNAT_BIT, _SNAT_BIT = 0x20, 0x10


class Asking:
    """What the meaning of a match depends on besides its words."""

    def __init__(self, version: int, around: Surroundings) -> None:
        self.ip = "ip6" if version == 6 else "ip"
        self.address = values.ADDRESS6 if version == 6 else values.ADDRESS4
        self.around = around


def match_step(option: Option, asking: Asking) -> Step | None:
    """One option of a match as a step; None: it asks for nothing. Raises Unevaluable."""
    if option.module in _IGNORED or option.name in _SAID_OTHERWISE:
        return None
    found = _MATCHES.get((option.module, option.name))
    if found is None:
        raise Unevaluable(f"the match {option.module or option.name} of iptables")
    return found(option, asking)


def compare(field: Field | None, spans: Iterable[Span], *, negated: bool) -> Step:
    """Whether a field lies in one of the spans, or in none."""
    if field is None:
        raise Unevaluable("a field of another protocol")
    listed, get, name = list(spans), field.get, field.name

    def step(world: World) -> bool | Maybe:
        value = get(world)
        if value is ABSENT:
            return False
        if value is None:
            return Maybe(name)
        return any(within(value, span) for span in listed) != negated

    return step


def _address(which: str) -> Callable[[Option, Asking], Step]:
    def make(option: Option, asking: Asking) -> Step:
        spans = [address_span(each, asking) for each in option.values[0].split(",")]
        return compare(fields.payload(asking.ip, which), spans, negated=option.negated)

    return make


def address_span(text: str, asking: Asking) -> Span:
    """An address, a prefix, or an address with a mask that is one."""
    address, _, length = text.partition("/")
    if not length:
        return asking.address.span(address)
    if not length.isdigit():
        mask = asking.address.parse(length)
        bits = f"{mask:b}".count("1") if isinstance(mask, int) else 0
        size = asking.address.bits
        if mask != ((1 << bits) - 1) << (size - bits):
            raise Unevaluable(f"the mask {length}")
        length = str(bits)
    return asking.address.span({"prefix": {"addr": address, "len": int(length)}})


def name_span(text: str) -> Span:
    """A link's name; `+` stands for any ending."""
    return (text[:-1], None) if text.endswith("+") else (text, text)


def _link(key: str) -> Callable[[Option, Asking], Step]:
    return lambda option, _: compare(
        fields.meta(key), [name_span(option.values[0])], negated=option.negated
    )


def _protocol(option: Option, _: Asking) -> Step:
    name = option.values[0].lower()
    if name in ("all", "0"):
        return always(not option.negated)
    number = number_of(constants.PROTOCOLS, name)
    return compare(fields.meta("l4proto"), [(number, number)], negated=option.negated)


def port_span(text: str) -> Span:
    """`22`, `22:80`, `22:`."""
    first, colon, last = text.partition(":")
    low = int(first) if first else 0
    return low, (int(last) if last else 65535) if colon else low


def _port(which: str) -> Callable[[Option, Asking], Step]:
    return lambda option, _: compare(
        fields.payload("th", which), [port_span(option.values[0])], negated=option.negated
    )


def _ports(which: str) -> Callable[[Option, Asking], Step]:
    return lambda option, _: compare(
        fields.payload("th", which),
        map(port_span, option.values[0].split(",")),
        negated=option.negated,
    )


def _either_port(option: Option, asking: Asking) -> Step:
    there = [_ports(which)(option._replace(negated=False), asking) for which in ("dport", "sport")]

    def step(world: World) -> bool | Maybe:
        found = [each(world) for each in there]
        doubt = next((each for each in found if isinstance(each, Maybe)), None)
        if True not in found and doubt is not None:
            return doubt
        return (True in found) != option.negated

    return step


def _tcp_flags(option: Option, _: Asking) -> Step:
    words = ("FIN,SYN,RST,ACK", "SYN") if option.name == "--syn" else option.values
    mask, wanted = (values.TCP_FLAGS.parse(word.lower().split(",")) for word in words)
    field = fields.payload("tcp", "flags")

    def get(world: World) -> Any:
        value = field.get(world) if field else None
        return value if value in (None, ABSENT) else value & mask

    masked = fields.Field("tcp flags", values.TCP_FLAGS, get)
    return compare(masked, [(wanted, wanted)], negated=option.negated)


def _icmp(protocol: str, names: Mapping[str, int]) -> Callable[[Option, Asking], Step]:
    def make(option: Option, _: Asking) -> Step:
        kind, _slash, code = option.values[0].partition("/")
        if kind in ("any", "255"):
            return always(not option.negated)
        if code not in ("", "0"):
            return always(option.negated)  # what is asked about has code 0
        number = number_of(names, kind)
        return compare(fields.payload(protocol, "type"), [(number, number)], negated=option.negated)

    return make


def _state(option: Option, _: Asking) -> Step:
    field = fields.ct("state")
    names = {name.lower() for name in option.values[0].split(",")}
    bits = {constants.STATES[name] for name in names - {"snat", "dnat"}}
    status = (_DNAT_BIT if "dnat" in names else 0) | (_SNAT_BIT if "snat" in names else 0)

    def step(world: World) -> bool:
        state = field.get(world) if field else None
        translated = bool(world.status & status) and world.has_connection
        return (state in bits or translated) != option.negated

    return step


def _status(option: Option, _: Asking) -> Step:
    names = {name.lower() for name in option.values[0].split(",")}
    if names - {"snat", "dnat"}:
        raise Unevaluable(f"ct status {option.values[0]}")
    mask = (_DNAT_BIT if "dnat" in names else 0) | (_SNAT_BIT if "snat" in names else 0)
    return lambda world: world.has_connection and bool(world.status & mask) != option.negated


def _direction(option: Option, _: Asking) -> Step:
    wanted = option.values[0].lower() == "reply"
    return lambda world: world.has_connection and (world.reply == wanted) != option.negated


def _original(which: str) -> Callable[[Option, Asking], Step]:
    def make(option: Option, asking: Asking) -> Step:
        field = fields.ct(f"{asking.ip} {which}", "original")
        span = address_span(option.values[0], asking)
        return compare(field, [span], negated=option.negated)

    return make


def _mark(field: Field | None) -> Callable[[Option, Asking], Step]:
    """The packet's own, or its connection's, which not every packet has."""

    def make(option: Option, _: Asking) -> Step:
        value, mask = masked_number(option.values[0])

        def get(world: World) -> Any:
            found = field.get(world) if field else None
            return found & mask if isinstance(found, int) else found

        masked = None if field is None else field._replace(get=get)
        return compare(masked, [(value, value)], negated=option.negated)

    return make


def masked_number(text: str) -> tuple[int, int]:
    """`0x1/0xff`; every bit where there is no mask."""
    value, _, mask = text.partition("/")
    return int(value, 0), int(mask, 0) if mask else 0xFFFFFFFF


def _address_type(which: str) -> Callable[[Option, Asking], Step]:
    def make(option: Option, asking: Asking) -> Step:
        wanted = {constants.ADDRESS_TYPES[each.lower()] for each in option.values[0].split(",")}
        field = fields.fib("type", (which,), asking.around)
        return compare(field, [(each, each) for each in wanted], negated=option.negated)

    return make


def _physdev(option: Option, _: Asking) -> Step:
    name, negated = option.name.removeprefix("--physdev-"), option.negated
    span = name_span(option.values[0]) if option.values else ("", None)

    def step(world: World) -> bool:
        place = world.place
        if name == "is-bridged":
            return (place.bridged and bool(place.port_in)) != negated
        port = place.port_in if name in ("in", "is-in") else place.port_out
        return (bool(port) and within(port, span)) != negated

    return step


def _mac(option: Option, _: Asking) -> Step:
    value = values.MAC.parse(option.values[0])
    return compare(fields.payload("ether", "saddr"), [(value, value)], negated=option.negated)


def _range(which: str) -> Callable[[Option, Asking], Step]:
    def make(option: Option, asking: Asking) -> Step:
        first, _, last = option.values[0].partition("-")
        span = asking.address.parse(first), asking.address.parse(last or first)
        return compare(fields.payload(asking.ip, which), [span], negated=option.negated)

    return make


def _packet_type(option: Option, _: Asking) -> Step:
    number = number_of(constants.PACKET_TYPES, option.values[0])
    return compare(fields.meta("pkttype"), [(number, number)], negated=option.negated)


def reverse_path(asking: Asking, *, negated: bool) -> Step:
    """`-m rpfilter`: whether an answer would leave by where the packet came from."""
    field = fields.fib("oif", ("saddr", "iif"), asking.around)
    return compare(field, [(1, 1)], negated=negated)


def _set(option: Option, _: Asking) -> Step:
    raise Unevaluable(f"the ipset {option.values[0]}")


def _passing(option: Option, _: Asking) -> Step:
    """A limit that no first packet reaches."""
    return always(not option.negated)


def _failing(option: Option, _: Asking) -> Step:
    return always(option.negated)


_SAID_OTHERWISE = frozenset({"-m", "--match"})
_IGNORED = frozenset({"comment", "limit", "rpfilter"})
_PORT_OPTIONS = {"--sport": "sport", "--source-port": "sport", "--spt": "sport"} | {
    "--dport": "dport",
    "--destination-port": "dport",
    "--dpt": "dport",
}
_LISTS = {"--sports": "sport", "--source-ports": "sport"} | {
    "--dports": "dport",
    "--destination-ports": "dport",
}

_MATCHES: dict[tuple[str, str], Callable[[Option, Asking], Step | None]] = {
    ("", "-s"): _address("saddr"),
    ("", "-d"): _address("daddr"),
    ("", "-i"): _link("iifname"),
    ("", "-o"): _link("oifname"),
    ("", "-p"): _protocol,
    ("", "-f"): _failing,  # fragments are put together before
    **{
        (module, name): _port(which)
        for module in ("tcp", "udp", "udplite", "sctp", "dccp")
        for name, which in _PORT_OPTIONS.items()
    },
    **{("multiport", name): _ports(which) for name, which in _LISTS.items()},
    ("multiport", "--ports"): _either_port,
    ("tcp", "--tcp-flags"): _tcp_flags,
    ("tcp", "--syn"): _tcp_flags,
    ("icmp", "--icmp-type"): _icmp("icmp", constants.ICMP),
    ("icmp6", "--icmpv6-type"): _icmp("icmpv6", constants.ICMPV6),
    ("conntrack", "--ctstate"): _state,
    ("conntrack", "--ctstatus"): _status,
    ("conntrack", "--ctdir"): _direction,
    ("conntrack", "--ctorigsrc"): _original("saddr"),
    ("conntrack", "--ctorigdst"): _original("daddr"),
    ("state", "--state"): _state,
    ("mark", "--mark"): _mark(fields.meta("mark")),
    ("connmark", "--mark"): _mark(fields.ct("mark")),
    ("addrtype", "--src-type"): _address_type("saddr"),
    ("addrtype", "--dst-type"): _address_type("daddr"),
    **{
        ("physdev", f"--physdev-{name}"): _physdev
        for name in ("in", "out", "is-in", "is-out", "is-bridged")
    },
    ("mac", "--mac-source"): _mac,
    ("iprange", "--src-range"): _range("saddr"),
    ("iprange", "--dst-range"): _range("daddr"),
    ("pkttype", "--pkt-type"): _packet_type,
    ("set", "--match-set"): _set,
    **{
        ("hashlimit", f"--hashlimit-{name}"): lambda *_: None
        for name in ("burst", "mode", "name", "htable-size", "htable-max", "htable-expire")
    },
    ("hashlimit", "--hashlimit-htable-gcinterval"): lambda *_: None,
    ("hashlimit", "--hashlimit-srcmask"): lambda *_: None,
    ("hashlimit", "--hashlimit-dstmask"): lambda *_: None,
    ("hashlimit", "--hashlimit-upto"): _passing,
    ("hashlimit", "--hashlimit-above"): _failing,
}
"""(match, option) -> its step."""
