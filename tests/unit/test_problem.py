"""What is wrong is known without its text: of what object, which field, where, how many."""

from __future__ import annotations

import pytest

from vnetmgr.errors import (
    ExitCode,
    NotReleasedError,
    RefusedError,
    SpecError,
    TakenPortError,
    VnetError,
    usage_problems,
)
from vnetmgr.problem import About, Option, Place, Problem

LAN = About("nic", "lan", "web")
LAB = About("network", "lab")
AT = Place("a.yaml", 3, 5)


def test_an_error_is_one_problem_at_least() -> None:
    error = VnetError("no", "mend it", about=LAN)
    assert error.problems == (Problem(LAN, "no", "mend it"),)
    assert error.at(AT).problems == (Problem(LAN, "no", "mend it", AT),)


@pytest.mark.parametrize(
    "error",
    [
        RefusedError("no", "mend it"),
        TakenPortError("no", "mend it", port=53),
        NotReleasedError("no", "mend it", mac="52:54:00:00:00:01"),
        usage_problems([Problem(None, "one"), Problem(None, "two")], "mend"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_place_is_added_and_all_else_stays(error: VnetError) -> None:
    placed = error.at(AT).of(LAN)
    assert placed.message == str(placed) == f"a.yaml:3:5: {error.message}"
    assert type(placed) is type(error)
    assert (placed.hint, placed.exit_code) == (error.hint, error.exit_code)
    assert len(placed.problems) == len(error.problems)
    assert {(each.about, each.place) for each in placed.problems} == {(LAN, AT)}
    assert placed.at(Place("b.yaml", 1, 1)).origin == AT
    assert error.origin is None
    more = {"port", "mac"} & vars(error).keys()
    assert all(getattr(placed, name) == getattr(error, name) for name in more)


def test_who_fails_by_it_is_told_from_what_is_in_the_way() -> None:
    error = VnetError("the network is off", about=LAB).of(LAN)
    assert error.about == LAN
    assert [each.about for each in error.problems] == [LAB]


def test_what_has_no_name_by_itself_gets_that_of_its_object() -> None:
    mtu = Problem(About("network", field="mtu"), "5 is too small", origin=Option("mtu"))
    error = usage_problems([mtu]).of(LAB)
    assert error.message == "--mtu: 5 is too small"
    assert error.about == LAB
    assert [each.about for each in error.problems] == [About("network", "lab", field="mtu")]
    assert VnetError("no", about=LAN._replace(field="mtu")).of(LAN).about == (
        "nic",
        *LAN[1:3],
        "mtu",
    )


def test_a_specs_problems_keep_their_places() -> None:
    problems = [Problem(LAN, "no", origin=AT), Problem(LAB, "nor this", "a hint", Place("b", 7))]
    error = SpecError(problems)
    assert error.message == "a.yaml:3:5: no\nb:7: nor this"
    assert (error.hint, error.exit_code) == ("a hint", ExitCode.USAGE)
    assert error.problems == tuple(problems)


def test_what_stands_for_itself_in_a_spec() -> None:
    assert LAN.whole == About("domain", "web")
    assert LAB._replace(field="mtu").whole == LAB
