"""A page's commands, run on a machine, each in the page's own directory."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab import Machine
    from tests.pages.reading import Step
    from tests.system.quick import Quick

NEW_FILE = '[ -e "$1" ] || { mkdir -p "$(dirname "$1")" && cat > "$1"; }'


class Scene(Protocol):
    """Where a page is played: `set_up` and `strike` are around it."""

    def set_up(self, needs: list[str]) -> None:
        """Bring up what the page needs."""

    def anew(self) -> None:
        """As before the page began, but for its files."""

    def run(self, step: Step, command: str) -> tuple[int, str]:
        """Run a command; return its exit code, and what it prints."""

    def strike(self) -> None:
        """Take away what the page has made."""


def run(step: Step, command: str, machine: Machine, quick: Quick, at: Path) -> tuple[int, str]:
    """Run one of the machine's own. `cat FILE` makes a file that is not there."""
    words = plain_words(command)
    if words[:1] == ["cat"] and step.shown:
        made = ["sh", "-c", NEW_FILE, "sh", words[1]]
        machine.run(made, cwd=at, input=step.shown + "\n")
    if words[:1] == ["vnetmgr"]:
        done = quick(*words[1:], directory=at, together=True)
        return done.returncode, done.stdout
    return run_shell(command, machine, at)


def run_shell(command: str, machine: Machine, at: Path) -> tuple[int, str]:
    """Run what takes a shell; what it leaves in the background goes on."""
    # A file, since what goes on in the background would hold a pipe open.
    with (at / ".printed").open("w+") as file:
        argv = ["sh", "-c", command]
        with machine.popen(argv, cwd=at, stdout=file.fileno(), stderr=subprocess.STDOUT) as shell:
            shell.wait(300)
        file.seek(0)
        return shell.returncode, file.read()


def plain_words(command: str) -> list[str]:
    """The words of a command that takes no shell to run; none where it does."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    shell = any(set(word) <= set("();<>|&") for word in words) or "$" in command or "~" in command
    return [] if shell else words
