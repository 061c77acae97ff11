"""How the answers of hosts are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.cli.change import end
from vnetmgr.model.record import replace
from vnetmgr.render import console
from vnetmgr.render.answers.fleet import render_fleet
from vnetmgr.render.answers.tables import LISTS
from vnetmgr.render.answers.text import Look
from vnetmgr.render.documents.fleet import FLEET, ShownAnswer, ShownFleet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from vnetmgr.cli.options import How
    from vnetmgr.fleet.answer import Answer, Answers
    from vnetmgr.render.answers.tables import Item
    from vnetmgr.render.blocks import Data
    from vnetmgr.render.columns import Column

_NO_CALLS = "libvirt's calls are not shown: the vnetmgr there made them"


def show_answers(answers: Answers, how: How, look: Look | None = None) -> None:
    """Print what each host has answered. Ends with the one exit code of all."""
    look = look or Look()
    shown = shown_fleet(answers, ways=not look.changes_alone)
    console.show(render_fleet(shown, form=how.form, look=look))
    if how.verbose:
        for each in answers.each:
            elsewhere = each.document is not None and each.way is None
            for text in each.notes or (_NO_CALLS,) * elsewhere:
                console.note(f"{each.host}: {text}")
    end(answers.code)


def show_beside(answers: Answers, how: How) -> None:
    """The same, where what the hosts have to show is printed already."""
    failed = tuple(each for each in answers.each if each.document is None)
    show_answers(replace(answers, each=failed), how)


def document_of(answers: Answers) -> Data:
    """The document for programs."""
    return FLEET.whole(shown_fleet(answers))


def shown_fleet(answers: Answers, *, ways: bool = True) -> ShownFleet:
    """Answers as they are shown. `ways`: also how it was done."""
    items = tuple(map(shown_answer, answers.each))
    notes = (*answers.notes, *(answers.ways if ways else ()))
    return ShownFleet(items=items, notes=notes, errors=answers.errors)


def shown_answer(answer: Answer) -> ShownAnswer:
    """An answer as it is shown."""
    return ShownAnswer(
        host=answer.host,
        code=answer.code,
        result=answer.document,
        error=answer.error,
        unreachable=answer.unreachable,
    )


def chosen_columns(
    kinds: Sequence[str], given: Mapping[str, Any], how: How
) -> Sequence[Column[Item]] | None:
    """What --columns names. Raises UsageError."""
    texts = given.get("columns")
    columns = next((LISTS[kind] for kind in kinds if kind in LISTS), None)
    return columns.chosen(texts, how.form) if columns is not None else None
