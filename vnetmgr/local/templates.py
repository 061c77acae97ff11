"""Finds templates: the user's own, the machine's, then those that come with vnetmgr."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.errors import NotFoundError, UsageError, VnetError

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = r"[a-z]+/[A-Za-z0-9][A-Za-z0-9._-]*"
_SYSTEM = Path("/etc/vnetmgr/templates")


def read_template(name: str) -> str:
    """The text of a template by its name, like `nic/bridge.xml`. Raises NotFoundError."""
    path = _find(name)
    if path.is_relative_to(_own()):  # a plain file, where others' may be anything
        return path.read_text(encoding="utf-8")
    from vnetmgr.runtime.text_file import read_text

    try:
        return read_text(str(path))
    except OSError as error:
        raise VnetError(f"template {path}: {error.strerror}") from error


def edited_template(name: str) -> str | None:
    """Where a template comes from that somebody wrote for this machine; None for our own."""
    path = _find(name)
    return None if path.is_relative_to(_own()) else str(path)


def refuse_other(text: str, *, tag: str, origin: str | None) -> None:
    """Raise UsageError, naming the file, for an edited template that is no such document."""
    if origin is None:
        return
    from vnetmgr.libvirt_xml.documents import parse_as

    try:
        parse_as(tag, text)
    except VnetError as error:
        hint = error.hint or f"it has to be a libvirt <{tag}> document"
        raise UsageError(f"template {origin}: {error.message}", hint) from None


def _find(name: str) -> Path:
    if not re.fullmatch(_NAME, name):
        raise NotFoundError(f"template {name!r}: a name is like nic/bridge.xml")
    # lexists, so that a broken link or an unreadable file is reported rather than passed over.
    for directory in _directories():
        path = directory / name
        if os.path.lexists(path):
            return path
    raise NotFoundError(
        f"template {name}: there is none",
        f"looked in {', '.join(str(directory) for directory in _directories())}",
    )


def _directories() -> Iterator[Path]:
    # The XDG specification: a relative path is invalid and has to be ignored.
    home = os.environ.get("XDG_CONFIG_HOME", "")
    if not home.startswith("/"):
        home = os.path.expanduser("~/.config")  # noqa: PTH111 - Path's fails without a home
    yield Path(home) / "vnetmgr/templates"
    yield _SYSTEM
    yield _own()


@cache
def _own() -> Path:
    """The package `vnetmgr.templates`; in a plain checkout, the folder next to the package."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"
