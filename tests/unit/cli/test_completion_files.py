"""Scripts for shells, printed and installed by vnetmgr itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "completions"
PLACES = {
    "bash": (".local/share/bash-completion/completions/vnetmgr", "vnetmgr.bash"),
    "zsh": (".zfunc/_vnetmgr", "_vnetmgr"),
    "fish": (".config/fish/completions/vnetmgr.fish", "vnetmgr.fish"),
}


def run(home: Path, *words: str, by: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return subprocess.run(
        [*by, sys.executable, "-m", "vnetmgr", *words],
        capture_output=True,
        text=True,
        env={**kept, "HOME": str(home)},
    )


@pytest.mark.parametrize("shell", PLACES)
def test_a_users_own(shell: str, tmp_path: Path) -> None:
    place, name = PLACES[shell]
    result = run(tmp_path, "--install-completion", shell)
    assert result.returncode == 0
    assert result.stdout.startswith(f"{tmp_path / place}: written")
    assert (tmp_path / place).read_bytes() == (SCRIPTS / name).read_bytes()
    shown = run(tmp_path, f"--show-completion={shell}")
    assert shown.stdout == (SCRIPTS / name).read_text()


def test_the_shell_that_runs_it(tmp_path: Path) -> None:
    shown = run(tmp_path, "--show-completion", by=("zsh", "-fc", '"$@"; true', "zsh"))
    assert shown.stdout.startswith("#compdef vnetmgr\n")


def test_no_other_shell(tmp_path: Path) -> None:
    result = run(tmp_path, "--install-completion", "tcsh")
    assert result.returncode == 2
    assert "'tcsh' is none of bash, zsh, fish." in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / ".zfunc").touch()
    result = run(tmp_path, "--install-completion", "zsh")
    assert result.returncode == 1
    assert "vnetmgr: " in result.stderr
    assert "Traceback" not in result.stderr
