"""What a JSON Schema allows, in a few words."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from reference.markdown import code

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, Any]

_SWITCH = {True, False, "yes", "no", "true", "false", "on", "off"}
_SCALAR = {"string", "number", "boolean"}


def kind_of(schema: Schema, titles: Mapping[str, str] = MappingProxyType({})) -> str:
    """What a value may be: one or several kinds, with ` or ` between them. `titles`: the headings
    of the schema's own definitions."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{titles[name].lower().replace(' ', '-')})"
    if "const" in schema:
        return code(schema["const"])
    if "enum" in schema:
        return _one_of(schema["enum"])
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return " or ".join(dict.fromkeys(kind_of(each, titles) for each in choices))
    return _typed(schema, titles)


def _one_of(words: list[object]) -> str:
    if _SWITCH.issubset(words):
        return "`yes`, `no`"
    texts = ("null" if each is None else str(each) for each in words)
    return ", ".join(map(code, dict.fromkeys(texts)))


def _typed(schema: Schema, titles: Mapping[str, str]) -> str:
    said = schema.get("type", "anything")
    types = [said] if isinstance(said, str) else list(said)
    if set(types) == _SCALAR:
        return "text"
    kinds = {"string": "text", "array": _list(schema, titles), "object": _map(schema, titles)}
    return " or ".join(kinds.get(each, each) for each in types)


def _list(schema: Schema, titles: Mapping[str, str]) -> str:
    return f"list of {kind_of(schema['items'], titles)}" if "items" in schema else "list"


def _map(schema: Schema, titles: Mapping[str, str]) -> str:
    if schema.get("maxProperties") == 0:
        return "`{}`"
    if "properties" in schema:
        return f"map of {', '.join(map(code, schema['properties']))}"
    values = schema.get("additionalProperties")
    return f"map to {kind_of(values, titles)}" if isinstance(values, dict) else "map"
