"""What is said of specs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.render.documents.shape import (
    NUMBER,
    TEXT,
    TEXTS,
    YES_NO,
    Document,
    Key,
    Shape,
    each,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.problem import Place, Problem


def _place(problem: Problem) -> Place:
    """A spec's problem has one."""
    if problem.place is None:
        raise ValueError(problem)
    return problem.place


_PROBLEM: Shape[Problem] = Shape(
    "problem",
    {
        "file": Key(TEXT, lambda problem: _place(problem).file),
        "line": Key(NUMBER, lambda problem: _place(problem).line),
        "column": Key(NUMBER, lambda problem: _place(problem).column),
        "message": Key(TEXT, lambda problem: problem.text),
    },
)
VALIDATION: Document[Sequence[Problem]] = Document(
    "validation",
    "validate.",
    {
        "valid": Key(YES_NO, lambda problems: not problems),
        "problems": each(_PROBLEM, lambda problems: problems),
    },
)


class ShownSpec(NamedTuple):
    """A spec, and what it cannot name."""

    text: str
    refused: Sequence[str]


SPEC: Document[ShownSpec] = Document(
    "spec",
    "export, example-spec.",
    {
        "text": Key(TEXT, lambda shown: shown.text, "The spec itself, in YAML."),
        "refused": Key(TEXTS, lambda shown: list(shown.refused), "Nics that it cannot name."),
    },
)
