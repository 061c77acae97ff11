"""Problems of specs as JSON."""

from __future__ import annotations

import re

from vnetmgr.model.spec import Problem

_PLACED = re.compile(r"(.+?):([0-9]+):([0-9]+): (.*)", re.DOTALL)


def problem_json(problem: object) -> dict[str, object]:
    """A problem: one of a file with its place, or a line of text."""
    if isinstance(problem, Problem):
        place = problem.place
        where = {"file": place.file, "line": place.line, "column": place.column}
        return {**where, "message": problem.message}
    match = _PLACED.fullmatch(str(problem))
    if match is None:
        return {"file": None, "line": None, "column": None, "message": str(problem)}
    file, line, column, message = match.groups()
    return {"file": file, "line": int(line), "column": int(column), "message": message}
