"""One thing that a guest has, as it is found on the other host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.rows.migration import MigrationItem, Part, Readiness

if TYPE_CHECKING:
    from vnetmgr.migration.facts import Carried


class Thing:
    """A thing of one nic, or of the domain: what can be said of it."""

    def __init__(self, part: Part, name: object, of: Carried | None = None) -> None:
        self._part, self._name = part, str(name)
        self._nic = None if of is None else of.key

    def is_ok(self, cause: str) -> MigrationItem:
        """It is there."""
        return self._item(Readiness.OK, cause)

    def is_unseen(self, cause: str) -> MigrationItem:
        """Nobody knows: it was not looked at."""
        return self._item(Readiness.NOT_CHECKED, cause)

    def warns(self, cause: str, remedy: str | None = None) -> MigrationItem:
        """It is there, and somebody may stumble over it."""
        return self._item(Readiness.WARNING, cause, remedy)

    def differs(
        self, cause: str, remedy: str | None = None, *, blocking: bool = True
    ) -> MigrationItem:
        """There is another one."""
        return self._item(Readiness.DIFFERS, cause, remedy, blocking=blocking)

    def is_missing(
        self, cause: str, remedy: str | None = None, *, blocking: bool = True
    ) -> MigrationItem:
        """It is not there."""
        return self._item(Readiness.MISSING, cause, remedy, blocking=blocking)

    def _item(
        self, status: Readiness, cause: str, remedy: str | None = None, *, blocking: bool = False
    ) -> MigrationItem:
        return MigrationItem(
            object=self._part,
            name=self._name,
            nic=self._nic,
            status=status,
            cause=cause,
            remedy=remedy,
            blocking=blocking,
        )
