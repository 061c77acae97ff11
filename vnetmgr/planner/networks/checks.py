"""Everything that can be known to be wrong with a network before it is touched, listed at once."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from vnetmgr.command import Command
from vnetmgr.errors import UsageError, refused_problems, usage_problems
from vnetmgr.model.names import check_object_name, did_you_mean, joined
from vnetmgr.model.network import TAKEN_BRIDGE, NetworkMode
from vnetmgr.model.network_want import NetworkPatch, is_set, network_problem
from vnetmgr.model.options.addressing import (
    addressing_problems,
    holder,
    route_problems,
    without_dhcp6,
)
from vnetmgr.model.options.network_patch import (
    as_option,
    missing_fields,
    mode_problems,
    mtu_problems,
)
from vnetmgr.model.patch import UNSET, Unset
from vnetmgr.model.record import replace
from vnetmgr.model.seen.guests import guests_of
from vnetmgr.model.seen.link_setup import making_bridge
from vnetmgr.model.state import State
from vnetmgr.planner.guarantees import floor_of, most, total
from vnetmgr.planner.networks.bridge_setup import setup_problems
from vnetmgr.planner.networks.context import left_afar, named_problems
from vnetmgr.planner.networks.dns import dns_problems, registration_problems
from vnetmgr.planner.networks.extra import without_misfits
from vnetmgr.planner.networks.ip_side import host_problems
from vnetmgr.planner.networks.links import link_problems
from vnetmgr.planner.networks.switches import fitting_vlans, switch_problems
from vnetmgr.planner.overlays.checks import overlay_problems
from vnetmgr.planner.overlays.overlaps import address_problems
from vnetmgr.planner.subnets import overlap_problems
from vnetmgr.problem import About, Option, Problem, Worded, behind, every_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.model.network import Network
    from vnetmgr.model.seen.observed import Links
    from vnetmgr.planner.networks.context import NetworkContext

_ADDRESSING = frozenset({"subnets", "gateways", "dhcp_ranges", "reservations", "routes"})
# The fields whose values have to be in a subnet: how each is called, and its address.
_PLACED: tuple[tuple[str, str, Callable[[Any], IpAddress]], ...] = (
    ("gateways", "gateway", lambda each: each),
    ("dhcp_ranges", "DHCP range", attrgetter("start")),
    ("reservations", "reserved address", attrgetter("address")),
)
# libvirt keeps a network in files of its name, with endings of its own.
_LONGEST_NAME = 200


def check_network(
    after: Network,
    before: Network | None,
    context: NetworkContext,
    *,
    starts: bool,
    misfits: Sequence[Problem] = (),
) -> None:
    """Refuse a network that libvirt would refuse, or take and fail to start; `misfits` are what
    is known to be wrong.

    Only what changes is judged: what was there before is never refused. Raises UsageError for
    what is wrong in itself, else RefusedError for what is in the way of something else.
    """
    changed = frozenset(
        field
        for field in NetworkPatch.FIELDS
        if before is None or getattr(before, field) != getattr(after, field)
    )
    wrong = [
        *misfits,
        *_mode_problems(after, before, changed),
        *_addressing_problems(after, before, changed),
        *dns_problems(after, before),
        *map(as_option, overlay_problems(after, changed, context.observed)),
    ]
    # What a template names for want of anything better is no problem of its own.
    unnamed = {each.about.field for each in misfits if each.about} & {after.mode.kind.needs}
    in_the_way = [
        each
        for each in _in_the_way(after, before, changed, context, starts=starts)
        if each.about is None or each.about.field not in unnamed
    ]
    problems = named_problems(after.name, (*wrong, *in_the_way))
    if wrong:
        command = "create-network" if before is None else "update-network"
        raise usage_problems(problems, every_option(command))
    if in_the_way:
        raise refused_problems(problems, "nothing was touched; mend what is named")


def _in_the_way(
    after: Network,
    before: Network | None,
    changed: frozenset[str],
    context: NetworkContext,
    *,
    starts: bool,
) -> Iterator[Problem]:
    """What else is there, with the field that clashes with it."""
    yield from _overlaps(after, before, changed, context)
    if context.draft.seen is not None:  # else nobody is there who would lose anything
        yield from _slaac_problems(after, before)
    for text in _bridge_problems(after, before, changed, context, starts=starts):
        yield network_problem("bridge", text, after.bridge)
    yield from switch_problems(after, before, changed, context)
    yield from link_problems(after, before, changed, context, starts=starts)
    yield from setup_problems(after, changed, context.observed, starts=starts)
    yield from host_problems(after, changed, context, starts=starts)
    yield from registration_problems(after, changed, context.observed.features)
    if changed & {"inbound", "mode"}:
        yield from _guarantee_problems(after, context)
    if starts:
        yield from _forwarding_problems(after, context)


def lost_settings(before: Network, patch: NetworkPatch, after: Network) -> list[Problem]:
    """What nobody asked to go, and lies in an `<ip>` which goes: reservations, what guests boot."""
    if isinstance(patch.subnets, Unset):
        return []
    lost = [
        network_problem(
            field,
            f"{field} {getattr(before, field)} goes with its subnet; {option} none says so",
        )
        for field, option in (("bootp", Option("bootp")), ("tftp_root", Option("tftp_root")))
        if getattr(patch, field) is UNSET and getattr(before, field) and not getattr(after, field)
    ]
    if not isinstance(patch.reservations, Unset):
        return lost
    return lost + [
        network_problem(
            "reservations",
            f"the reserved address {each.address} ({each.client}) is in none of the subnets then; "
            f"{Command('release-address', before.name, str(each.address))} takes it away",
            each,
        )
        for each in before.reservations
        if each not in after.reservations
    ]


def refuse_name(name: str) -> None:
    """Refuse what cannot be a new network's name: no document can be made with it."""
    try:
        check_object_name(name, what="network")
    except ValueError as error:
        raise UsageError(
            str(error), "a name like lab will do", about=About("network", name)
        ) from None
    if len(name.encode()) > _LONGEST_NAME:
        raise UsageError(
            f"network {name}: the name has more than {_LONGEST_NAME} bytes, and becomes a file's",
            "a name like lab will do",
            about=About("network", name),
        )


def fitting(network: Network, patch: NetworkPatch) -> tuple[NetworkPatch, list[Problem]]:
    """What of a patch can be written into a network, present or to be; and what is wrong with
    the rest: fields that its mode cannot have, and addresses that are in none of its subnets."""
    mode = network.mode if isinstance(patch.mode, Unset) else patch.mode
    problems: list[Problem] = []
    if mode is not NetworkMode.OTHER:
        problems += map(as_option, mode_problems(mode, patch))
        patch = replace(patch, **dict.fromkeys(mode.kind.lacks, UNSET))
        patch = without_misfits(patch, mode)
    ranges = network.dhcp_ranges if isinstance(patch.dhcp_ranges, Unset) else patch.dhcp_ranges
    if isinstance(patch.lease_time, int) and not ranges:
        text = "it is that of a DHCP range, and there is none"
        problems.append(as_option(network_problem("lease_time", text)))
        patch = replace(patch, lease_time=UNSET)
    patch, unserved = _bootable(network, patch)
    problems += unserved
    patch, unfit = fitting_vlans(network, patch)
    homed, homeless = _homed(network, patch)
    return replace(patch, **homed), problems + unfit + homeless


def _bootable(network: Network, patch: NetworkPatch) -> tuple[NetworkPatch, list[Problem]]:
    """A patch without boot settings that nothing would serve: libvirt has them of IPv4 alone, and
    those of DHCP only with it."""
    given, hosts = patch.dhcp_ranges, patch.reservations
    ranges = network.dhcp_ranges if isinstance(given, Unset) else given or ()
    reservations = network.reservations if isinstance(hosts, Unset) else hosts or ()
    subnets = network.subnets if isinstance(patch.subnets, Unset) else patch.subnets or ()
    served = [each.start for each in ranges] + [each.address for each in reservations]
    problems = []
    if patch.bootp not in (None, UNSET) and all(each.version == 6 for each in served):
        text = "DHCP tells guests what to boot, and the network has none for IPv4"
        problems.append(as_option(network_problem("bootp", text)))
        patch = replace(patch, bootp=UNSET)
    if patch.tftp_root not in (None, UNSET) and all(each.version == 6 for each in subnets):
        text = "libvirt serves IPv4 alone, and the network has no such subnet"
        problems.append(as_option(network_problem("tftp_root", text)))
        patch = replace(patch, tftp_root=UNSET)
    return patch, problems


def _homed(network: Network, patch: NetworkPatch) -> tuple[dict[str, object], list[Problem]]:
    """What of a patch's addresses is in a subnet, and what is wrong with the others. libvirt
    takes reservations outside of all of them: those that are there stay."""
    given = patch.subnets
    subnets = network.subnets if isinstance(given, Unset) else given or ()
    there = {(each.client, each.address.version) for each in network.reservations}
    fits: dict[str, object] = {}
    gateways: dict[IpNetwork | None, object] = {}
    problems: list[Problem] = []
    for field, what, address in _PLACED:
        items = getattr(patch, field)
        if not items or isinstance(items, Unset):
            continue
        homed: list[Any] = []
        for each in items:
            known = field == "reservations" and (each.client, each.address.version) in there
            home = holder(subnets, address(each))
            if home is None and not known:
                homes = ", ".join(map(str, subnets)) or "it has none"
                text = f"{what} {each} is in none of the subnets ({homes})"
                problems.append(network_problem(field, text, each))
            elif home in gateways and field == "gateways":
                text = f"gateways {gateways[home]} and {each} are both in {home}"
                problems.append(network_problem(field, text, gateways[home], each))
            else:
                homed.append(each)
                gateways.setdefault(home, each)
        fits[field] = tuple(homed)
    return fits, problems


def _mode_problems(
    after: Network, before: Network | None, changed: frozenset[str]
) -> Iterator[Problem]:
    """Judged by the fields that change; by all of them when the mode does."""
    complete = bool({"mode", after.mode.kind.needs} & changed)
    if after.mode is NetworkMode.OTHER and before is not None:
        return
    fields = {
        field: value
        for field in NetworkPatch.FIELDS
        if is_set(field, value := getattr(after, field)) and (complete or field in changed)
    }
    patch = NetworkPatch(**fields)
    yield from map(as_option, mode_problems(after.mode, patch))
    if complete:
        yield from missing_fields(after.mode, patch)


def _addressing_problems(
    after: Network, before: Network | None, changed: frozenset[str]
) -> Iterator[Problem]:
    if after.mtu is not None and changed & {"mtu", "subnets"}:
        for text in mtu_problems(after.mtu, after.subnets):
            yield network_problem("mtu", f"MTU {text}")
    if not changed & _ADDRESSING:
        return
    known = _addressing(before) if before is not None else []
    yield from (each for each in _addressing(after) if each not in known)


def _slaac_problems(after: Network, before: Network | None) -> Iterator[Problem]:
    if after.is_overlay:
        return iter(())  # OVN's ports have addresses of their own, whoever else has none
    present = before.reservations if before is not None else ()
    known = {each.client for each in present if each.address.version == 6}
    new = [each for each in after.reservations if each.client not in known]
    old = [each for each in after.reservations if each.client in known]
    return without_dhcp6(after.subnets, after.dhcp_ranges, old, new)


def _addressing(network: Network) -> list[Problem]:
    found = addressing_problems(
        libvirts=not network.is_overlay,
        subnets=network.subnets,
        gateways=network.gateways,
        dhcp_ranges=network.dhcp_ranges,
        reservations=network.reservations,
    )
    return [*found, *route_problems(network.subnets, network.gateways, network.routes)]


def _overlaps(
    after: Network, before: Network | None, changed: frozenset[str], context: NetworkContext
) -> list[Problem]:
    if after.is_overlay:
        return list(address_problems(after, changed, context.observed))
    if "subnets" not in changed:
        return []
    present = set(before.subnets) if before is not None else set()
    seen = context.observed.network(after.name)
    bridges = [
        found.bridge
        for found in (after, before, *((seen.config, seen.live) if seen else ()))
        if found is not None and found.bridge is not None
    ]
    return overlap_problems(
        [subnet for subnet in after.subnets if subnet not in present],
        name=after.name,
        networks=context.observed.networks,
        routes=context.observed.routes,
        own_bridges=bridges,
    )


def _bridge_problems(
    after: Network,
    before: Network | None,
    changed: frozenset[str],
    context: NetworkContext,
    *,
    starts: bool,
) -> Iterator[str]:
    name, links = after.bridge, context.observed.links
    if name is None or not (changed & {"bridge", "mode"} or starts):
        return
    if not after.has_own_bridge:
        if links is not None and not _is_there(name, after, links, starts=starts):
            yield _missing_bridge(name, after, links, context, is_new=before is None)
        return
    for other in context.observed.networks:
        values = (other.config, other.live)
        if other.name != after.name and any(each and each.bridge == name for each in values):
            yield f"bridge {name} is network {other.name}'s"
            return
    # What runs has its bridge; what starts makes it, whoever's the link is that is there.
    owners = (context.draft.value(State.LIVE), None if starts else before)
    own = any(each and each.has_own_bridge and each.bridge == name for each in owners)
    if name == context.draft.left:
        if links is not None and links.ports is None:
            yield left_afar(name, context)
        return
    if links is not None and not own and name in (links.names or links.bridges):
        yield f"bridge {name} {TAKEN_BRIDGE}"


def _is_there(name: str, after: Network, links: Links, *, starts: bool) -> bool:
    """Whether the host has the bridge that a network is to use. Of a start, what cannot be seen
    is no problem: afar, libvirt shows a bridge without ports as another link."""
    if after.virtualport is not None:
        return not starts or links.names is None or name in links.names
    return name in links.bridges or (starts and links.names is None)


def _missing_bridge(
    name: str, after: Network, links: Links, context: NetworkContext, *, is_new: bool
) -> str:
    if after.is_overlay:
        host, join = context.observed.host, Command("join-overlay", there=True)
        text = f"{name} is OVN's bridge, and host {host} has none: `{join}` on {host}"
        without = Worded("; --no-start makes the network without it", "") if is_new else ""
        return behind(f"{text} makes it", without)
    if links.names and name in links.names:
        return behind(
            f"{name} is a link of the host, and no Linux bridge; a bridge of Open vSwitch takes ",
            Worded("--virtualport openvswitch", "virtualport: openvswitch"),
        )
    return (
        f"bridge {name} does not exist on the host.{did_you_mean(name, links.bridges)} It is the "
        f"administrator's: {making_bridge(name, links.setup)}"
    )


def _guarantee_problems(after: Network, context: NetworkContext) -> Iterator[Problem]:
    """libvirt would plug none of the guests in again that it then could not guarantee their rates:
    "would overcommit average"."""
    seen, limit = context.draft.seen, most(after)
    guests = guests_of(seen, context.observed) if seen is not None else []
    guaranteed = total(floor_of(guest.live) for guest in guests)
    if guaranteed is None or (limit and limit.kilobytes_per_s >= guaranteed.kilobytes_per_s):
        return
    labels = joined([guest.label for guest in guests if floor_of(guest.live)])
    text = f"{guaranteed} of it are guaranteed to {labels}; give those a lower floor first"
    yield network_problem("inbound", text, after.inbound)


def _forwarding_problems(after: Network, context: NetworkContext) -> Iterator[Problem]:
    """libvirt refuses to start a network that turns IPv6 forwarding on where the kernel would
    then drop what it has learnt from router advertisements (virNetDevIPCheckIPv6Forwarding)."""
    routes = context.observed.routes
    if routes is None or not after.mode.kind.routed:
        return
    if any(subnet.version == 6 for subnet in after.subnets):
        for link in routes.ra_links:
            text = (
                f"it forwards IPv6, and link {link} has routes from router advertisements that "
                "the kernel would drop then; keep them with: "
                f"sysctl net.ipv6.conf.{link.replace('.', '/')}.accept_ra=2"
            )
            yield network_problem("mode", text, after.mode)
