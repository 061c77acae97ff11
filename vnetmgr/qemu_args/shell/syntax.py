"""What a shell script is made of: words with their parts, and commands, each with its line."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias


class ShellError(ValueError):
    """The script cannot be read on from here."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


Inner: TypeAlias = Any
"""A Command or a Word within another. mypy compares named tuples field by field, and in these it
would never come to an end."""

# Parts of words


class Literal(NamedTuple):
    """Text as it stands there."""

    text: str
    line: int
    quoted: bool = False


class Parameter(NamedTuple):
    """`$X`, `${X:-word}`, `${X[@]}`, `$1`, `$@`, ..."""

    name: str
    line: int
    quoted: bool = False
    shown: str = ""
    """How it looks, for messages."""
    index: Inner = None
    """`@` and `*` of `${X[@]}` are text, any other index is a word."""
    operator: str = ""
    """`:-`, `%%`, `/`, `:` (a part), `#` (the length), `!` (indirect), ..."""
    operands: tuple[Inner, ...] = ()


class Substitution(NamedTuple):
    """`$(...)` and backticks. `body` None: it cannot be read."""

    body: Inner
    line: int
    quoted: bool
    shown: str


class Arithmetic(NamedTuple):
    """`$((...))`."""

    word: Inner
    line: int
    quoted: bool


class Opaque(NamedTuple):
    """Only known once it is run."""

    shown: str
    line: int
    quoted: bool
    body: Inner = None
    """Of `<(...)`: what runs."""


class Noted(NamedTuple):
    """No text, but something that should be known: a default that was taken."""

    text: str
    line: int
    quoted: bool = True


Part: TypeAlias = Literal | Parameter | Substitution | Arithmetic | Opaque | Noted


class Word(NamedTuple):
    """A word: what becomes none, one or several arguments."""

    parts: tuple[Part, ...]
    line: int

    @property
    def plain(self) -> str | None:
        """The word's text if nothing of it is quoted or expanded."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Literal) and not self.parts[0].quoted:
            return self.parts[0].text
        return None

    @property
    def literal(self) -> str | None:
        """The word's text without its quotes; None if something is expanded."""
        texts = [part.text for part in self.parts if isinstance(part, Literal)]
        return "".join(texts) if len(texts) == len(self.parts) else None


# Commands


class Element(NamedTuple):
    """One of an array: `word` or `[key]=word`."""

    key: Word | None
    value: Word


class Assignment(NamedTuple):
    """`NAME=word`, `NAME+=word`, `NAME[index]=word`, `NAME=(elements)`."""

    name: str
    line: int
    value: Word | tuple[Element, ...]
    append: bool = False
    place: Word | None = None


class HereDocument:
    """Its lines come after those of the command that it belongs to."""

    def __init__(self, end: str, *, strip: bool, quoted: bool, line: int) -> None:
        self.end, self.strip, self.quoted, self.line = end, strip, quoted, line
        self.text = ""
        self.body: Word | None = None
        """With what is expanded in it; None where it cannot be read."""

    def never_ends(self) -> ShellError:
        """What to raise where the text is over before it."""
        return ShellError(self.line, f"the here-document that begins here has no end {self.end!r}")


class Redirection(NamedTuple):
    """`2>file`, `<<EOF`, `<<<word`."""

    descriptor: str
    operator: str
    target: Word
    document: HereDocument | None = None


class Simple(NamedTuple):
    """Assignments, or a program with its arguments, or both."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word | Assignment, ...]
    redirections: tuple[Redirection, ...]
    line: int


class Redirected(NamedTuple):
    """A compound command with redirections."""

    command: Inner
    redirections: tuple[Redirection, ...]


class Pipeline(NamedTuple):
    """`a | b | c`, or `! a`."""

    commands: tuple[Inner, ...]
    negated: bool
    line: int


class AndOr(NamedTuple):
    """`a && b || c`."""

    first: Inner
    rest: tuple[tuple[str, Inner], ...]
    line: int


class Background(NamedTuple):
    """`a &`."""

    command: Inner


class Sequence(NamedTuple):
    """Commands one after the other."""

    commands: tuple[Inner, ...]


class If(NamedTuple):
    """The conditions with what they guard, and the `else`."""

    branches: tuple[tuple[Sequence, Sequence], ...]
    otherwise: Sequence | None
    line: int


class Loop(NamedTuple):
    """`while` and `until`."""

    test: Sequence
    body: Sequence
    until: bool
    line: int


class For(NamedTuple):
    """`for NAME in words`; `select` too. `words` None: "$@"."""

    name: str
    words: tuple[Word, ...] | None
    body: Sequence
    select: bool
    line: int


class CountingFor(NamedTuple):
    """`for ((first; test; step))`."""

    first: Word
    test: Word
    step: Word
    body: Sequence
    line: int


class Case(NamedTuple):
    """The word, and for each arm its patterns, its commands and how it ends."""

    word: Word
    arms: tuple[tuple[tuple[Word, ...], Sequence, str], ...]
    line: int


class Subshell(NamedTuple):
    """`( ... )`."""

    body: Sequence
    line: int


class Function(NamedTuple):
    """`name() { ... }`."""

    name: str
    body: Inner
    line: int


class Test(NamedTuple):
    """`[[ ... ]]`: words, and the operators between them as texts."""

    tokens: tuple[Word | str, ...]
    line: int


class Calculation(NamedTuple):
    """`(( ... ))`."""

    word: Word
    line: int


Command: TypeAlias = (
    Simple
    | Redirected
    | Pipeline
    | AndOr
    | Background
    | Sequence
    | If
    | Loop
    | For
    | CountingFor
    | Case
    | Subshell
    | Function
    | Test
    | Calculation
)
