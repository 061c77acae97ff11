"""A network's options as keys of a document, each with the type of its field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.model.network import Network
from vnetmgr.model.network_attributes import default_of
from vnetmgr.model.options.networks import NETWORK_OPTIONS, OPTION_OF
from vnetmgr.model.options.parsers import Kind
from vnetmgr.render.documents.shape import (
    NUMBER,
    TEXT,
    YES_NO,
    Key,
    Shape,
    array,
    or_null,
    text_or_null,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vnetmgr.model.options.compound import Compound
    from vnetmgr.render.documents.shape import Schema

# They have keys of their own.
_ELSEWHERE = frozenset({"mode", "bridge"})
_TYPES: dict[str, Schema] = {"int": NUMBER, "bool": YES_NO}
"""By how a field, or the items of its list, is annotated; a text is whatever else it is."""
_NUMBERS = frozenset({"N", "TAG", "BYTES"})
"""The metavars of parts that are numbers."""
_HELP = {"lease_time": "Seconds; 0: for ever; null: dnsmasq's own."}


def network_keys() -> dict[str, Key[Network]]:
    """A key for every field that an option sets."""
    fields = [field for field in OPTION_OF if field not in _ELSEWHERE]
    return {field: _key(field) for field in fields}


def _key(field: str) -> Key[Network]:
    option = NETWORK_OPTIONS[OPTION_OF[field]]
    text = _HELP.get(field, option.help)
    if option.kind is Kind.PAIRS:
        schema: Schema = {"type": "object", "additionalProperties": TEXT}
        return Key(schema, lambda network: dict(getattr(network, field)), text)
    several = option.kind.repeatable
    if option.compound is not None and not option.compound.is_text:
        return _of_parts(field, option.compound, text, several=several)
    typed = _TYPES.get(_annotated(field), TEXT)
    read = _value if typed is not TEXT else text_or_null
    if several:
        return Key(array(typed), lambda network: list(map(read, getattr(network, field))), text)
    default = default_of(field)

    def value(network: Network) -> object:
        found = getattr(network, field)
        return read(default if found is None else found)

    return Key(typed if default is not None else or_null(typed), value, text)


def _annotated(field: str) -> str:
    """`int` of `int | None`, and of `tuple[int, ...]`."""
    annotation = str(Network.__annotations__[field]).removesuffix(" | None")
    return annotation.removeprefix("tuple[").removesuffix(", ...]")


def _of_parts(field: str, compound: Compound, text: str, *, several: bool) -> Key[Network]:
    """An object a value, or a list of them."""
    shape: Shape[object] = Shape(OPTION_OF[field], dict(_parts(compound)))
    if several:

        def objects(network: Network) -> object:
            return [shape.json(each) for each in getattr(network, field)]

        return Key(array(shape.reference), objects, text, parts=(shape,))

    def one(network: Network) -> object:
        value = getattr(network, field)
        return None if value is None else shape.json(value)

    return Key(or_null(shape.reference), one, text, parts=(shape,))


def _parts(compound: Compound) -> Iterator[tuple[str, Key[object]]]:
    for name, part in compound.parts.items():
        typed = NUMBER if part.metavar in _NUMBERS else TEXT
        if part.flag:
            yield name, Key(YES_NO, _reader(name, bool))
        elif part.several:
            read = _each(_value if typed is NUMBER else str)
            yield name, Key(array(typed), _reader(name, read))
        else:
            needed = name in compound.needs
            whole = _value if typed is NUMBER else text_or_null
            yield name, Key(typed if needed else or_null(typed), _reader(name, whole))


def _reader(name: str, read: Callable[[Any], object]) -> Callable[[object], object]:
    return lambda value: read(getattr(value, name))


def _each(read: Callable[[Any], object]) -> Callable[[Any], object]:
    return lambda values: [read(value) for value in values or ()]


def _value(value: object) -> object:
    return value
