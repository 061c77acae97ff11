"""The table of the three ways in which ports are forwarded: which one is a nic's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.host_forward import is_passt, is_slirp
from vnetmgr.planner.forwards.passt import Passt
from vnetmgr.planner.forwards.rules import Rules
from vnetmgr.planner.forwards.slirp import Slirp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vnetmgr.model.nic import Nic
    from vnetmgr.planner.forwards.way import Setting, Way

_WAYS: tuple[tuple[type[Way], Callable[[Nic], bool]], ...] = (
    (Rules, lambda nic: not is_slirp(nic) and not is_passt(nic)),
    (Slirp, is_slirp),
    (Passt, is_passt),
)


def way_of(nic: Nic) -> type[Way]:
    """Which way leads to a nic."""
    return next(kind for kind, is_its in _WAYS if is_its(nic))


class Ways:
    """One of each way, for one planning."""

    def __init__(self, setting: Setting) -> None:
        self._ways = {kind: kind(setting) for kind, _ in _WAYS}

    def __iter__(self) -> Iterator[Way]:
        return iter(self._ways.values())

    def of(self, nic: Nic) -> Way:
        """The one that leads to a nic."""
        return self._ways[way_of(nic)]
