"""The scripts that teach a shell to ask: printed, or put where the user's own shell finds them. The
package puts them where every user's does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vnetmgr.model.names import did_you_mean
from vnetmgr.printable import shell_word

if TYPE_CHECKING:
    from collections.abc import Sequence

SHELLS = ("bash", "zsh", "fish")
_FLAGS = ("--show-completion", "--install-completion")
_MODE = 0o644


def with_shell(words: Sequence[str]) -> list[str]:
    """The words, with the shell that runs this where an option leaves it out."""
    if len(words) == 1 and words[0] in _FLAGS:
        return [words[0], _shell_here()]
    return list(words)


def _shell_here() -> str:
    """The shell that runs this, of those above it; else what is the user's."""
    process = os.getppid()
    for _ in range(3):  # sudo and the like are between
        try:
            words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            name = Path(f"/proc/{process}/comm").read_text().strip().removeprefix("-")
        except OSError:
            break
        if name in SHELLS:
            return name
        process = int(words[1])
    return os.path.basename(os.environ.get("SHELL", ""))  # noqa: PTH119 - of a text


def script(shell: str) -> str:
    """What teaches a shell to ask."""
    from importlib.resources import files

    name = "_vnetmgr" if shell == "zsh" else f"vnetmgr.{shell}"
    return (files("vnetmgr.completions") / name).read_text(encoding="utf-8")


def show(shell: str | None) -> None:
    """Print a shell's script, and end."""
    if shell is not None:
        typer.echo(script(_known(shell)), nl=False)
        raise typer.Exit


def install(shell: str | None) -> None:
    """Write a shell's script to where it looks for the user's own, say what else it takes, and
    end."""
    if shell is None:
        return
    from vnetmgr.runtime.whole_file import write_whole

    path = _place(_known(shell))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, script(shell), mode=_MODE)
    typer.echo(f"{path}: written; new shells have it")
    if shell == "bash":
        where = shell_word(str(path))
        typer.echo(f"without the package bash-completion, ~/.bashrc needs the line: . {where}")
    if shell == "zsh":
        typer.echo("~/.zshrc needs, before it calls compinit, the line: fpath+=(~/.zfunc)")
    raise typer.Exit


def _known(shell: str) -> str:
    if shell not in SHELLS:
        text = f"{shell!r} is none of {', '.join(SHELLS)}.{did_you_mean(shell, SHELLS)}"
        raise typer.BadParameter(text)
    return shell


def _place(shell: str) -> Path:
    home = Path.home()
    if shell == "bash":
        data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share")
        return data / "bash-completion/completions/vnetmgr"
    if shell == "fish":
        config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
        return config / "fish/completions/vnetmgr.fish"
    return home / ".zfunc/_vnetmgr"
