"""A spec that another vnetmgr tells, again and again, with where its domains are: of several hosts,
only somebody who sees them all knows that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import SpecError
from vnetmgr.model.desired import Desired, SpecScope
from vnetmgr.spec.files import Loaded, load_sound
from vnetmgr.spec.parts import part_of
from vnetmgr.spec.placed import read_bundle
from vnetmgr.spec.wants import to_desired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.spec.files import SpecText


NOTHING = Desired(spec=SpecScope(partial=True, forwards=False))
"""Before anything was told."""


class Orders:
    """One host's part of what was told last."""

    def __init__(
        self, host: str, *, strict: bool, prune: bool, revision: int | None = None
    ) -> None:
        self._host, self._strict, self._prune = host, strict, prune
        self._revision = revision
        self._told: Mapping[str, object] | None = None
        self._read: tuple[tuple[SpecText, ...], Loaded] | None = None
        self._desired = NOTHING

    def tell(self, news: Mapping[str, object]) -> None:
        """What is new in it: keys of a bundle, of which `load` says what is wrong. From another
        thread, too."""
        self._told = {**(self._told or {}), **news}

    def load(self) -> Desired:
        """This host's part; the same object while nothing changes in that. Raises UsageError
        where nothing in it is sound."""
        if self._told is None:
            return self._desired
        told = read_bundle(self._told)
        files, placed = told.files, told.placed
        if self._read is None or self._read[0] != files:
            self._read = files, load_sound(files, apart=True)
        loaded = self._read[1]
        if loaded.nothing:
            raise SpecError(loaded.problems)
        part = part_of(loaded.spec, self._host, placed)
        found = to_desired(
            part,
            strict=self._strict,
            prune=self._prune,
            problems=loaded.problems,
            revision=self._revision,
        )
        if found != self._desired:
            self._desired = found
        return self._desired

    def fingerprint(self) -> object:
        """Whoever tells it knows when it changes."""
        return None
