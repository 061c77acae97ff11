"""Which bridges QEMU's own helper gives to guests of a user's session: /etc/qemu/bridge.conf.

The format, and that a denial beats whatever allows it, are those of qemu-bridge-helper.c (7.2).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BRIDGE_CONF = Path("/etc/qemu/bridge.conf")
_DEPTH = 8
"""How far files may include one another; the helper itself would never end."""
_ALL = "all"


def allowed_bridges(names: Iterable[str], conf: Path = BRIDGE_CONF) -> frozenset[str] | None:
    """Those that a session may use; None where the file may not be read from here."""
    try:
        rules = list(_rules(conf, _DEPTH))
    except FileNotFoundError:
        return frozenset()  # the helper refuses to work without
    except (OSError, ValueError):
        return None
    allowed = {name for verb, name in rules if verb == "allow"}
    denied = {name for verb, name in rules if verb == "deny"}
    if _ALL in denied:
        return frozenset()
    return frozenset(name for name in names if not allowed.isdisjoint({name, _ALL})) - denied


def _rules(path: Path, depth: int) -> Iterator[tuple[str, str]]:
    for line in path.read_text("utf-8", "replace").splitlines():
        words = line.partition("#")[0].split(maxsplit=1)
        if len(words) < 2:
            continue
        verb, name = words[0], words[1].strip()
        if verb == "include" and depth:
            yield from _rules(Path(name), depth - 1)
        else:
            yield verb, name
