"""How each field of a nic can be changed while the guest runs.

What a field's option says of it (`live`), and what depends on more than the field. Measured on
libvirt 9.0 with running guests. libvirt accepts some live updates and ignores them; those are a
re-plug here, not a live update.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.model.nic import OPENVSWITCH, Nic, Source
from vnetmgr.model.options.nics import NIC_OPTIONS
from vnetmgr.model.plan import Disruption
from vnetmgr.model.sources import PLUGGABLE, SWITCHED

if TYPE_CHECKING:
    from collections.abc import Iterable

_LAN = frozenset({"source", "portgroup", "vlan"})
"""What a nic's LAN hangs on."""


class Route(StrEnum):
    """The way of a field's change into a running guest."""

    IN_PLACE = "in place"
    """updateDeviceFlags on the live nic."""
    REPLUG = "replug"
    """Only by taking the device out and plugging it in again."""
    NEXT_START = "next start"
    """Not while the guest runs."""


def not_pluggable(nic: Nic) -> str | None:
    """Why such a nic cannot be plugged into a running guest; None when it can."""
    if nic.source.mode not in PLUGGABLE:
        return f"libvirt plugs no {nic.source.mode} nic into a running guest"
    extra = dict(nic.extra or ())
    if extra.get("rom.bar") == "off" and "rom.file" not in extra:
        # "Hot-plugged device without ROM bar can't have an option ROM" (QEMU's hw/pci/pci.c).
        return "QEMU plugs no nic with rom.bar=off into a running guest"
    return None


def live_route(
    field: str,
    *,
    before: Nic,
    after: Nic,
    stays_a_tap: bool = True,
    by_port: bool = False,
    rewired: bool = True,
) -> tuple[Route, Disruption]:
    """How `field` gets from `before` into the running guest; networks that have no bridge behind
    them (macvtap, a card's functions) make that no tap. `by_port`: between overlays, where OVN
    moves it, and the guest sees nothing of that. `rewired`: whether another LAN flaps the link."""
    if by_port and field == "source":
        return Route.IN_PLACE, Disruption.NONE
    route, disruption = _route(field, before=before, after=after, by_port=by_port)
    if disruption is Disruption.LINK_FLAP and field in _LAN and not rewired:
        disruption = Disruption.NONE
    if before.source != after.source and not stays_a_tap:
        route, disruption = Route.REPLUG, Disruption.REPLUG
    if field == "vectors" or (route is Route.REPLUG and not_pluggable(after)):
        return Route.NEXT_START, Disruption.NEXT_START
    return route, disruption


def _route(field: str, *, before: Nic, after: Nic, by_port: bool) -> tuple[Route, Disruption]:
    moved = before.source != after.source and not by_port
    if moved and not _moves_in_place(before.source, after.source):
        return Route.REPLUG, Disruption.REPLUG
    if moved and OPENVSWITCH in (before.virtualport, after.virtualport):
        # "unable to change config on 'bridge' network type", to, from and between its bridges.
        return Route.REPLUG, Disruption.REPLUG
    if field == "portgroup" and moved:
        # libvirt asks the network for a new port when the network changes, and only then.
        return Route.IN_PLACE, Disruption.LINK_FLAP
    if field == "vlan" and after.virtualport == OPENVSWITCH == before.virtualport:
        another = _untagged(before) != _untagged(after)
        return Route.IN_PLACE, Disruption.LINK_FLAP if another else Disruption.NONE
    live = Disruption.LINK_FLAP if field == "source" else None
    if field in NIC_OPTIONS:
        live = NIC_OPTIONS[field].live
    return (Route.REPLUG, Disruption.REPLUG) if live is None else (Route.IN_PLACE, live)


def _untagged(nic: Nic) -> int | None:
    """The VLAN of the frames that a guest sends and gets without a tag, on Open vSwitch; None:
    those that have none there either, which is so on a trunk, too."""
    tags = nic.vlan or ()
    return tags[0] if len(tags) == 1 else None


def _moves_in_place(before: Source, after: Source) -> bool:
    """bridge and network swap freely; user, direct and the others never do."""
    return {before.mode, after.mode} <= SWITCHED


def worst(disruptions: Iterable[Disruption]) -> Disruption:
    """The most disruptive of several."""
    return max(disruptions, key=list(Disruption).index, default=Disruption.NONE)
