"""What is wrong between the parts of a spec, whatever host it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vnetmgr.model.addressing import holder
from vnetmgr.model.patch import UNSET, Unset
from vnetmgr.model.spec import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from vnetmgr.model.dhcp import IpNetwork
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.spec import Spec

K = TypeVar("K", bound="Hashable")


def spec_problems(spec: Spec) -> Iterator[Problem]:
    """Every clash, at the place of the later one."""
    nics = [nic for domain in spec.domains for nic in domain.nics]
    yield from _twice(
        (
            (nic.patch.mac, f"{nic.domain}/{nic.spec_name}", nic.origin)
            for nic in nics
            if nic.patch.mac is not UNSET
        ),
        "MAC",
    )
    yield from _twice(
        (
            ((want.network, want.address), f"{want.domain}/{want.nic}", want.origin)
            for want in spec.addresses
        ),
        "address",
    )
    networks = {want.name: want for want in spec.networks}
    for address in spec.addresses:
        network = networks.get(address.network)
        subnets = _subnets(network) if network is not None else ()
        if subnets and address.address and holder(subnets, address.address) is None:
            listed = ", ".join(map(str, subnets))
            yield problem_at(
                address.origin,
                f"address {address.address} is in no subnet of network {address.network} "
                f"({listed})",
            )
    for nic in nics:
        name, group = getattr(nic.patch.source, "name", None), nic.patch.portgroup
        network = networks.get(name or "")
        if network is not None and isinstance(group, str):
            yield from _portgroup(nic.origin, network, group)
    yield from _networks(spec.networks)


def problem_at(origin: str, message: str) -> Problem:
    """A problem at `FILE:LINE:COLUMN`."""
    file, line, column = origin.rsplit(":", 2)
    return Problem(place=Place(file=file, line=int(line), column=int(column)), message=message)


def _twice(things: Iterable[tuple[K, str, str]], what: str) -> Iterator[Problem]:
    seen: dict[K, tuple[str, str]] = {}
    for key, owner, origin in things:
        if key in seen:
            first, place = seen[key]
            shown = key[-1] if isinstance(key, tuple) else key
            yield problem_at(origin, f"{what} {shown} of {owner} is that of {first} ({place})")
        seen.setdefault(key, (owner, origin))


def _subnets(network: NetworkWant) -> tuple[IpNetwork, ...]:
    given = network.patch.subnets
    return () if isinstance(given, Unset) or given is None else given


def _portgroup(origin: str, network: NetworkWant, group: str) -> Iterator[Problem]:
    groups = network.patch.portgroups
    if isinstance(groups, tuple) and group not in [each.name for each in groups]:
        yield problem_at(origin, f"network {network.name} has no portgroup {group}")


def _networks(networks: Iterable[NetworkWant]) -> Iterator[Problem]:
    yield from _twice(
        (
            (want.patch.bridge, f"network {want.name}", want.origin)
            for want in networks
            if isinstance(want.patch.bridge, str) and want.patch.mode != "bridge"
        ),
        "bridge",
    )
    seen: list[tuple[IpNetwork, NetworkWant]] = []
    for want in networks:
        for subnet in _subnets(want):
            for other, owner in seen:
                if _overlap(subnet, other) and owner is not want:
                    yield problem_at(
                        want.origin,
                        f"subnet {subnet} of network {want.name} overlaps {other} of network "
                        f"{owner.name} ({owner.origin})",
                    )
            seen.append((subnet, want))


def _overlap(one: IpNetwork, other: IpNetwork) -> bool:
    return one.version == other.version and (one[0] in other or other[0] in one)
