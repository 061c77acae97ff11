"""Cuts a POSIX shell script into words and operators, each with its line. Nothing is run.

Source: POSIX.1-2017, Shell Command Language, 2.2 Quoting and 2.3 Token Recognition. What bash
adds and a reader cannot do without running it becomes a part of the kind REFUSED.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from vnetmgr.qemu_args.shell.tokens import Kind, Operator, Part, ShellError, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEPTH = 40
"""How deep things may be nested: nobody writes more, and Python's own stack is finite."""


_OPERATOR = re.compile(r"<<<|<<-|<<|&>>|&>|>>|>&|<&|<>|>\||&&|\|\||;;&|;;|;&|\|&|[&;|()<>]")
_WORD_ENDS = " \t\n;&|<>()"
_PLAIN = re.compile(r"[^\s;&|<>()'\"\\$`]+|[\r\f\v]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*])(:?[-=+?]|(?=\}))")
_ARRAY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")


def tokens(text: str) -> Iterator[Word | Operator]:
    """The words and operators of a script. Raises ShellError where it cannot be read on."""
    return _Lexer(text).tokens()


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.heredocs: list[tuple[str, bool]] = []
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def line(self, at: int | None = None) -> int:
        return bisect_left(self._ends, self.at if at is None else at) + 1

    def tokens(self) -> Iterator[Word | Operator]:
        heredoc = ""
        while self._to_token():
            line = self.line()
            if self.text[self.at] == "\n":
                self.at += 1
                self._skip_heredocs()
                yield Operator("\n", line)
                continue
            operator = _OPERATOR.match(self.text, self.at)
            if operator and self.text[self.at : self.at + 2] not in ("<(", ">("):
                self.at = operator.end()
                heredoc = operator[0] if operator[0] in ("<<", "<<-") else ""
                yield Operator(operator[0], line)
                continue
            word = Word(tuple(self._word()), line)
            if heredoc:
                end = "".join(part.text for part in word.parts)
                self.heredocs.append((end, heredoc == "<<-"))
                heredoc = ""
            following = self.text[self.at : self.at + 1]
            if following in ("<", ">") and (word.plain or "").isdecimal():
                continue  # the 2 of 2>&1
            yield word

    def _to_token(self) -> bool:
        """Pass over blanks, joined lines and comments; whether something is left."""
        while self.at < len(self.text):
            if self.text.startswith("\\\n", self.at):
                self.at += 2
            elif self.text[self.at] in " \t":
                self.at += 1
            elif self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return True
        return False

    def _skip_heredocs(self) -> None:
        for end, tabs in self.heredocs:
            while self.at < len(self.text):
                start = self.at
                stop = self.text.find("\n", start)
                self.at = len(self.text) if stop < 0 else stop + 1
                found = self.text[start : self.at].removesuffix("\n")
                if (found.lstrip("\t") if tabs else found) == end:
                    break
        self.heredocs.clear()

    def _word(self) -> Iterator[Part]:
        start = self.at
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "(" and _ARRAY.fullmatch(self.text[start : self.at]):
                yield self._refuse("NAME=(...), an array,", self._balanced(self.at, "(", ")"))
            elif char in "<>" and start == self.at:
                yield self._refuse(f"{char}(...)", self._balanced(self.at + 1, "(", ")"))
            elif char in _WORD_ENDS:
                return
            else:
                yield from self._piece(char, splits=False)

    def _piece(self, char: str, *, splits: bool) -> Iterator[Part]:
        """One piece outside of double quotes."""
        line = self.line()
        if self.text.startswith("\\\n", self.at):
            self.at += 2
        elif char == "'":
            end = self.text.find("'", self.at + 1)
            if end < 0:
                raise ShellError(line, "the quote ' that opens here is never closed")
            yield Part(Kind.TEXT, self.text[self.at + 1 : end], line, quoted=True)
            self.at = end + 1
        elif char == '"':
            yield from self._double()
        elif char == "\\":
            yield Part(Kind.TEXT, self.text[self.at + 1 : self.at + 2] or "\\", line, quoted=True)
            self.at += 2
        elif char == "`":
            yield self._backticks()
        elif char == "$":
            yield self._dollar(quoted=False)
        else:
            match = _PLAIN.match(self.text, self.at)
            text = match[0] if match else char
            self.at += len(text)
            yield Part(Kind.TEXT, text, line, splits=splits)

    def _double(self) -> Iterator[Part]:
        opened = self.line()
        self.at += 1
        empty = True
        while self.at < len(self.text):
            if self.text[self.at] == '"':
                self.at += 1
                if empty:
                    yield Part(Kind.TEXT, "", opened, quoted=True)
                return
            if part := self._quoted_piece('"$`\\'):
                empty = False
                yield part
        raise ShellError(opened, 'the quote " that opens here is never closed')

    def _quoted_piece(self, special: str) -> Part | None:
        """One piece within double quotes; None for a joined line."""
        char, line = self.text[self.at], self.line()
        if char == "\\" and self.text[self.at + 1 : self.at + 2] in ("$", "`", '"', "\\", "\n"):
            escaped = self.text[self.at + 1]
            self.at += 2
            return None if escaped == "\n" else Part(Kind.TEXT, escaped, line, quoted=True)
        if char == "`":
            return self._backticks()
        if char == "$":
            return self._dollar(quoted=True)
        end = self.at + 1
        while end < len(self.text) and self.text[end] not in special:
            end += 1
        text, self.at = self.text[self.at : end], end
        return Part(Kind.TEXT, text, line, quoted=True)

    def _backticks(self) -> Part:
        end = self.at + 1
        while end < len(self.text) and self.text[end] != "`":
            end += 2 if self.text[end] == "\\" else 1
        if end >= len(self.text):
            raise ShellError(self.line(), "the ` that opens here is never closed")
        return self._refuse("`...`", end + 1)

    def _dollar(self, *, quoted: bool) -> Part:
        line, following = self.line(), self.text[self.at + 1 : self.at + 2]
        if following == "(":
            twice = self.text.startswith("$((", self.at)
            looks = "$((...))" if twice else "$(...)"
            return self._refuse(looks, self._balanced(self.at + 1, "(", ")"))
        if following == "{":
            return self._braces(quoted=quoted)
        if following in ("'", '"') and not quoted:
            return self._refuse(f"${following}...{following}", self._end_of_quote(self.at + 1))
        if match := _NAME.match(self.text, self.at + 1):
            self.at = match.end()
            return Part(Kind.VARIABLE, match[0], line, quoted)
        if following and following in "0123456789#?$!-":
            self.at += 2
            return Part(Kind.VARIABLE, following, line, quoted)
        if following in ("@", "*"):
            self.at += 2
            return Part(Kind.ARGUMENTS, following, line, quoted)
        self.at += 1
        return Part(Kind.TEXT, "$", line, quoted)

    def _braces(self, *, quoted: bool) -> Part:
        line, match = self.line(), _BRACED.match(self.text, self.at)
        end = self._balanced(self.at + 1, "{", "}")
        inner = match[2] and self.text[match.end() : end - 1] if match else ""
        if match is None or (match[1] in "@*" and match[2]) or (quoted and '"' in inner):
            return self._refuse(self.text[self.at : min(end, self.at + 30)], end)
        kind = Kind.ARGUMENTS if match[1] in "@*" else Kind.VARIABLE
        self.at = match.end()
        default = tuple(self._default(quoted=quoted))
        return Part(kind, match[1], line, quoted, operator=match[2] or "", default=default)

    def _default(self, *, quoted: bool) -> Iterator[Part]:
        """The word of `${X:-word}`, up to its brace."""
        self.depth += 1
        if self.depth > _DEPTH:
            raise ShellError(self.line(), "this is nested too deeply to be read")
        while (char := self.text[self.at : self.at + 1]) != "}":
            if not char:
                raise ShellError(self.line(), "a ${ is never closed")
            if not quoted and char in _WORD_ENDS:
                yield Part(Kind.TEXT, char, self.line(), splits=True)
                self.at += 1
            elif not quoted:
                yield from self._plain_until_brace(char)
            elif part := self._quoted_piece('"$`\\}'):
                yield part
        self.at += 1
        self.depth -= 1

    def _plain_until_brace(self, char: str) -> Iterator[Part]:
        for part in self._piece(char, splits=True):
            text, brace, rest = part.text.partition("}")
            if part.splits and brace:
                self.at -= len(rest) + 1
                yield part._replace(text=text)
            else:
                yield part

    def _refuse(self, looks: str, end: int) -> Part:
        line, self.at = self.line(), end
        return Part(Kind.REFUSED, looks, line)

    def _balanced(self, start: int, opening: str, closing: str) -> int:
        """The place behind the bracket that closes the one at `start`."""
        at, depth = start, 0
        while at < len(self.text):
            char = self.text[at]
            if char == "\\":
                at += 1
            elif char in "'\"":
                at = self._end_of_quote(at) - 1
            elif char in (opening, closing):
                depth += 1 if char == opening else -1
                if depth == 0:
                    return at + 1
            at += 1
        raise ShellError(self.line(start), f"the {opening} that opens here is never closed")

    def _end_of_quote(self, start: int) -> int:
        quote, at = self.text[start], start + 1
        escapes = quote == '"' or self.text[start - 1 : start] == "$"
        while at < len(self.text) and self.text[at] != quote:
            at += 2 if escapes and self.text[at] == "\\" else 1
        if at >= len(self.text):
            raise ShellError(self.line(start), f"the quote {quote} that opens here is never closed")
        return at + 1
