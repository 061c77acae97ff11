"""Shells as a user has them: on a terminal, with the completion files where a package puts them."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PATIENT = Path(__file__).with_name("patient.py")
SCRIPTS = Path(__file__).parents[3] / "completions"
_ESCAPES = re.compile(r"\x1b(\[[0-9;?>=]*[a-zA-Z]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-Z0-9]|[=>78])")
_SHOW = "\x18p"
"""The keys that write the line as it is to a file, and clear it: Ctrl-x and p."""
_PATIENCE_S = 60.0

_BASH = r"""
bind 'set bell-style none'; bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'
bind 'set completion-query-items 0'; bind 'set completion-display-width 0'
bind 'set enable-bracketed-paste off'
show() { printf '%s\0' "$READLINE_LINE" >../line; READLINE_LINE= READLINE_POINT=0; }
bind -x '"\C-xp": show'
PS1='% '
"""
_ZSH = r"""
PS1='%% '; setopt no_beep no_prompt_sp; LISTMAX=100000; unsetopt zle_bracketed_paste 2>/dev/null
show() { printf '%s\0' $BUFFER >../line; BUFFER= }
zle -N show; bindkey '^Xp' show
"""
_FISH = r"""
function fish_prompt; echo '% '; end; function fish_greeting; end
function show; printf '%s\0' (commandline -b | string collect) >../line; commandline -r ''; end
bind \cxp show
"""
KINDS = ("bash", "bash-completion", "zsh", "fish")


class Shell:
    """One shell; what it shows is kept as text."""

    def __init__(self, kind: str, home: Path, env: Mapping[str, str]) -> None:
        self.kind = kind
        self._text = ""
        home.mkdir(exist_ok=True)
        argv, start = _installed(kind, home)
        ours = home / "bin/vnetmgr"
        ours.parent.mkdir(exist_ok=True)
        ours.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {PATIENT} "$@"\n')
        ours.chmod(0o755)
        program = shutil.which(argv[0])
        assert program is not None, f"{argv[0]} is missing: script/setup test"
        self.here = home / "here"
        """Where it is."""
        self.here.mkdir(exist_ok=True)
        whole = {
            "PATH": f"{home}/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(home),
            "TERM": "vt100",
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "200",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "XDG_DATA_HOME": f"{home}/data",
            "XDG_DATA_DIRS": f"{home}/vendor:/usr/share",
            **env,
        }
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(self.here)
            os.execve(program, argv, whole)  # noqa: S606 - a list, and no shell line
        self._type(f"{start}\necho rea''dy\n".replace("\n", "\r"))
        self._wait_for("ready\r\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)

    def says(self, command: str) -> str:
        """What a command prints."""
        self._type(f"{command} >../said; echo do''ne\r")
        self._wait_for("done\r\n")
        return (self.here.parent / "said").read_text()

    def line(self, line: str, behind: str = "") -> str:
        """The line after TAB was pressed at its end. `behind` stands behind the cursor."""
        return self._complete(line, behind)[0]

    def offered(self, line: str, *awaited: str) -> set[str]:
        """The words that are shown when TAB is pressed at the end of a line, these among them: a
        shell that has more keys to read than it has shown shows no list."""
        if self.kind == "fish":  # which draws a screen of its own, and can also be asked
            said = self.says(f"complete -C '{line}'")
            return {each.partition("\t")[0] for each in said.splitlines()}
        shown = self._complete(line, awaited=awaited)[1]
        lines = shown.replace("\r", "\n").split("\n")
        own = {each for each in lines if line.strip() and line.strip() in each}
        return {word for each in lines if each not in own for word in each.split()}

    def _complete(
        self, line: str, behind: str = "", *, awaited: Sequence[str] = ()
    ) -> tuple[str, str]:
        """The line afterwards, and what was shown."""
        self._text = ""
        file = self.here.parent / "line"
        file.unlink(missing_ok=True)
        back = "\x1b[D" * len(behind)
        self._type(f"{line}{behind}{back}\t")
        self._wait(lambda: all(each in self._text for each in awaited), " ".join(awaited))
        self._type(_SHOW)
        self._wait(lambda: file.exists() and file.read_text().endswith("\0"), f"what {line} is")
        shown, self._text = self._text, ""
        return file.read_text()[:-1], shown

    def _type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _wait_for(self, what: str) -> None:
        self._wait(lambda: what in self._text, what)
        self._text = ""

    def _wait(self, until: Callable[[], bool], what: str) -> None:
        """Read what is shown until that is so."""
        end = time.monotonic() + _PATIENCE_S
        while not until():
            assert time.monotonic() < end, f"{self.kind} does not show {what!r}: {self._text!r}"
            if select.select([self._terminal], [], [], 0.01)[0]:
                got = os.read(self._terminal, 65536).decode(errors="replace")
                self._text = _ESCAPES.sub("", self._text + got.replace("\0", ""))


def _installed(kind: str, home: Path) -> tuple[list[str], str]:
    """How a shell is started, and what it is told first; its file is where a package puts it."""
    places = {
        "bash": home / "vnetmgr.bash",
        "bash-completion": home / "vendor/bash-completion/completions/vnetmgr",
        "zsh": home / "zsh/_vnetmgr",
        "fish": home / "vendor/fish/vendor_completions.d/vnetmgr.fish",
    }
    place = places[kind]
    place.parent.mkdir(parents=True, exist_ok=True)
    name = {"zsh": "_vnetmgr", "fish": "vnetmgr.fish"}.get(kind, "vnetmgr.bash")
    place.write_bytes((SCRIPTS / name).read_bytes())
    if kind == "zsh":
        rc = home / ".zshrc"
        rc.write_text(f"fpath=({home}/zsh $fpath); autoload -U compinit; compinit -u -D\n{_ZSH}")
        return ["zsh", "-d", "-i"], "true"
    if kind == "fish":
        rc = home / "show.fish"
        rc.write_text(_FISH)
        return ["fish", "-i"], f"source {rc}"
    rc = home / "rc"
    library = "/usr/share/bash-completion/bash_completion"
    source = library if kind == "bash-completion" else str(place)
    rc.write_text(f"{_BASH}. {source}\n")
    return ["bash", "--noprofile", "--rcfile", str(rc), "-i"], "true"
