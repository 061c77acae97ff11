"""The grammar of a shell script, as far as it decides which commands run, how often and whether.

Source: POSIX.1-2017, Shell Command Language, 2.9 and 2.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.qemu_args.shell.expand import Problem, Unknown
from vnetmgr.qemu_args.shell.state import NAME, is_assignment, last_assignments
from vnetmgr.qemu_args.shell.tokens import REDIRECTIONS, Operator, ShellError, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.qemu_args.shell.state import State

_CASE_ENDS = frozenset({";;", ";&", ";;&"})
_CLOSING = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}", ")", *_CASE_ENDS})
_SEPARATORS = frozenset({"\n", ";", "&"})
_DEPTH = 40


class Reader:
    """Walks through a script once, in the order of its lines."""

    def __init__(self, tokens: Sequence[Word | Operator], state: State) -> None:
        self.tokens = tokens
        self.state = state
        self.at = 0
        self.depth = 0
        state.set_last = last_assignments(tokens)

    def read(self) -> None:
        """Read all of it. Raises ShellError where it cannot be read on."""
        self._list()
        if (token := self._next) is not None:
            raise ShellError(token.line, f"{_shown(token)} is not expected here")

    # Tokens

    @property
    def _next(self) -> Word | Operator | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _is(self, *texts: str, ahead: int = 0) -> bool:
        at = self.at + ahead
        return at < len(self.tokens) and _plain(self.tokens[at]) in texts

    def _take(self, *texts: str, opened: int) -> None:
        if not self._is(*texts):
            token = self._next
            where = token.line if token else opened
            raise ShellError(where, f"{texts[0]!r} is missing for what line {opened} opens")
        self.at += 1

    def _skip_to(self, text: str) -> None:
        while self.at < len(self.tokens) and not self._is(text):
            self.at += 1

    def _skip_lines(self) -> None:
        while self._is("\n"):
            self.at += 1

    # Lists

    def _list(self) -> None:
        """Commands, up to what closes the construct that they are in."""
        self.depth += 1
        token = self._next
        if self.depth > _DEPTH and token:
            raise ShellError(token.line, "this is nested too deeply to be read")
        while self._next is not None:
            if self._is(*_SEPARATORS):
                self.at += 1
                continue
            if self._is(*_CLOSING):
                break
            self._and_or()
        self.depth -= 1

    def _and_or(self) -> None:
        """`a && b || c`: what comes behind may not run, so its assignments count there alone."""
        line, before, certain = self._line(), self.state.snapshot(), True
        while True:
            surely = self._pipeline()
            if certain and not (surely and self._is("&&")):
                certain, before = False, self.state.snapshot()
            if self._is("||"):
                self.state.blur(before, "&& or ||", line)
                before = self.state.snapshot()
            if not self._is("&&", "||"):
                break
            self.at += 1
            self._skip_lines()
        self.state.blur(before, "&& or ||", line)

    def _pipeline(self) -> bool:
        """Whether it is sure to succeed: it only assigns."""
        line, before = self._line(), self.state.snapshot()
        while self._is("!"):
            self.at += 1
        surely = self._command()
        if not self._is("|", "|&"):
            return surely
        while self._is("|", "|&"):
            self.at += 1
            self._skip_lines()
            self._command()
        self.state.blur(before, "pipeline", line)
        return False

    def _line(self) -> int:
        token = self._next
        return token.line if token else 0

    # Commands

    def _command(self) -> bool:
        line = self._line()
        kinds: dict[str, Callable[[int], None]] = {
            "if": self._if,
            "while": self._loop,
            "until": self._loop,
            "for": self._for,
            "select": self._for,
            "case": self._case,
            "function": self._function,
            "{": self._group,
            "(": self._subshell,
        }
        read = kinds.get(_plain(self._next) or "") if self._next else None
        if self._is("[["):
            self._skip_test(line)
        elif self.at + 2 < len(self.tokens) and self._is("(", ahead=1) and self._is(")", ahead=2):
            self._function(line)
        elif read is None:
            return self._simple()
        else:
            self.at += 1
            read(line)
        self._redirections()
        return False

    def _skip_test(self, line: int) -> None:
        while not self._is("]]"):
            if self._next is None:
                raise ShellError(line, "[[ is never closed")
            self.at += 1
        self.at += 1

    def _redirections(self) -> None:
        while isinstance(token := self._next, Operator) and token.text in REDIRECTIONS:
            if token.text in ("<<", "<<-"):
                what = "a here-document is not read: give its lines in a file of their own"
                self.state.problems.append(Problem(token.line, what))
            self.at += 1
            if not isinstance(self._next, Word):
                raise ShellError(token.line, f"{token.text} is not followed by a file")
            self.at += 1

    def _if(self, line: int) -> None:
        self._list()
        before, always = self.state.snapshot(), False
        after = []
        self._take("then", opened=line)
        self._list()
        while self._is("elif", "else"):
            after.append(self.state.snapshot())
            self.state.restore(before)
            always = self._is("else")
            self.at += 1
            if not always:
                self._list()
                self._take("then", opened=line)
            self._list()
        self._take("fi", opened=line)
        for branch in after:
            self.state.blur(branch, "if", line)
        if not always:
            self.state.blur(before, "if", line)

    def _loop(self, line: int) -> None:
        before = self.state.enter("loop", at=self.at, line=line)
        self._list()
        self._do(line)
        self.state.blur(before, "loop", line)

    def _for(self, line: int) -> None:
        start, name = self.at, _plain(self._next) or ""
        self._skip_to("do")
        before = self.state.enter("loop", at=start, line=line)
        if NAME.fullmatch(name):
            self.state.forget(name, f"changes with each turn of the loop of line {line}")
        self._do(line)
        self.state.blur(before, "loop", line)

    def _do(self, line: int) -> None:
        self._take("do", opened=line)
        self._list()
        self._take("done", opened=line)

    def _case(self, line: int) -> None:
        self._skip_to("in")
        self._take("in", opened=line)
        before, after = self.state.snapshot(), []
        self._skip_lines()
        while self._next is not None and not self._is("esac"):
            self._skip_to(")")
            self._take(")", opened=line)
            self._list()
            after.append(self.state.snapshot())
            self.state.restore(before)
            while self._is("\n", *_CASE_ENDS):
                self.at += 1
        self._take("esac", opened=line)
        for branch in after:
            self.state.blur(branch, "case", line)

    def _group(self, line: int) -> None:
        self._list()
        self._take("}", opened=line)

    def _subshell(self, line: int) -> None:
        before = self.state.snapshot()
        self._list()
        self._take(")", opened=line)
        self.state.restore(before)

    def _function(self, line: int) -> None:
        name = _plain(self._next) if self._next else None
        self.at += 1
        if self._is("(") and self._is(")", ahead=1):
            self.at += 2
        self._skip_lines()
        before = self.state.enter("function", at=self.at, line=line)
        why = "is what the function is called with, which is not followed"
        self.state.scope.arguments = Unknown(why)
        self._command()
        self.state.scope.arguments = before.arguments
        changed = self.state.blur(before, "function", line)
        self.state.functions[name or ""] = changed

    # Simple commands

    def _simple(self) -> bool:
        """Whether it only assigns."""
        start, token = self.at, self._next
        assigned: list[Word] = []
        words: list[Word] = []
        while True:
            self._redirections()
            if not isinstance(self._next, Word):
                break
            (assigned if not words and is_assignment(self._next) else words).append(self._next)
            self.at += 1
        if self.at == start and token is not None:
            raise ShellError(token.line, f"{_shown(token)} is not expected here")
        if words:
            self.state.run(words)
            return False
        for word in assigned:
            self.state.assign(word)
        return True


def _plain(token: Word | Operator | None) -> str | None:
    return token.text if isinstance(token, Operator) else token.plain if token else None


def _shown(token: Word | Operator) -> str:
    return "the line's end" if _plain(token) == "\n" else repr(_plain(token) or "this")
