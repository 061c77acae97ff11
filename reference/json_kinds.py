"""The documents of --output json, from the tables that they are made by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference.markdown import code, page, table, text
from reference.schema import kind_of
from vnetmgr.render.documents import KINDS, document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

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
    """With `--hosts` or `--host` the document is a `fleet`, also of one host: for each host the
document that the command prints there alone, or the `error` in its place. What cannot be begun at
all, as with a hosts file that is not there, is an `error` alone.""",
    """`--output yaml` prints the same document in YAML: whatever reads YAML 1.1 or 1.2 has the
same values of it. Each of several, and the error behind others, begins with `---` and ends with
`...`. In both, a byte that is no UTF-8, of a file's name, is the text that people see, `\\udcff`;
where standard output is in another encoding than UTF-8, all that is no ASCII is escaped.""",
    """`--output name` prints a word for each thing, in lines: `DOMAIN/NIC`, `NETWORK`,
`NETWORK/ADDRESS` of leases, `DOMAIN/FORWARD`, a model, a PCI address; of a plan or a report what
changes or has changed, as `nic/web1/lan` or `network/lab`, and a command's own nic where there
was nothing to do; of doctor the nics, and domains without one, that something is wrong with. Of
several hosts each word has its host before it: `kvm1/web1/lan`.
Errors are told to people alone, and so are notes. As in tables,
what cannot be seen in a name is an escape.""",
    """New keys, kinds and words in a list of words do not raise `version`: pass over keys
that you do not know. A key that goes, or gets another meaning, raises it.""",
)


def json_page() -> str:
    """docs/reference/json.md."""
    schemas: dict[str, Schema] = {kind: document(kind).json_schema() for kind in KINDS}
    parts: dict[str, list[str | Iterable[str]]] = {}
    shown: dict[str, Schema] = {}
    kinds: list[str | Iterable[str]] = []
    for kind, schema in schemas.items():
        titles = {name: _title(name, part, kind, shown) for name, part in schema["$defs"].items()}
        kinds += _section(kind, schema, titles)
        for name, title in titles.items():
            parts.setdefault(title, list(_section(title, schema["$defs"][name], titles)))
    ordered = (line for title in sorted(parts) for line in parts[title])
    return page("JSON", *_INTRO, "## Kinds", *kinds, "## Parts", *ordered)


def _title(name: str, part: Schema, kind: str, shown: dict[str, Schema]) -> str:
    """What a part is called: two kinds of documents may have one of the same name that differ."""
    title = f"A {name}"
    return title if shown.setdefault(title, part) == part else f"A {name} of {kind}"


def _section(name: str, schema: Schema, titles: Mapping[str, str]) -> Iterator[str | Iterable[str]]:
    yield f"### {name}"
    if "description" in schema:
        yield text(schema["description"])
    needed = schema.get("required", ())
    yield table(("key", "value", "what it is"), _rows(schema["properties"], needed, titles))


def _rows(
    properties: dict[str, Schema], needed: Iterable[str], titles: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    for key, value in properties.items():
        if key not in ("kind", "version"):
            absent = "" if key in needed else "Not always there. "
            kind = kind_of(value, titles)
            yield code(key), kind, (absent + text(value.get("description", ""))).rstrip()
