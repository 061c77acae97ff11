"""From what is asked of a network to a complete patch: what follows from it, and what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vnetmgr.model.dhcp import DhcpRange
from vnetmgr.model.intent import Intent
from vnetmgr.model.options.addressing import default_ranges, first_host, holder, slaac_notes
from vnetmgr.model.patch import Unset
from vnetmgr.model.record import replace
from vnetmgr.planner.networks.dns import dns_notes, unread_notes, with_local_names
from vnetmgr.planner.networks.extra import whole_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.model.network import Network, Portgroup
    from vnetmgr.model.network_want import NetworkPatch, NetworkWant
    from vnetmgr.model.patch import Differences, Setting

T = TypeVar("T")


def settle(want: NetworkWant, present: Network) -> NetworkPatch:
    """The patch for a network that is there, in one of its states; every list is complete.

    When a subnet moves, the DHCP ranges move with it unless they are given; a first IPv4 subnet
    is given out as that of a new network is.
    """
    patch = with_local_names(_added_to(want, present) if want.adds else want.patch)
    patch = with_gateways(whole_extra(patch, present), present)
    if patch.dhcp_ranges is None:
        return patch
    command = want.adds or want.intent is Intent.CREATE
    if not isinstance(patch.dhcp_ranges, Unset):
        if not command:
            return patch
        ranges = patch.dhcp_ranges
        others = _unmentioned_ranges(patch, present)
        return replace(
            patch, dhcp_ranges=_by_version(others, ranges, lambda one: one.start.version)
        )
    if isinstance(patch.subnets, Unset) or (patch.subnets or ()) == present.subnets:
        return patch
    return replace(patch, dhcp_ranges=_unmentioned_ranges(patch, present))


def _unmentioned_ranges(patch: NetworkPatch, present: Network) -> tuple[DhcpRange, ...]:
    """The ranges that follow from a network's subnets if nobody says otherwise."""
    subnets = present.subnets if isinstance(patch.subnets, Unset) else patch.subnets or ()
    if subnets == present.subnets:
        return present.dhcp_ranges
    ranges = tuple(_moved_ranges(present, subnets))
    kept = any(each.start.version == 4 for each in ranges)  # of an overlay that lost its subnet
    if not kept and not any(subnet.version == 4 for subnet in present.subnets):
        ranges += given_out(subnets, patch.gateways)
    return ranges


def change_notes(name: str, differences: Differences, after: Network) -> list[str]:
    """What guests notice of a change of the addresses that they are given."""
    fields = {field: before for field, before, _ in differences}
    notes: list[str] = []
    if fields.keys() & {"subnets", "dhcp_ranges"}:
        notes += slaac_notes(after.subnets, after.dhcp_ranges)
    before = fields.get("dhcp_ranges", ())
    had = any(each.start.version == 6 for each in (before if isinstance(before, tuple) else ()))
    has = any(each.start.version == 6 for each in after.dhcp_ranges)
    if "dhcp_ranges" in fields and has != had:
        notes.append(
            "from now on guests get IPv6 addresses by DHCPv6 alone: those that took theirs from "
            "router advertisements (SLAAC) lose them"
            if has
            else _without_ranges6(after)
        )
    if fields.keys() & {"dns", "dhcp_ranges"}:
        notes += dns_notes(after)
    notes += unread_notes(after, fields.keys())
    return [f"network {name}: {each}" for each in notes]


def _without_ranges6(after: Network) -> str:
    """libvirt has dnsmasq say `ra-only` where nothing is reserved either, else `static`."""
    if any(each.address.version == 6 for each in after.reservations):
        return (
            "from now on only guests with a reserved IPv6 address get one: while one is reserved, "
            "the others have no addresses from router advertisements (SLAAC) either"
        )
    return "without DHCPv6 guests take IPv6 addresses from router advertisements (SLAAC)"


def with_lost_ranges(patch: NetworkPatch, config: Network, live: Network) -> NetworkPatch:
    """A patch for the running network that changes the lease time of its ranges; those that an
    earlier run has taken out for that, and not put in again, are the config's."""
    if isinstance(patch.lease_time, Unset) or not isinstance(patch.dhcp_ranges, Unset):
        return patch
    more = set(live.dhcp_ranges) - set(config.dhcp_ranges)
    same = set(live.dhcp_ranges) == set(config.dhcp_ranges)
    # What stands in for a range meanwhile is one of a single address.
    cut_short = not same and all(each.start == each.end for each in more)
    return replace(patch, dhcp_ranges=config.dhcp_ranges) if cut_short else patch


def with_gateways(patch: NetworkPatch, present: Network) -> NetworkPatch:
    """The patch with a gateway for each subnet, in their order, if it names any; what fits none
    comes last."""
    given = patch.gateways
    if isinstance(given, Unset) or given is None:
        return patch
    subnets = present.subnets if isinstance(patch.subnets, Unset) else patch.subnets or ()
    left = list(given)
    gateways = []
    for subnet in subnets:
        candidates = (*left, *present.gateways, first_host(subnet))
        gateways.append(next(address for address in candidates if address in subnet))
        left = [address for address in left if address != gateways[-1]]
    return replace(patch, gateways=(*gateways, *left))


def given_out(
    subnets: Sequence[IpNetwork], gateways: Setting[tuple[IpAddress, ...]]
) -> tuple[DhcpRange, ...]:
    """What DHCP gives out of new subnets if nobody says otherwise."""
    given = () if isinstance(gateways, Unset) or gateways is None else gateways
    held = {holder(subnets, gateway) for gateway in given}
    firsts = (first_host(subnet) for subnet in subnets if subnet not in held)
    return default_ranges(subnets, (*given, *firsts))


def _added_to(want: NetworkWant, present: Network) -> NetworkPatch:
    """Lists that name only what changes, with what the network has besides."""
    patch = want.patch
    lists: dict[str, object] = {}
    if not isinstance(patch.subnets, Unset) and patch.subnets is not None:
        lists["subnets"] = _by_version(present.subnets, patch.subnets, lambda each: each.version)
    if not isinstance(patch.gateways, Unset) and patch.gateways is not None:
        lists["gateways"] = _by_version(present.gateways, patch.gateways, lambda each: each.version)
    if not isinstance(patch.portgroups, Unset) or want.removed_portgroups:
        given = patch.portgroups
        cleared = given is None
        groups = () if isinstance(given, Unset) or given is None else given
        lists["portgroups"] = _portgroups(
            () if cleared else present.portgroups, groups, want.removed_portgroups
        )
    return replace(patch, **lists)


def _by_version(
    present: Iterable[T], wanted: Iterable[T] | None, version: Callable[[T], int]
) -> tuple[T, ...]:
    """What is wanted takes the place of all of its IP version; the other version stays."""
    new = list(wanted or ())
    versions = {version(each) for each in new}
    return (*sorted(new, key=version), *(each for each in present if version(each) not in versions))


def _portgroups(
    present: Iterable[Portgroup], wanted: Iterable[Portgroup], removed: Iterable[str]
) -> tuple[Portgroup, ...]:
    groups = {group.name: group for group in present if group.name not in set(removed)}
    new = {group.name: group for group in wanted}
    if any(group.default for group in new.values()):  # there is one default at most
        groups = {name: replace(group, default=False) for name, group in groups.items()}
    return tuple((groups | new).values())


def _moved_ranges(present: Network, subnets: tuple[IpNetwork, ...]) -> Iterable[DhcpRange]:
    """Ranges that still fit stay, those of a subnet that becomes another of its size keep their
    place in it; else IPv4 guests get the whole of the new one."""
    for each in present.dhcp_ranges:
        if any(each.start in subnet and each.end in subnet for subnet in subnets):
            yield each
            continue
        index = present.subnet_index(each.start)
        old = None if index is None else present.subnets[index]
        heir = next((new for new in subnets if old and new.version == old.version), None)
        if old is None or heir is None:
            continue
        if old.prefixlen == heir.prefixlen:
            offset = int(heir.network_address) - int(old.network_address)
            yield DhcpRange(start=each.start + offset, end=each.end + offset)
        else:
            yield from default_ranges((heir,), (first_host(heir),))
