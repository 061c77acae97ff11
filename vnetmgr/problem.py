"""What is wrong, as a value: what it is about, where it was asked for, and what to do.

Texts are for people alone. Whoever has to know what a problem is about finds it beside the text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, Self, TypeAlias

from vnetmgr.command import Command

Kind: TypeAlias = Literal[
    "domain", "nic", "network", "forward", "file", "link", "connection", "command", "host", "ovn"
]


class Place(NamedTuple):
    """Where something stands: lines and columns count from 1, as editors do."""

    file: str
    line: int
    column: int | None = None
    """None: all of the line."""

    def __str__(self) -> str:
        column = "" if self.column is None else f":{self.column}"
        return f"{self.file}:{self.line}{column}"


class Option(NamedTuple):
    """An option of the command line, by its key in the tables of options: `dhcp_range`."""

    key: str

    def __str__(self) -> str:
        return f"--{self.key.replace('_', '-')}"


Origin: TypeAlias = Place | Option
Say: TypeAlias = Callable[[str], object]
"""What the option of a key is called where it was given: Option on a command line, the key itself
in a spec."""


class About(NamedTuple):
    """An object, and what of it: the nic `lan` of domain `web1`, and its `mtu`."""

    kind: Kind
    name: str = ""
    """Empty where it is not known yet: `named` adds it."""
    domain: str | None = None
    """The domain that a nic or forward is of."""
    field: str | None = None
    """As specs call it; `source`: any key of a nic's source; of a command, the key of an option or
    argument. None: all of the object."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def object(self) -> About:
        """All of the object."""
        return self._replace(field=None)

    @property
    def whole(self) -> About:
        """The object that stands for itself in a spec: a domain, a network, a file."""
        return self.object if self.domain is None else About("domain", self.domain)

    def of(self, outer: About | None) -> About:
        """The same, where the object has no name by itself: a network's patch is of that one."""
        if outer is None or self.name or self.kind != outer.kind:
            return self
        return outer._replace(field=self.field)


class Problem(NamedTuple):
    """One thing that is wrong."""

    about: About | None
    text: str
    hint: str | None = None
    origin: Origin | None = None
    also: tuple[About, ...] = ()
    """Other objects that it is a problem of: of two that clash nobody knows which is wrong."""
    values: tuple[object, ...] = ()
    """The field's values that are in the way; the last is the one to be looked at."""

    def __str__(self) -> str:
        return self.text if self.origin is None else f"{self.origin}: {self.text}"

    def at(self, origin: Origin | None) -> Problem:
        """The same, where that was asked for; the place that it has already is nearer."""
        return self if origin is None or self.origin is not None else self._replace(origin=origin)

    def of(self, about: About | None) -> Problem:
        """The same, of an object that only the caller knows; what it is about already is nearer."""
        return self._replace(about=about if self.about is None else self.about.of(about))

    def in_keys(self) -> Problem:
        """The same in a spec's words."""
        hint = None if self.hint is None else in_spec(self.hint)
        return self._replace(text=in_spec(self.text), hint=hint)

    @property
    def place(self) -> Place | None:
        """Where it stands in a file; None for one of a command."""
        return self.origin if isinstance(self.origin, Place) else None

    @property
    def abouts(self) -> tuple[About, ...]:
        """Everything that it is a problem of."""
        return (*(() if self.about is None else (self.about,)), *self.also)


class Worded(str):
    """Words that name options, as on a command line; and those for a spec, which has keys."""

    __slots__ = ("in_spec",)
    in_spec: str

    def __new__(cls, text: str, in_spec: str) -> Self:
        """`in_spec`: the same where a spec asks for it."""
        self = super().__new__(cls, text)
        self.in_spec = in_spec
        return self


class Service(NamedTuple):
    """Who is asked for something besides libvirt."""

    name: str
    remedy: str
    """What to see to where it does not answer."""
    about: About


class OpenCall(NamedTuple):
    """What was asked and not answered, in words."""

    what: str
    of: Service | None = None
    """None: libvirt, or a program."""
    is_late: bool = True
    """Whether it had its time."""

    def __str__(self) -> str:
        return self.what if self.of is None else f"{self.of.name}: {self.what}"


def every_option(command: str) -> Worded:
    """The hint to where whatever could have been said is described."""
    return Worded(
        f"{Command(command, '--help')} shows every option",
        f"{Command('schema')} describes every key",
    )


def in_spec(text: str) -> str:
    """A text where a spec is meant."""
    return text.in_spec if isinstance(text, Worded) else text


def behind(prefix: str, text: str) -> str:
    """A text behind another, in both words."""
    if not isinstance(text, Worded):
        return prefix + text
    return Worded(prefix + text, prefix + text.in_spec)


def problem_at(origin: Origin | None, text: str, about: About, *also: About) -> Problem:
    """Something wrong at a place."""
    words = in_spec(text) if isinstance(origin, Place) else text
    return Problem(about, words, origin=origin, also=also)


class NamesOptionsError(ValueError):
    """A value that is wrong, in words that name options: as those are called where it was given."""

    def __init__(self, text: Callable[[Say], str]) -> None:
        super().__init__(text(Option))
        self._text = text

    def said(self, say: Say) -> str:
        """The words."""
        return self._text(say)
