"""A copy of the package with something added: to count the files that it takes, and to run it."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]
TOP = Path(__file__).parents[2]


class Copy:
    """The copy. What is added is (file, the line that it comes before, the lines); to no line: a
    new file."""

    def __init__(self, folder: Path, added: Sequence[tuple[str, str, str]]) -> None:
        self.package = folder / "vnetmgr"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(TOP / "vnetmgr", self.package, ignore=ignored)
        shutil.copytree(TOP / "templates", self.package / "templates", dirs_exist_ok=True)
        for name, before, lines in added:
            file = self.package / name
            text = file.read_text() if before else ""
            assert not before or text.count(before) == 1, (name, before)
            file.write_text(text.replace(before, lines + before) if before else lines)

    def run_in(self, folder: Path) -> Run:
        """Runs the copy, and sees how it ends."""

        def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
            done = subprocess.run(
                [sys.executable, "-m", "vnetmgr", *arguments],
                capture_output=True,
                text=True,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(self.package.parent), "COLUMNS": "120"},
                check=False,
            )
            assert done.returncode == code, done.stderr
            return done

        return run

    def changed(self) -> set[str]:
        """The files that are not as they were, or new."""
        found = set()
        for file in self.package.rglob("*.*"):
            name = file.relative_to(self.package)
            original = (TOP if name.parts[0] == "templates" else TOP / "vnetmgr") / name
            generated = "__pycache__" in name.parts
            if not generated and not (
                original.is_file() and filecmp.cmp(file, original, shallow=False)
            ):
                found.add(str(name))
        return found
