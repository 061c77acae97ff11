"""What is to be done on each host, in both ways of doing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record
from vnetmgr.runtime.answers import DEFAULT_TIMEOUT_S
from vnetmgr.runtime.session import CONNECT_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vnetmgr.fleet.hosts import ManagedHost


def _nothing_given(_: ManagedHost) -> dict[str, object]:
    return {}


def _no_reason() -> str | None:
    return None


class Task(Record):
    """One command. It prints one document as JSON, or an error and nothing else; one that streams,
    a document a line."""

    local: Callable[[ManagedHost], object]
    """Does it over libvirt, in a process of its own: `console` prints JSON there. It may raise what
    a command may: an error of ours, click's and Python's exits, KeyboardInterrupt."""
    words: Callable[[ManagedHost], Sequence[str]] | None = None
    """Its command line for the vnetmgr that is on that host, without what says which host is meant,
    how to reach it, and the form. None: it is only done over libvirt."""
    given: Callable[[ManagedHost], Mapping[str, object]] = _nothing_given
    """What that vnetmgr is told first, by its standard input."""
    kinds: frozenset[str] = frozenset()
    """Of documents that it may print, beside errors. None: any that there is."""
    modules: tuple[str, ...] = ()
    """What it imports: once, before processes are made that need it."""
    here: Callable[[], str | None] = _no_reason
    """Why it is done over libvirt alone, although a vnetmgr may be there; None: it is not."""
    streams: bool = False
    """Whether it goes on by itself, and prints a line for each thing that happens."""
    timeout_s: float = DEFAULT_TIMEOUT_S
    """How long a host may answer nothing at all; 0: for ever."""

    @property
    def connect_s(self) -> float:
        """How long it may take to reach one: less, where nobody has said how long."""
        return CONNECT_S if self.timeout_s == DEFAULT_TIMEOUT_S else self.timeout_s
