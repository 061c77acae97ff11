"""The way out of an overlay: which physical network is meant, and on which hosts its router is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.network_want import network_problem
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.printable import shell_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import NetworkPatch
    from vnetmgr.model.overlay.host import Chassis
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.problem import Problem


def settled(patch: NetworkPatch, present: Network, observed: Observed) -> NetworkPatch:
    """A patch with the way out as OVN's rows have it. Of hosts, this one is taken where none is
    named: it is where somebody has asked for it."""
    if patch.external is None:
        gone = {
            field: None
            for field in ("external_addresses", "external_gateways", "external_hosts")
            if getattr(patch, field) is UNSET
        }
        return replace(patch, **gone)
    chassis = observed.chassis
    if isinstance(patch.external_hosts, tuple):
        hosts = tuple(_chassis_name(each, observed) for each in patch.external_hosts)
        patch = replace(patch, external_hosts=hosts)
    if not isinstance(patch.external, str):
        return patch
    wanted, hosts = patch.external, present.external_hosts
    if isinstance(patch.external_hosts, tuple):
        hosts = patch.external_hosts
    elif patch.external_hosts is UNSET and not hosts and chassis and chassis.system_id:
        hosts = (chassis.system_id,)
        patch = replace(patch, external_hosts=hosts)
    name = physical_network(wanted, observed)
    if name is None and present.external and chassis and chassis.system_id not in hosts:
        return replace(patch, external=UNSET)  # what others call so is theirs to say
    return replace(patch, external=name or wanted)


def _chassis_name(host: str, observed: Observed) -> str:
    """A host by its name in OVN, where this host's own is given."""
    chassis = observed.chassis
    here = host == observed.host and chassis is not None
    return chassis.system_id or host if here and chassis is not None else host


def physical_network(given: str, observed: Observed) -> str | None:
    """A physical network by the name that this host's mappings have for it, for its bridge, or for
    a network of libvirt's that is on that; None: it has no such mapping, or it cannot be seen."""
    mappings = observed.chassis.bridge_mappings if observed.chassis is not None else ()
    if any(name == given for name, _ in mappings):
        return given
    bridges = {given, _bridge_of(given, observed)}
    return next((name for name, bridge in mappings if bridge in bridges), None)


def _bridge_of(given: str, observed: Observed) -> str | None:
    network = observed.network(given)
    on_bridge = network is not None and network.any.is_a_bridge_of_the_host
    return network.any.bridge if network is not None and on_bridge else None


def external_problems(after: Network) -> Iterator[Problem]:
    """What is wrong with the way out in itself."""
    if after.external is None:
        for field in ("external_addresses", "external_gateways", "external_hosts"):
            if value := getattr(after, field):
                yield network_problem(field, "goes with external, which says where that is", *value)
        return
    if not after.external_addresses:
        yield network_problem(
            "external", "needs an external address: with what guests' packets leave", after.external
        )
    if not after.subnets:
        yield network_problem(
            "external", "needs a subnet: guests have no addresses", after.external
        )
    elif not after.external_hosts:
        text = "needs an external host: which one the router is on cannot be seen from here"
        yield network_problem("external", text, after.external)
    yield from _address_problems(after)


def _address_problems(after: Network) -> Iterator[Problem]:
    versions: dict[int, object] = {}
    for each in after.external_addresses:
        first = versions.setdefault(each.version, each)
        if first is not each:
            text = f"{first} and {each}: one of an IP version"
            yield network_problem("external_addresses", text, first, each)
        for subnet in after.subnets:
            if subnet.version == each.version and subnet.overlaps(each.network):
                text = f"{each} is in a subnet that overlaps {subnet}, the overlay's own"
                yield network_problem("external_addresses", text, each)
    hops: dict[int, object] = {}
    for gateway in after.external_gateways:
        first = hops.setdefault(gateway.version, gateway)
        if first is not gateway:
            text = f"{first} and {gateway}: one of an IP version"
            yield network_problem("external_gateways", text, first, gateway)
        mine = [each for each in after.external_addresses if each.version == gateway.version]
        if not any(gateway in each.network for each in mine):
            nets = ", ".join(str(each.network) for each in mine) or "there is no address of it"
            text = f"{gateway} is not in the subnet of the router's address ({nets})"
            yield network_problem("external_gateways", text, gateway)
        if any(gateway == each.ip for each in mine):
            text = f"{gateway} is the router's own address"
            yield network_problem("external_gateways", text, gateway)


def mapping_problems(after: Network, observed: Observed) -> Iterator[Problem]:
    """A host that the router may be on, and that does not know the physical network."""
    chassis = observed.chassis
    if after.external is None or chassis is None or chassis.system_id not in after.external_hosts:
        return
    if not any(name == after.external for name, _ in chassis.bridge_mappings):
        known = ", ".join(name for name, _ in chassis.bridge_mappings) or "none"
        name = shell_word(after.external)
        yield network_problem(
            "external",
            f"this host has no bridge to {after.external} (ovn-bridge-mappings: {known}): vnetmgr "
            f"join-overlay --bridge-mapping {name}:BRIDGE says which one it is",
            after.external,
        )


def external_notes(after: Network, chassis: Chassis | None) -> Iterator[str]:
    """What to know of the way out."""
    if after.external is None:
        return
    if chassis is None or any(each != chassis.system_id for each in after.external_hosts):
        others = [
            each for each in after.external_hosts if chassis is None or each != chassis.system_id
        ]
        yield (
            f"not checked: whether {', '.join(others) or 'its host'} knows the bridge to "
            f"{after.external} (ovn-bridge-mappings)"
        )
    for version in sorted({each.version for each in after.subnets}):
        if not any(each.version == version for each in after.external_addresses):
            yield f"no external address of IPv{version}: guests have no way out by that"
        elif not any(each.version == version for each in after.external_gateways):
            yield (
                f"no external gateway of IPv{version}: guests reach {after.external} itself, and "
                "nothing behind it"
            )
