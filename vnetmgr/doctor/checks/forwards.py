"""Port forwards that QEMU itself makes, to nics in user mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row
from vnetmgr.model.host_forward import is_slirp
from vnetmgr.model.path.finding import Layer, Status
from vnetmgr.model.seen.rules import in_the_way

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.seen.rules import Listener


def forwards_of(subject: Subject) -> list[Forward]:
    """What the domain's metadata says of forwards to this nic; one that names none is to the only
    one."""
    key, alone = subject.nic.key, len(subject.domain.nics) == 1
    return [
        each for each in subject.domain.forwards if each.nic == key or (each.nic is None and alone)
    ]


def _made_by_qemu(subject: Subject) -> bool:
    return subject.live is not None and is_slirp(subject.live) and bool(forwards_of(subject))


def _taken(subject: Subject) -> Found | None:
    for each in forwards_of(subject):
        listeners = list(in_the_way(subject.facts.listeners or (), each))
        others = [at for at in listeners if at.program and not _is_qemu(at)]
        if others:
            words = ("remove-forward", subject.domain.name, each.name)
            return Found(
                cause=f"forward {each.text}: {others[0]}, so QEMU cannot",
                owner=others[0].program,
                remedy=Remedy(
                    command=f"{Command(*words)}  # then add it with another port of the host"
                ),
            )
        if any(at.program is None for at in listeners):
            cause = f"forward {each.text}: needs root to see who has the port"
            return Found(cause=cause, status=Status.NOT_CHECKED)
    return None


def _lost(subject: Subject) -> Found | None:
    for each in forwards_of(subject):
        ports = {at.port for at in in_the_way(subject.facts.listeners or (), each)}
        if ports.issuperset(each.host_ports):
            continue
        words = ("add-forward", subject.domain.name, each.text, "--allow", "taint")
        return Found(
            cause=f"QEMU does not forward {each.text}: a start of the domain loses that",
            owner=f"domain {subject.domain.name}: user mode",
            remedy=Remedy(command=str(Command(*words))),
        )
    return None


def _is_qemu(listener: Listener) -> bool:
    return (listener.program or "").startswith(("qemu", "passt"))


ROWS = (
    Row(
        "user-forward-port-taken",
        Layer.FORWARD,
        Status.BROKEN,
        _taken,
        "no other program has the ports of its forwards",
        needs=("listeners",),
        applies=_made_by_qemu,
    ),
    Row(
        "user-forward-lost",
        Layer.FORWARD,
        Status.BROKEN,
        _lost,
        "QEMU has its forwards",
        needs=("listeners",),
        applies=_made_by_qemu,
    ),
)
