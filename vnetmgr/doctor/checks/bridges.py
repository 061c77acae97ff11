"""The bridge that a nic's tap is on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.check import Found, Remedy, Row, running, shell_command
from vnetmgr.model.path.finding import Layer, Status

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject


def _up(subject: Subject) -> Found | None:
    bridge = subject.bridge
    if bridge is None or bridge.up:
        return None
    command = shell_command("ip", "link", "set", bridge.name, "up")
    return Found(cause=f"bridge {bridge.name} is down", remedy=Remedy(command=command))


ROWS = (
    Row(
        "bridge-down",
        Layer.BRIDGE,
        Status.BROKEN,
        _up,
        "it is up",
        needs=("links",),
        applies=running,
    ),
)
