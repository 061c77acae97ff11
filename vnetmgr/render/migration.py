"""What check-migration says, for people and as JSON: what is in the way first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.rows.migration import Readiness
from vnetmgr.render.blocks import Block, Line, Table, notes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.rows.migration import MigrationCheck, MigrationItem
    from vnetmgr.render.blocks import Form

_HEADINGS = ("OBJECT", "NAME", "NIC", "STATUS", "WHAT")
_COLOURS = {Readiness.OK: "", Readiness.NOT_CHECKED: "dim"}


def render_migration(check: MigrationCheck, *, form: Form) -> Iterator[Block]:
    """What was found, what makes it so, and what is to be done afterwards."""
    if form.for_programs:
        from vnetmgr.render.documents.migration import MIGRATION_CHECK

        yield MIGRATION_CHECK.whole(check)
        return
    yield _verdict(check)
    rows = [_row(item) for item in check.items]
    yield Table(_HEADINGS, rows, [_colour(item) for item in check.items])
    yield from _commands("this makes it so:", check.remedies)
    yield from _commands("and once it is there:", check.after)
    yield from notes(check.notes)


def _verdict(check: MigrationCheck) -> Line:
    count = len(list(check.blocking))
    there = f"{check.domain} from {check.source} to {check.destination}"
    if count:
        things = "1 thing is" if count == 1 else f"{count} things are"
        return Line(f"{there}: {things} in the way", "red")
    unseen = sum(item.status is Readiness.NOT_CHECKED for item in check.items)
    rest = f"; {unseen} not checked" if unseen else ""
    return Line(f"{there}: nothing is in the way{rest}", "green")


def _row(item: MigrationItem) -> tuple[str, ...]:
    return item.object, item.name, item.nic or "-", item.status, item.cause


def _colour(item: MigrationItem) -> str:
    return "red" if item.blocking else _COLOURS.get(item.status, "yellow")


def _commands(heading: str, commands: Sequence[str]) -> Iterator[Line]:
    if commands:
        yield Line(heading)
        yield from (Line(f"  {command}") for command in commands)
