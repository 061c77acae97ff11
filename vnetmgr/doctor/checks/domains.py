"""The domain itself: whether its guest executes at all, and which nics it executes with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row, running, shell_command
from vnetmgr.model.nic import pending_fields
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
# Where they differ, packets go another way after the next start.
_OF_THE_PATH = frozenset({"source", "mac", "vlan", "link", "mtu", "portgroup", "virtualport"})


def _state(subject: Subject) -> Found | None:
    domain = subject.domain
    if domain.running:
        return None
    reason = f" ({domain.reason})" if domain.reason else ""
    return Found(
        cause=f"domain {domain.name} is {domain.state}{reason}",
        owner="whoever stopped it",
        remedy=Remedy(command=shell_command("virsh", _COMMANDS[domain.state], domain.name)),
        # Whoever switched it off knows; one that stands still does so unseen.
        status=Status.INFO if domain.state is DomainState.OFF else None,
    )


def _is_on(subject: Subject) -> bool:
    return subject.domain.state is not DomainState.OFF


def _in_config_only(subject: Subject) -> Found | None:
    if subject.live is not None:
        return None
    name, key = subject.domain.name, subject.nic.key
    return Found(
        cause=f"nic {key} is in the config alone: the running guest does not have it before its "
        "next cold start",
        owner=f"domain {name}",
        remedy=Remedy(command=shell_command("virsh", "shutdown", name)),
    )


def _pending(subject: Subject) -> Found | None:
    config, live = subject.nic.config, subject.nic.live
    if config is None or live is None:
        return None
    fields = pending_fields(config=config, live=live)
    if not fields:
        return None
    of_the_path = [each for each in fields if each in _OF_THE_PATH]
    return Found(
        cause=f"the running nic is not what the config says: {', '.join(fields)}; "
        "the next cold start brings that",
        owner=f"domain {subject.domain.name}",
        status=None if of_the_path else Status.INFO,
    )


def _has_both(subject: Subject) -> bool:
    return subject.nic.config is not None and subject.nic.live is not None


def _in_live_only(subject: Subject) -> Found | None:
    if subject.nic.config is not None:
        return None
    return Found(
        cause=f"nic {subject.nic.key} is not in the config: it is gone after the next cold start",
        owner=f"domain {subject.domain.name}",
    )


def _slots(subject: Subject) -> Found | None:
    if subject.domain.free_slots != 0:
        return None
    name = subject.domain.name
    return Found(
        cause=f"domain {name} has no free hot-plug slot: one more nic waits for a cold start",
        owner=f"domain {name}",
        remedy=Remedy(command=str(Command("add-slots", name, "4"))),
    )


ROWS = (
    Row("domain-not-running", Layer.DOMAIN, Status.BROKEN, _state, "the domain runs"),
    Row(
        "nic-in-config-only",
        Layer.DEVICE,
        Status.WARNING,
        _in_config_only,
        "the running guest has the nic",
        applies=_is_on,
    ),
)

LATER_ROWS = (
    Row(
        "nic-pending",
        Layer.DEVICE,
        Status.WARNING,
        _pending,
        "the running nic is what the config says",
        applies=_has_both,
    ),
    Row(
        "nic-in-live-only",
        Layer.DEVICE,
        Status.INFO,
        _in_live_only,
        "the config has the nic",
        applies=lambda subject: running(subject) and subject.domain.persistent,
    ),
    Row(
        "no-free-slot",
        Layer.DOMAIN,
        Status.INFO,
        _slots,
        "there is a free hot-plug slot",
        needs=("domains.free_slots",),
        # Of the domain, and so said once.
        applies=lambda subject: running(subject) and subject.nic is subject.domain.nics[0],
    ),
)
"""What is of no weight today: it comes after all that is."""
