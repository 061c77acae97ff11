"""Records: frozen, keyword-only, equal by value and type."""

from __future__ import annotations

from typing import Any

import pytest

from vnetmgr.model.record import Record, Row, replace


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


class Place(Row):
    file: str
    line: int
    column: int | None = None


def test_a_row_is_given_by_places_or_by_name() -> None:
    assert Place("a.yaml", 3) == Place(line=3, file="a.yaml") == Place("a.yaml", 3, column=None)
    assert repr(Place("a.yaml", 3)) == "Place(file='a.yaml', line=3, column=None)"
    assert replace(Place("a.yaml", 3), line=4) == Place("a.yaml", 4)
    match Place("a.yaml", 3):
        case Place(file, line):
            assert (file, line) == ("a.yaml", 3)


@pytest.mark.parametrize("given", [(), ("a.yaml",), ("a.yaml", 1, 2, 3)])
def test_a_row_with_too_few_or_too_many(given: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match=r"Place: missing or unknown fields: (file, line|line|3)$"):
        Place(*given)
    with pytest.raises(TypeError, match=r"missing or unknown fields: row$"):
        Place("a.yaml", 1, row=2)  # type: ignore[call-arg]
