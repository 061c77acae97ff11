"""nft's JSON rules as steps."""

from __future__ import annotations

import operator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from vnetmgr.packets import nat, values
from vnetmgr.packets.constants import PROTOCOLS
from vnetmgr.packets.expressions import Left, left_of, said, value_of
from vnetmgr.packets.fields import ABSENT
from vnetmgr.packets.packet import IPV4, IPV6
from vnetmgr.packets.rules import Decision, Maybe, always
from vnetmgr.packets.values import Unevaluable, within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vnetmgr.packets.expressions import Context
    from vnetmgr.packets.rules import Step
    from vnetmgr.packets.values import Kind
    from vnetmgr.packets.world import World

# What nft's JSON may hold where a later nft, or somebody else, wrote it.
_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError)
_PLAIN = frozenset({"accept", "drop", "continue", "return"})
# They say, count or change something else than where the packet goes.
_PASSING = frozenset(
    {"counter", "log", "comment", "flow", "ct helper", "ct timeout", "ct expectation", "dup"}
    | {"secmark", "synproxy_stats", "last"}
)

_MATCHING = frozenset({"match", "limit", "quota", "ct count", "set", "map", "meter"})


def steps_of(expressions: list[Any], context: Context) -> tuple[Step, ...]:
    """A rule's steps; what is not known is a step of its own, by name."""
    found: list[Step] = []
    for header, group in groupby(expressions, key=_unlike_header):
        steps = [step for each in group for step in _steps(each, context)]
        found += steps if header is None or len(steps) < 2 else [_all_or_none(steps, header)]
    return tuple(found)


# Transport and link headers.
_COMPARED_AS_ONE = frozenset({"tcp", "udp", "udplite", "sctp", "dccp", "th", "icmp", "icmpv6"}) | {
    *("ether", "vlan")
}


def _unlike_header(expression: Any) -> str | None:
    """The header that a plain `!=` is about. Two of these that stand side by side nft loads as one
    comparison, `not both`, and lists as two, which would be `neither` (payload_do_merge, 1.0.6)."""
    inner = expression.get("match") if isinstance(expression, dict) else None
    if not isinstance(inner, dict) or inner.get("op") != "!=":
        return None
    left, right = inner.get("left"), inner.get("right")
    payload = left.get("payload") if isinstance(left, dict) else None
    plain = isinstance(right, int | str) and not str(right).startswith("@")
    protocol = payload.get("protocol") if isinstance(payload, dict) and plain else None
    return protocol if protocol in _COMPARED_AS_ONE else None


def _all_or_none(steps: list[Step], header: str) -> Step:
    def step(world: World) -> bool | Maybe | Decision:
        found = [each(world) for each in steps]
        doubt = next((each for each in found if isinstance(each, Maybe | Decision)), None)
        if doubt is None and len(set(found)) > 1:
            return Maybe(f"several != of {header}, which nft may have made one of")
        return found[0] if doubt is None else doubt

    return step


def _steps(expression: Any, context: Context) -> Iterator[Step]:
    try:
        yield from _statement(expression, context)
    except Unevaluable as what:
        yield always(_doubt(expression, str(what)))
    except _UNREADABLE:
        yield always(_doubt(expression, said(expression)))


def _doubt(expression: Any, name: str) -> Maybe | Decision:
    """A match that is not known matches, or does not; any other statement may do anything."""
    kind = next(iter(expression), None) if isinstance(expression, dict) else None
    inner = expression[kind] if kind == "xt" else None
    if kind in _MATCHING or (isinstance(inner, dict) and inner.get("type") == "match"):
        return Maybe(name)
    return Decision("unknown", name)


def _statement(expression: Any, context: Context) -> Iterator[Step]:
    if not isinstance(expression, dict) or len(expression) != 1:
        raise Unevaluable(said(expression))
    ((kind, inner),) = expression.items()
    if kind in _PASSING:
        return
    if kind in _PLAIN or kind in ("jump", "goto"):
        yield always(decision_of(expression))
    elif kind in _STATEMENTS:
        yield from _STATEMENTS[kind](inner, context)
    else:
        raise Unevaluable(said(expression))


def decision_of(expression: Mapping[str, Any]) -> bool | Decision:
    """A verdict; `continue` goes on."""
    ((kind, inner),) = expression.items()
    if kind == "continue":
        return True
    if kind in ("jump", "goto"):
        return Decision(kind, str(inner["target"]))
    if kind not in _PLAIN:
        raise Unevaluable(said(expression))
    return Decision(kind)


def _match(inner: Any, context: Context) -> Iterator[Step]:
    left, sign, right = left_of(inner["left"], context), inner["op"], inner["right"]
    # nft leaves out of its listing what something else in the rule implies.
    test = _test(left, sign, right, context)
    name, get = left.name, left.get

    def step(world: World) -> bool | Maybe:
        value = get(world)
        if value is ABSENT:
            return False
        return Maybe(name) if value is None else test(value)

    yield step


def _test(left: Left, sign: str, right: Any, context: Context) -> Callable[[Any], bool]:
    if sign in ("in", "!") or (left.kinds[0] is values.STATUS and sign in ("==", "!=")):
        return _bits_test(left, sign, right)
    if sign in _ORDERS:
        compare, bound = _ORDERS[sign], left.kinds[0].parse(right)
        return lambda value: bool(compare(value, bound))
    if sign not in ("==", "!="):
        raise Unevaluable(f"{left.name} {sign}")
    wanted = sign == "=="
    if _is_set(right):
        table = _set_of(left, right, context)
        return lambda value: table.find(value)[0] == wanted
    if len(left.kinds) > 1:
        spans = tuple(k.span(p) for k, p in zip(left.kinds, right["concat"], strict=True))
        return lambda value: all(map(within, value, spans)) == wanted
    span = left.kinds[0].span(right)
    if span[0] == span[1]:
        return lambda value: (value == span[0]) == wanted
    return lambda value: within(value, span) == wanted


_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def _bits_test(left: Left, sign: str, right: Any) -> Callable[[Any], bool]:
    """Whether one of the flags is set (`in`), or none (`!`). A connection's status has flags that
    are not followed here."""
    mask = left.kinds[0].parse(right)
    if not isinstance(mask, int):
        raise Unevaluable(left.name)
    if left.kinds[0] is values.STATUS:
        if mask & ~nat.FOLLOWED_STATUS or sign == "==":
            raise Unevaluable(f"{left.name} {right}")
        if (
            sign == "!="
        ):  # all of the flags at once: beside NAT's there is one more, that it is done
            return lambda _: True
    return lambda value: bool(value & mask) == (sign == "in")


def _is_set(right: Any) -> bool:
    return (isinstance(right, str) and right.startswith("@")) or (
        isinstance(right, dict) and set(right) == {"set"}
    )


def _set_of(left: Left, right: Any, context: Context) -> values.Table:
    if isinstance(right, str):
        return context.named(right, left.kinds, lambda _: True)
    return context.table(right["set"], left.kinds, lambda _: True, is_map=False)


def _vmap(inner: Any, context: Context) -> Iterator[Step]:
    key, source = left_of(inner["key"], context), inner["data"]
    if isinstance(source, str):
        table = context.named(source, key.kinds, decision_of)
    else:
        table = context.table(source["set"], key.kinds, decision_of, is_map=True)
    name, get = key.name, key.get

    def step(world: World) -> bool | Maybe | Decision:
        value = get(world)
        if value is ABSENT:
            return False
        if value is None:  # any of its verdicts, or none
            return Maybe(name) if set(table.outcomes()) == {True} else Decision("unknown", name)
        found, decision = table.find(value)
        return decision if found else False

    yield step


def _reject(inner: Any, _context: Context) -> Iterator[Step]:
    """nft does not list `meta nfproto ipv6` before `reject with icmpv6 ...`: that implies it."""
    kind = inner.get("type", "") if isinstance(inner, dict) else ""
    if kind == "tcp reset":
        yield lambda world: world.protocol == PROTOCOLS["tcp"]
    elif kind in _ETHERTYPES:
        ethertype = _ETHERTYPES[kind]
        yield lambda world: world.ethertype == ethertype
    yield always(Decision("reject"))


_ETHERTYPES = {"icmp": IPV4, "icmpv6": IPV6, "ip": IPV4, "ip6": IPV6}


def _limit(inner: Any, _context: Context) -> Iterator[Step]:
    """A packet that is asked about is the first: no limit is reached."""
    if not isinstance(inner, dict):
        raise Unevaluable(f"limit {inner}")
    yield always(not inner.get("inv", False))


def _quota(inner: Any, _context: Context) -> Iterator[Step]:
    if not isinstance(inner, dict) or inner.get("used"):
        raise Unevaluable("quota")
    yield always(not inner.get("inv", False))


def _update_set(inner: Any, context: Context) -> Iterator[Step]:
    for each in inner.get("stmt", ()):
        yield from _steps(each, context)


def _mangle(inner: Any, context: Context) -> Iterator[Step]:
    key = inner["key"]
    target = next((name for name, spec in _SETTABLE.items() if spec == key), None)
    if target is None:
        if not _is_harmless(key):
            raise Unevaluable(f"set {said(key)}")
        return
    read = value_of(inner["value"], (values.NUMBER,), context)

    def step(world: World) -> bool:
        value = read(world)
        if value is ABSENT:
            return False
        setattr(world, target, value)
        return True

    yield step


_SETTABLE: Mapping[str, Any] = {
    "mark": {"meta": {"key": "mark"}},
    "ct_mark": {"ct": {"key": "mark"}},
}
_HARMLESS_META = frozenset({"nftrace", "priority", "secmark"})


def _is_harmless(key: Mapping[str, Any]) -> bool:
    """Whether nothing that is followed here depends on it: the MSS of a SYN, a DSCP, a trace."""
    if "tcp option" in key:
        return True
    return str(key.get("meta", {}).get("key")) in _HARMLESS_META


def _notrack(_inner: Any, _context: Context) -> Iterator[Step]:
    yield nat.untrack


def _queue(_inner: Any, _context: Context) -> Iterator[Step]:
    yield always(Decision("unknown", "queue: a program decides"))


def _nat(kind: str) -> Callable[[Any, Context], Iterator[Step]]:
    def compile_(inner: Any, context: Context) -> Iterator[Step]:
        yield from _nat_steps(kind, inner or {}, context)

    return compile_


def _nat_steps(kind: str, inner: Mapping[str, Any], context: Context) -> Iterator[Step]:
    # Without one it is for all of the table's packets.
    ethertype = _ETHERTYPES.get(str(inner.get("family", context.family)))
    if ethertype is not None:
        yield lambda world: world.ethertype == ethertype
    kinds = (values.ADDRESS6 if ethertype == IPV6 else values.ADDRESS4, values.PORT)
    has_prefix = "prefix" in str(inner.get("type_flags", "")) or "netmap" in str(inner.get("flags"))
    if has_prefix:
        raise Unevaluable(f"{kind} prefix")
    address = _target(inner.get("addr"), kinds, context)
    port = value_of(inner["port"], kinds[1:], context) if "port" in inner else None
    yield nat.translation(kind, address, port, context.around)


def _target(
    address: Any, kinds: tuple[Kind, Kind], context: Context
) -> Callable[[World], Any] | None:
    if address is None:
        return None
    from_map = isinstance(address, dict) and "map" in address  # which may give a port, too
    return value_of(address, kinds if from_map else kinds[:1], context)


def _meter(inner: Any, context: Context) -> Iterator[Step]:
    yield from _steps(inner["stmt"], context)


def _xt(inner: Any, context: Context) -> Iterator[Step]:
    """An extension of iptables', of which nft's JSON has the name only. Some need no more."""
    kind, name = inner.get("type"), str(inner.get("name"))
    if name in _XT_PASSING:
        return
    if kind == "target" and name == "REJECT":
        yield always(Decision("reject"))
    elif kind == "target" and name == "MASQUERADE":
        yield nat.translation("masquerade", None, None, context.around)
    elif kind == "target":
        yield always(Decision("unknown", f"the target {name} of iptables"))
    else:
        raise Unevaluable(f"the match {name} of iptables")


_XT_PASSING = frozenset(
    {"comment", "LOG", "NFLOG", "TCPMSS", "CHECKSUM", "CLASSIFY", "DSCP", "TRACE", "AUDIT", "TOS"}
)

_STATEMENTS: Mapping[str, Callable[[Any, Context], Iterator[Step]]] = {
    "match": _match,
    "vmap": _vmap,
    "reject": _reject,
    "limit": _limit,
    "quota": _quota,
    "set": _update_set,
    "map": _update_set,
    "meter": _meter,
    "mangle": _mangle,
    "notrack": _notrack,
    "queue": _queue,
    "dnat": _nat("dnat"),
    "snat": _nat("snat"),
    "masquerade": _nat("masquerade"),
    "redirect": _nat("redirect"),
    "xt": _xt,
}
