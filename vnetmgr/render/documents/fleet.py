"""What several hosts have answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vnetmgr.errors import ExitCode
from vnetmgr.render.documents.error import FAILURE
from vnetmgr.render.documents.shape import NUMBER, TEXT, YES_NO, Document, Key, Shape, each, notes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vnetmgr.errors import VnetError
    from vnetmgr.render.documents.shape import Schema


class ShownAnswer(NamedTuple):
    """What became of a command on one host."""

    host: str
    code: ExitCode
    result: Mapping[str, object] | None = None
    """None where it failed before it had one."""
    error: VnetError | None = None
    """Why there is none."""
    unreachable: bool = False


class ShownFleet(NamedTuple):
    """The answers, and what is of no single host."""

    items: Sequence[ShownAnswer]
    notes: Sequence[str] = ()
    errors: Sequence[VnetError] = ()


_DOCUMENT: Schema = {
    "type": "object",
    "properties": {"kind": TEXT, "version": NUMBER},
    "required": ["kind", "version"],
    "additionalProperties": {},
}


def _error(shown: ShownAnswer) -> object:
    from vnetmgr.render.documents.error import ERROR, ShownError

    return None if shown.error is None else ERROR.json(ShownError(shown.error, shown.code))


_ITEM: Shape[ShownAnswer] = Shape(
    "answer",
    {
        "host": Key(TEXT, lambda shown: shown.host, "As the file of hosts calls it."),
        "result": Key(
            _DOCUMENT,
            lambda shown: shown.result,
            "What the command prints of that host alone; its kind says what it is.",
            optional=True,
        ),
        "error": Key(_DOCUMENT, _error, "In its place, of kind error.", optional=True),
        "exit_code": Key(
            {"enum": [int(code) for code in ExitCode]},
            lambda shown: int(shown.code),
            "What the command would have ended with alone.",
        ),
        "unreachable": Key(
            YES_NO,
            lambda shown: shown.unreachable or None,
            "Nothing is known of that host, and nothing on it is taken for gone.",
            optional=True,
        ),
    },
)


def _names(found: Mapping[str, Any]) -> Iterator[str]:
    """Each with its host: `kvm1/web1/lan`."""
    from vnetmgr.render.documents import document

    for item in found["items"]:
        if (result := item.get("result")) is not None:
            names = document(result["kind"]).read(result).names()
            yield from (f"{item['host']}/{name}" for name in names)


FLEET: Document[ShownFleet] = Document(
    "fleet",
    "Whatever is done with --hosts or --host: an answer for each host.",
    {
        "items": each(_ITEM, lambda shown: shown.items),
        "notes": notes(lambda shown: shown.notes),
        "errors": each(
            FAILURE, lambda shown: shown.errors, "What is of no single host.", optional=True
        ),
    },
    names=_names,
)
