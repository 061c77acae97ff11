"""What vnetmgr says when something is wrong: one message, one remedy, one exit code."""

from __future__ import annotations

from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, TypeVar

from vnetmgr.printable import printable
from vnetmgr.problem import Problem, in_spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self

    from vnetmgr.problem import About, OpenCall, Origin

E = TypeVar("E", bound="VnetError")


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

    `message` names the object and the failure, and may list `items`; `hint` is the remedy. Both are
    for people: `about` is whose failure it is, and `problems` has what is wrong in detail, with
    what each is about.
    """

    exit_code = ExitCode.FAILED
    half_done = False
    """Whether what failed has had an effect all the same, which can be taken back."""

    def __init__(
        self,
        text: str,
        hint: str | None = None,
        *,
        about: About | None = None,
        problems: Sequence[Problem] = (),
        items: Sequence[str] = (),
    ) -> None:
        super().__init__(text)
        self.text, self.hint, self.about, self.items = text, hint, about, tuple(items)
        self.origin: Origin | None = None
        self._problems = tuple(problems)

    def __str__(self) -> str:
        return self.message

    @property
    def lines(self) -> tuple[str, ...]:
        """The failure, at the place where what failed was asked for, and the items."""
        first = self.text if self.origin is None else f"{self.origin}: {self.text}"
        return (first, *self.items)

    @property
    def message(self) -> str:
        """The same in one text."""
        return _listed(self.lines)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong; one at least."""
        mine = self._problems or (
            Problem(self.about, _listed((self.text, *self.items)), self.hint),
        )
        return tuple(each.of(self.about).at(self.origin) for each in mine)

    def at(self, origin: Origin | None) -> Self:
        """The same error, where what failed was asked for: the one way to add a place."""
        return self._with(origin=self.origin or origin)

    def of(self, about: About | None) -> Self:
        """The same error, of the object that failed by it. Whatever else is in the way stays what
        the problems are about."""
        if about is None:
            return self
        inner = about if self.about is None else self.about.of(about)
        # One that has no name yet, and is given one while it is planned, is the same.
        named = about if about.name else about._replace(name=inner.name)
        outer = inner if inner.object == named.object else about
        return self._with(about=outer, _problems=self.problems)

    def saying(self, text: str, hint: str | None = None) -> Self:
        """The same error in other words; its place is added again. Without a hint, that stays."""
        return self._with(text=text, hint=hint or self.hint)

    def in_keys(self) -> Self:
        """The same error in a spec's words."""
        hint = None if self.hint is None else in_spec(self.hint)
        return self._with(
            text=in_spec(self.text),
            hint=hint,
            items=tuple(map(in_spec, self.items)),
            _problems=tuple(each.in_keys() for each in self._problems),
        )

    def _with(self, **fields: object) -> Self:
        error = type(self).__new__(type(self))
        error.__dict__.update(self.__dict__, **fields)
        error.args, error.__cause__ = self.args, self.__cause__
        return error


class UsageError(VnetError):
    """Bad options or a bad file. Nothing was touched."""

    exit_code = ExitCode.USAGE


class SpecError(UsageError):
    """Everything that is wrong in a spec, each problem at its own place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        hint = next((each.hint for each in problems if each.hint is not None), None)
        super().__init__("\n".join(map(str, problems)), hint, problems=problems)


class LeftOutError(SpecError):
    """What is wrong in a spec, where the rest of it has been done."""

    exit_code = ExitCode.FAILED


class RefusedError(VnetError):
    """Unsafe, stale or ambiguous. Nothing was touched."""

    exit_code = ExitCode.REFUSED


class OvertakenError(RefusedError):
    """Stale by what somebody else has done meanwhile: planning again helps."""


class LockedError(VnetError):
    """Another run of vnetmgr holds the lock."""

    exit_code = ExitCode.LOCKED


class NotFoundError(VnetError):
    """The object named does not exist."""


class NoNetworkError(NotFoundError):
    """This host has no network of that name."""

    def __init__(self, network: str, text: str, hint: str, *, about: About | None = None) -> None:
        super().__init__(text, hint, about=about)
        self.network = network


class UnfinishedError(VnetError):
    """Part of a write is done, and taking that back would make things worse."""

    def concerns(self, domain: str | None, name: str) -> bool:  # noqa: ARG002
        """Whether a change of that object is what has not been done."""
        return True


class NotPluggedError(UnfinishedError):
    """Some taps could not be plugged into their bridge again, or some links not flapped.

    `nics` are (domain, nic) of those.
    """

    def __init__(
        self,
        text: str,
        hint: str | None = None,
        *,
        nics: frozenset[tuple[str, str]],
        items: Sequence[str],
    ) -> None:
        super().__init__(text, hint, items=items)
        self.nics = nics

    def concerns(self, domain: str | None, name: str) -> bool:
        """Whether that nic is one of them."""
        return (domain, name) in self.nics


class NotForwardedError(UnfinishedError):
    """A network runs, and a domain's port forwards into it are not back."""

    def __init__(self, text: str, hint: str | None = None, *, domain: str) -> None:
        super().__init__(text, hint)
        self.domain = domain

    def concerns(self, domain: str | None, name: str) -> bool:  # noqa: ARG002
        """Whether it is a forward of that domain."""
        return domain == self.domain


class NotReleasedError(UnfinishedError):
    """An unplug was requested, and the guest has not let go of the device.

    It may still do so later: when it resumes, at its next hot-plug, or at a reset. `mac` is
    the nic's, so that what became of its config can be told as well.
    """

    def __init__(self, text: str, hint: str | None = None, *, mac: str | None = None) -> None:
        super().__init__(text, hint)
        self.mac = mac


class TakenPortError(VnetError):
    """A network cannot serve its guests: somebody else listens on that port of the host."""

    def __init__(self, text: str, hint: str | None = None, *, port: int) -> None:
        super().__init__(text, hint)
        self.port = port


class NotConnectedError(VnetError):
    """There is no connection: libvirt does not run, lets nobody in, or the URI is none."""


class ConnectionLostError(VnetError):
    """libvirt went away, so no further call can succeed."""


class NoAnswerError(ConnectionLostError):
    """libvirt is there and does not answer: whether it does what it was asked is not known."""


def no_answer(calls: Sequence[OpenCall], timeout_s: float) -> VnetError:
    """The error of calls that nobody waits for any more, after so many seconds of silence: of the
    one that is silent. A NoAnswerError where that is libvirt."""
    late = [each for each in calls if each.is_late] or calls
    services = [each.of for each in late if each.of is not None]
    if services and len(services) == len(late):
        silent = services[0]
        whats = [each.what for each in late if each.of == silent]
        return VnetError(
            _unanswered(silent.name, whats, timeout_s), silent.remedy, about=silent.about
        )
    return NoAnswerError(
        _unanswered("libvirt", [str(each) for each in calls], timeout_s),
        "does it hang? see `systemctl status libvirtd virtqemud virtnetworkd`; then run the "
        "command again: it goes on from what is there. --timeout TIME waits longer",
    )


def _unanswered(who: str, whats: Sequence[str], timeout_s: float) -> str:
    asked = "; ".join(whats[:3]) + (f" and {len(whats) - 3} more" if len(whats) > 3 else "")
    return f"{who} has not answered for {timeout_s:g} s: {asked}: whether it was done is not known"


class UnsupportedError(VnetError):
    """This libvirt or this driver does not have the call."""


def usage_problems(problems: Sequence[Problem], hint: str | None = None) -> UsageError:
    """One error that lists every problem, so that nobody mends them one by one."""
    return listing(UsageError, problems, hint)


def refused_problems(problems: Sequence[Problem], hint: str | None = None) -> RefusedError:
    """The same for what is well written, and in the way of something that is there."""
    return listing(RefusedError, problems, hint)


def listing(kind: type[E], problems: Sequence[Problem], hint: str | None = None) -> E:
    """An error of one problem that is alone, or of several, each in a line."""
    texts = tuple(map(str, problems))
    if len(texts) == 1:
        return kind(texts[0], hint, problems=problems)
    return kind(f"{len(texts)} problems:", hint, problems=problems, items=texts)


@contextmanager
def concerning(about: About | None) -> Iterator[None]:
    """What goes wrong meanwhile does so with this object."""
    try:
        yield
    except VnetError as error:
        raise error.of(about) from None


def _listed(lines: Sequence[str]) -> str:
    """A text in lines of which none comes from what is in an item."""
    first, *items = lines
    return "".join((first, *(f"\n  - {printable(item)}" for item in items)))
