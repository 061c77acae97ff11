"""What has been read of libvirt, kept until something about it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

T = TypeVar("T")
LONGEST_S = 60.0
"""So long nothing is kept that nothing was heard about: libvirt has no event for some changes."""


class _Entry(NamedTuple, Generic[T]):
    value: T
    mark: object
    read_at: float


class Kept(Generic[T]):
    """Values by name. `read` gets the values of some names, each with its name; those that are
    gone are left out."""

    def __init__(self, read: Callable[[Sequence[str]], Iterable[tuple[str, T]]]) -> None:
        self._read = read
        self._entries: dict[str, _Entry[T]] = {}

    def drop(self, name: str) -> None:
        """Something has happened to it."""
        self._entries.pop(name, None)

    def of(self, marks: Mapping[str, object], now_s: float) -> list[T]:
        """The values of all these names, in their order. One is read again when its mark, which was
        looked at before, is another; when it was dropped; and when it is old."""
        stale = [name for name, mark in marks.items() if not self._is_fresh(name, mark, now_s)]
        read = dict(self._read(stale)) if stale else {}
        fresh = {name: _Entry(value, marks[name], now_s) for name, value in read.items()}
        kept = {name: entry for name, entry in self._entries.items() if name not in stale}
        entries = kept | fresh
        self._entries = {name: entries[name] for name in marks if name in entries}
        return [entry.value for entry in self._entries.values()]

    def _is_fresh(self, name: str, mark: object, now_s: float) -> bool:
        entry = self._entries.get(name)
        return entry is not None and entry.mark == mark and now_s < entry.read_at + LONGEST_S
