"""Whose questions are waited for, and how long."""

from __future__ import annotations

from functools import partial
from threading import Event, Thread, local
from time import monotonic

import pytest

from vnetmgr.errors import NoAnswerError, VnetError, no_answer
from vnetmgr.problem import About, Service
from vnetmgr.runtime.answers import ANSWERS, helps, work, work_for
from vnetmgr.runtime.pool import Pool


@pytest.fixture(autouse=True)
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of what other tests asked, by whichever clock."""
    monkeypatch.setattr("vnetmgr.runtime.answers._local", local())


def in_a_thread(target: object) -> None:
    """Run it in a thread of its own."""
    thread = Thread(target=target)  # type: ignore[arg-type]
    thread.start()
    thread.join()


def test_what_another_thread_asks_is_its_own() -> None:
    found: list[float] = []
    question = ANSWERS.ask(lambda: "one", timeout_s=5)
    in_a_thread(lambda: found.append(ANSWERS.left_s()))
    assert found == [float("inf")]
    assert 0 < ANSWERS.left_s() <= 5
    ANSWERS.answered(question)
    assert ANSWERS.left_s() == float("inf")


def test_what_is_asked_for_this_one_counts() -> None:
    mine = work()

    def helper() -> None:
        work_for(mine)
        ANSWERS.ask(lambda: "two", timeout_s=3)

    in_a_thread(helper)
    assert ANSWERS.left_s() <= 3
    ANSWERS.ask(lambda: "one", timeout_s=9)
    calls, limit_s = ANSWERS.give_up()
    assert ([str(each) for each in calls], limit_s) == (["two", "one"], 3)
    assert ANSWERS.left_s() == float("inf")  # nobody waits for them any more


def test_while_this_process_stands_still_nobody_has_time_to_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1e6
    monkeypatch.setattr("vnetmgr.runtime.answers.monotonic", lambda: now)
    question = ANSWERS.ask(lambda: "one", timeout_s=5)
    ANSWERS.left_s()
    for _ in range(20):
        now += 0.1
        ANSWERS.left_s()
    assert ANSWERS.left_s() == pytest.approx(3)
    now += 3600
    assert ANSWERS.left_s() == pytest.approx(5)
    for _ in range(60):
        now += 0.1
        ANSWERS.left_s()
    assert ANSWERS.left_s() < 0
    ANSWERS.answered(question)


OVN = Service("OVN's northbound database tcp:10.0.0.1:6641", "does it run?", About("ovn", "x"))


def asked(*of: Service | None, timeout_s: float) -> VnetError:
    """What is said when nobody waits any more."""
    questions = [
        ANSWERS.ask(partial("call {}".format, number), timeout_s=timeout_s, of=each)
        for number, each in enumerate(of)
    ]
    while monotonic() <= questions[-1].since + timeout_s:
        pass
    return no_answer(*ANSWERS.give_up())


def test_who_is_silent_is_named() -> None:
    error = asked(OVN, OVN, timeout_s=0.001)
    assert error.text == (
        "OVN's northbound database tcp:10.0.0.1:6641 has not answered for 0.001 s: call 0; call 1: "
        "whether it was done is not known"
    )
    assert (error.hint, error.about) == (OVN.remedy, OVN.about)
    assert not isinstance(error, NoAnswerError)  # libvirt is as it was


def test_of_several_that_are_silent_libvirt_is_the_first() -> None:
    error = asked(None, OVN, timeout_s=0.001)
    assert isinstance(error, NoAnswerError)
    says = f"libvirt has not answered for 0.001 s: call 0; {OVN.name}: call 1: "
    assert error.text.startswith(says)


def test_who_had_no_time_yet_is_not_blamed() -> None:
    early = ANSWERS.ask(lambda: "destroy of lab", timeout_s=600)
    late = ANSWERS.ask(lambda: "network blue", timeout_s=0.001, of=OVN)
    while ANSWERS.left_s() > 0:
        pass
    error = no_answer(*ANSWERS.give_up())
    assert error.text.startswith(f"{OVN.name} has not answered for 0.001 s: network blue: ")
    assert early.of is None
    assert late.of is OVN


@pytest.mark.parametrize("limit_s", [0, 0.0])
def test_for_ever(limit_s: float) -> None:
    question = ANSWERS.ask(lambda: "one", timeout_s=limit_s)
    assert ANSWERS.left_s() == float("inf")
    ANSWERS.answered(question)


def test_a_pools_threads_work_for_who_made_it() -> None:
    mine = work()
    pool = Pool(lambda _: (work() is mine, helps()), [1, 2, 3])
    assert [pool.done.get()[1] for _ in range(3)] == [(True, True)] * 3
    assert not helps()


def test_who_is_in_a_hurry_hurries_nobody_else() -> None:
    from vnetmgr.runtime.interrupts import hurry, in_a_hurry

    found: list[bool] = []
    hurry(on=True)
    in_a_thread(lambda: found.append(in_a_hurry()))
    assert (in_a_hurry(), found) == (True, [False])
    hurry(on=False)


def test_signals_are_told_to_all_who_listen() -> None:
    from queue import SimpleQueue

    from vnetmgr.runtime.interrupts import Asked, listening, tell

    first: SimpleQueue[Asked] = SimpleQueue()
    second: SimpleQueue[Asked] = SimpleQueue()
    begun, ended = Event(), Event()

    def other() -> None:
        with listening(second):
            begun.set()
            ended.wait()

    thread = Thread(target=other)
    with listening(first):
        thread.start()
        begun.wait()
        assert tell(undo=True)
    assert tell(undo=False)  # the other one goes on
    ended.set()
    thread.join()
    assert not tell(undo=True)
    assert [first.get().undo, second.get().undo, second.get().undo] == [True, True, False]
    assert (first.empty(), second.empty()) == (True, True)
