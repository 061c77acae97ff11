"""The domain itself: whether its guest executes at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.check import Found, Remedy, Row, shell_command
from vnetmgr.model.path.domains import DomainState
from vnetmgr.model.path.finding import Layer, Status

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject

_COMMANDS = {
    DomainState.PAUSED: "resume",
    DomainState.SUSPENDED: "dompmwakeup",
    DomainState.CRASHED: "reset",
    DomainState.OFF: "start",
}


def _state(subject: Subject) -> Found | None:
    domain = subject.domain
    if domain.running:
        return None
    reason = f" ({domain.reason})" if domain.reason else ""
    return Found(
        cause=f"domain {domain.name} is {domain.state}{reason}",
        remedy=Remedy(command=shell_command("virsh", _COMMANDS[domain.state], domain.name)),
        # Whoever switched it off knows; one that stands still does so unseen.
        status=Status.INFO if domain.state is DomainState.OFF else None,
    )


ROWS = (Row("domain-not-running", Layer.DOMAIN, Status.BROKEN, _state, "it runs"),)
