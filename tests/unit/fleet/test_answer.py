"""What the answers of several hosts come to."""

from __future__ import annotations

from itertools import pairwise

from vnetmgr.errors import ExitCode
from vnetmgr.fleet.answer import exit_code

ORDER = [ExitCode(code) for code in (130, 1, 4, 75, 2, 3, 0)]


def test_the_documented_order() -> None:
    assert set(ORDER) == set(ExitCode)
    for first, second in pairwise(ORDER):
        assert exit_code([second, first, second]) is first
    assert exit_code([]) is ExitCode.DONE
