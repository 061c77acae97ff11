"""What doctor says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.render.documents.changes import CHANGE, OUTCOME
from vnetmgr.render.documents.error import FAILURE
from vnetmgr.render.documents.finding import FINDING
from vnetmgr.render.documents.shape import TEXT, Document, Key, each, notes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.errors import VnetError
    from vnetmgr.model.path.finding import Diagnosis
    from vnetmgr.model.plan import Change, Outcome


class ShownFindings(NamedTuple):
    """A diagnosis, and what was done before, or would be done."""

    diagnosis: Diagnosis
    planned: Sequence[Change] = ()
    outcomes: Sequence[Outcome] = ()
    notes: Sequence[str] = ()
    errors: Sequence[VnetError] = ()


FINDINGS: Document[ShownFindings] = Document(
    "findings",
    "doctor: each check of each nic, from the guest outwards.",
    {
        "host": Key(TEXT, lambda shown: shown.diagnosis.host),
        "items": each(FINDING, lambda shown: shown.diagnosis.findings),
        "causes": each(
            FINDING,
            lambda shown: shown.diagnosis.causes,
            "What to mend first, of each nic that something is wrong with.",
        ),
        "planned": each(CHANGE, lambda shown: shown.planned, "What --fix would do.", optional=True),
        "changes": each(
            OUTCOME, lambda shown: shown.outcomes, "What --fix did before.", optional=True
        ),
        "notes": notes(lambda shown: (*shown.diagnosis.notes, *shown.notes)),
        "errors": each(
            FAILURE, lambda shown: shown.errors, "What --fix could not do.", optional=True
        ),
    },
    # Of what something is wrong with, as doctor and trace take it.
    names=lambda found: dict.fromkeys(
        each["domain"] if each["nic"] is None else f"{each['domain']}/{each['nic']}"
        for each in found["causes"]
    ),
)
