"""The links of the host that a network forwards to, or has its guests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.nics.read import shown_link
from vnetmgr.model.names import did_you_mean, joined
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_want import network_problem
from vnetmgr.model.record import replace
from vnetmgr.model.seen.guests import guests_of
from vnetmgr.planner.networks.routes import keeps_taps
from vnetmgr.planner.nics.obstacles import link_obstacles
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vnetmgr.model.network import Network
    from vnetmgr.model.seen.guests import Guest
    from vnetmgr.model.seen.observed import Links
    from vnetmgr.planner.networks.context import NetworkContext
    from vnetmgr.problem import Problem

PASSTHROUGH = "passthrough"
"""The direct_mode in which one macvtap has all of a link."""


def link_problems(
    after: Network,
    before: Network | None,
    changed: frozenset[str],
    context: NetworkContext,
    *,
    starts: bool,
) -> Iterator[Problem]:
    """Links that are not there, or that no macvtap can stand on: libvirt takes any, and starts the
    network; guests on it then do not start (9.0)."""
    links, direct = context.observed.links, after.mode.kind.on_link
    if links is None or links.names is None:
        return
    another = bool(changed & {"mode", "direct_mode"})
    if not ("forward_devs" in changed or (direct and (starts or another))):
        return
    known = before.forward_devs if before is not None and not another else ()
    for dev in after.forward_devs:
        if dev not in links.names:
            text = f"link {dev} does not exist.{did_you_mean(dev, links.names)}"
            yield network_problem("forward_devs", text.removesuffix("."), dev)
        elif dev == "lo":
            yield network_problem("forward_devs", "link lo is the host's loopback", dev)
        elif direct and dev not in known:
            for text in _obstacles(dev, after, links, context):
                yield network_problem("forward_devs", text, dev)


def _obstacles(dev: str, after: Network, links: Links, context: NetworkContext) -> Iterator[str]:
    """What is in the way of macvtaps on a link."""
    bridge = (links.ports or {}).get(dev)
    if bridge is not None:
        port = f"link {dev} is a port of bridge {bridge}, and takes no macvtaps; "
        goal = "puts guests on that bridge"
        yield Worded(
            f"{port}--mode bridge --bridge {bridge} {goal}",
            f"{port}mode: bridge with bridge: {bridge} {goal}",
        )
        return
    for seen in context.observed.networks:
        other = seen.live
        if other is None or seen.name == after.name or dev not in other.forward_devs:
            continue
        if other.mode is NetworkMode.MACVTAP and PASSTHROUGH in (
            other.direct_mode,
            after.direct_mode,
        ):
            whose = f"{seen.name} has" if other.direct_mode == PASSTHROUGH else f"{seen.name} is on"
            yield f"network {whose} link {dev}, and {PASSTHROUGH} shares it with nobody"
    devices = context.observed.host_devices
    if after.direct_mode == PASSTHROUGH and devices is not None and dev in devices.links:
        use = devices.links[dev]
        own = {guest.live.target for guest in _guests(context)}
        others = tuple(upper for upper in use.uppers if upper not in own)
        yield from (
            f"{problem}; {remedy}"
            for problem, remedy in link_obstacles(dev, replace(use, uppers=others))
        )


def link_notes(before: Network | None, after: Network, context: NetworkContext) -> Iterator[str]:
    """What a network's guests notice of its links: those that are plugged in stay where they are
    until their next start (measured on 9.0 and 11.3)."""
    links = context.observed.links
    down = [dev for dev in after.forward_devs if links is not None and dev in links.down]
    if down and after.mode.kind.on_link:
        yield (
            f"{joined(down)} {'is' if len(down) == 1 else 'are'} down, and guests there reach "
            f"nothing: ip link set {down[0]} up"
        )
    if before is None:
        return
    guests = _guests(context)
    tagged = (each for each in guests if _vlans(before, each) != _vlans(after, each))
    yield from _stay(tagged, "the VLANs that they have")
    yield from _lost_groups(before, after, guests)
    if before.mode is not after.mode:
        if keeps_taps(before, after):
            where = f"bridge {before.bridge}" if before.has_taps else f"what {before.mode} gave"
            yield from _stay(guests, where)
    elif before.direct_mode != after.direct_mode:
        yield from _stay(guests, f"macvtap in mode {before.direct_mode}")
    else:
        for dev in before.forward_devs:
            if after.mode.kind.on_link and dev not in after.forward_devs:
                on_it = (each for each in guests if shown_link(each.nic.live_xml or "") == dev)
                yield from _stay(on_it, f"link {dev}")


def _lost_groups(before: Network, after: Network, guests: Iterable[Guest]) -> Iterator[str]:
    """libvirt ignores a portgroup that is not there, without a word."""
    gone = {each.name for each in before.portgroups} - {each.name for each in after.portgroups}
    for group in sorted(gone):
        labels = [guest.label for guest in guests if guest.live.portgroup == group]
        if labels:
            yield (
                f"still in portgroup {group}, which is gone: {joined(labels)}; what it gave them "
                "ends with their next start"
            )


def _vlans(network: Network, guest: Guest) -> object:
    """What a network gives to a guest's nic that says nothing of VLANs itself."""
    if guest.nic.config is not None and guest.nic.config.vlan is not None:
        return None
    group = network.portgroup(guest.live.portgroup)
    if group is not None and group.vlan:
        return group.vlan, group.native_vlan
    return (network.vlan, network.native_vlan) if network.vlan else None


def _stay(guests: Iterable[Guest], where: str) -> Iterator[str]:
    labels = [guest.label for guest in guests]
    if labels:
        yield f"on {where} until their next start: {joined(labels)}"


_GUESTS_FIRST = "stop those guests or detach these nics first"


def refuse_cut_off(name: str, guests: Sequence[Guest], before: Network, after: Network) -> None:
    """Refuse to take the bridge from under taps that have nowhere to go: a running guest's nic
    becomes no macvtap, nor a card."""
    if guests and before.has_own_bridge and not after.has_taps:
        raise RefusedError(
            f"network {name}: mode {after.mode} has no bridge, and a running guest's tap stays "
            f"one; cut off would be {joined([guest.label for guest in guests])}",
            Worded(
                f"{_GUESTS_FIRST}; --config leaves it for the next start of the network",
                _GUESTS_FIRST,
            ),
        )


def _guests(context: NetworkContext) -> list[Guest]:
    seen = context.draft.seen
    return guests_of(seen, context.observed) if seen is not None else []
