"""What a word may become, and how the possibilities of a value with parts are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from vnetmgr.model.record import Row
from vnetmgr.printable import is_printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from vnetmgr.cli.completion.line import Line


class Candidate(Row):
    """One possibility."""

    text: str
    about: str = ""
    more: bool = False
    """Whether the word goes on behind it."""


class Paths(Row):
    """Files, which a shell itself knows best."""

    folders: bool = False
    """Directories alone."""


Offer: TypeAlias = "list[Candidate] | Paths"


class Completer(Protocol):
    """What a value may be. `typed` is all of it that is there; each candidate is a whole value."""

    def __call__(self, typed: str, line: Line) -> Offer: ...


def nothing(typed: str, line: Line) -> Offer:  # noqa: ARG001 - a completer
    """For what nobody can know: a new name, a number, a text."""
    return []


def files(typed: str, line: Line) -> Offer:  # noqa: ARG001 - a completer
    """For a file's path."""
    return Paths()


def folders(typed: str, line: Line) -> Offer:  # noqa: ARG001 - a completer
    """For a directory's path."""
    return Paths(folders=True)


def words(*choices: str | Candidate) -> Completer:
    """Of some words that are known."""
    found = [each if isinstance(each, Candidate) else Candidate(each) for each in choices]
    return of(lambda _: found)


def of(names: Callable[[Line], Iterable[str | Candidate]]) -> Completer:
    """Of what is there."""

    def complete(typed: str, line: Line) -> Offer:  # noqa: ARG001 - a completer
        return [each if isinstance(each, Candidate) else Candidate(each) for each in names(line)]

    return complete


def listed(each: Completer) -> Completer:
    """Several, with commas between, each once."""

    def complete(typed: str, line: Line) -> Offer:
        before, comma, last = typed.rpartition(",")
        given = set(before.split(","))
        return [
            one
            for one in _behind(f"{before}{comma}", each(last, line))
            if one.text[len(before + comma) :] not in given
        ]

    return complete


def pairs(values: Callable[[Line], Mapping[str, Completer]]) -> Completer:
    """`KEY=VALUE`."""

    def complete(typed: str, line: Line) -> Offer:
        key, equals, value = typed.partition("=")
        known = values(line)
        if not equals:
            return [Candidate(f"{each}=", more=True) for each in known]
        return _behind(f"{key}=", known.get(key, nothing)(value, line))

    return complete


class Part(Row):
    """One part of a value that has several."""

    complete: Completer
    flag: bool = False
    """Whether its name alone says it."""
    several: bool = False
    """Whether it may be said more than once."""
    inner: tuple[str, ...] = ()
    """Parts of its own, whose names stand behind it: `inbound=10mbit,peak=20mbit`."""


def parts(known: Mapping[str, Part], first: str | None = None) -> Completer:
    """`VALUE,key=VALUE,...`, where the first word says the part `first` without its name; without
    one every word has its key."""

    def complete(typed: str, line: Line) -> Offer:
        before, comma, word = typed.rpartition(",")
        key, equals, value = word.partition("=")
        if equals:
            part = known.get(dashed(key))
            return _behind(f"{before}{comma}{key}=", part.complete(value, line)) if part else []
        if first is not None and not comma:
            return known[first].complete(word, line)
        given = [dashed(each.partition("=")[0]) for each in before.split(",")]
        return _behind(before + comma, list(_keys(known, [first or "", *given])))

    return complete


def dashed(key: str) -> str:
    """A key as options have it."""
    return key.replace("_", "-")


def _keys(known: Mapping[str, Part], given: list[str]) -> Iterator[Candidate]:
    for name, part in known.items():
        if name not in given or part.several:
            yield Candidate(name if part.flag else f"{name}=", more=not part.flag)
    outer = next((known[each] for each in reversed(given) if each in known), None)
    for name in outer.inner if outer is not None else ():
        if name not in given:
            yield Candidate(f"{name}=", more=True)


def _behind(prefix: str, offer: Offer) -> list[Candidate]:
    """Whole values of what may stand behind a prefix. There, no files are offered: no shell
    completes a path behind a comma."""
    if isinstance(offer, Paths):
        return []
    return [Candidate(prefix + each.text, each.about, each.more) for each in offer]


def fitting(offer: Iterable[Candidate], typed: str, *, others: bool = False) -> list[Candidate]:
    """Those that begin as typed, each once; hexadecimal digits of MACs may be typed in capitals. A
    name that cannot be shown in one line is none that a shell should type. `others`: those as well
    that begin otherwise."""
    low = typed.lower()
    found: dict[str, Candidate] = {}
    for each in offer:
        fits = each.text.startswith(typed) or (
            each.text.lower().startswith(low) and _is_hexadecimal(each.text)
        )
        text = typed + each.text[len(typed) :] if fits else each.text
        if (fits or others) and is_printable(each.text):
            found.setdefault(text, Candidate(text, each.about, each.more))
    return list(found.values())


def _is_hexadecimal(text: str) -> bool:
    return frozenset(text.lower()) <= frozenset("0123456789abcdef:-./")
