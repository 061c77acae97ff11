"""Specs whose networks stay off: what `Quick` runs then defines networks, and starts none.

Networks that need what no lab has (a card with virtual functions, firewalld's zones) go all the
way like that, but for their start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.model.record import replace
from vnetmgr.spec.networks import NetworkReader

if TYPE_CHECKING:
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.spec.nodes import Node


AT_REST = __name__
"""For `Quick`."""


def prepare() -> None:
    """Let every spec leave its networks off, or running, as they are."""
    real = NetworkReader.read

    def read(self: NetworkReader, key: Node, node: Node) -> NetworkWant:
        return replace(real(self, key, node), running=None)

    NetworkReader.read = read  # type: ignore[method-assign]


class TakenIn(NamedTuple):
    """A network that an export has left out, since it is off, as a spec that has it."""

    spec: str
    """Empty: a spec cannot have it."""
    comments: tuple[str, ...]
    why: str
    """Why it was left out."""


def taken_in(exported: str) -> TakenIn:
    """The host's only network, which is there as a comment that is ready to be taken in."""
    why, *keys = exported.partition("networks: {}\n")[2].splitlines()
    lines = [line.removeprefix("  # ") for line in keys if line.startswith("  # ")]
    comments = tuple(line.strip() for line in lines if line.strip().startswith("#"))
    body = "".join(f"  {line}\n" for line in lines)
    return TakenIn(f"version: 1\nnetworks:\n{body}" if body else "", comments, why)
