"""A question at the terminal."""

from __future__ import annotations

import sys
from select import select

import typer

from vnetmgr.errors import VnetError

_ANSWERS = {"y": True, "yes": True, "": False, "n": False, "no": False}
_SLICE_S = 0.2


def confirmed(question: str) -> bool:
    """Whether somebody says yes; an empty line is a no. Raises VnetError where nobody answers.

    typer's own has one error for the end of what can be typed and for an interrupt.
    """
    while True:
        typer.echo(f"{question} [y/N]: ", err=True, nl=False)
        try:
            answer = _typed()
        except UnicodeDecodeError:
            answer = "?\n"
        except KeyboardInterrupt:
            typer.echo(err=True)  # behind the ^C
            raise
        if not answer:
            typer.echo(err=True)
            raise VnetError("nobody answered; nothing was changed", "--yes does not ask")
        said = _ANSWERS.get(answer.strip().lower())
        if said is not None:
            return said
        typer.echo("y or n?", err=True)


def _typed() -> str:
    """The next line. Python looks for signals before it begins to read, not between that look and
    the read itself, which ends with a line alone: it is begun when there is one."""
    while not select([sys.stdin], [], [], _SLICE_S)[0]:
        pass
    return sys.stdin.readline()
