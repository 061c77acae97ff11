"""What iptables' targets do with a packet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.packets import nat
from vnetmgr.packets.iptables.matches import masked_number
from vnetmgr.packets.rules import Decision, always
from vnetmgr.packets.values import Unevaluable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from vnetmgr.packets.iptables.matches import Asking
    from vnetmgr.packets.iptables.options import Option
    from vnetmgr.packets.rules import Step
    from vnetmgr.packets.world import World

_ENDING = {"ACCEPT": "accept", "DROP": "drop", "RETURN": "return", "REJECT": "reject"}
# They say, count or change something that no rule here asks for.
_PASSING = frozenset(
    {"LOG", "NFLOG", "ULOG", "TRACE", "AUDIT", "CHECKSUM", "TCPMSS", "TTL", "HL", "DSCP", "TOS"}
    | {"CLASSIFY", "SET", "SECMARK", "CONNSECMARK", "RATEEST", "LED", "IDLETIMER", "TEE", "ECN"}
    | {"TCPOPTSTRIP", "CONTINUE"}
)
_ALL = 0xFFFFFFFF


def target_step(
    name: str, options: Mapping[str, Option], asking: Asking, chains: Collection[str]
) -> Step | None:
    """A rule's target; None: the packet goes on as it is. Raises Unevaluable."""
    if name in _ENDING:
        return always(Decision(_ENDING[name]))
    if name in _PASSING:
        return None
    if name in _MAKERS:
        return _MAKERS[name](options, asking)
    if name in chains:
        return always(Decision("jump", name))
    return always(Decision("unknown", f"the target {name} of iptables"))


def _set_mark(options: Mapping[str, Option], _: Asking) -> Step:
    return _marking("mark", options)


def _set_connection_mark(options: Mapping[str, Option], _: Asking) -> Step:
    packet, connection = (
        next(
            (masked_number(options[n].values[0])[0] for n in (name, "--mask") if n in options), _ALL
        )
        for name in ("--nfmask", "--ctmask")
    )
    if "--save-mark" in options:
        return _of_connection(
            _changing("ct_mark", lambda w: _mixed(w.ct_mark, connection, w.mark, packet))
        )
    if "--restore-mark" in options:
        return _of_connection(
            _changing("mark", lambda w: _mixed(w.mark, packet, w.ct_mark, connection))
        )
    return _of_connection(_marking("ct_mark", options))


def _of_connection(change: Step) -> Step:
    """What is not tracked has no connection, and stays as it is."""

    def step(world: World) -> bool:
        if world.has_connection:
            change(world)
        return True

    return step


def _marking(attribute: str, options: Mapping[str, Option]) -> Step:
    name = next(each for each in _MARKINGS if each in options)
    value, mask = masked_number(options[name].values[0])
    apply = _MARKINGS[name]

    def read(world: World) -> int | None:
        old = getattr(world, attribute)
        return None if old is None else apply(old, value, mask)

    return _changing(attribute, read)


def _mixed(kept: int | None, cleared: int, other: int | None, mask: int) -> int | None:
    """net/netfilter/xt_connmark.c."""
    if kept is None or other is None:
        return None
    return (kept & ~cleared & _ALL) ^ (other & mask)


_MARKINGS: Mapping[str, Callable[[int, int, int], int]] = {
    "--set-xmark": lambda old, value, mask: (old & ~mask & _ALL) ^ value,
    "--set-mark": lambda old, value, mask: (old & ~mask & ~value & _ALL) | value,
    "--and-mark": lambda old, value, _: old & value,
    "--or-mark": lambda old, value, _: old | value,
    "--xor-mark": lambda old, value, _: old ^ value,
}


def _changing(attribute: str, read: Callable[[World], Any]) -> Step:
    def step(world: World) -> bool:
        setattr(world, attribute, read(world))
        return True

    return step


def _translating(kind: str, option: str) -> Callable[[Mapping[str, Option], Asking], Step]:
    def make(options: Mapping[str, Option], asking: Asking) -> Step:
        given = options[option].values[0] if option in options else ""
        if kind in ("redirect", "masquerade"):
            return nat.translation(kind, None, _port_of(given), asking.around)
        address, port = _end_of(given)
        chosen = None if not address else _constant(_single(address, asking))
        return nat.translation(kind, chosen, _port_of(port), asking.around)

    return make


def _end_of(text: str) -> tuple[str, str]:
    """`10.0.0.1:80`, `[fe80::1]:80`, `10.0.0.1-10.0.0.9`, `:80`."""
    if text.startswith("["):
        address, _, rest = text[1:].partition("]")
        return address, rest.removeprefix(":")
    if text.count(":") > 1:
        return text, ""
    address, _, port = text.partition(":")
    return address, port


def _single(text: str, asking: Asking) -> Any:
    first, _, last = text.partition("-")
    return asking.address.parse(first) if last in ("", first) else None


def _port_of(text: str) -> Callable[[World], Any] | None:
    if not text:
        return None
    first, _, last = text.partition("/")[0].partition("-")
    return _constant(int(first) if last in ("", first) else None)


def _constant(value: Any) -> Callable[[World], Any]:
    return lambda _: value


def _untracked(_options: Mapping[str, Option], _asking: Asking) -> Step:
    return nat.untrack


def _conntrack(options: Mapping[str, Option], asking: Asking) -> Step:
    if "--notrack" in options:
        return _untracked(options, asking)
    if set(options) & {"--zone", "--zone-orig", "--zone-reply"}:
        raise Unevaluable("a zone of connection tracking")
    return always(result=True)


_MAKERS: Mapping[str, Callable[[Mapping[str, Option], Asking], Step]] = {
    "MARK": _set_mark,
    "CONNMARK": _set_connection_mark,
    "DNAT": _translating("dnat", "--to-destination"),
    "SNAT": _translating("snat", "--to-source"),
    "MASQUERADE": _translating("masquerade", "--to-ports"),
    "REDIRECT": _translating("redirect", "--to-ports"),
    "NOTRACK": _untracked,
    "CT": _conntrack,
}
