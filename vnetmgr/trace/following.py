"""Over an overlay: whether the hosts of its ends have in force what OVN says. OVN has no sign of
life of a host: its ovn-controller says up to where it has followed what was written, and whether it
is at work sees only the host itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.model.names import joined
from vnetmgr.model.path.trace import HopKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.overlay.southbound import SeenChassis
    from vnetmgr.trace.walk import Walk

_RESTART = "`systemctl restart ovn-controller`"


def ends_of(subject: Subject, outputs: Iterable[str] = ()) -> tuple[SeenChassis, ...]:
    """The hosts of the nic and of the ports that the packet leaves by, as far as they are known."""
    southbound, live = subject.facts.overlays.southbound, subject.live
    if southbound is None or live is None:
        return ()
    found = (southbound.host_of(each) for each in (live.interface_id, *outputs))
    return tuple(dict.fromkeys(filter(None, found)))


def needs_following(walk: Walk, overlay: str, ends: tuple[SeenChassis, ...], where: str) -> None:
    """End the walk where a host of the ends does not do what OVN says. `where`: where the packet
    gets to by that."""
    wrong = tuple(_wrong(walk.subject, ends))
    if wrong:
        what = f"by OVN's flows it is delivered {where}, but {'; '.join(wrong)}"
        walk.trail.loses(HopKind.OVERLAY, overlay, what)
    if ends:
        have = "has" if len(ends) == 1 else "have"
        labels = joined([each.label for each in ends])
        what = f"{labels} {have} in force what was written to OVN"
        walk.trail.passes(HopKind.OVERLAY, overlay, what)


def _wrong(subject: Subject, ends: tuple[SeenChassis, ...]) -> Iterator[str]:
    overlays = subject.facts.overlays
    here = overlays.chassis.system_id if overlays.chassis is not None else None
    if overlays.controller is False:
        yield (
            "this host's ovn-controller does not run, or is not connected to OVN's southbound "
            f"database: what does not count here is not known; {_RESTART}"
        )
    for each in ends:
        if overlays.southbound is None or not overlays.southbound.is_behind(each):
            continue
        if overlays.controller is False and each.name == here:
            continue
        looks = Command("doctor", there=True)
        yield (
            f"host {each.label} has put {each.followed} of {overlays.southbound.asked} changes of "
            f"OVN's into force: is its ovn-controller at work? there: {_RESTART}; `{looks}` looks"
        )
