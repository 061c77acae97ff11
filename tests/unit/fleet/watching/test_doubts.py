from math import inf

from vnetmgr.fleet.watching.doubts import LASTING_S, Doubts


def test_what_passes_is_never_said_and_what_lasts_is_said_once() -> None:
    doubts = Doubts()
    doubts.are({"web": "web1 is on no host", "db": "db1 is on two"}, 100, at_once=False)
    assert doubts.lasting(100) == []
    doubts.are({"db": "db1 is on two"}, 101, at_once=False)
    assert doubts.at == 100 + LASTING_S
    assert doubts.lasting(doubts.at) == ["db1 is on two"]
    assert doubts.at == inf
    doubts.are({"db": "db1 is on two"}, 200, at_once=False)
    assert doubts.lasting(300) == []


def test_what_was_settled_meanwhile_is_said_again() -> None:
    doubts = Doubts()
    for begin in (0, 100):
        doubts.are({"db": "db1 is on two"}, begin, at_once=False)
        assert doubts.lasting(begin + LASTING_S) == ["db1 is on two"]
        doubts.are({}, begin + 50, at_once=False)


def test_at_the_first_look_nobody_knows_how_long_it_has_lasted() -> None:
    doubts = Doubts()
    doubts.are({"db": "db1 is on two"}, 100, at_once=True)
    assert doubts.lasting(100) == ["db1 is on two"]
