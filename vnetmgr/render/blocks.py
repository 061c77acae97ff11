"""What a command's output consists of, before `console` writes it anywhere."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.errors import VnetError
from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


class Form(StrEnum):
    """In which form a command prints its result."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"

    @property
    def form(self) -> Form:
        """Itself: a command's own values of --output have one, too."""
        return self

    @property
    def for_programs(self) -> bool:
        """Whether it is made of the document: all of it, or the names in it."""
        return self is not Form.TABLE

    @property
    def is_document(self) -> bool:
        """Whether it is the document itself. Then an error is one, too."""
        return self in (Form.JSON, Form.YAML)


class Line(Row):
    """A line of the result."""

    text: str = ""
    colour: str = ""


class Done(Line):
    """What was done, told to people; --quiet leaves it out."""


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


class Data(dict[str, object]):
    """The result for programs, in JSON's types; `documents` makes it."""

    __slots__ = ("names",)

    def __init__(
        self, values: dict[str, object], names: Callable[[], Iterable[str]] = tuple
    ) -> None:
        super().__init__(values)
        self.names = names
        """What --output name prints of it."""


Block: TypeAlias = Line | Table | Xml | Note | Data | VnetError


def notes(texts: Iterable[str]) -> Iterator[Note]:
    """Several, each once: what holds for both IP versions, or for several nics, is found twice."""
    return map(Note, dict.fromkeys(texts))
