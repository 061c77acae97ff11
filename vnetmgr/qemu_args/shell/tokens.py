"""What a shell script is made of: words with their parts, and operators, each with its line."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class ShellError(ValueError):
    """The script cannot be read on from here."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


class Kind(Enum):
    """What a part of a word is."""

    TEXT = "text"
    VARIABLE = "variable"
    ARGUMENTS = "arguments"
    """`$@` and `$*`."""
    REFUSED = "refused"
    """Only known once it is run; `text` is how it looks."""


class Part(NamedTuple):
    """A piece of a word that is expanded in one way."""

    kind: Kind
    text: str
    line: int
    quoted: bool = False
    splits: bool = False
    """Text of an unquoted `${X:-text}`, which the shell splits as it does a variable's."""
    operator: str = ""
    """`:-` of `${X:-...}`."""
    default: tuple[Part, ...] = ()


class Word(NamedTuple):
    """A word: what becomes none, one or several arguments."""

    parts: tuple[Part, ...]
    line: int

    @property
    def plain(self) -> str | None:
        """The word's text if nothing of it is quoted or expanded: only then can it be reserved."""
        if len(self.parts) == 1 and self.parts[0].kind is Kind.TEXT and not self.parts[0].quoted:
            return self.parts[0].text
        return None


class Operator(NamedTuple):
    """`;`, `&&`, `(`, a line's end, ..."""

    text: str
    line: int


REDIRECTIONS = frozenset({"<<<", "<<-", "<<", "&>>", "&>", ">>", ">&", "<&", "<>", ">|", "<", ">"})
