"""Records: frozen, keyword-only, equal by value and type."""

from __future__ import annotations

from typing import Any

import pytest

from vnetmgr.model.record import Record, replace


class Point(Record):
    x: int
    y: int = 0


class Named(Point):
    name: str = "p"


class Twin(Record):
    x: int
    y: int = 0


def test_fields_and_defaults() -> None:
    assert Point.FIELDS == ("x", "y")
    assert Named.FIELDS == ("x", "y", "name")
    assert (Point(x=1).x, Point(x=1).y) == (1, 0)
    assert repr(Named(x=1)) == "Named(x=1, y=0, name='p')"


def test_equal_by_value_and_type() -> None:
    assert Point(x=1) == Point(x=1, y=0)
    assert Point(x=1) != Point(x=2)
    assert Point(x=1) != Twin(x=1)
    assert len({Point(x=1), Point(x=1, y=0), Point(x=2)}) == 2


def test_nothing_can_be_changed() -> None:
    point = Point(x=1)
    with pytest.raises(AttributeError, match=r"Point\.x cannot be changed"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match=r"Point\.x cannot be deleted"):
        del point.x


@pytest.mark.parametrize("values", [{}, {"y": 1}, {"x": 1, "z": 2}])
def test_missing_and_unknown_fields(values: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"missing or unknown fields: [xz]"):
        Point(**values)


def test_replace_makes_another_one() -> None:
    point = Point(x=1, y=2)
    assert replace(point, y=3) == Point(x=1, y=3)
    assert point == Point(x=1, y=2)
    with pytest.raises(TypeError, match="z"):
        replace(point, z=1)
