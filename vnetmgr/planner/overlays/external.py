"""The way out of an overlay: which physical network is meant, and on which hosts its router is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.model.names import did_you_mean, joined
from vnetmgr.model.network_want import network_problem
from vnetmgr.model.options.overlay_checks import way_out_problems
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import NetworkPatch
    from vnetmgr.model.overlay.southbound import SeenChassis
    from vnetmgr.model.seen.observed import Observed, WayOut
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
    here = observed.chassis_name
    if isinstance(patch.external_hosts, tuple):
        names = {observed.host: here or observed.host}  # of the others OVN's is to be said
        hosts = tuple(names.get(each, each) for each in patch.external_hosts)
        patch = replace(patch, external_hosts=hosts)
    if not isinstance(patch.external, str):
        return patch
    wanted, hosts = patch.external, present.external_hosts
    if isinstance(patch.external_hosts, tuple):
        hosts = patch.external_hosts
    elif patch.external_hosts is UNSET and not hosts and here:
        hosts = (here,)
        patch = replace(patch, external_hosts=hosts)
    name = physical_network(wanted, observed)
    if name is None and present.external and observed.chassis and here not in hosts:
        return replace(patch, external=UNSET)  # what others call so is theirs to say
    return replace(patch, external=name or wanted)


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
    yield from way_out_problems(after)


def concerns_others(asked: WayOut, observed: Observed) -> bool:
    """Whether other hosts than this one are to have the router that do not have it yet, or are to
    have it on another physical network."""
    found = _present(asked.network, observed)
    there, hosts = (None, ()) if found is None else (found.external, found.external_hosts)
    others = {*(asked.hosts or hosts)} - {observed.host, observed.chassis_name}
    moves = asked.external is not None and asked.external != there
    return bool(others) and (moves or not others.issubset(hosts))


def _present(name: str, observed: Observed) -> Network | None:
    """What OVN has of an overlay; of one name there is one."""
    northbound = observed.northbound
    overlays = () if northbound is None else northbound.overlays
    return next((each.network for each in overlays if each.network.name == name), None)


def host_problems(after: Network, observed: Observed) -> Iterator[Problem]:
    """A host that the router may be on, and that does not know the physical network; or none of
    them that OVN has."""
    chassis, here = observed.chassis, observed.chassis_name
    if after.external is None:
        return
    if chassis is not None and here in after.external_hosts:
        names = tuple(name for name, _ in chassis.bridge_mappings)
        if after.external not in names:
            yield _no_bridge(after.external, "this host has", names)
    if observed.ovn_hosts is None or not after.external_hosts:
        return
    known = {each.name: each for each in observed.ovn_hosts}
    if known.keys().isdisjoint(after.external_hosts) and here not in after.external_hosts:
        text = f"guests would have no way out: {_unknown_hosts(after.external_hosts, known)}"
        yield network_problem("external_hosts", text, *after.external_hosts)
    before = _present(after.name, observed)
    stays = before is not None and before.external == after.external
    kept = before.external_hosts if before is not None and stays else ()
    for name in after.external_hosts:
        if name in known and name not in kept and name != here:
            names = known[name].physical_networks
            if after.external not in names:
                yield _no_bridge(after.external, f"host {name} has", names)


def _unknown_hosts(names: Iterable[str], known: Mapping[str, SeenChassis]) -> str:
    names = [each for each in names if each not in known]
    labels = [
        each.name if each.hostname in ("", each.name) else f"{each.name} ({each.hostname})"
        for each in known.values()
    ]
    guess = did_you_mean(names[0], known)
    return f"OVN has no host {' or '.join(names)}, but {joined(labels)}.{guess}".removesuffix(".")


def _no_bridge(external: str, who: str, names: Sequence[str]) -> Problem:
    mapping = f"{external}:BRIDGE"
    return network_problem(
        "external",
        f"{who} no bridge to {external} (ovn-bridge-mappings: {', '.join(names) or 'none'}): "
        f"{Command('join-overlay', '--bridge-mapping', mapping, there=True)} says there which one "
        "it is",
        external,
    )


def external_notes(after: Network, observed: Observed) -> Iterator[str]:
    """What to know of the way out."""
    if after.external is None:
        return
    others = [each for each in after.external_hosts if each != observed.chassis_name]
    if observed.ovn_hosts is None:
        if others or not after.external_hosts:
            yield (
                f"not checked: whether {', '.join(others) or 'its host'} is a host of OVN's, and "
                f"knows the bridge to {after.external} (ovn-bridge-mappings)"
            )
    else:
        known = {each.name: each for each in observed.ovn_hosts}
        if not known.keys() >= set(others):
            yield f"the router is not everywhere yet: {_unknown_hosts(others, known)}"
    for version in sorted({each.version for each in after.subnets}):
        if not any(each.version == version for each in after.external_addresses):
            yield f"no external address of IPv{version}: guests have no way out by that"
        elif not any(each.version == version for each in after.external_gateways):
            yield (
                f"no external gateway of IPv{version}: guests reach {after.external} itself, and "
                "nothing behind it"
            )
