"""A value of several parts is read from a text, told as one, and told as a map."""

from __future__ import annotations

import pytest

from vnetmgr.model.options.compound import Compound, Part
from vnetmgr.model.options.parsers import parse_boolean, parse_tags
from vnetmgr.model.record import Record
from vnetmgr.model.values import parse_integer


class _Way(Record):
    to: str
    hops: int | None = None
    over_tags: tuple[int, ...] = ()
    slow: bool = False


def _way(**fields: object) -> _Way:
    if fields.get("to") == fields.get("hops"):
        raise ValueError("it leads nowhere")
    return _Way(**fields)  # type: ignore[arg-type]  # the parsers fit


WAY = Compound(
    what="a way",
    make=_way,
    first="to",
    parts={
        "to": Part(str, "PLACE"),
        "hops": Part(lambda text: parse_integer(text, what="hops", low=1, high=9), "N"),
        "over_tags": Part(parse_tags, "TAG", several=True),
        "slow": Part(parse_boolean, "BOOL", flag=True),
    },
    needs=("to", "hops"),
)


def test_its_notation() -> None:
    assert WAY.notation == "PLACE,hops=N[,over-tags=TAG][,slow]"


def test_a_first_part_that_looks_like_another_has_its_name() -> None:
    named = Compound(what="a way", make=_Way, first="to", parts=WAY.parts)
    assert named.plainly(_Way(to="home")) == "home"
    assert named.plainly(_Way(to="a=b")) == "a=b"
    assert named.plainly(_Way(to="hops=2")) == {"to": "hops=2"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("home,hops=2", _Way(to="home", hops=2)),
        ("to=home,hops=2", _Way(to="home", hops=2)),
        ("hops=2,to=home", _Way(to="home", hops=2)),
        ("a=b,hops=2", _Way(to="a=b", hops=2)),
        ("home, slow ,hops=2", _Way(to="home", hops=2, slow=True)),
        ("home,hops=2,slow=no", _Way(to="home", hops=2)),
        ("home,hops=2,over-tags=3,over_tags=4", _Way(to="home", hops=2, over_tags=(3, 4))),
    ],
)
def test_texts(text: str, value: _Way) -> None:
    assert WAY.parse(text) == value
    assert WAY.parse(WAY.text(value)) == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "'' of '' is none of to=, hops=, over-tags=, slow"),
        ("home", "'home' has no hops"),
        ("hops=2", "'hops=2' has no to"),
        ("home,hop=2", "'hop=2' of 'home,hop=2' is none of"),
        ("home,hops=", "'hops=' of 'home,hops=' is none of"),
        ("home,hops", "'hops' of 'home,hops' is none of"),
        ("home,hops=2,hops=3", "names hops twice"),
        ("home,to=there,hops=2", "names to twice"),
        ("home,hops=x,over-tags=y", "hops: hops 'x' is not a .*; over-tags: VLAN 'y' is not"),
        ("5,hops=5", None),
    ],
)
def test_what_is_wrong(text: str, problem: str | None) -> None:
    if problem is None:
        assert WAY.parse(text) == _Way(to="5", hops=5)
        return
    with pytest.raises(ValueError, match=problem):
        WAY.parse(text)


def test_parts_that_do_not_go_together() -> None:
    told: list[tuple[str, str]] = []
    nowhere = Compound("a way", _way, "to", {"to": Part(int, "N"), "hops": Part(int, "N")})
    assert (
        nowhere.build({"to": ["5"], "hops": ["5"]}, lambda *each: told.append(_pair(*each))) is None
    )
    assert told == [("to", "it leads nowhere")]


NEST = Compound(
    what="a nest",
    make=lambda **fields: fields,
    first="bird",
    parts={"bird": Part(str, "BIRD"), "way": Part(WAY.parse, "PLACE", inner=WAY)},
)


def test_a_parts_own_parts_stand_behind_it() -> None:
    assert NEST.parse("owl,way=home,hops=2,slow") == {
        "bird": "owl",
        "way": _Way(to="home", hops=2, slow=True),
    }
    for text, said in (
        ("owl,hops=2", "'hops=2' of"),
        ("owl,way=home,hops=2,bird=owl", "names bird twice"),
        ("owl,way=home", "way: 'home' has no hops"),
    ):
        with pytest.raises(ValueError, match=said):
            NEST.parse(text)


def test_a_part_that_nobody_may_give_is_in_no_notation() -> None:
    def never(text: str) -> object:
        raise ValueError(f"no {text}")

    shut = Compound("a way", _Way, "to", {"to": Part(str, "PLACE"), "hops": Part(never, "")})
    assert shut.notation == "PLACE"
    assert list(shut.settable) == ["to"]
    with pytest.raises(ValueError, match="hops: no 2"):
        shut.parse("home,hops=2")


def _pair(key: str, error: ValueError) -> tuple[str, str]:
    return key, str(error)


def test_as_a_map() -> None:
    whole = _Way(to="home", hops=2, over_tags=(3,), slow=True)
    assert WAY.said(whole) == {"to": "home", "hops": "2", "over_tags": ["3"], "slow": True}
    assert WAY.said(_Way(to="home")) == {"to": "home"}
