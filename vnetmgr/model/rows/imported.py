"""What import-qemu has read and shows: the nics of each QEMU command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.nic import NicPatch


class ImportedGuest(Record):
    """One QEMU command."""

    place: str
    """`script.sh:3`, or empty for a command that was typed."""
    name: str | None
    """What -name says."""
    nics: tuple[NicPatch, ...]
    forwards: tuple[tuple[int, Forward], ...] = ()
    """Each with the place of its nic among the nics."""
    notes: tuple[str, ...] = ()
