"""What one host has answered, and what all of them come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import ExitCode
from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vnetmgr.errors import VnetError

# What has to be known first: that it was ended, that something failed, that something was refused.
_FIRST = (
    ExitCode.INTERRUPTED,
    ExitCode.FAILED,
    ExitCode.REFUSED,
    ExitCode.LOCKED,
    ExitCode.USAGE,
    ExitCode.PENDING,
    ExitCode.DONE,
)


class Answer(Record):
    """What became of a command on one host."""

    host: str
    code: ExitCode
    document: Mapping[str, object] | None = None
    """What it printed for programs, held against the schema of its kind; None where it failed
    before it had a result."""
    error: VnetError | None = None
    """Why there is no document."""
    notes: tuple[str, ...] = ()
    """What else it said, for people."""
    way: str | None = None
    """How it was done, and why so, where that is not as one would expect."""
    unreachable: bool = False
    """Whether nothing is known of the host: it is off, hangs, or lets nobody in. Then nothing there
    is taken for gone."""


class Answers(Record):
    """What all of them have answered, in their order, and what is of no single one."""

    each: tuple[Answer, ...]
    notes: tuple[str, ...] = ()
    errors: tuple[VnetError, ...] = ()

    @property
    def ways(self) -> tuple[str, ...]:
        """How it was done on some of them, in notes."""
        hosts: dict[str, list[str]] = {}
        for answer in self.each:
            if answer.way is not None:
                hosts.setdefault(answer.way, []).append(answer.host)
        return tuple(f"{', '.join(names)}: {way}" for way, names in hosts.items())

    @property
    def code(self) -> ExitCode:
        """What the command ends with."""
        codes = [*(answer.code for answer in self.each), *(e.exit_code for e in self.errors)]
        return exit_code(codes)


def exit_code(codes: Iterable[ExitCode]) -> ExitCode:
    """The one code of several hosts: the first in the documented order that occurs."""
    found = frozenset(codes)
    return next((code for code in _FIRST if code in found), ExitCode.DONE)
