"""MTU all along: a bridge drops a frame that is too long for a port, and tells nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row, shell_command
from vnetmgr.doctor.segment import is_plugged, outward, own_network
from vnetmgr.model.nic import Mode
from vnetmgr.model.path.finding import Layer, Status

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.path.links import LinkFacts

_ETHERNET = 1500
"""What a guest takes that is told nothing."""


def _has_tap(subject: Subject) -> bool:
    return is_plugged(subject) or _on_macvtap(subject)


def _on_macvtap(subject: Subject) -> bool:
    return subject.live is not None and subject.live.source.mode is Mode.DIRECT


def _guest(subject: Subject) -> Found | None:
    """libvirt tells the guest of the tap's MTU, where the model can be told."""
    tap = subject.tap
    said = subject.any.mtu or _ETHERNET
    if tap is None or said <= tap.mtu:
        return None
    return Found(
        cause=f"the guest sends frames of up to {said} bytes, and its tap {tap.name} has an MTU of "
        f"{tap.mtu}",
        owner=f"link {tap.name}",
        remedy=_set(tap.name, said),
    )


def _bridge(subject: Subject) -> Found | None:
    tap, bridge = subject.tap, subject.bridge
    if tap is None or bridge is None or tap.mtu == bridge.mtu:
        return None
    cause = (
        f"its tap {tap.name} has an MTU of {tap.mtu}, and bridge {bridge.name} one of {bridge.mtu}"
    )
    if tap.mtu > bridge.mtu:
        return Found(
            cause=f"{cause}: longer frames of the guest are lost",
            owner=f"bridge {bridge.name}",
            remedy=_set(bridge.name, tap.mtu),
        )
    return Found(
        cause=f"{cause}: longer frames to the guest are lost",
        owner=f"link {tap.name}",
        remedy=_tell(subject, bridge.mtu),
        status=Status.WARNING,
    )


def _beyond(subject: Subject) -> Found | None:
    tap = subject.tap
    narrow = min(outward(subject), key=_mtu, default=None)
    if tap is None or narrow is None or narrow.mtu >= tap.mtu:
        return None
    return Found(
        cause=f"its tap {tap.name} has an MTU of {tap.mtu}, and {narrow.name}, by which its frames "
        f"leave, one of {narrow.mtu}: longer frames are lost",
        owner=f"link {narrow.name}",
        remedy=_tell(subject, narrow.mtu),
    )


def _mtu(link: LinkFacts) -> int:
    return link.mtu


def _set(link: str, mtu: int) -> Remedy:
    return Remedy(command=shell_command("ip", "link", "set", link, "mtu", str(mtu)))


def _tell(subject: Subject, mtu: int) -> Remedy:
    """What has the guest know of it; it is told when it starts."""
    name, key = subject.domain.name, subject.nic.key
    words = ("update-nic", name, key, "--mtu", str(mtu), "--allow", "replug")
    return Remedy(command=str(Command(*words)))


ROWS = (
    Row(
        "mtu-guest-tap",
        Layer.MTU,
        Status.BROKEN,
        _guest,
        "its tap takes what the guest sends",
        needs=("links",),
        applies=_has_tap,
    ),
    # A bridge has the least MTU of its ports by itself: what is narrow behind it comes first.
    Row(
        "mtu-uplink",
        Layer.MTU,
        Status.BROKEN,
        _beyond,
        "what its frames leave by takes them",
        needs=("links",),
        applies=lambda subject: _has_tap(subject) and own_network(subject) is None,
    ),
    Row(
        "mtu-tap-bridge",
        Layer.MTU,
        Status.BROKEN,
        _bridge,
        "its tap and bridge have one MTU",
        needs=("links",),
        applies=is_plugged,
    ),
)
