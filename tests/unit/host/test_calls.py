"""How calls are made; what libvirt answers is for tests/driver."""

from __future__ import annotations

from threading import Event

import pytest

from vnetmgr.errors import UsageError
from vnetmgr.host.calls import Calls


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
