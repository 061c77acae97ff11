"""The documents of --output json, from the tables that they are made by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference.markdown import code, page, table, text
from reference.schema import kind_of
from vnetmgr.render.documents import KINDS, document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reference.schema import Schema

_INTRO = (
    """With `--output json`, exactly one document goes to standard output, whatever
happens; messages go to standard error as ever. It is an object with its `kind` first, then
`version: 1`, then what is told here and by `vnetmgr schema KIND`, a JSON Schema (2020-12).
`reconcile --report-file` writes the same. `watch` prints a line for each report, and the error
that ends it, if one does. `--help` and `schema` print what they always do.""",
    """An `error` stands for whatever a command failed by that has no report, plan or
validation to print: a wrong option, a lock that is held, an interrupt, a fault of vnetmgr's own.
The `errors` of a plan or a report have the same keys, but for `exit_code`.""",
    """New keys, kinds and words in a list of words do not raise `version`: pass over keys
that you do not know. A key that goes, or gets another meaning, raises it.""",
)


def json_page() -> str:
    """docs/reference/json.md."""
    schemas: dict[str, Schema] = {kind: document(kind).schema() for kind in KINDS}
    parts: dict[str, Schema] = {}
    for schema in schemas.values():
        for name, part in schema.get("$defs", {}).items():
            if parts.setdefault(name, part) != part:
                raise AssertionError(f"two kinds of documents have a {name} of their own")
    return page(
        "JSON",
        *_INTRO,
        "## Kinds",
        *(line for kind, schema in schemas.items() for line in _section(kind, schema)),
        "## Parts",
        *(line for name in sorted(parts) for line in _section(name, parts[name])),
    )


def _section(name: str, schema: Schema) -> Iterator[str | Iterable[str]]:
    yield f"### {name}"
    if "description" in schema:
        yield text(schema["description"])
    needed = schema.get("required", ())
    yield table(("key", "value", "what it is"), _rows(schema["properties"], needed))


def _rows(properties: dict[str, Schema], needed: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    for key, value in properties.items():
        if key not in ("kind", "version"):
            absent = "" if key in needed else "Not always there. "
            yield code(key), kind_of(value), absent + text(value.get("description", ""))
