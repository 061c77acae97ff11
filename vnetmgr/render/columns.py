"""The columns of a list: those that its table has by itself, and every key of its documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from vnetmgr.errors import UsageError, usage_problems
from vnetmgr.model.names import did_you_mean
from vnetmgr.problem import About, Problem
from vnetmgr.render.blocks import Form, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from vnetmgr.render.documents.shape import Key, Shape

T = TypeVar("T")
_ABOUT = About("command", field="columns")


class Column(NamedTuple, Generic[T]):
    """One column, and what it says of a row."""

    heading: str
    cell: Callable[[T], str]


class Columns(Generic[T]):
    """What a list can show."""

    def __init__(self, own: Mapping[str, Column[T]], shape: Callable[[], Shape[T]]) -> None:
        """`own`: those of the table, by the keys that they show, or by names of their own. `shape`:
        what one thing is in a document, loaded when it is asked for."""
        self.own = own
        self._shape = shape

    def known(self) -> dict[str, Column[T]]:
        """By their names."""
        return {
            **self.own,
            **{name: self._of(name) for name in self._keys() if name not in self.own},
        }

    def _keys(self) -> Mapping[str, Key[T]]:
        return self._shape().keys

    def _of(self, name: str) -> Column[T]:
        key = self._keys()[name]
        return Column(name.upper().replace("_", " "), lambda row: text_of_value(key.read(row)))

    def chosen(self, texts: Sequence[str] | None, form: Form) -> tuple[Column[T], ...] | None:
        """What --columns names; None: it was left out. Raises UsageError."""
        if not texts:
            return None
        if form.for_programs:
            text = f"--columns chooses what a table shows, and --output {form} is none"
            raise UsageError(text, "leave one of them out", about=_ABOUT)
        known = self.known()
        # As the table's own headings have them, where no column is called so.
        headed = {column.heading.lower(): name for name, column in self.own.items()}
        given = [name.strip().lower() for text in texts for name in text.split(",")]
        names = [name if name in known else headed.get(name, name) for name in given]
        wrong = [name for name in names if name not in known]
        if wrong:
            guesses = (
                f"--columns: no column {name!r}.{did_you_mean(name, known)}" for name in wrong
            )
            problems = [Problem(_ABOUT, text) for text in guesses]
            raise usage_problems(problems, f"columns: {', '.join(known)}")
        return tuple(known[name] for name in names)

    def table(
        self,
        rows: Iterable[T],
        chosen: Sequence[Column[T]] | None = None,
        colours: Sequence[str] = (),
        least: Sequence[str] = (),
    ) -> Table:
        """The rows. `least`: as Table has it; what was chosen never goes."""
        columns = chosen or tuple(self.own.values())
        return Table(
            tuple(column.heading for column in columns),
            [tuple(column.cell(row) for column in columns) for row in rows],
            colours,
            () if chosen else least,
        )


def text_of_value(value: object) -> str:
    """A value of a document for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return " ".join(f"{key} {text_of_value(inner)}" for key, inner in value.items()) or "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(text_of_value, value)) or "-"
    return "-" if value in (None, "") else str(value)
