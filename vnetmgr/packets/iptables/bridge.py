"""ebtables' rules as steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.packets import constants, fields, values
from vnetmgr.packets.constants import number_of
from vnetmgr.packets.iptables.matches import compare, name_span, port_span
from vnetmgr.packets.iptables.options import options_of
from vnetmgr.packets.packet import IPV4, IPV6
from vnetmgr.packets.rules import Decision, Maybe, always
from vnetmgr.packets.values import Unevaluable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from vnetmgr.packets.fields import Field
    from vnetmgr.packets.iptables.options import Option
    from vnetmgr.packets.rules import Step
    from vnetmgr.packets.values import Kind, Span
    from vnetmgr.packets.world import World

_UNREADABLE = (KeyError, IndexError, TypeError, ValueError)
_MACS = {
    "Unicast": "00:00:00:00:00:00/01:00:00:00:00:00",
    "Multicast": "01:00:00:00:00:00/01:00:00:00:00:00",
    "Broadcast": "ff:ff:ff:ff:ff:ff/ff:ff:ff:ff:ff:ff",
    "BGA": "01:80:c2:00:00:00/ff:ff:ff:ff:ff:ff",
}
_ENDING = {"ACCEPT": "accept", "DROP": "drop", "RETURN": "return"}
_LOGGING = frozenset({"--log", "--log-level", "--log-prefix", "--log-ip", "--log-arp", "--log-ip6"})


def steps_of(words: Sequence[str], chains: Collection[str]) -> tuple[Step, ...]:
    """A rule's steps; what is not known is a step of its own, by name."""
    options = list(options_of(words))
    at = next((at for at, each in enumerate(options) if each.name == "-j"), len(options))
    steps: list[Step] = []
    for option in options[:at]:
        steps += _match(option)
    if at < len(options):
        steps += _target(options[at:], chains)
    return tuple(steps)


def _match(option: Option) -> Iterator[Step]:
    if option.name in _LOGGING or option.name == "--limit-burst":
        return
    try:
        if option.name == "--limit":
            return
        if option.name not in _MATCHES:
            raise Unevaluable(f"the match {option.name} of ebtables")
        yield _MATCHES[option.name](option)
    except Unevaluable as what:
        yield always(Maybe(str(what)))
    except _UNREADABLE:
        yield always(Maybe(f"{option.name} {' '.join(option.values)}"[:80]))


def _target(options: Sequence[Option], chains: Collection[str]) -> Iterator[Step]:
    name = options[0].values[0] if options[0].values else ""
    more = {each.name: each.values[0] for each in options[1:] if each.values}
    if name in _ENDING:
        yield always(Decision(_ENDING[name]))
    elif name == "mark":
        value = more.get("--mark-set") or more.get("--set-mark")
        yield _setting_mark(int(value, 0) if value else None)
        yield from _then(more.get("--mark-target", "ACCEPT"))
    elif name in chains:
        yield always(Decision("jump", name))
    elif name != "CONTINUE":
        yield always(Decision("unknown", f"the target {name} of ebtables"))


def _then(name: str) -> Iterator[Step]:
    if name in _ENDING:
        yield always(Decision(_ENDING[name]))


def _setting_mark(value: int | None) -> Step:
    def step(world: World) -> bool:
        world.mark = value
        return True

    return step


def _mac(name: str) -> Callable[[Option], Step]:
    def make(option: Option) -> Step:
        text, _, mask = _MACS.get(option.values[0], option.values[0]).partition("/")
        bits = int(mask.replace(":", ""), 16) if mask else (1 << 48) - 1
        wanted = int(text.replace(":", ""), 16) & bits
        field = fields.payload("ether", name)
        masked = None if field is None else _masked(field, bits)
        return compare(masked, [(wanted, wanted)], negated=option.negated)

    return make


def _masked(field: Field, bits: int) -> Field:
    def get(world: World) -> object:
        value = field.get(world)
        return value & bits if isinstance(value, int) else value

    return field._replace(get=get)


def _address(protocol: str, name: str, kind: Kind) -> Callable[[Option], Step]:
    def span(text: str) -> Span:
        address, _, length = text.partition("/")
        if not length:
            return kind.span(address)
        if not length.isdigit():
            length = str(f"{kind.parse(length):b}".count("1"))
        return kind.span({"prefix": {"addr": address, "len": int(length)}})

    return lambda option: compare(
        fields.payload(protocol, name), [span(option.values[0])], negated=option.negated
    )


def _number(protocol: str, name: str, names: Mapping[str, int]) -> Callable[[Option], Step]:
    def make(option: Option) -> Step:
        number = number_of(names, option.values[0])
        return compare(fields.payload(protocol, name), [(number, number)], negated=option.negated)

    return make


def _type(option: Option) -> Step:
    text = option.values[0].lower()
    number = int(text, 16) if text not in constants.ETHERTYPES else constants.ETHERTYPES[text]
    return compare(fields.payload("ether", "type"), [(number, number)], negated=option.negated)


def _link(key: str) -> Callable[[Option], Step]:
    return lambda option: compare(
        fields.meta(key), [name_span(option.values[0])], negated=option.negated
    )


def _port(name: str) -> Callable[[Option], Step]:
    return lambda option: compare(
        fields.payload("th", name), [port_span(option.values[0])], negated=option.negated
    )


def _protocol(ethertype: int) -> Callable[[Option], Step]:
    def make(option: Option) -> Step:
        number = number_of(constants.PROTOCOLS, option.values[0])
        field = fields.Field(
            "ip protocol",
            values.PROTOCOL,
            lambda w: w.protocol if w.ethertype == ethertype else fields.ABSENT,
        )
        return compare(field, [(number, number)], negated=option.negated)

    return make


def _mark(option: Option) -> Step:
    value, _, mask = option.values[0].partition("/")
    bits, wanted = int(mask, 0) if mask else 0xFFFFFFFF, int(value, 0)
    field = fields.meta("mark")
    masked = None if field is None else _masked(field, bits)
    return compare(masked, [(wanted, wanted)], negated=option.negated)


def _bridge_rows(ip: str, kind: Kind, ethertype: int) -> dict[str, Callable[[Option], Step]]:
    found: dict[str, Callable[[Option], Step]] = {}
    for names, make in (
        (("src", "source"), _address(ip, "saddr", kind)),
        (("dst", "destination"), _address(ip, "daddr", kind)),
        (("proto", "protocol"), _protocol(ethertype)),
        (("sport", "source-port"), _port("sport")),
        (("dport", "destination-port"), _port("dport")),
    ):
        found |= {f"--{ip}-{name}": make for name in names}
    return found


_MATCHES: Mapping[str, Callable[[Option], Step]] = {
    "-s": _mac("saddr"),
    "-d": _mac("daddr"),
    "-p": _type,
    "-i": _link("iifname"),
    "-o": _link("oifname"),
    "--logical-in": _link("ibrname"),
    "--logical-out": _link("obrname"),
    "--arp-op": _number("arp", "operation", constants.ARP_OPERATIONS),
    "--arp-opcode": _number("arp", "operation", constants.ARP_OPERATIONS),
    "--arp-htype": _number("arp", "htype", {}),
    "--arp-ptype": _number("arp", "ptype", constants.ETHERTYPES),
    "--arp-ip-src": _address("arp", "saddr ip", values.ADDRESS4),
    "--arp-ip-dst": _address("arp", "daddr ip", values.ADDRESS4),
    "--arp-mac-src": _mac("saddr"),
    "--vlan-id": _number("vlan", "id", {}),
    "--vlan-encap": _number("vlan", "type", constants.ETHERTYPES),
    "--mark": _mark,
    **_bridge_rows("ip", values.ADDRESS4, IPV4),
    **_bridge_rows("ip6", values.ADDRESS6, IPV6),
}
