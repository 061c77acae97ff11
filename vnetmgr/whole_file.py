"""Files that are replaced as a whole: nobody reads half of one."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_whole(target: Path, text: str, *, mode: int) -> None:
    """Replace a file, or make it. Raises OSError, and then leaves everything as it was."""
    made: Path | None = None
    try:
        with NamedTemporaryFile(
            "w", dir=target.parent, prefix=f".{target.name}.", delete=False, encoding="utf-8"
        ) as file:
            made = Path(file.name)
            file.write(text)
        made.chmod(mode)
        made.replace(target)
        made = None
    finally:
        if made is not None:
            with suppress(OSError):
                made.unlink()
