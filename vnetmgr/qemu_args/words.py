"""Reads the QEMU commands of a shell script without running it.

What only a run would tell (`$(...)`, a variable that is set elsewhere or only sometimes) is a
problem with its line as soon as a QEMU command depends on it, never a guess.
"""

from __future__ import annotations

from vnetmgr.model.record import Record
from vnetmgr.qemu_args.shell.expand import Problem
from vnetmgr.qemu_args.shell.lex import tokens
from vnetmgr.qemu_args.shell.reader import Reader
from vnetmgr.qemu_args.shell.state import ScriptCommand, State
from vnetmgr.qemu_args.shell.tokens import ShellError


class Script(Record):
    """The QEMU commands of a script, and what could not be read or should be known."""

    commands: tuple[ScriptCommand, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


def read_script(text: str) -> Script:
    """Read a script. Whatever it is, the outcome is a Script: what is wrong is in `problems`."""
    if "\r\n" in text:
        line = text[: text.index("\r\n")].count("\n") + 1
        what = "Windows line ends, which a shell takes for part of the words: convert the script"
        return Script(commands=(), problems=(Problem(line, what),))
    state = State()
    try:
        Reader(list(tokens(text)), state).read()
    except ShellError as error:
        state.problems.append(Problem(error.line, str(error)))
    return Script(
        commands=tuple(state.commands),
        problems=tuple(sorted(dict.fromkeys(state.problems))),
        notes=tuple(sorted(dict.fromkeys(state.notes))),
    )
