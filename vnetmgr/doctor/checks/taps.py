"""The tap, and whether it is on the bridge that it should be on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.check import Found, Remedy, Row, shell_command
from vnetmgr.model.desired import Desired, NicWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import OPENVSWITCH, NicPatch
from vnetmgr.model.path.finding import Layer, Status
from vnetmgr.model.sources import SWITCHED

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject


def _switched(subject: Subject) -> bool:
    """A running nic whose tap belongs on a Linux bridge."""
    live, network = subject.live, subject.network
    return (
        live is not None
        and live.source.mode in SWITCHED
        and live.target is not None
        and subject.bridge_name is not None
        and OPENVSWITCH not in (live.virtualport, network and network.network.virtualport)
    )


def _tap(subject: Subject) -> Found | None:
    if subject.live is None or subject.tap is not None:
        return None
    return Found(cause=f"its tap {subject.live.target} is not there")


def _port(subject: Subject) -> Found | None:
    tap, bridge = subject.tap, subject.bridge_name
    if tap is None or tap.master == bridge:
        return None
    where = "on no bridge" if tap.master is None else f"on {tap.master}"
    return Found(
        cause=f"its tap {tap.name} is {where}, and should be on {bridge}", remedy=_plug(subject)
    )


def _plug(subject: Subject) -> Remedy:
    """What plugs it in again: said of where it is already."""
    nic, domain = subject.any, subject.domain.name
    words = (
        "vnetmgr",
        "update-nic",
        domain,
        nic.key,
        f"--{nic.source.mode}",
        nic.source.name or "",
    )
    want = NicWant(
        domain=domain, nic=nic.key, intent=Intent.UPDATE, patch=NicPatch(source=nic.source)
    )
    return Remedy(command=shell_command(*words), desired=Desired(nics=(want,)))


ROWS = (
    Row(
        "tap-missing",
        Layer.TAP,
        Status.BROKEN,
        _tap,
        "it is there",
        needs=("links",),
        applies=_switched,
    ),
    Row(
        "tap-not-on-bridge",
        Layer.TAP,
        Status.BROKEN,
        _port,
        "it is on its bridge",
        needs=("links",),
        applies=_switched,
    ),
)
