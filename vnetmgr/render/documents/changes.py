"""Plans and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vnetmgr.model.plan import Action, Disruption, ObjectKind, Result
from vnetmgr.model.state import State
from vnetmgr.render.documents.error import FAILURE
from vnetmgr.render.documents.shape import (
    TEXT,
    TIME,
    YES_NO,
    Document,
    Key,
    Shape,
    array,
    each,
    notes,
    one_of,
    or_null,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vnetmgr.errors import VnetError
    from vnetmgr.model.plan import Change, FieldChange, NicFacts, Outcome, Report


FIELD: Shape[FieldChange] = Shape(
    "field",
    {
        "field": Key(TEXT, lambda field: field.field),
        "before": Key(or_null(TEXT), lambda field: field.before),
        "after": Key(or_null(TEXT), lambda field: field.after),
    },
)
CHANGE: Shape[Change] = Shape(
    "change",
    {
        "action": Key(one_of(Action), lambda change: change.action),
        "object": Key(one_of(ObjectKind), lambda change: change.object),
        "domain": Key(or_null(TEXT), lambda change: change.domain),
        "name": Key(TEXT, lambda change: change.name),
        "scope": Key(array(one_of(State)), lambda change: list(change.scope)),
        "disruption": Key(
            one_of(Disruption), lambda change: change.disruption, "What a guest notices of it."
        ),
        "fields": each(FIELD, lambda change: change.fields),
    },
)
OUTCOME: Shape[Outcome] = Shape(
    "outcome",
    {
        **CHANGE.of(lambda outcome: outcome.change),
        "result": Key(one_of(Result), lambda outcome: outcome.result),
        "error": Key(or_null(TEXT), lambda outcome: outcome.error),
    },
)
FACTS: Shape[NicFacts] = Shape(
    "facts",
    {
        "domain": Key(TEXT, lambda facts: facts.domain),
        "name": Key(or_null(TEXT), lambda facts: facts.name),
        "mac": Key(or_null(TEXT), lambda facts: facts.mac),
        "configured": Key(or_null(YES_NO), lambda facts: facts.configured),
        "plugged": Key(or_null(YES_NO), lambda facts: facts.plugged),
        "used": Key(or_null(YES_NO), lambda facts: facts.used, "By the guest; null: not seen."),
        "evidence": Key(
            or_null(TEXT),
            lambda facts: facts.evidence or facts.reason,
            "What proves that it is used, or why it is not, or why that cannot be seen.",
        ),
    },
)


def _words(changes: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """What changes, each once, as scripts take it: `nic/web1/lan`, `network/lab`."""
    return dict.fromkeys(map(_word, changes))


def _word(change: Mapping[str, Any]) -> str:
    domain, name = change["domain"], change["name"]
    match change["object"]:
        case ObjectKind.SLOTS | ObjectKind.DOMAIN:
            parts = [domain or name]
        case ObjectKind.RECORD:
            parts = name.split()
        case _:
            parts = [name] if domain is None else [domain, name]
    return "/".join((change["object"], *parts))


class ShownPlan(NamedTuple):
    """What is shown of a plan."""

    host: str
    changes: Sequence[Change]
    waiting: Sequence[Change]
    notes: Sequence[str]
    errors: Sequence[VnetError]


PLAN: Document[ShownPlan] = Document(
    "plan",
    "What would be done: `plan`, and --dry-run of what changes something.",
    {
        "host": Key(TEXT, lambda shown: shown.host),
        "changes": each(CHANGE, lambda shown: shown.changes),
        "waiting": each(
            CHANGE, lambda shown: shown.waiting, "What only a domain's start brings about."
        ),
        "notes": notes(lambda shown: shown.notes),
        "errors": each(
            FAILURE, lambda shown: shown.errors, "Why the rest is not planned.", optional=True
        ),
    },
    names=lambda found: _words(found["changes"]),
)


class ShownReport(NamedTuple):
    """A report, and when that was."""

    report: Report
    time: str | None = None


def _done(found: Mapping[str, Any]) -> Iterable[str]:
    """What has changed, and the nics that are there as asked, whether they were before or not: so
    that a script has the name of what it attached."""
    done = (each for each in found["changes"] if each["result"] == Result.DONE)
    there = (each for each in found["facts"] if each["configured"] or each["plugged"])
    nics = (f"{ObjectKind.NIC}/{each['domain']}/{each['name'] or each['mac']}" for each in there)
    return dict.fromkeys((*_words(done), *nics))


REPORT: Document[ShownReport] = Document(
    "report",
    "What was done, and what was verified: all that change something; watch, a line for each.",
    {
        "time": Key(TIME, lambda shown: shown.time, "When; watch's alone have it.", optional=True),
        "host": Key(TEXT, lambda shown: shown.report.host),
        "changes": each(OUTCOME, lambda shown: shown.report.outcomes),
        "facts": each(FACTS, lambda shown: shown.report.facts),
        "notes": notes(lambda shown: shown.report.notes),
        "errors": each(FAILURE, lambda shown: shown.report.errors, optional=True),
    },
    names=_done,
)
