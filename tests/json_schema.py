"""As much of JSON Schema (2020-12) as ours uses: no other package is needed to test with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
# Those that a value can fail by.
KEYWORDS = {
    *("$ref", "type", "const", "enum", "pattern", "anyOf", "oneOf", "items"),
    *("properties", "additionalProperties", "required", "maxProperties"),
}
OTHERS = {"$schema", "$defs", "title", "description", "format"}


def complaints(schema: dict[str, Any], value: Any, *, closed: bool = False) -> list[str]:
    """What is wrong in a value. `closed`: keys that the schema does not name are, too."""
    return list(_Check(schema.get("$defs", {}), closed=closed).all(schema, value, "$"))


class _Check:
    def __init__(self, definitions: dict[str, Any], *, closed: bool) -> None:
        self._definitions = definitions
        self._closed = closed

    def all(self, schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
        assert schema.keys() <= KEYWORDS | OTHERS, schema.keys() - KEYWORDS - OTHERS
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            yield from self.all(self._definitions[name], value, at)
        yield from self._value(schema, value, at)
        yield from self._choices(schema, value, at)
        if isinstance(value, list):
            for number, each in enumerate(value):
                yield from self.all(schema.get("items", {}), each, f"{at}[{number}]")
        if isinstance(value, dict):
            yield from self._object(schema, value, at)

    def _value(self, schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
        if "type" in schema and not any(is_a(value, kind) for kind in listed(schema["type"])):
            yield f"{at}: {value!r} is no {schema['type']}"
        allowed = schema.get("enum", [schema.get("const", value)])
        # In JSON true is not 1, as it is in Python.
        if not any(
            value == each and isinstance(value, bool) is isinstance(each, bool) for each in allowed
        ):
            yield f"{at}: {value!r} is not {schema.get('enum', schema.get('const'))}"
        if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
            yield f"{at}: {value!r} is not like {schema['pattern']}"

    def _choices(self, schema: dict[str, Any], value: Any, at: str) -> Iterator[str]:
        for keyword, most in (("anyOf", len(schema.get("anyOf", ()))), ("oneOf", 1)):
            if keyword in schema:
                wrong = [list(self.all(each, value, at)) for each in schema[keyword]]
                if not 1 <= wrong.count([]) <= most:
                    yield f"{at}: {keyword}: {wrong}"

    def _object(self, schema: dict[str, Any], value: dict[str, Any], at: str) -> Iterator[str]:
        yield from (f"{at}: no {key}" for key in schema.get("required", []) if key not in value)
        if len(value) > schema.get("maxProperties", len(value)):
            yield f"{at}: there is something in it"
        own = schema.get("properties", {})
        more = schema.get("additionalProperties", not (own and self._closed))
        for key, each in value.items():
            if key not in own and more is False:
                yield f"{at}: {key} is unknown"
            elif key in own or more is not True:
                yield from self.all(own.get(key, more), each, f"{at}.{key}")


def is_a(value: Any, kind: str) -> bool:
    """Python's True is an int; JSON's is no integer."""
    return isinstance(value, KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def listed(kinds: str | list[str]) -> list[str]:
    """One type or several."""
    return [kinds] if isinstance(kinds, str) else kinds
