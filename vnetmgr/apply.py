"""Run a plan's steps. Knows writes and groups, and no kind of object."""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from vnetmgr.errors import ConnectionLostError, UnfinishedError, VnetError
from vnetmgr.lanes import Stop, side_by_side
from vnetmgr.model.plan import Outcome, Report, Result
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vnetmgr.model.plan import Change, Op, Plan, Step, Write

_EARLIER = "an earlier step failed"
# From this many domains on, threads are worth their start.
_WORTH_THREADS = 4


class Writer(Protocol):
    """What can carry out a write: the host, or in tests a host that fails on purpose."""

    def do(self, write: Write) -> None:
        """Carry out one write. Raises VnetError."""


def apply(
    host: Writer, plan: Plan, *, on_progress: Callable[[str], None] = lambda _: None
) -> Report:
    """Do every step; what fails is undone with its group, and the other groups go on.

    Steps of different domains are done several at a time: libvirtd serves that many calls. An
    interrupt (Ctrl-C) undoes the groups under way, too, and goes on to the caller.
    """
    run = _Run(host, on_progress)
    for lanes in _phases(plan.steps):
        run.lanes(lanes)
    outcomes = [outcome for step in plan.steps for outcome in run.outcomes_of(step)]
    groups = run.groups.values()
    return Report(
        host=plan.host,
        outcomes=(*outcomes, *_waiting(plan, outcomes)),
        notes=(*plan.notes, *(note for group in groups for note in group.notes)),
        errors=tuple(error for group in groups for error in group.errors),
    )


def _phases(steps: Sequence[Step]) -> Iterator[list[list[Step]]]:
    """What can be done side by side: the steps of domains, a lane for each group. All else is
    done in its order, since what comes later may need it."""
    for domains, several in groupby(steps, key=_is_of_a_domain):
        if not domains:
            yield from ([[step]] for step in several)
            continue
        lanes: dict[str, list[Step]] = {}
        for step in several:
            lanes.setdefault(step.group, []).append(step)
        yield list(lanes.values())


def _is_of_a_domain(step: Step) -> bool:
    return step.changes[0].domain == step.group


def _waiting(plan: Plan, outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
    """What waits for the next start; not that of an object whose config was not written."""
    bad = {each.change.key for each in outcomes if each.result is not Result.DONE}
    for change in plan.waiting:
        if change.key in bad:
            yield Outcome(change=change, result=Result.SKIPPED, error=_EARLIER)
        else:
            yield Outcome(change=change, result=Result.WAITING)


class _Run:
    """The state of one apply."""

    def __init__(self, host: Writer, on_progress: Callable[[str], None]) -> None:
        self.groups: dict[str, _Group] = {}
        self._host, self._on_progress = host, on_progress
        self._stop = Stop()

    def lanes(self, lanes: Sequence[Sequence[Step]]) -> None:
        """Do each lane's steps in their order."""
        for lane in lanes:
            for step in lane:
                name = step.group
                if name not in self.groups:
                    self.groups[name] = _Group(name, self._host, self._stop)
        if len(lanes) < _WORTH_THREADS:
            for lane in lanes:
                self._lane(lane)
            return
        side_by_side(self._lane, lanes, stop=self._stop)

    def _lane(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self._on_progress(_title(step))
            self.groups[step.group].step(step)

    def outcomes_of(self, step: Step) -> Iterator[Outcome]:
        """What became of a step's changes."""
        group = self.groups[step.group]
        return (group.outcomes[id(change)] for change in step.changes)


class _Group:
    """What was done in one group, and what became of each of its changes."""

    def __init__(self, name: str, host: Writer, stop: Stop) -> None:
        self.outcomes: dict[int, Outcome] = {}
        """By the change's id: two changes may be equal."""
        self.errors: list[VnetError] = []
        self.notes: list[str] = []
        self._name, self._host, self._stop = name, host, stop
        self._done: list[Op] = []
        self._failed = False

    def step(self, step: Step) -> None:
        """One step, unless its group failed or libvirt is gone."""
        if self._stop.lost or self._failed:
            self._record(step.changes, Result.SKIPPED, _EARLIER)
            return
        before = len(self._done)
        late: UnfinishedError | None = None
        try:
            for op in step.ops:
                late = self._do(op) or late
                self._done.append(op)
        except VnetError as error:
            self._fail(step, error, failed=step.ops[len(self._done) - before])
        except KeyboardInterrupt:
            self._undo()
            raise
        else:
            for change in step.changes:
                failed = late is not None and late.concerns(change.domain, change.name)
                result, told = (Result.FAILED, _told(late)) if failed else (Result.DONE, None)
                self._record((change,), result, told)
            self.errors += [late] if late else []

    def _do(self, op: Op) -> UnfinishedError | None:
        if self._stop.interrupted:
            raise KeyboardInterrupt
        try:
            self._host.do(op.do)
        except UnfinishedError as error:
            if not op.may_finish_later:
                raise
            return error
        return None

    def _fail(self, step: Step, error: VnetError, *, failed: Op) -> None:
        self._failed = True
        self.errors.append(error)
        some = bool(self._done)
        if isinstance(error, ConnectionLostError):
            self._stop.lost = True
            self.notes.append(f"{self._name}: nothing can be taken back without libvirt; run again")
        elif self._undo(failed):
            if some:
                self.notes.append(f"{self._name}: what was done is taken back")
            self.outcomes = {key: _undone(outcome) for key, outcome in self.outcomes.items()}
        self._record(step.changes, Result.FAILED, error.message)

    def _undo(self, failed: Op | None = None) -> bool:
        """Take back what was done, last first; True when everything is as it was."""
        clean = True
        if failed is not None and failed.undo_when_failed:
            for write in failed.undo:
                with suppress(VnetError):  # mostly: there is nothing to take back
                    self._host.do(write)
        while self._done:
            for write in self._done.pop().undo:
                try:
                    self._host.do(write)
                except VnetError as error:
                    clean = False
                    self.notes.append(f"{self._name}: could not be taken back: {error.message}")
        return clean

    def _record(self, changes: Sequence[Change], result: Result, error: str | None) -> None:
        for change in changes:
            self.outcomes[id(change)] = Outcome(change=change, result=result, error=error)


def _undone(outcome: Outcome) -> Outcome:
    done = outcome.result is Result.DONE
    return replace(outcome, result=Result.UNDONE) if done else outcome


def _told(error: VnetError | None) -> str | None:
    return error.message if error else None


def _title(step: Step) -> str:
    change = step.changes[0]
    place = f"{change.domain}: " if change.domain else ""
    return f"{place}{change.action} {change.object} {change.name}"
