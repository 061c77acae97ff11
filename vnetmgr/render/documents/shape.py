"""What the documents for programs are made of, and described by.

A table of keys both makes an object of JSON and is its JSON Schema, so that no key is said twice.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar

from vnetmgr.render.blocks import Data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

T = TypeVar("T")
U = TypeVar("U")
Schema: TypeAlias = dict[str, object]

VERSION = 1
"""Of every document. It rises when a key goes or gets another meaning, not for a new one."""

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
YES_NO: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
TEXTS: Schema = {"type": "array", "items": TEXT}


def one_of(words: Iterable[str]) -> Schema:
    """One of some words."""
    return {"enum": list(map(str, words))}


def array(items: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": items}


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def text_or_null(value: object) -> str | None:
    """A value as it is written; null for none."""
    return None if value is None else str(value)


class Key(NamedTuple, Generic[T]):
    """One key: which values it has, and how one is read of what is shown."""

    schema: Schema
    read: Callable[[T], object]
    text: str = ""
    """What its name does not tell."""
    optional: bool = False
    """Whether it is left out where it has no value."""
    parts: tuple[Shape[Any], ...] = ()
    """The shapes that its schema refers to."""

    def of(self, inner: Callable[[U], T]) -> Key[U]:
        """The same key of something that has what it is read of inside."""
        return Key(
            self.schema, lambda outer: self.read(inner(outer)), self.text, self.optional, self.parts
        )


def each(
    shape: Shape[U], read: Callable[[T], Iterable[U]], text: str = "", *, optional: bool = False
) -> Key[T]:
    """A list of objects. `optional`: left out where there are none."""

    def objects(shown: T) -> object:
        found = [shape.json(item) for item in read(shown)]
        return found or (None if optional else found)

    return Key(array(shape.reference), objects, text, optional, (shape,))


def notes(read: Callable[[T], Iterable[str]]) -> Key[T]:
    """What the user should know, each once."""
    return Key(
        TEXTS, lambda shown: list(dict.fromkeys(read(shown))), "What else to know, in words."
    )


class Shape(Generic[T]):
    """An object of JSON."""

    def __init__(self, name: str, keys: Mapping[str, Key[T]]) -> None:
        self.name = name
        self.keys = keys

    def json(self, shown: T) -> dict[str, object]:
        """The object."""
        found = {name: (key, key.read(shown)) for name, key in self.keys.items()}
        return {
            name: value
            for name, (key, value) in found.items()
            if value is not None or not key.optional
        }

    def of(self, inner: Callable[[U], T]) -> dict[str, Key[U]]:
        """Its keys, for a shape that has more of them."""
        return {name: key.of(inner) for name, key in self.keys.items()}

    @property
    def reference(self) -> Schema:
        """How other schemas refer to it."""
        return {"$ref": f"#/$defs/{self.name}"}

    def schema(self) -> Schema:
        """Its JSON Schema. Other keys may be there: later versions have more."""
        properties = {
            name: {**key.schema, "description": key.text} if key.text else key.schema
            for name, key in self.keys.items()
        }
        required = [name for name, key in self.keys.items() if not key.optional]
        return {"type": "object", "properties": properties, "required": required}

    def inner(self) -> Iterator[Shape[Any]]:
        """All shapes that it refers to."""
        for key in self.keys.values():
            for part in key.parts:
                yield part
                yield from part.inner()


class Document(Shape[T]):
    """A whole document: what kind it is, and then its keys."""

    def __init__(
        self,
        kind: str,
        text: str,
        keys: Mapping[str, Key[T]],
        names: Callable[[dict[str, Any]], Iterable[str]] | None = None,
    ) -> None:
        """`names`: what --output name prints of its JSON, a word for each thing in it."""
        head: dict[str, Key[T]] = {
            "kind": Key({"const": kind}, lambda _: kind),
            "version": Key({"const": VERSION}, lambda _: VERSION),
        }
        super().__init__(kind, {**head, **keys})
        self.text = text
        self.names = names

    def whole(self, shown: T) -> Data:
        """The document."""
        return self.read(self.json(shown))

    def read(self, values: dict[str, object]) -> Data:
        """The document that JSON is which others have written."""
        names = self.names
        return Data(values, tuple if names is None else partial(names, values))

    def json_schema(self) -> Schema:
        """Draft 2020-12, with all that it refers to."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": f"vnetmgr {self.name}",
            "description": self.text,
            **self.schema(),
            "$defs": {shape.name: shape.schema() for shape in self.inner()},
        }
