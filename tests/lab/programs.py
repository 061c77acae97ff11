"""Finding programs, also those that only root's PATH usually has."""

import os
import shutil
from pathlib import Path

from tests.lab.errors import LabError


def search_path() -> str:
    """Return PATH with the directories of system programs."""
    return f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"


def find_program(name: str) -> Path | None:
    """Return where a program is, None when it is not installed."""
    found = shutil.which(name, path=search_path())
    return Path(found) if found else None


def need_program(name: str) -> Path:
    """Return the file of a program; raise when it is not installed."""
    if found := find_program(name):
        return found.resolve()
    raise LabError(f"{name} is not installed")
