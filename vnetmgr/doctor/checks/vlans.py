"""VLANs of a bridge that filters them: the guest's has to lead somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.check import Found, Remedy, Row, shell_command
from vnetmgr.doctor.segment import is_plugged, own_network, pvid, uplinks
from vnetmgr.model.path.finding import Layer, Status

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject


def _filters(subject: Subject) -> bool:
    bridge = subject.bridge
    return (
        is_plugged(subject)
        and bridge is not None
        and bridge.bridge is not None
        and bridge.bridge.vlan_filtering
    )


def _tags(subject: Subject, link: str) -> set[int]:
    return {
        tag
        for each in subject.facts.vlans or ()
        if each.link == link
        for tag in range(each.first, min(each.last, 4094) + 1)
    }


def _none(subject: Subject) -> Found | None:
    tap, wanted = subject.tap, subject.any.vlan or ()
    if tap is None or len(wanted) > 1 or pvid(subject) is not None:
        return None
    tag = wanted[0] if wanted else 1
    what = "it is in none" if not _tags(subject, tap.name) else "none of its own is for them"
    return Found(
        cause=f"untagged frames of its tap {tap.name} are in no VLAN of {tap.master}: {what}",
        owner=f"bridge {tap.master}, port {tap.name}",
        remedy=_add(tap.name, tag, untagged=True),
    )


def _other(subject: Subject) -> Found | None:
    tap, wanted, actual = subject.tap, subject.any.vlan or (), pvid(subject)
    if tap is None or len(wanted) != 1 or actual in (None, wanted[0]):
        return None
    return Found(
        cause=f"its tap {tap.name} is in VLAN {actual}, and should be in VLAN {wanted[0]}",
        owner=f"bridge {tap.master}, port {tap.name}",
        remedy=_add(tap.name, wanted[0], untagged=True),
    )


def _uplink(subject: Subject) -> Found | None:
    tap, tag = subject.tap, pvid(subject)
    if tap is None or tag is None:
        return None
    if own_network(subject) is not None:
        names = [subject.bridge_name or ""]
    else:
        names = [each.name for each in uplinks(subject)]
    if not names or any(tag in _tags(subject, name) for name in names):
        return None
    return Found(
        cause=f"VLAN {tag}, which its tap {tap.name} is in, is not one of {names[0]}",
        owner=f"bridge {tap.master}, port {names[0]}",
        remedy=_add(names[0], tag, of_bridge=names[0] == subject.bridge_name),
    )


def _add(link: str, tag: int, *, untagged: bool = False, of_bridge: bool = False) -> Remedy:
    more = [*(("pvid", "untagged") if untagged else ()), *(("self",) if of_bridge else ())]
    command = shell_command("bridge", "vlan", "add", "dev", link, "vid", str(tag), *more)
    return Remedy(command=command)


def _unfiltered(subject: Subject) -> Found | None:
    bridge, wanted = subject.bridge, subject.any.vlan
    if not wanted or bridge is None or bridge.bridge is None or bridge.bridge.vlan_filtering:
        return None
    tags = ", ".join(map(str, wanted))
    command = shell_command("ip", "link", "set", bridge.name, "type", "bridge")
    return Found(
        cause=f"its VLAN {tags} is not applied: bridge {bridge.name} does not filter VLANs",
        owner=f"bridge {bridge.name}",
        remedy=Remedy(command=f"{command} vlan_filtering 1"),
    )


ROWS = (
    Row(
        "vlan-none",
        Layer.VLAN,
        Status.BROKEN,
        _none,
        "its frames are in a VLAN",
        needs=("links", "vlans"),
        applies=_filters,
    ),
    Row(
        "vlan-other",
        Layer.VLAN,
        Status.BROKEN,
        _other,
        "its tap is in the nic's VLAN",
        needs=("links", "vlans"),
        applies=lambda subject: _filters(subject) and bool(subject.any.vlan),
    ),
    Row(
        "vlan-not-on-uplink",
        Layer.VLAN,
        Status.BROKEN,
        _uplink,
        "its VLAN leads on",
        needs=("links", "vlans"),
        applies=_filters,
    ),
    Row(
        "vlan-not-applied",
        Layer.VLAN,
        Status.WARNING,
        _unfiltered,
        "its bridge applies its VLAN",
        needs=("links",),
        applies=lambda subject: is_plugged(subject) and bool(subject.any.vlan),
    ),
)
