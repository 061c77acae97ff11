"""Problems of specs as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vnetmgr.model.spec import Problem


def problem_json(problem: Problem) -> dict[str, object]:
    """A problem with its place."""
    place = problem.place
    where = {"file": place.file, "line": place.line, "column": place.column}
    return {**where, "message": problem.message}
