"""As much of JSON Schema as the documents' schemas use: whether another vnetmgr's answer is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def complaint(schema: Mapping[str, Any], value: object) -> str | None:
    """The first thing that is wrong in a value; None: nothing. Keys that are not described may be
    there: later versions have more."""
    return next(_Check(schema.get("$defs", {})).all(schema, value, ""), None)


class _Check:
    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def all(self, schema: Mapping[str, Any], value: object, at: str) -> Iterator[str]:
        for keyword, said in schema.items():
            match keyword:
                case "$ref":
                    inner = self._definitions[said.removeprefix("#/$defs/")]
                    yield from self.all(inner, value, at)
                case "type" if not any(_is_a(value, kind) for kind in _listed(said)):
                    yield f"{_named(at)} that is no {' or '.join(_listed(said))}"
                case "const" if not _same(value, said):
                    yield f"{_named(at)} other than {said}"
                case "enum" if not any(_same(value, each) for each in said):
                    yield f"{_named(at)} of no known value"
                case "anyOf" if all(any(self.all(each, value, at)) for each in said):
                    yield f"{_named(at)} of no known form"
        yield from self._inside(schema, value, at)

    def _inside(self, schema: Mapping[str, Any], value: object, at: str) -> Iterator[str]:
        if isinstance(value, list) and "items" in schema:
            for each in value:
                yield from self.all(schema["items"], each, f"{at}[]")
        if not isinstance(value, dict):
            return
        yield from (
            f"no {at}.{key}".replace("no .", "no ")
            for key in schema.get("required", ())
            if key not in value
        )
        own, more = schema.get("properties", {}), schema.get("additionalProperties") or {}
        for key, each in value.items():
            # Of those that it does not name nothing is repeated here.
            yield from self.all(
                own.get(key, more), each, f"{at}.{key}" if key in own else f"{at}.*"
            )


def _named(at: str) -> str:
    return at.removeprefix(".") or "something"


def _listed(kinds: str | Iterable[str]) -> list[str]:
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _is_a(value: object, kind: str) -> bool:
    """Python's True is an int; JSON's is no integer."""
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _same(value: object, other: object) -> bool:
    return type(value) is type(other) and value == other
