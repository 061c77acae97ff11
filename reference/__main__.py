"""`python -m reference`: write the pages, or say which are not as the program is."""

from __future__ import annotations

import sys
from pathlib import Path

from reference import PAGES
from reference.man import write_man


def main(arguments: list[str]) -> int:
    """`markdown FOLDER` writes the pages there, and `man FOLDER` those of the manual."""
    match arguments:
        case ["man", folder]:
            write_man(Path(folder))
            return 0
        case ["markdown", folder]:
            for name, page in PAGES.items():
                (Path(folder) / name).write_text(page(), encoding="utf-8")
            return 0
    print("usage: script/reference markdown|man FOLDER", file=sys.stderr)
    return 2


sys.exit(main(sys.argv[1:]))
