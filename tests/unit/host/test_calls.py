"""How calls are made; what libvirt answers is for tests/driver."""

from __future__ import annotations

from threading import Event, Thread, current_thread

import pytest

from vnetmgr.errors import NoAnswerError, NotFoundError, UsageError, VnetError
from vnetmgr.host.calls import Calls, WithSecrets
from vnetmgr.runtime.answers import ANSWERS


def test_something_is_done_while_the_first_call_is_under_way() -> None:
    done = Event()
    calls = Calls(meanwhile=done.set)
    assert calls("x", done.wait, 60)
    done.clear()
    assert not calls("x", done.wait, 0)


def test_an_error_of_that_comes_first() -> None:
    def fail() -> None:
        raise UsageError("the spec is wrong")

    never, calls = Event(), Calls(meanwhile=fail)
    with pytest.raises(UsageError, match="the spec is wrong"):
        calls("x", never.wait, 1)
    assert calls.abandoned


def test_several_calls_are_made_together_in_one_other_thread() -> None:
    calls = Calls()

    def several() -> list[Thread]:
        return [calls("x", current_thread), calls.together(current_thread), current_thread()]

    found = calls.together(several)
    assert len(set(found)) == 1
    assert found[0] is not current_thread()
    assert calls("x", current_thread) is found[0]


def test_an_error_between_calls_is_raised_and_calls_go_on() -> None:
    def fail() -> None:
        raise NotFoundError("there is no domain x")

    calls = Calls()
    with pytest.raises(NotFoundError, match="there is no domain x"):
        calls.together(fail)
    assert not calls.abandoned
    assert calls("x", int) == 0


def test_bytes_that_are_no_text() -> None:
    """As a guest's agent may answer."""
    calls = Calls()
    with pytest.raises(VnetError, match="decode: this is no UTF-8") as raised:
        calls("x", b"\xff".decode)
    assert raised.value.hint
    assert not calls.abandoned


def test_one_of_several_that_is_not_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ANSWERS, "timeout_s", 0.2)
    calls, never = Calls(), Event()
    later: list[int] = []

    def several() -> None:
        calls("x", never.wait)
        later.append(calls("x", int))

    with pytest.raises(NoAnswerError):
        calls.together(several)
    assert calls.abandoned
    never.set()
    with pytest.raises(NoAnswerError):
        calls.together(lambda: calls("x", int))
    assert not later


def test_threads_of_a_program_are_answered_or_given_up_each_by_itself() -> None:
    """One connection hangs, another answers."""
    never, found = Event(), dict[str, object]()
    hanging, answering = Calls(timeout_s=0.3), Calls(timeout_s=0.3)

    def hang() -> None:
        try:
            hanging("x", never.wait)
        except NoAnswerError as error:
            found["hanging"] = error

    def answer() -> None:
        answers = [answering("x", Event().wait, 0.1) for _ in range(6)]
        found["answering"] = (len(answers), answering.abandoned)

    threads = [Thread(target=each) for each in (hang, answer)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)
    assert isinstance(found["hanging"], NoAnswerError)
    assert found["answering"] == (6, False)
    assert (hanging.abandoned, answering("x", int)) == (True, 0)
    never.set()


def test_several_threads_of_a_program_ask_over_one_connection() -> None:
    calls, at_once = Calls(), Event()
    found: list[object] = []

    def ask() -> None:
        found.append(calls("x", at_once.wait, 10))

    threads = [Thread(target=ask) for _ in range(4)]
    for each in threads:
        each.start()
    at_once.set()
    for each in threads:
        each.join()
    assert found == [True] * 4


def test_a_document_with_passwords_is_handed_over_and_not_shown() -> None:
    document = WithSecrets("<domain passwd='one'/>", shown="<domain/>")
    traced: list[str] = []
    assert Calls(trace=traced.append)("x", str.upper, document) == "<DOMAIN PASSWD='ONE'/>"
    assert traced == ["str.upper (<xml>)\n<domain/>"]
    assert "one" not in f"{document!r} {[document]}"
