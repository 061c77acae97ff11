"""Run a plan's steps. Knows writes and groups, and no kind of object."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from vnetmgr.errors import ConnectionLostError, UnfinishedError, VnetError
from vnetmgr.model.plan import Outcome, Report, Result
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vnetmgr.model.plan import Op, Plan, Step, Write

_EARLIER = "an earlier step failed"


class Writer(Protocol):
    """What can carry out a write: the host, or in tests a host that fails on purpose."""

    def do(self, write: Write) -> None:
        """Carry out one write. Raises VnetError."""


def apply(
    host: Writer, plan: Plan, *, on_progress: Callable[[str], None] = lambda _: None
) -> Report:
    """Do every step; what fails is undone with its group, and the other groups go on.

    An interrupt (Ctrl-C) undoes the group under way, too, and goes on to the caller.
    """
    run = _Run(host)
    for step in plan.steps:
        on_progress(_title(step))
        run.step(step)
    return Report(
        host=plan.host,
        outcomes=(*(outcome for _, outcome in run.outcomes), *run.waiting(plan)),
        notes=(*plan.notes, *run.notes),
        errors=tuple(run.errors),
    )


class _Run:
    """The state of one apply: what was done in each group, and what became of each change."""

    def __init__(self, host: Writer) -> None:
        self.outcomes: list[tuple[str, Outcome]] = []
        self.errors: list[VnetError] = []
        self.notes: list[str] = []
        self._host = host
        self._done: dict[str, list[Op]] = {}
        self._failed: set[str] = set()
        self._lost = False

    def step(self, step: Step) -> None:
        """One step, unless its group failed or libvirt is gone."""
        if self._lost or step.group in self._failed:
            self._record(step, Result.SKIPPED, _EARLIER)
            return
        done = self._done.setdefault(step.group, [])
        before = len(done)
        late: UnfinishedError | None = None
        try:
            for op in step.ops:
                late = self._do(op) or late
                done.append(op)
        except VnetError as error:
            self._fail(step, error, failed=step.ops[len(done) - before])
        except KeyboardInterrupt:
            self._undo(step.group)
            raise
        else:
            for change in step.changes:
                failed = late is not None and late.concerns(change.domain, change.name)
                result, told = (Result.FAILED, _told(late)) if failed else (Result.DONE, None)
                self.outcomes.append(
                    (step.group, Outcome(change=change, result=result, error=told))
                )
            self.errors += [late] if late else []

    def waiting(self, plan: Plan) -> Iterator[Outcome]:
        """What waits for the next start; not that of an object whose config was not written."""
        bad = {each.change.key for _, each in self.outcomes if each.result is not Result.DONE}
        for change in plan.waiting:
            if change.key in bad:
                yield Outcome(change=change, result=Result.SKIPPED, error=_EARLIER)
            else:
                yield Outcome(change=change, result=Result.WAITING)

    def _do(self, op: Op) -> UnfinishedError | None:
        try:
            self._host.do(op.do)
        except UnfinishedError as error:
            if not op.may_finish_later:
                raise
            return error
        return None

    def _fail(self, step: Step, error: VnetError, *, failed: Op) -> None:
        self._failed.add(step.group)
        self.errors.append(error)
        some = bool(self._done.get(step.group))
        self._lost = isinstance(error, ConnectionLostError)
        if self._lost:
            self.notes.append(f"{step.group}: nothing can be taken back without libvirt; run again")
        elif self._undo(step.group, failed):
            if some:
                self.notes.append(f"{step.group}: what was done is taken back")
            self.outcomes = [
                (group, _undone(outcome) if group == step.group else outcome)
                for group, outcome in self.outcomes
            ]
        self._record(step, Result.FAILED, error.message)

    def _undo(self, group: str, failed: Op | None = None) -> bool:
        """Take back what the group did, last first; True when everything is as it was."""
        clean = True
        if failed is not None and failed.undo_when_failed:
            for write in failed.undo:
                with suppress(VnetError):  # mostly: there is nothing to take back
                    self._host.do(write)
        for op in reversed(self._done.pop(group, [])):
            for write in op.undo:
                try:
                    self._host.do(write)
                except VnetError as error:
                    clean = False
                    self.notes.append(f"{group}: could not be taken back: {error.message}")
        return clean

    def _record(self, step: Step, result: Result, error: str | None) -> None:
        self.outcomes += [
            (step.group, Outcome(change=change, result=result, error=error))
            for change in step.changes
        ]


def _undone(outcome: Outcome) -> Outcome:
    done = outcome.result is Result.DONE
    return replace(outcome, result=Result.UNDONE) if done else outcome


def _told(error: VnetError | None) -> str | None:
    return error.message if error else None


def _title(step: Step) -> str:
    change = step.changes[0]
    place = f"{change.domain}: " if change.domain else ""
    return f"{place}{change.action} {change.object} {change.name}"
