"""What a script has said up to a place: its variables, its functions, its QEMU commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.model.record import Record
from vnetmgr.qemu_args.shell.expand import Expansion, Problem, Scope, Unknown, single
from vnetmgr.qemu_args.shell.programs import find_qemu, informs_only
from vnetmgr.qemu_args.shell.tokens import Kind, Operator, Word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vnetmgr.qemu_args.shell.expand import Value

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
_DECLARING = frozenset({"export", "readonly", "local", "declare", "typeset"})
_SETTING = frozenset({"read", "getopts", "mapfile", "readarray", "let", "unset", "printf"})
_ELSEWHERE = frozenset({".", "source", "eval"})


class ScriptCommand(Record):
    """One QEMU command: its program and arguments, and the line where it begins."""

    words: tuple[str, ...]
    line: int


class Snapshot(NamedTuple):
    """What is known of variables and of "$@"."""

    variables: Mapping[str, Value | None]
    arguments: tuple[str, ...] | Unknown | None


class State:
    """Changes as the reader goes down the script."""

    def __init__(self) -> None:
        self.scope = Scope()
        self.commands: list[ScriptCommand] = []
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []
        self.set_last: Mapping[str, int] = {}
        """Each variable's last assignment in the text: in a loop or function it may come first."""
        self.functions: dict[str, frozenset[str]] = {}
        """Which variables each function may set."""

    def snapshot(self) -> Snapshot:
        """What is known now, to go back to or to compare with."""
        return Snapshot(dict(self.scope.variables), self.scope.arguments)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to what was known."""
        self.scope.variables = dict(snapshot.variables)
        self.scope.arguments = snapshot.arguments

    def enter(self, what: str, *, at: int, line: int) -> Snapshot:
        """Begin what runs later or again: assignments further down may have come first."""
        for name, last in self.set_last.items():
            if last >= at:
                why = f"is set below, and may change before the {what} of line {line} runs (again)"
                self.scope.variables[name] = Unknown(why)
        return self.snapshot()

    def blur(self, before: Snapshot, what: str, line: int) -> frozenset[str]:
        """What has changed since `before` may have changed or not. Returns the names."""
        why = f"is set in the {what} of line {line}, which may run or not"
        now, then = self.scope.variables, before.variables
        changed = {name for name in now.keys() | then if now.get(name) != then.get(name)}
        for name in changed:
            self.forget(name, why)
        if self.scope.arguments != before.arguments:
            self.scope.arguments = Unknown(why)
        return frozenset(changed)

    def forget(self, name: str, why: str) -> None:
        """A variable's value is not known any more."""
        self.scope.variables[name] = Unknown(why)

    def assign(self, word: Word) -> None:
        """`NAME=value` and bash's `NAME+=value`."""
        match = _ASSIGNMENT.match(word.parts[0].text)
        if match is None:
            return
        name, append = match.groups()
        first = word.parts[0]._replace(text=word.parts[0].text[match.end() :])
        value = single((*(first,) * bool(first.text), *word.parts[1:]), self.scope)
        if append:
            old = self.scope.get(name)
            if isinstance(old, Unknown):
                value = old
            elif isinstance(value, str):
                value = (old or "") + value
        self.scope.variables[name] = value

    def run(self, words: Sequence[Word]) -> None:
        """A simple command: QEMU's is kept, one that sets variables is followed."""
        expansions = [Expansion(self.scope).word(word.parts) for word in words]
        fields = [field for each in expansions for field in each.fields]
        problems = [problem for each in expansions for problem in each.problems]
        found = find_qemu(fields)
        if found.doubt:
            self.problems += problems or [Problem(words[0].line, found.doubt)]
        elif found.at is not None:
            self.problems += problems
            self.notes += [note for each in expansions for note in each.notes]
            known = tuple(field for field in fields[found.at :] if field is not None)
            if informs_only(known):
                self.notes.append(Problem(words[0].line, "it starts no guest: passed over"))
            elif not problems:
                self.commands.append(ScriptCommand(words=known, line=words[0].line))
        else:
            self._builtin(words, fields)

    def _builtin(self, words: Sequence[Word], fields: Sequence[str | None]) -> None:
        """A command that changes variables, if it is one of those."""
        name, line = (fields[0] if fields else None) or "", words[0].line
        if name in _DECLARING:
            for word in filter(is_assignment, words):
                self.assign(word)
        elif name in _SETTING:
            self._set_by(name, [word.plain or "" for word in words[1:]], line)
        elif name in ("set", "shift"):
            self._change_arguments(name, fields[1:], line)
        elif name in _ELSEWHERE:
            self.scope.others = Unknown(f"may be set by {name!r} in line {line}")
            self.scope.variables = dict.fromkeys(self.scope.variables, self.scope.others)
        elif name in self.functions:
            for each in frozenset[str]().union(*self.functions.values()):
                self.forget(each, f"may be set by {name}, called in line {line}")

    def _set_by(self, command: str, words: Sequence[str], line: int) -> None:
        for each in words:
            if command == "unset":
                self.scope.variables[each] = None
            elif NAME.fullmatch(each) and (command != "printf" or "-v" in words):
                self.forget(each, f"is set by {command!r} in line {line}")

    def _change_arguments(self, command: str, fields: Sequence[str | None], line: int) -> None:
        known = [field for field in fields if field is not None]
        before = self.scope.arguments
        if command == "shift":
            if fields or isinstance(before, Unknown):
                self.scope.arguments = Unknown(f"is shifted in line {line}")
            elif before is not None:
                self.scope.arguments = before[1:]
            return
        if "--" in known:
            known = known[known.index("--") + 1 :]
        elif not known or known[0].startswith(("-", "+")):
            return  # set -e and the like
        unknown = Unknown(f"is set in line {line} to what is not known")
        self.scope.arguments = unknown if None in fields else tuple(known)


def is_assignment(word: Word) -> bool:
    """Whether a word has the form of one; it is one before a command's name."""
    first = word.parts[0] if word.parts else None
    bare = first is not None and first.kind is Kind.TEXT and not first.quoted
    return bool(bare and first and _ASSIGNMENT.match(first.text))


def last_assignments(found: Sequence[Word | Operator]) -> dict[str, int]:
    """Where each variable may be set for the last time, by the place of the token."""
    last: dict[str, int] = {}
    setting = False
    for at, token in enumerate(found):
        if isinstance(token, Operator):
            setting = False
            continue
        plain = token.plain or ""
        if is_assignment(token):
            match = _ASSIGNMENT.match(token.parts[0].text)
            last[match[1] if match else ""] = at
        elif setting and NAME.fullmatch(plain):
            last[plain] = at
        setting = setting or plain in _SETTING
        for part in token.parts:
            if part.kind is Kind.VARIABLE and part.operator.endswith("="):
                last[part.text] = at
    return last
