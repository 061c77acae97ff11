"""Expands a script's words with what the script itself says; what it does not say stays unknown.

Source: POSIX.1-2017, Shell Command Language, 2.6 Word Expansions. Names of files are not
expanded: `model=?` stays what it is, as in a folder without such a file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from vnetmgr.qemu_args.shell.tokens import Kind, Part

if TYPE_CHECKING:
    from collections.abc import Sequence


class Problem(NamedTuple):
    """What stands in the way, and where."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class Unknown(NamedTuple):
    """A value that only running the script would tell. `line`: of what makes it so."""

    why: str
    line: int | None = None


Value: TypeAlias = str | Unknown

# bash makes several words of {a,b} and {1..3}, sh one.
_BRACES = re.compile(r"\{[^{}]*(,|\.\.)[^{}]*\}")
_BLANKS = " \t\n"


class Scope:
    """What is known of variables and of "$@" at one place of a script."""

    def __init__(self) -> None:
        self.variables: dict[str, Value | None] = {}
        self.arguments: tuple[str, ...] | Unknown | None = None
        """None: what the script is called with."""
        self.others: Unknown | None = None
        """Why even a variable that the script does not name may have a value."""

    def get(self, name: str) -> Value | None:
        """A variable's value; None where the script gives it none."""
        if name in self.variables:
            return self.variables[name]
        if not name.isdecimal():
            return self.others
        if isinstance(self.arguments, Unknown):
            return self.arguments
        if self.arguments is None or not 0 < int(name) <= len(self.arguments):
            return None
        return self.arguments[int(name) - 1]


class Expansion:
    """The fields that one word becomes. A field is None where it cannot be known."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.fields: list[str | None] = []
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        self._open = False

    def word(self, parts: Sequence[Part]) -> Expansion:
        """Expand a word's parts."""
        bare = "".join(p.text for p in parts if p.kind is Kind.TEXT and not p.quoted)
        if _BRACES.search(bare):
            what = "bash makes several words of unquoted {...,...}, sh one: put it in quotes"
            self.problems.append(Problem(parts[0].line, what))
        for part in parts:
            self._add(part)
        self._open = False
        return self

    def _add(self, part: Part) -> None:
        if part.kind is Kind.TEXT:
            self._text(part.text, split=part.splits and not part.quoted)
        elif part.kind is Kind.ARGUMENTS:
            self._add_arguments(part)
        elif part.kind is Kind.REFUSED:
            reason = f"{part.text} is not run here: write what it gives"
            self._unknown(Problem(part.line, reason))
        else:
            self._add_variable(part)

    def _add_arguments(self, part: Part) -> None:
        arguments = self.scope.arguments
        if isinstance(arguments, Unknown):
            self._unknown(Problem(part.line, f"$@ {arguments.why}"))
            return
        if arguments is None:
            self.notes.append(Problem(part.line, "what the script is called with ($@) is left out"))
        if part.text == "*" and part.quoted:
            self._text(" ".join(arguments or ()), split=False)
            return
        for number, text in enumerate(arguments or ()):
            if number:
                self._open = False
            self._text(text, split=not part.quoted)

    def _add_variable(self, part: Part) -> None:
        value = self.scope.get(part.text)
        kind, missing = (
            part.operator[-1:],
            value is None or (value == "" and part.operator[:1] == ":"),
        )
        if isinstance(value, Unknown):
            self._unknown(_unknown_problem(part, value))
        elif kind == "+":
            self._add_default(() if missing else part.default, quoted=part.quoted)
        elif missing and kind == "=":
            assigned = single(part.default, self.scope)
            self.scope.variables[part.text] = assigned
            self._add(part._replace(operator="", default=()))
            self._note_default(part)
        elif missing and kind == "-":
            self._note_default(part)
            self._add_default(part.default, quoted=part.quoted)
        elif value is None or (missing and kind == "?"):
            reason = f"${part.text} is not set in the script: set it above, or write its value"
            self._unknown(Problem(part.line, reason))
        else:
            self._text(value, split=not part.quoted)

    def _note_default(self, part: Part) -> None:
        reason = f"${part.text} is not set in the script: its default is taken"
        self.notes.append(Problem(part.line, reason))

    def _add_default(self, parts: Sequence[Part], *, quoted: bool) -> None:
        if quoted:
            self._text("", split=False)
        for part in parts:
            self._add(part)

    def _unknown(self, problem: Problem) -> None:
        self.problems.append(problem)
        if self._open:
            self.fields[-1] = None
        else:
            self.fields.append(None)
            self._open = True

    def _text(self, text: str, *, split: bool) -> None:
        if not split:
            self._join(text)
            return
        if text.strip(_BLANKS) != text or any(blank in text for blank in _BLANKS):
            self._check_separator()
        pieces = re.split(f"[{_BLANKS}]+", text)
        for number, piece in enumerate(pieces):
            if number:
                self._open = False
            if piece:
                self._join(piece)

    def _check_separator(self) -> None:
        if self.scope.variables.get("IFS") is not None:
            what = "IFS is set in the script, so that words are split in another way"
            self.problems.append(Problem(1, what))

    def _join(self, text: str) -> None:
        if not self._open:
            self.fields.append("")
            self._open = True
        last = self.fields[-1]
        if last is not None:
            self.fields[-1] = last + text


def _unknown_problem(part: Part, value: Unknown) -> Problem:
    if value.line is None:
        return Problem(part.line, f"${part.text} {value.why}")
    return Problem(value.line, f"{value.why} (it is in ${part.text}, used in line {part.line})")


def single(parts: Sequence[Part], scope: Scope) -> Value:
    """What an assignment keeps: nothing is split, `$@` is joined by blanks."""
    if any(p.kind is Kind.TEXT and not p.quoted and "~" in p.text for p in parts[:1]):
        return Unknown("has a ~ in it: write the folder", parts[0].line)
    expansion = Expansion(scope).word([_quoted(part) for part in parts])
    if expansion.problems:
        first = expansion.problems[0]
        return Unknown(first.text, first.line)
    return "".join(field or "" for field in expansion.fields)


def _quoted(part: Part) -> Part:
    text = "*" if part.kind is Kind.ARGUMENTS else part.text
    default = tuple(_quoted(each) for each in part.default)
    return part._replace(text=text, quoted=True, default=default)
