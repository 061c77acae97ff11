"""Compound commands: `if`, `for`, `case`, functions, `[[ ]]`, `(( ))` and the like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.qemu_args.shell.lex import Lexer
from vnetmgr.qemu_args.shell.syntax import (
    Calculation,
    Case,
    CountingFor,
    For,
    Function,
    If,
    Literal,
    Loop,
    ShellError,
    Simple,
    Subshell,
    Test,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.qemu_args.shell.syntax import Command, Part, Sequence

_RESERVED = re.compile(r"(\{|\}|!|\[\[|[a-z]+)(?=[ \t\n;&|<>()]|\\\n|$)")
_FUNCTION = re.compile(r"([^ \t\n;&|<>()'\"\\$`=]+)[ \t]*\([ \t]*\)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?=[ \t\n;]|$)")
_TEST_OPERATOR = re.compile(r"&&|\|\||[()<>]")


class Compounds(Lexer):
    """Reads commands that have others inside."""

    def sequence(self, *, may_be_empty: bool = False) -> Sequence:
        raise NotImplementedError

    def lines(self) -> None:
        raise NotImplementedError

    def _command(self) -> Command:
        raise NotImplementedError

    def reserved(self) -> str | None:
        """The word here if it can be a reserved one: nothing of it is quoted or expanded."""
        match = _RESERVED.match(self.text, self.at)
        return match[1] if match else None

    def unexpected(self, line: int | None = None) -> ShellError:
        """What to raise about what stands here."""
        if self.at >= len(self.text):
            return ShellError(line or self.line(), "the script ends in the middle of a command")
        if self.looking_at("\n"):
            shown = "the line's end"
        else:
            match = re.compile(r"[;&|<>()]{1,2}|[^ \t\n;&|<>()]+").match(self.text, self.at)
            text = match[0] if match else self.text[self.at]
            shown = repr(text[0] if text[0] == ")" else text)
        return ShellError(self.line(), f"{shown} is not expected here")

    def compound(self) -> Command | None:
        """A compound command, or None where a simple one begins."""
        line, word = self.line(), self.reserved()
        kinds: dict[str, Callable[[int], Command]] = {
            "if": self._if,
            "while": self._loop,
            "until": self._until,
            "for": self._for,
            "select": self._select,
            "case": self._case,
            "function": self._function,
            "coproc": self._coproc,
            "{": self._group,
            "[[": self._test,
        }
        if word in kinds:
            self.at += len(word)
            return kinds[word](line)
        if self.looking_at("(("):
            end = self.end_of_calculation(self.at + 2)
            if end is not None:
                return Calculation(self._calculation(end), line)
        if self.looking_at("("):
            self.at += 1
            return self._subshell(line)
        if match := _FUNCTION.match(self.text, self.at):
            self.at = match.end()
            return self._body(match[1], line)
        return None

    def _take(self, text: str, opened: int) -> None:
        """Take a reserved word."""
        self.lines()
        if self.reserved() != text:
            end = self.at >= len(self.text)
            where = opened if end else self.line()
            raise ShellError(where, f"{text!r} is missing for what line {opened} opens")
        self.at += len(text)

    def _if(self, line: int) -> Command:
        branches = []
        otherwise = None
        test = self.sequence()
        self._take("then", line)
        branches.append((test, self.sequence()))
        while self.reserved() in ("elif", "else"):
            last = self.reserved() == "else"
            self.at += 4
            if last:
                otherwise = self.sequence()
                break
            test = self.sequence()
            self._take("then", line)
            branches.append((test, self.sequence()))
        self._take("fi", line)
        return If(tuple(branches), otherwise, line)

    def _loop(self, line: int, *, until: bool = False) -> Command:
        test = self.sequence()
        return Loop(test, self._do(line), until, line)

    def _until(self, line: int) -> Command:
        return self._loop(line, until=True)

    def _do(self, line: int) -> Sequence:
        self.lines()
        if self.reserved() == "{":  # bash takes braces too
            self.at += 1
            body = self.sequence()
            self._take("}", line)
            return body
        self._take("do", line)
        body = self.sequence()
        self._take("done", line)
        return body

    def _for(self, line: int, *, select: bool = False) -> Command:
        self.blanks()
        if self.looking_at("((") and not select:
            return self._counting(line)
        name = _NAME.match(self.text, self.at)
        if name is None:
            raise self.unexpected()
        self.at = name.end()
        self.lines()
        words = None
        if self.reserved() == "in":
            self.at += 2
            words = self._words()
        self.blanks()
        if self.looking_at(";"):
            self.at += 1
        return For(name[0], words, self._do(line), select, line)

    def _select(self, line: int) -> Command:
        return self._for(line, select=True)

    def _words(self) -> tuple[Word, ...]:
        found: list[Word] = []
        while True:
            self.blanks()
            word = self.word()
            if word is None:
                return tuple(found)
            found.append(word)

    def _counting(self, line: int) -> Command:
        start, depth = self.at + 2, 0
        cuts, at = [start - 1], start
        while at < len(self.text) and not (depth == 0 and self.text.startswith("))", at)):
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            if self.text[at] == ";" and depth == 0:
                cuts.append(at)
            at += 1
        if len(cuts) != 3 or at >= len(self.text):
            raise ShellError(line, "this is no for ((first; test; step))")
        first, test, step = (
            self.inner(self.text[cut + 1 : end], self.line(cut)).whole()
            for cut, end in zip(cuts, (*cuts[1:], at), strict=True)
        )
        self.at = at + 2
        self.blanks()
        if self.looking_at(";"):
            self.at += 1
        return CountingFor(first, test, step, self._do(line), line)

    def _case(self, line: int) -> Command:
        self.blanks()
        word = self.word()
        if word is None:
            raise self.unexpected()
        self._take("in", line)
        arms = []
        while True:
            self.lines()
            if self.reserved() == "esac":
                break
            patterns = self._patterns(line)
            body = self.sequence(may_be_empty=True)
            end = ";;&" if self.looking_at(";;&") else ";&" if self.looking_at(";&") else ";;"
            arms.append((patterns, body, end))
            if not self.looking_at(end):
                break
            self.at += len(end)
        self._take("esac", line)
        return Case(word, tuple(arms), line)

    def _patterns(self, line: int) -> tuple[Word, ...]:
        if self.looking_at("("):
            self.at += 1
        found: list[Word] = []
        while True:
            self.blanks()
            pattern = self._pattern()
            if pattern is None:
                if self.at >= len(self.text):
                    raise ShellError(line, f"'esac' is missing for what line {line} opens")
                raise self.unexpected()
            found.append(pattern)
            self.blanks()
            if self.looking_at(")"):
                self.at += 1
                return tuple(found)
            if not self.looking_at("|"):
                if self.at >= len(self.text):
                    raise ShellError(line, f"'esac' is missing for what line {line} opens")
                raise self.unexpected()
            self.at += 1

    def _pattern(self) -> Word | None:
        """A word, in which `@(a|b)` and its like may stand."""
        line = self.line()
        parts: list[Part] = []
        while (word := self.word()) is not None:
            parts += word.parts
            last = word.parts[-1]
            if not (self.looking_at("(") and isinstance(last, Literal) and not last.quoted):
                break
            if not last.text or last.text[-1] not in "?*+@!":
                break
            end = self.text.find(")", self.at)
            if end < 0:
                break
            parts.append(Literal(self.text[self.at : end + 1], line))
            self.at = end + 1
        return Word(tuple(parts), line) if parts else None

    def _group(self, line: int) -> Command:
        body = self.sequence()
        self._take("}", line)
        return body

    def _subshell(self, line: int) -> Command:
        body = self.sequence()
        if not self.looking_at(")"):
            raise ShellError(line, "the ( that opens here is never closed")
        self.at += 1
        return Subshell(body, line)

    def _coproc(self, line: int) -> Command:
        """`coproc [NAME] command`: it runs beside, as in a subshell."""
        self.blanks()
        if re.compile(r"[A-Za-z_]\w*[ \t]+[{(]").match(self.text, self.at):
            self.word()
            self.blanks()
        from vnetmgr.qemu_args.shell.syntax import Sequence as Commands

        return Subshell(Commands((self._command(),)), line)

    def _function(self, line: int) -> Command:
        self.blanks()
        word = self.word()
        name = word.literal if word else None
        if name is None:
            raise self.unexpected()
        self.blanks()
        if match := re.compile(r"\([ \t]*\)").match(self.text, self.at):
            self.at = match.end()
        found = self._body(name, line)
        if isinstance(found.body, Simple):  # dash takes that, but has no 'function'
            what = f"'function {name}' has no body ({{ ... }}): is it a script of another shell?"
            raise ShellError(line, what)
        return found

    def _body(self, name: str, line: int) -> Function:
        self.lines()
        if self.at >= len(self.text):
            raise self.unexpected(line)
        return Function(name, self._command(), line)

    def _calculation(self, end: int) -> Word:
        start = self.at + 2
        word = self.inner(self.text[start:end], self.line(start)).whole()
        self.at = end + 2
        return word

    def _test(self, line: int) -> Command:
        tokens: list[Word | str] = []
        while True:
            self.lines()
            if self.reserved() == "]]":
                break
            if self.looking_at("]]"):
                break
            operator = _TEST_OPERATOR.match(self.text, self.at)
            if operator and not self.text.startswith(("<(", ">("), self.at):
                self.at = operator.end()
                tokens.append(operator[0])
                continue
            regular = bool(tokens) and isinstance(tokens[-1], Word) and tokens[-1].plain == "=~"
            word = self._expression() if regular else self._pattern()
            if word is None:
                raise ShellError(line, "[[ is never closed")
            tokens.append(word)
        self.at += 2
        return Test(tuple(tokens), line)

    def _expression(self) -> Word | None:
        """A regular expression behind `=~`: brackets and bars are part of it."""
        line, depth = self.line(), 0
        parts: list[Part] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\n" or (char in " \t" and depth == 0) or (char in "&;" and depth == 0):
                break
            depth += {"(": 1, ")": -1}.get(char, 0)
            if char in " \t()|<>&;":
                parts.append(Literal(char, self.line()))
                self.at += 1
            else:
                parts += self.piece(char)
        return Word(tuple(parts), line) if parts else None
