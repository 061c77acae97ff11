"""What is wrong with an overlay, known before it is touched, and what is told of it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.network import OVERLAY_FIELDS
from vnetmgr.model.network_want import is_set, network_problem
from vnetmgr.model.options.network_patch import as_option
from vnetmgr.model.options.overlay_checks import field_problems
from vnetmgr.model.overlay.mtu import guest_mtu, tunnel_mtu
from vnetmgr.model.patch import UNSET
from vnetmgr.planner.overlays.external import external_notes, external_problems, host_problems
from vnetmgr.planner.overlays.needs import lacks_ovn
from vnetmgr.planner.overlays.overlaps import overlap_notes
from vnetmgr.problem import Worded, behind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import NetworkPatch
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.problem import Problem

_FORWARDER = Worded("--dns-forwarder ADDRESS says", "dns_forwarders: [ADDRESS] says")
_EXTERNAL = frozenset({"external", "external_addresses", "external_gateways", "external_hosts"})


def overlay_problems(
    after: Network, changed: Collection[str], observed: Observed
) -> Iterator[Problem]:
    """What OVN has nothing for, or would take and do nothing about, and what this host lacks."""
    if not after.is_overlay:
        return
    yield from field_problems(after, changed)
    if _EXTERNAL.intersection(changed) or ("subnets" in changed and after.external):
        yield from external_problems(after)
    if _EXTERNAL.intersection(changed):
        yield from host_problems(after, observed)


def template_problems(template: Network, patch: NetworkPatch) -> Iterator[Problem]:
    """What a template has for libvirt, where an overlay has it from OVN, and nobody says it."""
    for field in sorted(OVERLAY_FIELDS):
        if getattr(patch, field) is UNSET and is_set(field, getattr(template, field)):
            text = "the template has it for libvirt, and an overlay's is OVN's: say it here"
            yield as_option(network_problem(field, text))


def overlay_notes(
    after: Network,
    changed: Collection[str],
    observed: Observed,
    *,
    had: Collection[str] = (),
) -> Iterator[str]:
    """What to know of it. `had`: the fields that OVN has so already, for other hosts, which were
    told of there."""
    if not after.is_overlay:
        return
    served = any(each.version == 4 for each in after.subnets) and after.dhcp_ranges
    new = set(changed).difference(had)
    if {"dns_forwarders", "dns_domain", "subnets", "records"}.intersection(new):
        if after.subnets and not after.dns_forwarders and (after.dns_domain or after.records):
            yield behind(
                "OVN answers the names that it knows and no others, so that guests wait 5 seconds "
                "for each of those; whom they ask besides, ",
                _FORWARDER,
            )
        elif served and not after.dns_forwarders:
            yield behind("guests are told of no DNS server; whom they ask, ", _FORWARDER)
    missing = lacks_ovn(after, observed)
    if missing is not None and "mode" in changed:
        yield missing
    elif {"mtu", "mode"}.intersection(changed):
        yield from _mtu_notes(after, observed)
    if _EXTERNAL.intersection(new):
        yield from external_notes(after, observed)
    yield from overlap_notes(after, changed, observed)


def start_notes(name: str, after: Network | None, observed: Observed) -> Iterator[str]:
    """What to know where it is started."""
    if after is not None and after.is_overlay:
        missing = lacks_ovn(after, observed)
        if missing is not None:
            yield f"network {name}: {missing}"


def _mtu_notes(after: Network, observed: Observed) -> Iterator[str]:
    fits, given = tunnel_mtu(observed.chassis), guest_mtu(after.mtu, None)
    if fits is None:
        yield f"not checked: whether packets of {given} bytes fit between hosts, in tunnels"
    elif given > fits:
        yield (
            f"guests have MTU {given}, and {fits} fits between this host and others: larger "
            "packets are lost there"
        )
