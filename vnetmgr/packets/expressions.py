"""nft's JSON expressions, made into functions of a packet. What is not known raises Unevaluable."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from vnetmgr.packets import fields, values
from vnetmgr.packets.fields import ABSENT
from vnetmgr.packets.packet import IPV6
from vnetmgr.packets.values import Table, Unevaluable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vnetmgr.packets.surroundings import Surroundings
    from vnetmgr.packets.values import Kind
    from vnetmgr.packets.world import World


class Left(NamedTuple):
    """One value, or those of a concatenation."""

    name: str
    kinds: tuple[Kind, ...]
    get: Callable[[World], Any]
    """As a field's; a tuple where there are several kinds."""
    masked: bool = False


class Context:
    """A table's sets and maps, and what of the host its rules may ask for."""

    def __init__(
        self, family: str, sets: Mapping[str, Mapping[str, Any]], around: Surroundings
    ) -> None:
        self.family = family
        self._sets, self.around = sets, around
        self._tables: dict[tuple[str, tuple[Kind, ...]], Table] = {}

    def named(self, reference: str, kinds: tuple[Kind, ...], data: Callable[[Any], Any]) -> Table:
        """A named set or map, for keys of these types."""
        name = reference.removeprefix("@")
        found = self._tables.get((name, kinds))
        if found is None:
            definition = self._sets.get(name)
            if definition is None:
                raise Unevaluable(f"the set {name}, which is not listed")
            elements = definition.get("elem", [])
            found = self.table(elements, kinds, data, is_map="map" in definition)
            self._tables[name, kinds] = found
        return found

    def table(
        self,
        elements: Any,
        kinds: tuple[Kind, ...],
        data: Callable[[Any], Any],
        *,
        is_map: bool,
    ) -> Table:
        """The elements that a rule or a definition has."""
        pairs = elements if isinstance(elements, list) else [elements]
        if is_map:
            return Table(kinds, ((key, data(value)) for key, value in pairs))
        return Table(kinds, ((key, True) for key in pairs))


def left_of(expression: Any, context: Context) -> Left:
    """What a rule compares, sets, or looks up."""
    if not isinstance(expression, dict) or len(expression) != 1:
        raise Unevaluable(said(expression))
    ((kind, inner),) = expression.items()
    if kind == "concat":
        return _concatenation([left_of(each, context) for each in inner])
    if kind in ("&", "|", "^", "<<", ">>"):
        return _calculated(kind, inner, context)
    field = _field(kind, inner, context)
    if field is None:
        raise Unevaluable(said(expression))
    return Left(field.name, (field.kind,), field.get)


def said(expression: Any) -> str:
    """An expression that is not known, by name."""
    if isinstance(expression, dict) and len(expression) == 1:
        ((kind, inner),) = expression.items()
        if not isinstance(inner, dict):
            return f"{kind} {inner or ''}".strip()[:80]
        words = (
            kind,
            *(str(inner[key]) for key in ("protocol", "key", "name", "field") if key in inner),
        )
        return " ".join(words).removeprefix("payload ")[:80]
    return json.dumps(expression)[:80]


def _field(kind: str, inner: Any, context: Context) -> fields.Field | None:
    if kind == "payload":
        return fields.payload(str(inner.get("protocol")), str(inner.get("field")))
    if kind == "meta":
        return fields.meta(str(inner["key"] if isinstance(inner, dict) else inner))
    if kind == "ct":
        return fields.ct(str(inner["key"]), inner.get("dir"))
    if kind == "fib":
        flags = inner["flags"]
        listed = (flags,) if isinstance(flags, str) else tuple(flags)
        return fields.fib(str(inner["result"]), listed, context.around)
    if kind == "exthdr":  # such headers are in no packet that is asked about
        return fields.Field(f"exthdr {inner.get('name')}", values.NUMBER, _no_extension)
    return None


def _no_extension(world: World) -> Any:
    return 0 if world.ethertype == IPV6 else ABSENT


def _concatenation(parts: list[Left]) -> Left:
    getters = [each.get for each in parts]

    def get(world: World) -> Any:
        found = tuple(read(world) for read in getters)
        if ABSENT in found:
            return ABSENT
        return None if None in found else found

    kinds = tuple(kind for each in parts for kind in each.kinds)
    return Left(" . ".join(each.name for each in parts), kinds, get)


def _calculated(operator: str, operands: Any, context: Context) -> Left:
    left = left_of(operands[0], context)
    if len(left.kinds) != 1:
        raise Unevaluable(f"{left.name} {operator}")
    read = left.get
    rights = [_operand(each, left.kinds[0], context) for each in operands[1:]]

    def get(world: World) -> Any:
        value = read(world)
        for right in rights:
            other = right(world)
            if ABSENT in (value, other):
                return ABSENT
            if value is None or other is None:
                return None
            value = _OPERATORS[operator](value, other)
        return value

    return Left(left.name, left.kinds, get, masked=True)


_OPERATORS: Mapping[str, Callable[[int, int], int]] = {
    "&": lambda left, right: left & right,
    "|": lambda left, right: left | right,
    "^": lambda left, right: left ^ right,
    "<<": lambda left, right: left << right & 0xFFFFFFFF,
    ">>": lambda left, right: left >> right,
}


def _operand(expression: Any, kind: Kind, context: Context) -> Callable[[World], Any]:
    return value_of(expression, (kind,), context)


def value_of(expression: Any, kinds: tuple[Kind, ...], context: Context) -> Callable[[World], Any]:
    """A value that a statement sets: a constant, another field, or looked up in a map. A range is
    not known: the kernel chooses."""
    if isinstance(expression, dict) and set(expression) == {"map"}:
        return _mapped(expression["map"], kinds, context)
    try:
        constant = constant_of(expression, kinds)
    except (Unevaluable, KeyError, TypeError, ValueError):
        return left_of(expression, context).get
    return lambda _: constant


def constant_of(expression: Any, kinds: tuple[Kind, ...]) -> Any:
    """A constant; a tuple for several kinds; None for a range that the kernel chooses from."""
    if len(kinds) > 1:
        parts = expression["concat"]
        return tuple(constant_of(each, (kind,)) for each, kind in zip(parts, kinds, strict=True))
    first, last = kinds[0].span(expression)
    return first if first == last else None


def _mapped(inner: Any, kinds: tuple[Kind, ...], context: Context) -> Callable[[World], Any]:
    key = left_of(inner["key"], context)

    def data(value: Any) -> Any:
        has_several = isinstance(value, dict) and "concat" in value
        return constant_of(value, kinds if has_several else kinds[:1])

    source = inner["data"]
    if isinstance(source, str):
        table = context.named(source, key.kinds, data)
    else:
        table = context.table(source["set"], key.kinds, data, is_map=True)
    read = key.get

    def get(world: World) -> Any:
        value = read(world)
        if value is ABSENT or value is None:
            return value
        found, mapped = table.find(value)
        return mapped if found else ABSENT

    return get
