"""Reads the QEMU commands of a shell script without running it.

What only a run would tell (`$(...)`, a variable that is set elsewhere or only sometimes) is a
problem with its line as soon as a QEMU command's nics depend on it, never a guess.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record
from vnetmgr.qemu_args.shell.parse import parse
from vnetmgr.qemu_args.shell.run import Run
from vnetmgr.qemu_args.shell.syntax import ShellError
from vnetmgr.qemu_args.shell.unreached import unreached
from vnetmgr.qemu_args.shell.values import Problem

if TYPE_CHECKING:
    from vnetmgr.qemu_args.shell.commands import ScriptCommand

_SHEBANG = re.compile(r"#!\s*(\S+)(?:[ \t]+(?:-S[ \t]+)?(\S+))?")
_OTHERS = frozenset(
    {
        *("zsh", "fish", "csh", "tcsh", "python", "python2", "python3", "perl", "ruby"),
        *("expect", "make", "awk", "node", "pwsh", "nu"),
    }
)
_OF_BASH = re.compile(
    r"\w\+?=\(|^\s*\[\[\s|[;&|]\s*\[\[\s|\bif\s+\[\[\s|\bdeclare\s+-", re.MULTILINE
)


_UNIT = re.compile(r"^\[(?:Unit|Service)\][ \t]*$", re.MULTILINE)
_RULE = re.compile(
    r"^[A-Za-z_.$][\w.%/ $()-]*:(?![:=/])[^\n=]*\n(?:#[^\n]*\n)*\t[^\n]", re.MULTILINE
)


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
    interpreter = _interpreter(text)
    if interpreter in _OTHERS:
        what = f"a script of {interpreter}, and only those of sh and bash are read"
        return Script(commands=(), problems=(Problem(1, what),))
    if not interpreter and (other := _no_script(text)):
        return Script(commands=(), problems=(other,))
    bash = True if interpreter in ("bash", "ksh") or _OF_BASH.search(text) else None
    run = Run(bash=bash)
    try:
        tree = parse(text)
        run.execute(tree)
        run.read_uncalled()
        never = list(unreached(tree, run.reached))
        (run.notes if run.commands or run.problems else run.problems).extend(never)
    except ShellError as error:
        run.problems.append(Problem(error.line, str(error)))
    except RecursionError:
        run.problems.append(Problem(run.line, "this is nested too deeply to be read"))
    return Script(
        commands=tuple(run.commands),
        problems=tuple(sorted(dict.fromkeys(run.problems))),
        notes=tuple(sorted(dict.fromkeys(run.notes))),
    )


def _no_script(text: str) -> Problem | None:
    """Files that hold commands, but are none of a shell's."""
    if match := _UNIT.search(text):
        what = "a unit of systemd, no shell script: give its ExecStart= after --"
    elif (match := _RULE.search(text)) and re.search(r"\$[({@<]", text):
        what = "a makefile, no shell script: give the command that make -n shows after --"
    else:
        return None
    return Problem(text.count("\n", 0, match.start()) + 1, what)


def _interpreter(text: str) -> str:
    """The program that a script's first line names."""
    match = _SHEBANG.match(text)
    if match is None:
        return ""
    name = match[1].rpartition("/")[2]
    return (match[2] or "").rpartition("/")[2] if name == "env" else name
