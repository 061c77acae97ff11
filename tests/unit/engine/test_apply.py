"""apply: whole steps or nothing, groups apart, and a report of what really happened.

The writer keeps a list of what it was told. That libvirt itself is brought back is proven on
the real one, in tests/system/nics/test_undo.py.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Event

import pytest

from vnetmgr.engine.apply import apply
from vnetmgr.errors import ConnectionLostError, ExitCode, NotReleasedError, VnetError
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.plan import Action, Change, ObjectKind, Op, Plan, Result, Step
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Scope
from vnetmgr.model.writes import StartNetwork, StopNetwork, Write
from vnetmgr.runtime.answers import ANSWERS
from vnetmgr.runtime.interrupts import Interrupted, in_a_hurry, tell


@dataclass
class Recorder:
    """A writer that fails where it is told to."""

    fails: dict[str, BaseException] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    def do(self, write: Write) -> None:
        assert isinstance(write, StartNetwork | StopNetwork)
        sign = "+" if isinstance(write, StartNetwork) else "-"
        if sign + write.network in self.fails:
            raise self.fails[sign + write.network]
        self.done.append(sign + write.network)


def op(name: str, *, may_finish_later: bool = False) -> Op:
    undo = (StopNetwork(network=name),)
    return Op(do=StartNetwork(network=name), undo=undo, may_finish_later=may_finish_later)


def step(group: str, *ops: Op) -> Step:
    name = "+".join(each.do.network for each in ops if isinstance(each.do, StartNetwork))
    change = Change(
        action=Action.START, object=ObjectKind.NETWORK, domain=None, name=name, scope=()
    )
    return Step(group=group, changes=(change,), ops=ops)


def plan(*steps: Step) -> Plan:
    return Plan(host="h", steps=steps, desired=Desired(), scope=Scope(), policy=Policy())


def results(writer: Recorder, *steps: Step) -> tuple[list[Result], ExitCode]:
    report = apply(writer, plan(*steps))
    return [outcome.result for outcome in report.outcomes], report.exit_code


def test_all_steps_in_order() -> None:
    writer = Recorder()
    assert results(writer, step("g", op("a"), op("b")), step("g", op("c"))) == (
        [Result.DONE, Result.DONE],
        ExitCode.DONE,
    )
    assert writer.done == ["+a", "+b", "+c"]


@pytest.mark.parametrize(
    ("failing", "done", "expected"),
    [
        ("+a", [], [Result.FAILED, Result.SKIPPED]),
        ("+b", ["+a", "-a"], [Result.FAILED, Result.SKIPPED]),
        ("+c", ["+a", "+b", "-b", "-a"], [Result.UNDONE, Result.FAILED]),
    ],
)
def test_whichever_write_fails_its_group_is_taken_back_last_first(
    failing: str, done: list[str], expected: list[Result]
) -> None:
    writer = Recorder({failing: VnetError("no")})
    steps = (step("g", op("a"), op("b")), step("g", op("c")))
    assert results(writer, *steps) == (expected, ExitCode.FAILED)
    assert writer.done == done


def test_other_groups_go_on() -> None:
    writer = Recorder({"+a": VnetError("no")})
    assert results(writer, step("g", op("a")), step("h", op("b")))[0] == [
        Result.FAILED,
        Result.DONE,
    ]


def test_a_lost_connection_stops_everything_and_undoes_nothing() -> None:
    writer = Recorder({"+b": ConnectionLostError("gone")})
    assert results(writer, step("g", op("a")), step("g", op("b")), step("h", op("c")))[0] == [
        Result.DONE,
        Result.FAILED,
        Result.SKIPPED,
    ]
    assert writer.done == ["+a"]


def test_an_undo_that_fails_is_said() -> None:
    writer = Recorder({"+b": VnetError("no"), "-a": VnetError("stuck")})
    report = apply(writer, plan(step("g", op("a"), op("b"))))
    assert report.notes == ("g: could not be taken back: stuck",)


def test_a_guest_that_does_not_let_go_fails_the_step_and_undoes_nothing() -> None:
    writer = Recorder({"+a": NotReleasedError("not yet")})
    later = step("g", op("a", may_finish_later=True), op("b"))
    assert results(writer, later) == ([Result.FAILED], ExitCode.FAILED)
    assert writer.done == ["+b"]


def test_a_guest_that_does_not_let_go_stops_a_replug() -> None:
    writer = Recorder({"+b": NotReleasedError("not yet")})
    results(writer, step("g", op("a"), op("b"), op("c")))
    assert writer.done == ["+a", "-a"]


def test_an_interrupt_takes_the_group_back_and_goes_on_to_the_caller() -> None:
    writer = Recorder({"+b": KeyboardInterrupt()})
    with pytest.raises(KeyboardInterrupt):
        apply(writer, plan(step("g", op("a"), op("b"))))
    assert writer.done == ["+a", "-a"]


@pytest.mark.parametrize(("checked", "done"), [(True, ["+a", "-b", "-a"]), (False, ["+a", "-a"])])
def test_a_write_that_failed_is_taken_back_where_the_undo_looks_for_itself(
    *, checked: bool, done: list[str]
) -> None:
    """libvirt can report an error of something that it has done."""
    writer = Recorder({"+b": VnetError("no")})
    second = replace(op("b"), undo_when_failed=checked)
    results(writer, step("g", op("a"), second))
    assert writer.done == done


def domain_step(name: str, *ops: Op) -> Step:
    """A step of a domain: its group is the domain's name."""
    change = Change(action=Action.UPDATE, object=ObjectKind.NIC, domain=name, name="lan", scope=())
    return Step(group=name, changes=(change,), ops=ops)


def test_domains_side_by_side_behind_what_they_need() -> None:
    """Each group whole, each outcome in the plan's order, and one that fails holds up no other."""
    names = [f"vm{number}" for number in range(40)]
    writer = Recorder(fails={"+vm7b": VnetError("no")})
    lanes = [domain_step(name, op(f"{name}a"), op(f"{name}b")) for name in names]
    report = apply(writer, plan(step("network", op("n")), *lanes))
    assert writer.done[0] == "+n"
    for name in names:
        mine = [each for each in writer.done if each[1:-1] == name]
        assert mine == (["+vm7a", "-vm7a"] if name == "vm7" else [f"+{name}a", f"+{name}b"])
    assert [outcome.change.domain for outcome in report.outcomes] == [None, *names]
    failed = [o.change.domain for o in report.outcomes if o.result is not Result.DONE]
    assert failed == ["vm7"]


def test_an_interrupt_of_many_undoes_what_is_under_way() -> None:
    names = [f"vm{number}" for number in range(40)]
    writer = Recorder(fails={"+vm3b": KeyboardInterrupt()})
    lanes = [domain_step(name, op(f"{name}a"), op(f"{name}b")) for name in names]
    with pytest.raises(KeyboardInterrupt):
        apply(writer, plan(*lanes))
    assert writer.done.count("+vm3a") == writer.done.count("-vm3a") == 1


def interrupting(monkeypatch: pytest.MonkeyPatch, at: str) -> Recorder:
    """A writer that meets a signal inside a write, which returns all the same."""
    writer, real = Recorder(), Recorder.do

    def do(self: Recorder, write: Write) -> None:
        real(self, write)
        if self.done[-1] == at:
            assert tell(undo=True)
            while not in_a_hurry():
                time.sleep(0.001)

    monkeypatch.setattr(Recorder, "do", do)
    return writer


@pytest.mark.parametrize(
    ("at", "done", "lines"),
    [
        ("+a", ["+a", "-a"], ("g: what was done is taken back",)),
        ("+b", ["+a", "+b", "-b", "-a"], ("g: what was done is taken back",)),
        (
            "+c",
            ["+a", "+b", "+c", "-c"],
            ("g: done, and not read back", "h: what was done is taken back"),
        ),
    ],
)
def test_a_write_that_returns_after_a_signal_counts_as_done(
    monkeypatch: pytest.MonkeyPatch, at: str, done: list[str], lines: tuple[str, ...]
) -> None:
    writer = interrupting(monkeypatch, at)
    with pytest.raises(Interrupted) as caught:
        apply(writer, plan(step("g", op("a"), op("b")), step("h", op("c"), op("d"))))
    assert writer.done == done
    assert caught.value.lines == lines


def test_a_group_with_steps_to_come_is_taken_back_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = interrupting(monkeypatch, "+b")
    with pytest.raises(Interrupted):
        apply(writer, plan(step("g", op("a")), step("h", op("b")), step("g", op("c"))))
    assert sorted(writer.done) == ["+a", "+b", "-a", "-b"]


def test_what_may_come_true_later_is_not_taken_back() -> None:
    """A guest that holds on to its nic has it still: there is nothing to plug in again."""
    writer = Recorder({"+a": NotReleasedError("not yet"), "+b": VnetError("no")})
    results(writer, step("g", op("a", may_finish_later=True), op("b")))
    assert writer.done == []


def test_a_call_that_is_never_answered_fails_its_step_and_ends_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writer, real, hang = Recorder(), Recorder.do, Event()

    def do(self: Recorder, write: Write) -> None:
        question = ANSWERS.ask(lambda: "virNetwork.create of b")
        if isinstance(write, StartNetwork) and write.network == "b":
            hang.wait(20)
        ANSWERS.answered(question)
        real(self, write)

    monkeypatch.setattr(Recorder, "do", do)
    monkeypatch.setattr(ANSWERS, "timeout_s", 0.2)
    report = apply(writer, plan(step("g", op("a"), op("b")), step("h", op("c"))))
    assert [each.result for each in report.outcomes] == [Result.FAILED, Result.SKIPPED]
    assert "virNetwork.create of b: whether it was done is not known" in report.errors[0].message
    hang.set()
    time.sleep(0.1)
    assert writer.done in (["+a"], ["+a", "+b"]), "what returns late is the last"
