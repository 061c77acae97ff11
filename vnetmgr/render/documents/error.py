"""What a command failed by, and what a plan or a report has of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, get_args

from vnetmgr.errors import ExitCode
from vnetmgr.problem import Kind
from vnetmgr.render.documents.shape import (
    NUMBER,
    TEXT,
    Document,
    Key,
    Shape,
    each,
    one_of,
    or_null,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.errors import VnetError
    from vnetmgr.problem import About, Problem
    from vnetmgr.render.documents.shape import T

_ABOUT: Shape[About] = Shape(
    "about",
    {
        "kind": Key(one_of(get_args(Kind)), lambda about: about.kind),
        "name": Key(or_null(TEXT), lambda about: about.name or None, "null: not known yet."),
        "domain": Key(or_null(TEXT), lambda about: about.domain, "Of a nic or a forward."),
        "field": Key(or_null(TEXT), lambda about: about.field, "null: all of it."),
    },
)


def _about(read: Callable[[T], About | None], text: str) -> Key[T]:
    def found(shown: T) -> object:
        about = read(shown)
        return None if about is None else _ABOUT.json(about)

    return Key(or_null(_ABOUT.reference), found, text, parts=(_ABOUT,))


_PROBLEM: Shape[Problem] = Shape(
    "problem",
    {
        "about": _about(lambda problem: problem.about, "null: nothing that has a name here."),
        "text": Key(TEXT, lambda problem: problem.text),
        "hint": Key(or_null(TEXT), lambda problem: problem.hint),
        "file": Key(or_null(TEXT), lambda problem: problem.place and problem.place.file),
        "line": Key(or_null(NUMBER), lambda problem: problem.place and problem.place.line),
        "column": Key(or_null(NUMBER), lambda problem: problem.place and problem.place.column),
    },
)


def _common(error: VnetError) -> About | None:
    """What an error is about, or else all of its problems are."""
    abouts = {problem.about for problem in error.problems}
    return abouts.pop() if error.about is None and len(abouts) == 1 else error.about


FAILURE: Shape[VnetError] = Shape(
    "error",
    {
        "message": Key(TEXT, lambda error: error.message),
        "hint": Key(or_null(TEXT), lambda error: error.hint, "The remedy."),
        "about": _about(_common, "Whose failure it is; null: nobody's."),
        "problems": each(_PROBLEM, lambda error: error.problems, "One at least."),
    },
)


class ShownError(NamedTuple):
    """An error, and what the command ends with."""

    error: VnetError
    exit_code: ExitCode


ERROR: Document[ShownError] = Document(
    "error",
    "What a command failed by, where that is all that it prints.",
    {
        **FAILURE.of(lambda shown: shown.error),
        "exit_code": Key(
            {"enum": [int(code) for code in ExitCode if code is not ExitCode.DONE]},
            lambda shown: int(shown.exit_code),
        ),
    },
)
