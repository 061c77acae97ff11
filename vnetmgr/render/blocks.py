"""What a command's output consists of, before `console` writes it anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.errors import VnetError
from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Line(Row):
    """A line of the result."""

    text: str = ""
    colour: str = ""


class Table(Row):
    """Rows of the result below headings; `colours` are the rows', none for an empty one."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    colours: Sequence[str] = ()
    least: Sequence[str] = ()
    """The headings of the columns that a terminal may be too narrow for, the least important first;
    none: the terminal folds the rows."""


class Xml(str):
    """A document of the result, with lines of its own."""

    __slots__ = ()


class Note(str):
    """Something the user should know, beside the result, in one line."""

    __slots__ = ()


class Json(dict[str, object]):
    """The result for programs; `documents` makes it."""


Block: TypeAlias = Line | Table | Xml | Note | Json | VnetError


def notes(texts: Iterable[str]) -> Iterator[Note]:
    """Several, each once: what holds for both IP versions, or for several nics, is found twice."""
    return map(Note, dict.fromkeys(texts))
