"""Run a plan's steps. Knows writes and groups, and no kind of object."""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from vnetmgr.engine.supervised import GivenUpError, LeftError, Stop, supervised
from vnetmgr.errors import ConnectionLostError, UnfinishedError, VnetError, no_answer
from vnetmgr.model.plan import Outcome, Report, Result
from vnetmgr.model.record import replace
from vnetmgr.runtime.interrupts import Interrupted, hurry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vnetmgr.model.plan import Change, Op, Plan, Step
    from vnetmgr.model.writes import Write

_EARLIER = "an earlier step failed"
_UNKNOWN = "not answered yet; whether it is done is not known"
_TAKEN_BACK = "what was done is taken back"
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

    Steps of different domains are done several at a time: libvirtd serves that many calls. A
    signal undoes the groups under way, too, once their calls have returned, and raises Interrupted.
    """
    run = _Run(host, on_progress, plan)
    run.everything()
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

    def __init__(self, host: Writer, on_progress: Callable[[str], None], plan: Plan) -> None:
        self._on_progress = on_progress
        self._steps = plan.steps
        self._stop = Stop()
        self.groups: dict[str, _Group] = {}
        for step in plan.steps:
            if step.group not in self.groups:
                self.groups[step.group] = _Group(step.group, host, self._stop)
            self.groups[step.group].todo += 1

    def everything(self) -> None:
        """Do all steps. Raises Interrupted."""
        if not self._steps:
            return
        try:
            supervised(self._all, self._stop)
        except GivenUpError as given_up:
            self._give_up(given_up)
        except KeyboardInterrupt as interrupt:
            if _undoes(interrupt):
                raise Interrupted(*self._account()) from None
            raise

    def _all(self) -> None:
        try:
            for lanes in _phases(self._steps):
                self._lanes(lanes)
        except KeyboardInterrupt as interrupt:
            if _undoes(interrupt):
                for group in self.groups.values():
                    group.interrupted()
            raise

    def _lanes(self, lanes: Sequence[Sequence[Step]]) -> None:
        """Do each lane's steps in their order."""
        if len(lanes) < _WORTH_THREADS:
            for lane in lanes:
                self._lane(lane)
            return
        from vnetmgr.runtime.pool import Pool

        done = Pool(self._lane_unless_stopped, lanes).done
        errors = [error for _ in lanes if (error := done.get()[2]) is not None]
        if errors:
            raise errors[0]

    def _lane_unless_stopped(self, steps: Sequence[Step]) -> None:
        if self._stop.interrupted:
            return
        try:
            self._lane(steps)
        except KeyboardInterrupt:
            self._stop.interrupted = True  # for those beside it
            raise

    def _lane(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self._stop.look()
            self._on_progress(_title(step))
            self.groups[step.group].step(step)

    def _give_up(self, given_up: GivenUpError) -> None:
        """Calls are under way, and nobody waits for them any more."""
        if given_up.interrupted:
            raise Interrupted(
                *(
                    f"{call}: not answered; whether it is done is not known"
                    for call in given_up.open_calls
                ),
                *self._account(),
            )
        for group in self.groups.values():
            group.give_up(no_answer(given_up.open_calls, given_up.limit_s))

    def _account(self, *, sure: bool = True) -> Iterator[str]:
        """What became of each group, in lines."""
        for group in self.groups.values():
            yield from group.account()
        if sure and not any(group.touched for group in self.groups.values()):
            yield "nothing was changed"

    def outcomes_of(self, step: Step) -> Iterator[Outcome]:
        """What became of a step's changes."""
        outcomes = self.groups[step.group].outcomes
        for change in step.changes:
            skipped = Outcome(change=change, result=Result.SKIPPED, error=_EARLIER)
            yield outcomes.get(id(change), skipped)


class _Group:
    """What was done in one group, and what became of each of its changes."""

    def __init__(self, name: str, host: Writer, stop: Stop) -> None:
        self.outcomes: dict[int, Outcome] = {}
        """By the change's id: two changes may be equal."""
        self.errors: list[VnetError] = []
        self.notes: list[str] = []
        self.todo = 0
        """How many of its steps are still to come, or under way."""
        self.touched = False
        """Whether anything of it was ever done, or begun."""
        self._name, self._host, self._stop = name, host, stop
        self._done: list[Op] = []
        self._failed = False
        self._taken_back = False
        self._current: Step | None = None
        self._op: Op | None = None

    def step(self, step: Step) -> None:
        """One step, unless its group failed or libvirt is gone."""
        if self._stop.lost or self._failed:
            self._record(step.changes, Result.SKIPPED, _EARLIER)
            return
        late: UnfinishedError | None = None
        self._current = step
        try:
            for op in step.ops:
                self._op = op
                late = self._do(op) or late
        except VnetError as error:
            self._fail(step, error, failed=self._op)
            self._stop.look()
        else:
            self._finished(step, late)
        self._current = None
        self.todo -= 1

    def _finished(self, step: Step, late: UnfinishedError | None) -> None:
        """A step is done, but for what `late` concerns."""
        self._record(step.changes, Result.DONE, None)
        if late is not None:
            left = [each for each in step.changes if late.concerns(each.domain, each.name)]
            self._record(left, Result.FAILED, late.message)
            self.errors.append(late.of((left or step.changes)[0].about))

    def _do(self, op: Op) -> UnfinishedError | None:
        """Do one write. A signal that came meanwhile is heeded when it has returned, so that it
        counts as done."""
        self._stop.look()
        late = None
        try:
            self._host.do(op.do)
        except UnfinishedError as error:
            if not op.may_finish_later:
                raise
            late = error
        self.touched = True
        if late is None:  # else there is nothing to take back
            self._done.append(op)
        if self._stop.interrupted and late is not None:
            self.errors.append(late)
        self._stop.look()
        return late

    def interrupted(self) -> None:
        """Take back what was done, unless all of it is, or nothing of it can be."""
        if self.todo and any(op.undo for op in self._done):
            self._taken_back = self._undo()

    def give_up(self, error: VnetError) -> None:
        """A call of it is not answered."""
        if self._current is not None:
            self.errors.append(error.of(self._current.changes[0].about))
            self._record(self._current.changes, Result.FAILED, error.message)

    def account(self) -> Iterator[str]:
        """What became of it when the command was ended, in lines."""
        yield from (line for error in self.errors for line in error.lines)
        yield from self.notes
        if self._taken_back:
            yield f"{self._name}: {_TAKEN_BACK}"
        elif self.touched and not self.todo and not self._failed:
            yield f"{self._name}: done, and not read back"
        elif self._done:
            yield f"{self._name}: what was done is not taken back"

    def _fail(self, step: Step, error: VnetError, *, failed: Op | None) -> None:
        if self._stop.left:
            raise LeftError
        self._failed = self.touched = True
        self.errors.append(error.of(step.changes[0].about))
        some = bool(self._done)
        if isinstance(error, ConnectionLostError):
            self._stop.lost = True
            self.notes.append(f"{self._name}: nothing can be taken back without libvirt; run again")
        elif self._undo(failed if failed and _half_done(failed, error) else None):
            if some:
                self.notes.append(f"{self._name}: {_TAKEN_BACK}")
            self.outcomes = {key: _undone(outcome) for key, outcome in self.outcomes.items()}
        self._record(step.changes, Result.FAILED, error.message)

    def _undo(self, failed: Op | None = None) -> bool:
        """Take back what was done, last first; True when everything is as it was. Only a second
        signal ends that."""
        self._stop.undoing = True
        hurry(on=False)
        clean = True
        if failed is not None:
            for write in failed.undo:
                with suppress(VnetError):  # mostly: there is nothing to take back
                    self._take_back(write)
        while self._done:
            for write in self._done[-1].undo:
                try:
                    self._take_back(write)
                except VnetError as error:
                    clean = False
                    self.notes.append(f"{self._name}: could not be taken back: {error.message}")
            self._done.pop()
        return clean

    def _take_back(self, write: Write) -> None:
        if self._stop.left:
            raise LeftError
        self._host.do(write)

    def _record(self, changes: Sequence[Change], result: Result, error: str | None) -> None:
        for change in changes:
            self.outcomes[id(change)] = Outcome(change=change, result=result, error=error)


def _undoes(interrupt: KeyboardInterrupt) -> bool:
    """Whether it takes back what is under way; a daemon ends behind a step instead."""
    return type(interrupt) in (KeyboardInterrupt, Interrupted)


def _half_done(op: Op, error: VnetError) -> bool:
    return op.undo_when_failed or error.half_done


def _undone(outcome: Outcome) -> Outcome:
    done = outcome.result is Result.DONE
    return replace(outcome, result=Result.UNDONE) if done else outcome


def _title(step: Step) -> str:
    change = step.changes[0]
    place = f"{change.domain}: " if change.domain else ""
    return f"{place}{change.action} {change.object} {change.name}"
