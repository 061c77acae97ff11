"""What every command heeds and ends with, from what its help says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference.markdown import code, page, table, text
from vnetmgr.cli.help.facts import environment, exit_codes, files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PROGRAM = ""
"""The page of the program itself, which has what any command has."""
_CODES = """What a run that goes on past something broken ends with is the worst of what it met. On
several hosts (`--hosts`, `--host`) it is the first of 130, 1, 4, 75, 2, 3 and 0 that occurs. A
signal that was ignored when vnetmgr was started stays ignored; SIGINT, SIGTERM and SIGHUP leave
nothing half done: [what makes it safe](../design/safety.md). Which of these a command has, its
`--help` says."""
_LIBRARY = """libvirt's own library reads others, such as `LIBVIRT_AUTH_FILE`, and ssh its own."""
_STATE = """vnetmgr keeps no state in files: what it knows stands in libvirt's own documents
(aliases and metadata), and what works in the kernel."""


def exit_codes_page() -> str:
    """docs/reference/exit-codes.md."""
    rows = exit_codes(_PROGRAM, changes=True)
    return page("Exit codes", table(("code", "means"), _rows(rows, plain=True)), _CODES)


def environment_page() -> str:
    """docs/reference/environment.md."""
    paths = {**dict(files(_PROGRAM, changes=True)), **dict(files("install-service", changes=False))}
    return page(
        "Environment and files",
        "## Environment",
        table(("variable", "what it is"), _rows(environment(_PROGRAM, changes=True))),
        _LIBRARY,
        "## Files",
        table(("path", "what it is"), _rows(paths.items())),
        _STATE,
    )


def _rows(said: Iterable[tuple[str, str]], *, plain: bool = False) -> Iterator[tuple[str, str]]:
    for name, words in said:
        yield name if plain else code(name), text(words)
