"""What is known of a value: text with holes in it, and lists whose length may be unknown.

Where the branches of an `if` leave a variable with different values, the value is what they have
in common around a hole that keeps the choices: a QEMU command that uses it can be read all the
same when the choices do not matter to its nics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_CHOICES = 16
_SIZE = 4000
"""How much a value may hold before it counts as unknown: scripts can double it at every line."""
LENGTH = 100_000
BLANKS = " \t\n"


class Problem(NamedTuple):
    """What stands in the way, or should be known, and where."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class Hole(NamedTuple):
    """A part of a text that only running the script would tell."""

    why: str
    line: int
    """Of what makes it so; 0: of where it is used."""
    shown: str = "..."
    choices: tuple[Any, ...] | None = None
    """What it is one of, each a Text (mypy would follow that without end)."""
    repeated: bool = False
    """Whether it is any number of the choices in a row."""
    left_out: bool = False
    """Whether it is what the script is called with."""
    via: str = ""
    """The variable that it comes by."""
    size: int = 1


class Many(NamedTuple):
    """A part of a list that only running the script would tell: any number of words."""

    why: str
    line: int
    shown: str = "..."
    choices: tuple[Any, ...] | None = None
    repeated: bool = False
    left_out: bool = False
    via: str = ""
    size: int = 1


Text: TypeAlias = "tuple[str | Hole | Problem, ...]"
"""Pieces of a text. A Problem in it is a note of no width that goes along with it."""
Items: TypeAlias = "tuple[Text | Many, ...]"


class Array(NamedTuple):
    """An array with indices from 0 without gaps."""

    items: Items


class Map(NamedTuple):
    """An associative array. `entries` None: not known."""

    entries: tuple[tuple[str, Text], ...] | None


Value: TypeAlias = "Text | Array | Map"
T = TypeVar("T")


def text_of(pieces: Iterable[str | Hole | Problem]) -> Text:
    """Pieces as a text: strings side by side are one."""
    found: list[str | Hole | Problem] = []
    notes: set[Problem] = set()
    length = size = 0
    for piece in pieces:
        if isinstance(piece, str):
            length += len(piece)
            if piece and found and isinstance(found[-1], str):
                found[-1] += piece
            elif piece:
                found.append(piece)
        elif isinstance(piece, Hole):
            size += piece.size
            found.append(piece)
        elif piece not in notes:
            size += 1
            notes.add(piece)
            found.append(piece)
    if length > LENGTH or size > _SIZE:
        return (Hole("is too long to be followed", 0),)
    return tuple(found)


def known(text: Text) -> str | None:
    """The text if all of it is known."""
    if not text:
        return ""
    if len(text) == 1 and isinstance(text[0], str):
        return text[0]
    if any(isinstance(piece, Hole) for piece in text):
        return None
    return "".join(piece for piece in text if isinstance(piece, str))


def holes(text: Text) -> list[Hole]:
    """The parts that are not known."""
    return [piece for piece in text if isinstance(piece, Hole)]


def notes_of(text: Text) -> list[Problem]:
    """The notes that go along."""
    return [piece for piece in text if isinstance(piece, Problem)]


def array(items: Iterable[Text | Many]) -> Array:
    """A list, or one unknown thing where it is too long."""
    found = tuple(items)
    if len(found) > _SIZE or sum(i.size for i in found if isinstance(i, Many)) > _SIZE:
        return Array((Many("is too long to be followed", 0),))
    return Array(found)


def map_text(text: Text, change: Callable[[str], str], why: str, line: int) -> Text:
    """What a change of a text gives: of each choice where it is one of several."""
    whole = known(text)
    if whole is not None:
        return text_of((change(whole), *notes_of(text)))
    found = holes(text)
    if len(text) == 1 and found[0].choices and not found[0].repeated:
        results = dict.fromkeys(map_text(each, change, why, line) for each in found[0].choices)
        return (found[0]._replace(choices=tuple(results)),)
    first = found[0]
    return (first._replace(choices=None, repeated=False, left_out=False, shown=why),)


# Joining


class Reason(NamedTuple):
    """What branches, and where."""

    what: str
    line: int

    def why(self, name: str) -> str:
        return f"${name} is set in the {self.what} of line {self.line}, which may run or not"

    def again(self, name: str) -> str:
        return f"${name} changes with each turn of the {self.what} of line {self.line}"


def join_values(
    name: str, first: Value | None, second: Value | None, reason: Reason, *, again: bool = False
) -> Value | None:
    """A value that is one of two; `again`: the second is the first after one more turn."""
    if first == second:
        return first
    if isinstance(first, Map) or isinstance(second, Map):
        return Map(None)
    why = reason.again(name) if again else reason.why(name)
    if isinstance(first, Array) or isinstance(second, Array):
        return array(_join_items(_items(first), _items(second), why, name, again=again))
    first, second = (_missing(name, each, reason) for each in (first, second))
    return _join_texts(first, second, why, name, again=again)


def _items(value: Text | Array | None) -> Items:
    return value.items if isinstance(value, Array) else () if value is None else (value,)


def _missing(name: str, value: Text | None, reason: Reason) -> Text:
    """A variable that only one branch sets: nothing otherwise, unless it comes from outside."""
    if value is not None:
        return value
    text = (
        f"${name} is not set in the script unless the {reason.what} of line {reason.line} sets "
        "it: nothing is taken for it"
    )
    return (Problem(reason.line, text),)


def _join_texts(first: Text, second: Text, why: str, name: str, *, again: bool) -> Text:
    notes = notes_of(first) + notes_of(second)
    first, second = (
        text_of(piece for piece in text if not isinstance(piece, Problem))
        for text in (first, second)
    )
    if first == second:
        return text_of((*first, *notes))
    start, first, second = _common(first, second)
    first, second, end = _common_end(first, second)
    near = [each for each in (*start[-1:], *end[:1]) if isinstance(each, Hole) and each.repeated]
    if again and not first and any(set(_flat(second)) <= set(each.choices or ()) for each in near):
        return text_of((*start, *end, *notes))
    choices = _choices(_flat(first), _flat(second))
    size = 1 + sum(_size(each) for each in choices or ())
    if size > _SIZE:
        choices, size = None, 1
    repeated = again and not first
    hole = Hole(why, 0, f"${name}", choices, repeated=repeated, via=name, size=size)
    return text_of((*start, hole, *end, *notes))


def _size(items: Sequence[object]) -> int:
    return 1 + sum(i.size if isinstance(i, Hole | Many) else 1 for i in items)


def _flat(text: Text) -> tuple[Text, ...]:
    """The choices of a text that is nothing but one of them."""
    if len(text) == 1 and isinstance(text[0], Hole) and text[0].choices and not text[0].repeated:
        return text[0].choices
    return (text,)


def _choices(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...] | None:
    found = tuple(dict.fromkeys((*first, *second)))
    return found if len(found) <= _CHOICES else None


def _common(first: Text, second: Text) -> tuple[Text, Text, Text]:
    """What both begin with, and what is left of each: from an option on, or nothing."""
    count = 0
    while count < min(len(first), len(second)) and first[count] == second[count]:
        count += 1
    if count and isinstance(first[count - 1], str):
        count -= 1  # what follows in one of them may go on with the word
    start, first, second = first[:count], first[count:], second[count:]
    one, other = (each[0] if each and isinstance(each[0], str) else "" for each in (first, second))
    place = 0
    while place < min(len(one), len(other)) and one[place] == other[place]:
        place += 1
    while place and not (_goes_on(first, place) and _goes_on(second, place)):
        place -= 1
    if place:
        start = (*start, one[:place])
        first, second = (text_of((str(each[0])[place:], *each[1:])) for each in (first, second))
    elif start and not (_begins(first) and _begins(second)):
        first, second, start = (*start, *first), (*start, *second), ()
    return start, first, second


def _goes_on(text: Text, place: int) -> bool:
    """Whether behind a place of a text's first string comes another option, or nothing."""
    string = str(text[0])
    if place == len(string):
        return _begins(text[1:])
    if string[place - 1] in BLANKS:
        return string[place] == "-"
    return string[place] in BLANKS and _begins((string[place:],))


def _begins(text: Text) -> bool:
    """Whether a text is empty, or has blanks and then an option."""
    if not text:
        return True
    first = text[0]
    if isinstance(first, str):
        return first[0] in BLANKS and first.lstrip(BLANKS)[:1] in ("-", "")
    choices = first.choices if isinstance(first, Hole) else None
    return choices is not None and all(map(_begins, choices))


def _common_end(first: Text, second: Text) -> tuple[Text, Text, Text]:
    """What is left of each, and what both end with: from an option on, or nothing."""
    one, other = (
        each[-1] if each and isinstance(each[-1], str) else "" for each in (first, second)
    )
    place = 0
    while place < min(len(one), len(other)) and one[-1 - place] == other[-1 - place]:
        place += 1
    while place and not (one[len(one) - place] in BLANKS and _begins((one[len(one) - place :],))):
        place -= 1
    if not place:
        return first, second, ()
    end = (one[len(one) - place :],)
    first, second = (
        text_of((*each[:-1], str(each[-1])[: len(str(each[-1])) - place]))
        for each in (first, second)
    )
    return first, second, end


def _join_items(first: Items, second: Items, why: str, name: str, *, again: bool) -> Items:
    count = 0
    while count < min(len(first), len(second)) and first[count] == second[count]:
        count += 1
    while count and not (_is_option(first, count) and _is_option(second, count)):
        count -= 1
    start, first, second = first[:count], first[count:], second[count:]
    count = 0
    while count < min(len(first), len(second)) and first[-1 - count] == second[-1 - count]:
        count += 1
    while count and not _is_option(first, len(first) - count):
        count -= 1
    end = first[len(first) - count :]
    first, second = first[: len(first) - count], second[: len(second) - count]
    near = [each for each in (*start[-1:], *end[:1]) if isinstance(each, Many) and each.repeated]
    more = set(_flat_items(second))
    if again and not first and any(more <= set(each.choices or ()) for each in near):
        return (*start, *end)
    choices = _choices(_flat_items(first), _flat_items(second))
    size = 1 + sum(_size(each) for each in choices or ())
    if size > _SIZE:
        choices, size = None, 1
    repeated = again and not first
    many = Many(why, 0, f"${{{name}[@]}}", choices, repeated=repeated, via=name, size=size)
    return (*start, many, *end)


def _is_option(items: Items, place: int) -> bool:
    """Whether an option begins at a place of a list, or nothing is there."""
    if place >= len(items):
        return True
    item = items[place]
    if isinstance(item, Many):
        return item.choices is not None and all(_is_option(each, 0) for each in item.choices)
    return bool(item) and isinstance(item[0], str) and item[0].startswith("-")


def _flat_items(items: Items) -> tuple[Items, ...]:
    if len(items) == 1 and isinstance(items[0], Many):
        many = items[0]
        if many.choices and not many.repeated:
            return many.choices
    return (items,)
