"""The grammar of shell scripts: what is read is a tree of commands, and nothing is run.

Sources: POSIX.1-2017, Shell Command Language, 2.9 and 2.10; bash(1), SHELL GRAMMAR.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.qemu_args.shell.compounds import Compounds
from vnetmgr.qemu_args.shell.syntax import (
    AndOr,
    Assignment,
    Background,
    Element,
    HereDocument,
    Literal,
    Pipeline,
    Redirected,
    Redirection,
    Sequence,
    ShellError,
    Simple,
    Word,
)

if TYPE_CHECKING:
    from vnetmgr.qemu_args.shell.syntax import Command

DECLARING = frozenset({"export", "readonly", "local", "declare", "typeset"})
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[((?:[^\[\]\n]|\[[^\[\]\n]*\])*)\])?(\+?)=")
_KEY = re.compile(r"\[((?:[^\[\]\n]|\[[^\[\]\n]*\])*)\]=")
_REDIRECTION = re.compile(
    r"([0-9]+|\{[A-Za-z_][A-Za-z0-9_]*\})?(<<<|<<-|<<|&>>|&>|>>|>&|<&|<>|>\||<(?!\()|>(?!\())"
)
_TIME = re.compile(r"time[ \t]+(?:-p[ \t]+)?(?=[({]|(?:if|for|while|until|case)\b)")
_CLOSERS = ("then", "elif", "else", "fi", "do", "done", "esac", "}")


def parse(text: str, line: int = 1) -> Sequence:
    """The commands of a script. Raises ShellError where it cannot be read on."""
    parser = Parser(text, line)
    return parser.commands_until("")


class Parser(Compounds):
    """Reads commands, from a place of a script on."""

    def commands_until(self, closing: str) -> Sequence:
        """Commands up to `)`, or with "" all there are."""
        found = self.sequence(may_be_empty=True)
        if self.at < len(self.text) and not (closing and self.looking_at(closing)):
            raise self.unexpected()
        if self.at >= len(self.text) and self.documents:
            raise self.documents[0].never_ends()
        return found

    def sequence(self, *, may_be_empty: bool = False) -> Sequence:
        """Commands, up to what closes the construct that they are in."""
        self.deeper()
        line, commands = self.line(), []
        while True:
            self.lines()
            if self._at_end():
                break
            command = self._and_or()
            if self.looking_at("&") and not self.looking_at("&&"):
                self.at += 1
                command = Background(command)
            elif self.looking_at(";") and not self.looking_at(";;") and not self.looking_at(";&"):
                self.at += 1
            elif not (self.at >= len(self.text) or self.text[self.at] in "\n);"):
                raise self.unexpected()
            commands.append(command)
        if not commands and not may_be_empty:
            raise self.unexpected(line)
        self.depth -= 1
        return Sequence(tuple(commands))

    def _at_end(self) -> bool:
        if self.at >= len(self.text) or self.text[self.at] == ")":
            return True
        return self.text.startswith((";;", ";&"), self.at) or self.reserved() in _CLOSERS

    def lines(self) -> None:
        """Pass over blanks and ends of lines, with the here-documents behind them."""
        self.blanks()
        while self.looking_at("\n"):
            self.at += 1
            self.read_documents()
            self.blanks()

    def _and_or(self) -> Command:
        line, first, rest = self.line(), self._pipeline(), []
        while self.looking_at("&&") or self.looking_at("||"):
            operator = self.text[self.at : self.at + 2]
            self.at += 2
            self.lines()
            rest.append((operator, self._pipeline()))
        return AndOr(first, tuple(rest), line) if rest else first

    def _pipeline(self) -> Command:
        line, negated = self.line(), False
        if match := _TIME.match(self.text, self.at):
            self.at = match.end()
        while self.reserved() == "!":
            self.at += 1
            negated = not negated
            self.blanks()
        commands = [self._command()]
        while self.looking_at("|") and not self.looking_at("||"):
            self.at += 2 if self.looking_at("|&") else 1
            self.lines()
            commands.append(self._command())
        if len(commands) == 1 and not negated:
            return commands[0]
        return Pipeline(tuple(commands), negated, line)

    def _command(self) -> Command:
        self.deeper()
        line = self.line()
        compound = self.compound()
        if compound is None:
            found: Command = self._simple(line)
        else:
            redirections = self._redirections()
            found = Redirected(compound, redirections) if redirections else compound
        self.depth -= 1
        return found

    def _redirections(self) -> tuple[Redirection, ...]:
        found = []
        self.blanks()
        while redirection := self._redirection():
            found.append(redirection)
            self.blanks()
        return tuple(found)

    def _redirection(self) -> Redirection | None:
        match = _REDIRECTION.match(self.text, self.at)
        if match is None:
            return None
        line, self.at = self.line(), match.end()
        self.blanks()
        target = self.word()
        if target is None:
            raise ShellError(line, f"{match[2]} is not followed by a file")
        document = None
        if match[2] in ("<<", "<<-"):
            parts = (getattr(part, "text", "") for part in target.parts)
            quoted = any(isinstance(part, Literal) and part.quoted for part in target.parts)
            end = target.literal if target.literal is not None else "".join(parts)
            document = HereDocument(end, strip=match[2] == "<<-", quoted=quoted, line=line)
            self.documents.append(document)
        return Redirection(match[1] or "", match[2], target, document)

    # Simple commands

    def _simple(self, line: int) -> Command:
        assignments: list[Assignment] = []
        words: list[Word | Assignment] = []
        redirections: list[Redirection] = []
        while True:
            self.blanks()
            if redirection := self._redirection():
                redirections.append(redirection)
                continue
            declares = bool(words) and isinstance(words[0], Word) and words[0].plain in DECLARING
            assignment = self._assignment() if declares or not words else None
            if assignment:
                (words if declares else assignments).append(assignment)
                continue
            word = self.word()
            if word is None:
                break
            words.append(word)
        if not (assignments or words or redirections):
            raise self.unexpected()
        return Simple(tuple(assignments), tuple(words), tuple(redirections), line)

    def _assignment(self) -> Assignment | None:
        match = _ASSIGNMENT.match(self.text, self.at)
        if match is None:
            return None
        line, start, self.at = self.line(), self.at, match.end()
        index = None
        if match[2] is not None:
            index = self.inner(match[2], self.line(start)).whole()
        append = bool(match[3])
        if self.looking_at("(") and index is None:
            return Assignment(match[1], line, tuple(self._elements()), append)
        value = self.word() or Word((), line)
        return Assignment(match[1], line, value, append, index)

    def _elements(self) -> list[Element]:
        opened = self.line()
        self.at += 1
        elements: list[Element] = []
        while True:
            self.lines()
            if self.looking_at(")"):
                self.at += 1
                return elements
            match, key = _KEY.match(self.text, self.at), None
            if match:
                key = self.inner(match[1], self.line()).whole()
                self.at = match.end()
            word = self.word()
            if word is None and match is None:
                if self.at < len(self.text):
                    raise self.unexpected()
                raise ShellError(opened, "the ( that opens here is never closed")
            elements.append(Element(key, word or Word((), opened)))
