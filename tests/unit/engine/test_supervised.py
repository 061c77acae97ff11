"""Signals and silence while something is written: what the other thread is told, and when."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from threading import Event, Thread

import pytest

from vnetmgr.engine import supervised
from vnetmgr.engine.supervised import GivenUpError, LeftError, Stop
from vnetmgr.runtime import interrupts
from vnetmgr.runtime.answers import ANSWERS
from vnetmgr.runtime.interrupts import ENDING, Interrupted


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ENDING}
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    interrupts.install()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


def until_asked(stop: Stop) -> None:
    while not (stop.interrupted or stop.left):
        time.sleep(0.01)


@pytest.mark.parametrize("number", ENDING)
def test_the_first_signal_is_told_to_the_work(number: int) -> None:
    stop, over = Stop(), []

    def work() -> None:
        send(number)
        until_asked(stop)
        over.append("undone")
        stop.look()

    with pytest.raises(Interrupted):
        supervised.supervised(work, stop)
    assert over == ["undone"]
    with pytest.raises(KeyboardInterrupt):  # behind it, it ends things at once
        signal.raise_signal(number)


def test_a_signal_behind_the_last_call_is_not_lost() -> None:
    stop = Stop()
    with pytest.raises(Interrupted):
        supervised.supervised(lambda: send(signal.SIGTERM), stop)


def test_a_daemon_that_was_asked_brings_the_work_to_its_end() -> None:
    stop = Stop()
    supervised.supervised(lambda: _tell(undo=False), stop)
    assert not stop.interrupted


def _tell(*, undo: bool) -> None:
    assert interrupts.tell(undo=undo)


def in_a_call(stop: Stop, over: Event, before: int = 0) -> None:
    """A call that nobody answers until it is left, and what comes after it."""
    question = ANSWERS.ask(lambda: "destroy of lab")
    try:
        for _ in range(before):
            send(signal.SIGINT)
            time.sleep(0.2)
        while not stop.left:
            time.sleep(0.01)
    finally:
        ANSWERS.answered(question)
    try:
        stop.look()
    except LeftError:
        over.set()


def test_the_second_signal_stops_and_names_the_call() -> None:
    stop, over = Stop(), Event()
    with pytest.raises(GivenUpError) as caught:
        supervised.supervised(lambda: in_a_call(stop, over, before=2), stop)
    assert caught.value.interrupted
    assert [str(each) for each in caught.value.open_calls] == ["destroy of lab"]
    assert over.wait(10), "nothing else is done"


def test_a_call_that_is_not_over_soon_after_the_first_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervised, "CALL_S", 0.3)
    stop, over = Stop(), Event()
    with pytest.raises(GivenUpError) as caught:
        supervised.supervised(lambda: in_a_call(stop, over, before=1), stop)
    assert caught.value.interrupted
    assert over.wait(10)


def test_taking_back_is_not_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked after the signal may take its time."""
    monkeypatch.setattr(supervised, "CALL_S", 0.1)
    stop = Stop()

    def work() -> None:
        send(signal.SIGHUP)
        until_asked(stop)
        question = ANSWERS.ask(lambda: "create of lab")
        time.sleep(0.5)
        ANSWERS.answered(question)
        stop.look()

    with pytest.raises(Interrupted):
        supervised.supervised(work, stop)


def test_what_is_never_answered_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ANSWERS, "timeout_s", 0.2)
    monkeypatch.setattr(supervised, "_SLACK_S", 0.1)
    stop, over = Stop(), Event()
    with pytest.raises(GivenUpError) as caught:
        supervised.supervised(lambda: in_a_call(stop, over), stop)
    assert not caught.value.interrupted
    assert over.wait(10)


def test_it_is_no_limit_to_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ANSWERS, "timeout_s", 0.5)
    monkeypatch.setattr(supervised, "_SLACK_S", 0.1)

    def work() -> None:
        for _ in range(12):
            question = ANSWERS.ask(lambda: "something")
            time.sleep(0.1)
            ANSWERS.answered(question)

    supervised.supervised(work, Stop())


@pytest.mark.parametrize("number", ENDING)
def test_what_was_ignored_stays_so(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_IGN)
    interrupts.install()
    assert signal.getsignal(number) is signal.SIG_IGN


@pytest.mark.parametrize("place", ["start", "wait", "clock"])
def test_an_interrupt_anywhere_in_a_program_without_our_handlers(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Python's own handler raises between any two steps of the thread that waits: what is under way
    is told, and waited for; what has not begun does not begin."""
    done: list[str] = []
    stop = Stop()

    def interrupted(function: Callable[..., object]) -> Callable[..., object]:
        def once(*arguments: object, **named: object) -> object:
            monkeypatch.undo()
            function(*arguments, **named)
            raise KeyboardInterrupt

        return once

    if place == "start":
        monkeypatch.setattr(Thread, "start", interrupted(Thread.start))
    elif place == "wait":
        monkeypatch.setattr(supervised, "_watch", interrupted(lambda *_: time.sleep(0.1)))
    else:
        monkeypatch.setattr(type(ANSWERS), "left_s", interrupted(type(ANSWERS).left_s))

    def work() -> None:
        done.append("begun")
        until_asked(stop)
        done.append("taken back")
        stop.look()

    with pytest.raises(KeyboardInterrupt):
        supervised.supervised(work, stop)
    time.sleep(0.1)
    assert done == ([] if place == "start" else ["begun", "taken back"])
