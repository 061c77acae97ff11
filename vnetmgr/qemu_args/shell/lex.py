"""Cuts a shell script into words with their parts, each with its line. Nothing is run.

Sources: POSIX.1-2017, Shell Command Language, 2.2 Quoting, 2.3 Token Recognition and 2.6 Word
Expansions; bash(1) for what bash adds.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from vnetmgr.qemu_args.shell.ansi import ansi_text
from vnetmgr.qemu_args.shell.syntax import (
    Arithmetic,
    HereDocument,
    Literal,
    Opaque,
    Parameter,
    ShellError,
    Substitution,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.qemu_args.shell.syntax import Part, Sequence

DEPTH = 60
"""How deep things may be nested: nobody writes more, and Python's own stack is finite."""

WORD_ENDS = " \t\n;&|<>()"
_PLAIN = re.compile(r"[^ \t\n;&|<>()'\"\\$`]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")
_OPERATOR = re.compile(r":?[-=+?]|%%?|##?|//|/[#%]?|\^\^?|,,?|:|@[A-Za-z](?=\})")
_SHOWN = 40


class Lexer:
    """A place in a script, and what can be read from there."""

    def __init__(self, text: str, line: int = 1, depth: int = 0) -> None:
        self.text = text
        self.at = 0
        self.depth = depth
        self.documents: list[HereDocument] = []
        self._first = line
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def line(self, at: int | None = None) -> int:
        """The line of a place."""
        return bisect_left(self._ends, self.at if at is None else at) + self._first

    def looking_at(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def deeper(self) -> None:
        """Go one level down. Raises ShellError where nobody would."""
        self.depth += 1
        if self.depth > DEPTH:
            raise ShellError(self.line(), "this is nested too deeply to be read")

    def commands_until(self, closing: str) -> Sequence:
        """The commands up to what closes a substitution."""
        raise NotImplementedError

    def blanks(self) -> None:
        """Pass over blanks, joined lines and comments."""
        while self.at < len(self.text):
            if self.looking_at("\\\n"):
                self.at += 2
            elif self.text[self.at] in " \t":
                self.at += 1
            elif self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def word(self, *, inside: str = "") -> Word | None:
        """The word that begins here. `inside`: characters that do not end it."""
        line = self.line()
        parts: list[Part] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in "<>" and self.text[self.at + 1 : self.at + 2] == "(":
                parts.append(self._process())
            elif char in WORD_ENDS and char not in inside:
                break
            else:
                parts += self.piece(char)
        return Word(tuple(parts), line) if parts else None

    def whole(self) -> Word:
        """All that is left as one word."""
        line = self.line()
        parts: list[Part] = []
        while self.at < len(self.text):
            parts += self.piece(self.text[self.at])
        return Word(tuple(parts), line)

    def whole_document(self) -> Word:
        """All that is left as the body of a here-document: `"` is nothing special in it."""
        line = self.line()
        parts: list[Part] = []
        while self.at < len(self.text):
            parts += self._quoted_piece(special="$`\\")
        return Word(tuple(parts), line)

    def _process(self) -> Opaque:
        line, start = self.line(), self.at
        self.at += 2
        body = self._commands(start + 1)
        return Opaque(f"{self.text[start]}(...)", line, quoted=False, body=body)

    def _commands(self, opened: int) -> Sequence:
        self.deeper()
        body = self.commands_until(")")
        if not self.looking_at(")"):
            raise ShellError(self.line(opened), "the ( that opens here is never closed")
        self.at += 1
        self.depth -= 1
        return body

    def piece(self, char: str) -> Iterator[Part]:
        """One piece outside of double quotes."""
        line = self.line()
        if self.looking_at("\\\n"):
            self.at += 2
        elif char == "'":
            end = self.text.find("'", self.at + 1)
            if end < 0:
                raise ShellError(line, "the quote ' that opens here is never closed")
            yield Literal(self.text[self.at + 1 : end], line, quoted=True)
            self.at = end + 1
        elif char == '"':
            yield from self._double()
        elif char == "\\":
            yield Literal(self.text[self.at + 1 : self.at + 2] or "\\", line, quoted=True)
            self.at += 2
        elif char == "`":
            yield self._backticks(quoted=False)
        elif char == "$":
            yield from self._dollar(quoted=False)
        else:
            match = _PLAIN.match(self.text, self.at)
            text = match[0] if match else char
            self.at += len(text)
            yield Literal(text, line)

    def _double(self) -> Iterator[Part]:
        opened = self.line()
        self.at += 1
        empty = True
        while self.at < len(self.text):
            if self.text[self.at] == '"':
                self.at += 1
                if empty:
                    yield Literal("", opened, quoted=True)
                return
            for part in self._quoted_piece():
                empty = False
                yield part
        raise ShellError(opened, 'the quote " that opens here is never closed')

    def _quoted_piece(self, special: str = '"$`\\') -> Iterator[Part]:
        """One piece within double quotes."""
        char, line = self.text[self.at], self.line()
        following = self.text[self.at + 1 : self.at + 2]
        if char == "\\" and following and following in special + "\n}":
            self.at += 2
            if following == "}" and "}" not in special:
                yield Literal("\\}", line, quoted=True)
            elif following != "\n":
                yield Literal(following, line, quoted=True)
        elif char == "`":
            yield self._backticks(quoted=True)
        elif char == "$":
            yield from self._dollar(quoted=True)
        else:
            end = self.at + 1
            while end < len(self.text) and self.text[end] not in special:
                end += 1
            text, self.at = self.text[self.at : end], end
            yield Literal(text, line, quoted=True)

    def _backticks(self, *, quoted: bool) -> Part:
        start, line, end = self.at, self.line(), self.at + 1
        while end < len(self.text) and self.text[end] != "`":
            end += 2 if self.text[end] == "\\" else 1
        if end >= len(self.text):
            raise ShellError(line, "the ` that opens here is never closed")
        special = r'\\([$`\\"])' if quoted else r"\\([$`\\])"
        inner = re.sub(special, r"\1", self.text[start + 1 : end])
        self.at = end + 1
        self.deeper()
        other = type(self)(inner, line, self.depth)
        body = other.commands_until("")
        self.depth -= 1
        return Substitution(body, line, quoted, "`...`")

    def _dollar(self, *, quoted: bool) -> Iterator[Part]:
        line, following = self.line(), self.text[self.at + 1 : self.at + 2]
        if following == "(":
            yield self._parenthesis(quoted=quoted)
        elif following == "{":
            yield self._braces(quoted=quoted)
        elif following == "'" and not quoted:
            text, self.at = ansi_text(self.text, self.at + 2)
            if self.at > len(self.text):
                raise ShellError(line, "the quote ' that opens here is never closed")
            yield Literal(text, line, quoted=True)
        elif following == '"' and not quoted:
            self.at += 1
            yield from self._double()
        elif following == "[":
            end = self.text.find("]", self.at)
            if end < 0:
                raise ShellError(line, "the [ that opens here is never closed")
            self.at = end + 1
            yield Opaque("$[...]", line, quoted)
        elif match := _NAME.match(self.text, self.at + 1):
            self.at = match.end()
            yield Parameter(match[0], line, quoted, f"${match[0]}")
        elif following and following in "0123456789#?$!-@*":
            self.at += 2
            yield Parameter(following, line, quoted, f"${following}")
        else:
            self.at += 1
            yield Literal("$", line, quoted)

    def _parenthesis(self, *, quoted: bool) -> Part:
        line, start = self.line(), self.at
        if self.looking_at("$((") and (end := self.end_of_calculation(start + 3)):
            self.deeper()
            word = self.inner(self.text[start + 3 : end], self.line(start + 3)).whole()
            self.depth -= 1
            self.at = end + 2
            return Arithmetic(word, line, quoted)
        self.at += 2
        body = self._commands(start + 1)
        text = " ".join(self.text[start : self.at].split())
        shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 4]}...)"
        return Substitution(body, line, quoted, shown)

    def inner(self, text: str, line: int) -> Lexer:
        """A reader of a part of this script."""
        return type(self)(text, line, self.depth)

    def end_of_calculation(self, start: int) -> int | None:
        """Where the `))` stands that closes a `((`; None where it is something else."""
        depth, at = 0, start
        while at < len(self.text):
            char = self.text[at]
            if char == "\\":
                at += 1
            elif char == "(":
                depth += 1
            elif char == ")" and depth == 0:
                return at if self.text[at + 1 : at + 2] == ")" else None
            elif char == ")":
                depth -= 1
            elif char in "'\"":
                at = self.text.find(char, at + 1)
                if at < 0:
                    return None
            at += 1
        return None

    # ${...}

    def _braces(self, *, quoted: bool) -> Part:
        start, line = self.at, self.line()
        self.deeper()
        part = self._parameter(start, line, quoted=quoted)
        self.depth -= 1
        if part is not None:
            return part
        # What has been read of it is whole: reading it again would double at each level.
        while self.at < len(self.text) and self.text[self.at] != "}":
            if self.text[self.at] == "\\":
                self.at += 2
            elif self.text[self.at] in "'\"$`":
                list(self.piece(self.text[self.at]))
            else:
                self.at += 1
        if not self.looking_at("}"):
            raise ShellError(line, "a ${ is never closed")
        self.at += 1
        return Opaque(self._shown(start), line, quoted)

    def _shown(self, start: int) -> str:
        return self.text[start : min(self.at, start + _SHOWN)]

    def _parameter(self, start: int, line: int, *, quoted: bool) -> Part | None:
        self.at = start + 2
        prefix = self.text[self.at : self.at + 1]
        behind = self.text[self.at + 1 : self.at + 2]
        if prefix in ("#", "!") and behind and (behind.isalnum() or behind in "_@*"):
            self.at += 1
        else:
            prefix = ""
        name = _PARAMETER.match(self.text, self.at)
        if name is None:
            return None
        self.at = name.end()
        index = self._index() if self.looking_at("[") else None
        operator = prefix
        operands: tuple[Word, ...] = ()
        if match := _OPERATOR.match(self.text, self.at):
            if prefix:
                return None
            self.at = match.end()
            operator = match[0]
            operands = tuple(self._operands(operator, quoted=quoted))
        elif prefix == "!" and self.text[self.at : self.at + 2] in ("@}", "*}"):
            return None
        if not self.looking_at("}"):
            if self.at >= len(self.text):
                raise ShellError(line, "a ${ is never closed")
            return None
        self.at += 1
        shown = self._shown(start)
        return Parameter(name[0], line, quoted, shown, index, operator, operands)

    def _index(self) -> str | Word:
        self.at += 1
        line = self.line()
        if self.text[self.at : self.at + 2] in ("@]", "*]"):
            self.at += 2
            return self.text[self.at - 2]
        parts = tuple(self._operand("]", quoted=False))
        if not self.looking_at("]"):
            raise ShellError(line, "a [ is never closed")
        self.at += 1
        return Word(parts, line)

    def _operands(self, operator: str, *, quoted: bool) -> Iterator[Word]:
        """The words behind an operator of `${...}`, up to its brace."""
        default = operator[-1] in "-=+?"
        stops = "/}" if operator[0] == "/" else ":}" if operator == ":" else "}"
        line = self.line()
        yield Word(tuple(self._operand(stops, quoted=quoted and default)), line)
        while self.text[self.at : self.at + 1] in tuple(stops[:-1]):
            self.at += 1
            stops = "}"
            yield Word(tuple(self._operand(stops, quoted=False)), line)

    def _operand(self, stops: str, *, quoted: bool) -> Iterator[Part]:
        nested = 0
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in stops and not nested:
                return
            if quoted and char == '"':
                yield from self._double()
            elif quoted:
                yield from self._quoted_piece('"$`\\' + stops)
            elif char in "'\"\\`$":
                yield from self.piece(char)
            else:
                nested += {"[": 1, "]": -1}.get(char, 0) if stops == "]" else 0
                yield Literal(char, self.line())
                self.at += 1

    # Here-documents

    def read_documents(self) -> None:
        """Read the here-documents that belong to the line which has just ended."""
        documents, self.documents = self.documents, []
        for document in documents:
            lines: list[str] = []
            line = self.line()
            found = None
            while self.at < len(self.text):
                stop = self.text.find("\n", self.at)
                stop = len(self.text) if stop < 0 else stop
                found, self.at = self.text[self.at : stop], min(stop + 1, len(self.text))
                found = found.lstrip("\t") if document.strip else found
                if found == document.end:
                    break
                lines.append(found + "\n")
            if found != document.end:
                # bash warns and takes all that is left, commands and all.
                raise document.never_ends()
            document.text = "".join(lines)
            document.body = self._parts_of(document, line)

    def _parts_of(self, document: HereDocument, line: int) -> Word | None:
        if document.quoted:
            return Word((Literal(document.text, line, quoted=True),), line)
        try:
            return self.inner(document.text, line).whole_document()
        except ShellError:
            return None
