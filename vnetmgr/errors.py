"""What vnetmgr says when something is wrong: one message, one remedy, one exit code."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from vnetmgr.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_ITEM = "\n  - "


class ExitCode(IntEnum):
    """The documented exit codes of every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PENDING = 3
    REFUSED = 4
    LOCKED = 75
    INTERRUPTED = 130


class VnetError(Exception):
    """Something expected went wrong.

    `message` names the object and the failure; `hint` the remedy.
    """

    exit_code = ExitCode.FAILED
    plain = True
    """Whether it is made of a message and a hint alone."""
    half_done = False
    """Whether what failed has had an effect all the same, which can be taken back."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(VnetError):
    """Bad options or a bad file. Nothing was touched."""

    exit_code = ExitCode.USAGE


class SpecError(UsageError):
    """Everything that is wrong in a spec: `problems` are lines like FILE:LINE:COLUMN: TEXT."""

    plain = False

    def __init__(self, problems: Sequence[object], hint: str | None = None) -> None:
        super().__init__("\n".join(str(problem) for problem in problems), hint)
        self.problems = tuple(problems)


class LeftOutError(SpecError):
    """What is wrong in a spec, where the rest of it has been done."""

    exit_code = ExitCode.FAILED


class RefusedError(VnetError):
    """Unsafe, stale or ambiguous. Nothing was touched."""

    exit_code = ExitCode.REFUSED


class LockedError(VnetError):
    """Another run of vnetmgr holds the lock."""

    exit_code = ExitCode.LOCKED


class NotFoundError(VnetError):
    """The object named does not exist."""


class UnfinishedError(VnetError):
    """Part of a write is done, and taking that back would make things worse."""

    def concerns(self, domain: str | None, name: str) -> bool:  # noqa: ARG002
        """Whether a change of that object is what has not been done."""
        return True


class NotPluggedError(UnfinishedError):
    """Some taps could not be plugged into their bridge again, or some links not flapped.

    `nics` are (domain, nic) of those.
    """

    plain = False

    def __init__(
        self, message: str, hint: str | None = None, *, nics: frozenset[tuple[str, str]]
    ) -> None:
        super().__init__(message, hint)
        self.nics = nics

    def concerns(self, domain: str | None, name: str) -> bool:
        """Whether that nic is one of them."""
        return (domain, name) in self.nics


class NotForwardedError(UnfinishedError):
    """A network runs, and a domain's port forwards into it are not back."""

    plain = False

    def __init__(self, message: str, hint: str | None = None, *, domain: str) -> None:
        super().__init__(message, hint)
        self.domain = domain

    def concerns(self, domain: str | None, name: str) -> bool:  # noqa: ARG002
        """Whether it is a forward of that domain."""
        return domain == self.domain


class NotReleasedError(UnfinishedError):
    """An unplug was requested, and the guest has not let go of the device.

    It may still do so later: when it resumes, at its next hot-plug, or at a reset. `mac` is
    the nic's, so that what became of its config can be told as well.
    """

    def __init__(self, message: str, hint: str | None = None, *, mac: str | None = None) -> None:
        super().__init__(message, hint)
        self.mac = mac


class TakenPortError(VnetError):
    """A network cannot serve its guests: somebody else listens on that port of the host."""

    plain = False

    def __init__(self, message: str, hint: str | None = None, *, port: int) -> None:
        super().__init__(message, hint)
        self.port = port


class ConnectionLostError(VnetError):
    """libvirt went away, so no further call can succeed."""


class NoAnswerError(ConnectionLostError):
    """libvirt is there and does not answer: whether it does what it was asked is not known."""


def no_answer(calls: Sequence[str], timeout_s: float) -> NoAnswerError:
    """The error of calls that nobody waits for any more, after so many seconds of silence."""
    asked = "; ".join(calls[:3]) + (f" and {len(calls) - 3} more" if len(calls) > 3 else "")
    return NoAnswerError(
        f"libvirt has not answered for {timeout_s:g} s: {asked}: whether it was done is not known",
        "does it hang? see `systemctl status libvirtd virtqemud virtnetworkd`; then run the "
        "command again: it goes on from what is there. --timeout SECONDS waits longer",
    )


class UnsupportedError(VnetError):
    """This libvirt or this driver does not have the call."""


def usage_problems(problems: list[str], hint: str | None = None) -> UsageError:
    """One error that lists every problem, so that nobody mends them one by one."""
    return UsageError(_listed(problems), hint)


def refused_problems(problems: list[str], hint: str | None = None) -> RefusedError:
    """The same for what is well written, and in the way of something that is there."""
    return RefusedError(_listed(problems), hint)


def listed(texts: Iterable[str]) -> str:
    """The part of a message that has a line for each text; message_lines takes it apart again."""
    return "".join(f"{_ITEM}{printable(text)}" for text in texts)


def message_lines(message: str) -> list[str]:
    """A message in harmless lines: a line of its own has only what `listed` put there."""
    first, *items = message.split(_ITEM)
    return [printable(first), *(f"  - {printable(item)}" for item in items)]


def _listed(problems: list[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    return f"{len(problems)} problems:{listed(problems)}"
