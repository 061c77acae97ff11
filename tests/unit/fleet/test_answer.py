"""What the answers of several hosts come to."""

from __future__ import annotations

from itertools import pairwise

from vnetmgr.errors import ExitCode
from vnetmgr.fleet.answer import Answer, Answers, exit_code

ORDER = [ExitCode(code) for code in (130, 1, 4, 75, 2, 3, 0)]


def test_the_documented_order() -> None:
    assert set(ORDER) == set(ExitCode)
    for first, second in pairwise(ORDER):
        assert exit_code([second, first, second]) is first
    assert exit_code([]) is ExitCode.DONE


def test_how_it_was_done_is_said_once_for_all_that_it_was_done_so_on() -> None:
    ways = {"kvm1": "slowly", "kvm2": None, "kvm3": "oddly", "kvm4": "slowly"}
    each = tuple(Answer(host=host, code=ExitCode.DONE, way=way) for host, way in ways.items())
    assert Answers(each=each).ways == ("kvm1, kvm4: slowly", "kvm3: oddly")
