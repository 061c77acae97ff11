"""The tap: whether it is there, up, and a port of the bridge that it should be on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row, shell_command
from vnetmgr.doctor.remedies import switch_on
from vnetmgr.doctor.segment import is_plugged, is_switched, on_linux_bridge, on_open_vswitch
from vnetmgr.model.desired import Desired, NicWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import NicPatch, Source
from vnetmgr.model.path.finding import Layer, Status

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject


def _has_tap(subject: Subject) -> bool:
    """A running nic with a link on the host; what it is on may be a bridge or another link."""
    return subject.live is not None and subject.live.target is not None


def _missing(subject: Subject) -> Found | None:
    if subject.live is None or subject.tap is not None:
        return None
    name = subject.domain.name
    return Found(
        cause=f"its tap {subject.live.target} is not there; a cold start makes a new one",
        owner=f"domain {name}",
        remedy=Remedy(command=shell_command("virsh", "shutdown", name)),
    )


def _down(subject: Subject) -> Found | None:
    tap = subject.tap
    if tap is None or tap.up:
        return None
    return Found(
        cause=f"its tap {tap.name} is down",
        owner=f"link {tap.name}",
        remedy=switch_on(tap.name),
    )


def _orphaned(subject: Subject) -> Found | None:
    return _misplaced(subject) if _master(subject) is None else None


def _wrong_bridge(subject: Subject) -> Found | None:
    return _misplaced(subject) if _master(subject) is not None else None


def _master(subject: Subject) -> str | None:
    """The bridge that the tap is on."""
    tap = subject.tap
    if tap is None:
        return None
    return subject.facts.switch_ports.get(tap.name) if on_open_vswitch(subject) else tap.master


def _misplaced(subject: Subject) -> Found | None:
    tap, bridge, master = subject.tap, subject.bridge_name, _master(subject)
    if on_open_vswitch(subject) and subject.facts.switches is None:
        cause = "the ports of Open vSwitch's bridges were not looked at"
        return Found(cause=cause, status=Status.NOT_CHECKED)
    if tap is None or bridge is None or master == bridge:
        return None
    where = "no port of any bridge" if master is None else f"a port of {master}"
    return Found(
        cause=f"its tap {tap.name} is {where}, and should be one of {bridge}",
        owner=f"link {tap.name}",
        remedy=_plug(subject),
    )


def _plug(subject: Subject) -> Remedy:
    """What plugs it in again: said of where it is already."""
    nic, domain = subject.any, subject.domain.name
    source = Source(nic.source.mode, subject.network_name or nic.source.name)
    words = ("update-nic", domain, nic.key, f"--{source.mode}", source.name or "")
    want = NicWant(domain=domain, nic=nic.key, intent=Intent.UPDATE, patch=NicPatch(source=source))
    return Remedy(command=str(Command(*words)), desired=Desired(nics=(want,)))


def _carrier(subject: Subject) -> Found | None:
    tap = subject.tap
    if tap is None or tap.carrier or not tap.up:
        return None
    return Found(
        cause=f"its tap {tap.name} has no carrier: no QEMU holds its other end; a cold start makes "
        "a new one",
        owner=f"domain {subject.domain.name}",
        remedy=Remedy(command=shell_command("virsh", "shutdown", subject.domain.name)),
    )


def _blocked(subject: Subject) -> Found | None:
    tap, bridge = subject.tap, subject.bridge
    port = tap.port if tap is not None else None
    if tap is None or port is None or port.state == "forwarding" or not (tap.up and tap.carrier):
        return None
    if bridge is not None and not bridge.up:
        return None  # which disables all ports
    if port.state in ("listening", "learning"):
        delay = bridge.bridge.forward_delay_s if bridge and bridge.bridge else 15.0
        return Found(
            cause=f"its tap {tap.name} is {port.state} yet: {port.bridge} forwards what comes by a "
            f"new port after {2 * delay:g} s",
            owner=f"bridge {port.bridge}: spanning tree",
            remedy=Remedy(
                command=shell_command("ip", "link", "set", port.bridge, "type", "bridge")
                + " forward_delay 200"
            ),
            status=Status.WARNING,
        )
    return Found(
        cause=f"its tap {tap.name} is {port.state} on {port.bridge}",
        owner=f"bridge {port.bridge}: spanning tree",
        remedy=Remedy(
            command=shell_command("bridge", "link", "set", "dev", tap.name, "state", "3")
        ),
    )


def _is_wanted_bridge(subject: Subject) -> bool:
    """Whether a port record is to be seen for it: of a Linux bridge, or of one of Open vSwitch."""
    return is_switched(subject) and (subject.facts.links is None or subject.tap is not None)


ROWS = (
    Row(
        "tap-missing",
        Layer.TAP,
        Status.BROKEN,
        _missing,
        "its tap is there",
        needs=("links",),
        applies=_has_tap,
    ),
    Row(
        "tap-not-on-bridge",
        Layer.TAP,
        Status.BROKEN,
        _orphaned,
        "its tap is a port of a bridge",
        needs=("links",),
        applies=_is_wanted_bridge,
    ),
    Row(
        "tap-on-wrong-bridge",
        Layer.TAP,
        Status.BROKEN,
        _wrong_bridge,
        "its tap is on no other bridge than its own",
        needs=("links",),
        applies=_is_wanted_bridge,
    ),
    Row(
        "tap-down",
        Layer.TAP,
        Status.BROKEN,
        _down,
        "its tap is up",
        needs=("links",),
        applies=_has_tap,
    ),
    Row(
        "tap-no-carrier",
        Layer.TAP,
        Status.BROKEN,
        _carrier,
        "QEMU holds its tap",
        needs=("links",),
        applies=lambda subject: _has_tap(subject) and on_linux_bridge(subject),
    ),
    Row(
        "port-blocked",
        Layer.TAP,
        Status.BROKEN,
        _blocked,
        "the bridge forwards what comes by its tap",
        needs=("links",),
        applies=is_plugged,
    ),
)
