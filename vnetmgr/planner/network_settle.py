"""From what is asked of a network to a complete patch: what follows from it, and what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vnetmgr.model.addressing import default_ranges, first_host
from vnetmgr.model.dhcp import DhcpRange
from vnetmgr.model.patch import Unset
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vnetmgr.model.dhcp import IpNetwork
    from vnetmgr.model.network import Network, Portgroup
    from vnetmgr.model.network_want import NetworkPatch, NetworkWant

T = TypeVar("T")


def settle(want: NetworkWant, present: Network) -> NetworkPatch:
    """The patch for a network that is there, in one of its states; every list is complete.

    When a subnet moves, the DHCP ranges move with it unless they are given.
    """
    patch = _added_to(want, present) if want.adds else want.patch
    if isinstance(patch.subnets, Unset) or not isinstance(patch.dhcp_ranges, Unset):
        return patch
    subnets = patch.subnets or ()
    if subnets == present.subnets:
        return patch
    return replace(patch, dhcp_ranges=tuple(_moved_ranges(present, subnets)))


def _added_to(want: NetworkWant, present: Network) -> NetworkPatch:
    """Lists that name only what changes, with what the network has besides."""
    patch = want.patch
    lists: dict[str, object] = {}
    if not isinstance(patch.subnets, Unset):
        lists["subnets"] = _by_version(present.subnets, patch.subnets, lambda each: each.version)
    if not isinstance(patch.gateways, Unset) and patch.gateways is not None:
        lists["gateways"] = _by_version(present.gateways, patch.gateways, lambda each: each.version)
    if not isinstance(patch.dhcp_ranges, Unset) and patch.dhcp_ranges is not None:
        lists["dhcp_ranges"] = _by_version(
            present.dhcp_ranges, patch.dhcp_ranges, lambda each: each.start.version
        )
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
