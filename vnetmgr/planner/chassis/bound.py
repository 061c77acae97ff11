"""What this machine does for guests as a chassis, and is in the way of its leaving OVN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.model.names import joined
from vnetmgr.model.nic import Mode
from vnetmgr.model.overlay.row_names import overlay_behind
from vnetmgr.model.record import Record
from vnetmgr.model.seen.guests import Guest
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.overlay.joining import ChassisWant, Joining
    from vnetmgr.model.seen.observed import Observed


class _InTheWay(Record):
    """One reason, in words, and what to do about it."""

    text: str
    remedy: str
    after: str
    """What comes of it, where it is not heeded."""


def refuse_bound(want: ChassisWant, here: Joining, observed: Observed) -> list[str]:
    """What to say of it, where that is no obstacle. Raises RefusedError."""
    notes = [*_unseen(here)]
    found = [*_in_the_way(here, observed)]
    if not found:
        return notes
    if want.force:
        return [*notes, *(each.after for each in found)]
    remedies = "; ".join(dict.fromkeys(each.remedy for each in found))
    raise RefusedError(
        f"host {here.chassis.system_id or here.hostname} {', and '.join(e.text for e in found)}",
        Worded(f"{remedies}; or --force to go on", remedies),
    )


def _other_way(overlay: str, observed: Observed) -> str:
    """How an overlay gets another way out. Its network may be gone from here already."""
    there = "" if observed.network(overlay) is not None else ", on a host that has it"
    return f"{Command('update-network', overlay, '--external-host', 'OTHER_HOST')}{there}"


def _in_the_way(here: Joining, observed: Observed) -> Iterator[_InTheWay]:
    bridge = here.chassis.integration_bridge
    if used := [*_users(here, observed)]:
        yield _InTheWay(
            text=f"has guests on {bridge}: {joined(used)}",
            remedy="move their nics to another network, or migrate the guests",
            after=f"cut off until this host joins again: {joined(used)}",
        )
    if sleepers := [*_sleepers(bridge, observed)]:
        yield _InTheWay(
            text=f"has guests that start on {bridge}: {joined(sleepers)}",
            remedy="move their nics to another network, or migrate the guests",
            after=f"without a network until this host joins again: {joined(sleepers)}",
        )
    if networks := [*_networks(bridge, observed)]:
        yield _InTheWay(
            text=f"has networks on {bridge}: {joined(networks)}",
            remedy=str(Command("delete-network", networks[0])),
            after=f"these networks lead nowhere until this host joins again: {joined(networks)}",
        )
    overlays = [each for each in map(overlay_behind, here.gateways) if each is not None]
    if overlays:
        yield _InTheWay(
            text=f"is an external host of the networks {joined(overlays)}",
            remedy=_other_way(overlays[0], observed),
            after=f"this host is the way out no more of the networks {joined(overlays)}",
        )
    others = [each for each in here.gateways if overlay_behind(each) is None]
    if others:
        yield _InTheWay(
            text=f"has ports of OVN's routers that are not vnetmgr's: {joined(others)}",
            remedy="give them to another host: ovn-nbctl lrp-set-gateway-chassis",
            after=f"these ports of OVN's routers are on this host no more: {joined(others)}",
        )


def _users(here: Joining, observed: Observed) -> Iterator[str]:
    """Who is on the integration bridge: guests' nics, and what else is a port of it."""
    bridge = here.bridges.get(here.chassis.integration_bridge)
    nics = {
        nic.live.target: Guest(domain, nic, nic.live).label
        for domain in observed.domains
        for nic in domain.nics
        if nic.live is not None and nic.live.target is not None
    }
    for port in bridge.guests if bridge is not None else ():
        yield nics.get(port, f"port {port}")


def _sleepers(bridge: str, observed: Observed) -> Iterator[str]:
    """Guests that are off, and would start on that bridge by its name."""
    for domain in observed.domains:
        for nic in domain.nics if not domain.active else ():
            source = nic.config.source if nic.config is not None else None
            if source is not None and source.mode is Mode.BRIDGE and source.name == bridge:
                yield Guest(domain, nic, nic.any).label


def _networks(bridge: str, observed: Observed) -> Iterator[str]:
    """The overlays that are here, and networks on that bridge that somebody has made by hand."""
    for network in observed.networks:
        states = (state for state in (network.config, network.live) if state is not None)
        if any(each.is_overlay or each.bridge == bridge for each in states):
            yield network.name


def _unseen(here: Joining) -> Iterator[str]:
    if here.southbound is None:
        yield f"{here.why_unseen}: whether this host is the way out of overlays is not checked"
