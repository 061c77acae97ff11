"""A network's settings by their paths: what of them has no place, or libvirt would not take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.names import did_you_mean
from vnetmgr.model.network_want import NetworkPatch, network_differences, network_problem
from vnetmgr.model.nic import SomePairs
from vnetmgr.model.options.network_extra import (
    NETWORK_EXTRA,
    PORT_TYPES,
    key_of,
    lists_functions,
    steps,
    without_defaults,
)
from vnetmgr.model.options.network_patch import as_option
from vnetmgr.model.patch import Unset
from vnetmgr.model.record import replace
from vnetmgr.problem import Option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vnetmgr.model.network import Network, NetworkMode, SeenNetwork
    from vnetmgr.model.nic import Pairs
    from vnetmgr.model.seen.observed import Features
    from vnetmgr.problem import Problem

_LEAST_LEASE_S = 120  # virNetworkDHCPLeaseTimeDefParseXML
_EXPIRY = ".lease.expiry"
_UNITS_S = {"seconds": 1, "minutes": 60, "hours": 3600}


def whole_extra(patch: NetworkPatch, present: Network) -> NetworkPatch:
    """The patch with all of the settings, where it names those that change; what libvirt does
    anyway is none."""
    extra = patch.extra
    if isinstance(extra, SomePairs):
        ends = (path for path, value in extra.pairs if path.endswith(_EXPIRY) and value is None)
        units = tuple((path.replace(_EXPIRY, ".lease.unit"), None) for path in ends)
        extra = SomePairs((*units, *extra.pairs)).onto(present.extra)
    return replace(patch, extra=without_defaults(extra) if isinstance(extra, tuple) else extra)


def beside_reservations(pairs: Pairs, seen: SeenNetwork | None) -> SomePairs:
    """Of all of a network's settings those that are not of reservations: what else it has of such
    goes."""
    states = (seen.config, seen.live) if seen is not None else ()
    present = [path for each in states if each is not None for path, _ in each.extra]
    gone: dict[str, str | None] = dict.fromkeys(present)
    wanted = {**gone, **dict(pairs)}
    return SomePairs(tuple(pair for pair in wanted.items() if ".dhcp.host[" not in pair[0]))


def new_extra(patch: NetworkPatch, base: Network) -> NetworkPatch:
    """The same for a network that is made: one that lists functions of cards has no card of its
    own, which its template names."""
    patch = whole_extra(patch, base)
    listed = isinstance(patch.extra, tuple) and lists_functions(patch.extra)
    return replace(patch, pf=None) if listed and isinstance(patch.pf, Unset) else patch


def without_misfits(patch: NetworkPatch, mode: NetworkMode) -> NetworkPatch:
    """The patch without settings that a network of a mode cannot have."""
    if not isinstance(patch.extra, tuple):
        return patch
    fits = tuple(pair for pair in patch.extra if NETWORK_EXTRA[key_of(pair[0])].fits(mode))
    return patch if fits == patch.extra else replace(patch, extra=fits)


def extra_problems(
    before: Network | None, patch: NetworkPatch, after: Network, features: Features
) -> Iterator[Problem]:
    """What of the settings that change would not be there, or be refused."""
    if not isinstance(patch.extra, tuple):
        return
    missing = network_differences(after, NetworkPatch(extra=patch.extra))
    there = dict(after.extra)
    known = set(before.extra) if before is not None else set()
    for path, value in patch.extra:
        text = None
        if missing and there.get(path) != value and path not in _always(after):
            text = _no_place(path, after)
        elif (path, value) not in known:
            text = _refusal(path, after, there, features)
        if text is not None:
            yield as_option(network_problem("extra", f"{path}: {text}", (path, value)))
    for path, text in _lease_problems(before, after):
        yield as_option(network_problem("extra", f"{path}: {text}", *patch.extra))


def _lease_problems(before: Network | None, after: Network) -> Iterator[tuple[str, str]]:
    """The leases that change and that libvirt would refuse, each with why."""
    had = dict(before.extra) if before is not None else {}
    there = dict(after.extra)
    leases = {path.rpartition(".")[0] for path in there if ".lease." in path}
    for lease in sorted(leases):
        places = (f"{lease}.expiry", f"{lease}.unit")
        if any(had.get(place) != there.get(place) for place in places):
            text = _lease_refusal(lease, there)
            if text is not None:
                yield lease, text


def _always(network: Network) -> Mapping[str, str]:
    return {"mac.address": str(network.mac)} if network.mac is not None else {}


def _no_place(path: str, network: Network) -> str:
    """Which element a path names that is not there."""
    subnet = ""
    for tag, selector in steps(path):
        if selector is None:
            continue
        if tag == "portgroup" and network.portgroup(selector) is None:
            groups = [group.name for group in network.portgroups]
            return f"the network has no portgroup {selector}.{did_you_mean(selector, groups)}"
        if tag == "ip":
            subnet = selector
            if selector not in map(str, network.subnets):
                return f"the network has no subnet {selector}"
        if tag == "host":
            return f"{selector} is not reserved in {subnet}; first reserve-address {network.name}"
    return "the network's document has no such place"


def _refusal(
    path: str, network: Network, there: Mapping[str, str], features: Features
) -> str | None:
    """Why libvirt would refuse a setting, or drop it."""
    key = NETWORK_EXTRA[key_of(path)]
    if key.feature and not getattr(features, key.feature):
        return f"this libvirt drops it; it takes {key.since}"
    if lists_functions([(path, "")]) and network.pf is not None:
        return f"the network hands out all functions of {network.pf}, and lists none beside"
    *parts, (last, _) = steps(path)
    if parts and parts[-1][0] == "parameters":
        return _parameter_refusal(last, _port_type(parts, network), of_group=len(parts) > 2)
    if last == "localPtr":
        return _reverse_refusal(parts[-1][1] or "", there[path])
    return None


def _port_type(parts: list[tuple[str, str | None]], network: Network) -> str | None:
    tag, name = parts[0]
    if tag != "portgroup":
        return network.virtualport
    group = network.portgroup(name)
    return None if group is None else group.virtualport


def _parameter_refusal(name: str, kind: str | None, *, of_group: bool) -> str | None:
    if kind is None:  # a portgroup's goes with the type that its network has
        return None if of_group else f"the network has no {Option('virtualport')}"
    taken = PORT_TYPES.get(kind, frozenset({name}))
    if name in taken:
        return None
    return f"a virtual port of type {kind} has {' and '.join(sorted(taken))} alone"


def _reverse_refusal(subnet: str, value: str) -> str | None:
    """A zone of reverse lookups ends at a dot (virSocketAddrPTRDomain)."""
    address, _, length = subnet.partition("/")
    step, longest = (4, 128) if ":" in address else (8, 32)
    if value != "yes" or (int(length) % step == 0 and 0 < int(length) < longest):
        return None
    return (
        f"libvirt has no zone of reverse lookups for a /{length}, which takes a multiple of {step}"
    )


def _lease_refusal(lease: str, there: Mapping[str, str]) -> str | None:
    expiry = there.get(f"{lease}.expiry")
    unit = there.get(f"{lease}.unit")
    if expiry is None:
        return "a unit is that of an expiry, and there is none"
    if expiry == "0":
        return "a lease without end has no unit" if unit is not None else None
    seconds = int(expiry) * _UNITS_S[unit or "minutes"]
    if seconds < _LEAST_LEASE_S:
        return f"libvirt takes {_LEAST_LEASE_S} seconds at least"
    return None
