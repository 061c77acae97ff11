"""Problems of specs as JSON."""

from __future__ import annotations

from vnetmgr.model.spec import Problem


def problem_json(problem: object) -> dict[str, object]:
    """A problem: one of a file with its place, or a line of text."""
    if isinstance(problem, Problem):
        place = problem.place
        where = {"file": place.file, "line": place.line, "column": place.column}
        return {**where, "message": problem.message}
    file, line, column, message = str(problem).split(":", 3)
    where = {"file": file, "line": int(line), "column": int(column)}
    return {**where, "message": message.strip()}
