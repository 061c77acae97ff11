"""What has to be observed for planning: nothing that the wants do not touch. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import Mode
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import EVERY, Scope, WayOut
from vnetmgr.model.sources import ON_LINKS
from vnetmgr.model.values import Bandwidth
from vnetmgr.planner.conduct import conduct_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.desired import Desired, NicWant, Policy
    from vnetmgr.model.network_want import NetworkPatch, NetworkWant
    from vnetmgr.model.nic import NicPatch
    from vnetmgr.planner.conduct import Conduct


def scope_of(desired: Desired, policy: Policy | None = None) -> Scope:
    """What `make_plan` has to be given of a host."""
    conduct = conduct_of(desired)
    guests = _looks_at_guests(desired, conduct)
    hostdev = _has_hostdev(desired)
    patches = [want.patch for want in all_nics(desired)]
    networks = [want.patch for want in desired.networks]
    made = bool(networks)
    found = Scope(
        # A command is about domains that are there; a spec's may be elsewhere.
        domains=() if conduct.goes_on else desired.domain_names,
        new_domains=tuple(want.fields.name for want in desired.domains),
        optional_domains=tuple(_optional_domains(desired)),
        # All of them: any may have the device.
        all_domains=hostdev or _prunes(desired, conduct) or _removes_networks(desired),
        saved_nics=conduct.prunes_all or _removes_networks(desired),
        running_domains=guests
        or (conduct.attended and _looks_for_twins(desired))
        or any(map(_is_guaranteed, patches)),
        host_devices=hostdev
        or any(isinstance(patch.pf, str) for patch in networks)
        or any(patch.direct_mode == "passthrough" for patch in patches)
        or any(patch.direct_mode == "passthrough" for patch in networks),
        networks=tuple(_networks(desired, guests=guests)),
        ports=guests or any(map(_plugs_in, desired.nics)),
        links=made or guests or _asks_nothing(desired) or any(map(_needs_links, patches)),
        taps=bool(patches),
        vlans=made or any(patch.vlan is not UNSET for patch in patches),
        routes=made or any(map(_takes_a_link, patches)),
        tags=any(isinstance(patch.vlan, tuple) for patch in patches) or any(map(_tags, networks)),
        # It may leave the one that carries the default route.
        routes_of_these=any(map(_moves, desired.nics)) or _prunes(desired, conduct),
        filters=any(isinstance(patch.filter, str) for patch in patches),
        bridges=tuple(dict.fromkeys(_bridges(desired))),
        under_guests=tuple(dict.fromkeys(_under_guests(desired))),
    )
    found = _with_overlays(found, desired, conduct)
    return _with_services(_with_forwards(found, desired, conduct, policy), desired)


def _with_overlays(scope: Scope, desired: Desired, conduct: Conduct) -> Scope:
    """With what OVN has, where that may matter."""
    if _leaves_something(desired):  # whose MAC may be that of any here, on any network
        scope = replace(scope, all_domains=True, networks=(EVERY,))
    wanted = (desired.migrations, desired.networks, desired.addresses, desired.records)
    return replace(
        scope,
        all_domains=scope.all_domains or _has_overlays(desired),
        overlays=bool(conduct.prunes_all or conduct.prunes_domains)
        or any(wanted)
        or any(True for _ in all_nics(desired))
        or _meets_others(desired),
        of_overlays=(EVERY,) if conduct.prunes_all else tuple(dict.fromkeys(_sources(desired))),
        lost_overlays=tuple(want.name for want in desired.networks if want.is_forced_removal),
        new_overlays=bool(desired.overlays),
        ways_out=tuple(_ways_out(desired)),
        ovn=desired.ovn,
    )


def _ways_out(desired: Desired) -> Iterator[WayOut]:
    for want in desired.networks:
        external, hosts = want.patch.external, want.patch.external_hosts
        if isinstance(external, str) or isinstance(hosts, tuple):
            yield WayOut(
                network=want.name,
                external=external if isinstance(external, str) else None,
                hosts=hosts if isinstance(hosts, tuple) else (),
            )


def _meets_others(desired: Desired) -> bool:
    """Whether a part of a spec is about domains that it does not name, and that may be on its
    overlays."""
    return desired.spec is not None and bool(desired.spec.overlays and desired.spec.others)


def _has_overlays(desired: Desired) -> bool:
    """Whether a whole spec has an overlay: then whoever is on it needs a port."""
    whole = desired.spec is not None and not desired.spec.partial
    return whole and bool(desired.overlays)


def _sources(desired: Desired) -> Iterator[str]:
    """The networks that are named."""
    yield from (want.name for want in desired.networks)
    yield from (want.network for want in desired.addresses)
    yield from (want.network for want in desired.records)
    for nic in all_nics(desired):
        source = nic.patch.source
        if source is not UNSET and source.mode is Mode.NETWORK and source.name:
            yield source.name


def _with_services(scope: Scope, desired: Desired) -> Scope:
    """With what else of the host's networks are to have: files, services that are told, OVN."""
    if any(want.leaves for want in desired.chassis):  # any guest may need it
        scope = replace(scope, all_domains=True, networks=(EVERY,))
    return replace(
        scope,
        templates=tuple(dict.fromkeys(_templates(desired))),
        tftp_roots=tuple(_tftp_roots(desired)),
        boot_files=tuple(_boot_files(desired)),
        zones=any(isinstance(want.patch.zone, str) for want in desired.networks),
        joins=next(iter(desired.chassis), None),
        resolver=any(want.patch.register_names is True for want in desired.networks),
    )


def _asks_nothing(desired: Desired) -> bool:
    return desired.spec is not None and desired.spec.nothing_asked


def _leaves_something(desired: Desired) -> bool:
    """Whether something may be here of domains that are on other hosts."""
    if desired.spec is None or not desired.spec.elsewhere:
        return False
    from vnetmgr.planner.elsewhere import leaves_something

    return leaves_something(desired.spec)


def _removes_networks(desired: Desired) -> bool:
    """Whether a network goes: any domain may need it, also one that is off."""
    return any(want.intent in (Intent.REMOVE, Intent.ABSENT) for want in desired.networks)


def _prunes(desired: Desired, conduct: Conduct) -> bool:
    """Whether nics may go: any other domain may have what one of them is a copy of."""
    partial = desired.spec is not None and desired.spec.partial
    return not partial and bool(conduct.prunes_all or conduct.prunes_domains)


def _looks_for_twins(desired: Desired) -> bool:
    """Whether an address is kept for a nic, whose MAC a running guest may have as well."""
    return any(want.domain for want in desired.addresses) or any(
        want.is_new for want in desired.forwards
    )


def _looks_at_guests(desired: Desired, conduct: Conduct) -> bool:
    """Whether it matters who runs on networks."""
    return (
        conduct.prunes_all
        or any(want.guests for want in desired.networks)
        or any(want.record.kind.in_options for want in desired.records)
    )


def _networks(desired: Desired, *, guests: bool) -> Iterator[str]:
    """All of them where an error names those there are, and where none may overlap."""
    about = desired.networks or desired.forwards or desired.migrations
    every = bool(about) or guests or _asks_nothing(desired) or _meets_others(desired)
    if every or any(map(_needs_networks, all_nics(desired))):
        yield EVERY
        return
    named = [want.network for want in desired.addresses]
    named += [want.network for want in desired.records]
    yield from dict.fromkeys(named)


def _with_forwards(
    scope: Scope, desired: Desired, conduct: Conduct, policy: Policy | None
) -> Scope:
    tended, alone = conduct.tends_forwards, conduct.attended
    of_these = desired.spec is not None and desired.spec.forwards_of_these
    leases = dict.fromkeys(want.network for want in desired.addresses)
    return replace(
        scope,
        leases=(EVERY,) if desired.forwards else tuple(leases),
        # A network that starts anew has lost what forwards into it need.
        forwards=bool(desired.forwards or desired.unowned)
        or (tended and not of_these)
        or (alone and any(map(_may_start, desired.networks)))
        # Where a forward leads is what is reserved.
        or (alone and bool(desired.addresses)),
        # A hold is written where forwards are: whose those are has to be known then.
        forwards_of_these=(tended and of_these)
        or bool(desired.holds)
        or (alone and any(map(_moves, desired.nics))),
        taint=policy is not None and "taint" in policy.allow,
        forward_ports=tuple(sorted(_forward_ports(desired))),
    )


def _moves(want: NicWant) -> bool:
    """Whether a nic may go, or get another name or place: forwards may lead there."""
    if want.intent in (Intent.REMOVE, Intent.ABSENT):
        return True
    patch = want.patch
    named = any(each is not UNSET for each in (patch.source, patch.name, patch.mac))
    return want.intent in (Intent.UPDATE, Intent.PRESENT) and named


def _may_start(want: NetworkWant) -> bool:
    """Whether a command may start or restart a network."""
    return want.guests and want.running is not False and want.intent is not Intent.REMOVE


def _forward_ports(desired: Desired) -> set[int]:
    """The host's ports that are wanted."""
    wanted = (forward for want in desired.forwards for forward in want.whole)
    return {port for each in wanted for port in each.host_ports}


def _optional_domains(desired: Desired) -> Iterator[str]:
    if desired.spec is not None:
        yield from (name for name, _ in desired.spec.domains)
        yield from desired.spec.others
        yield from (each.name for each in desired.spec.elsewhere)


def _templates(desired: Desired) -> Iterator[str]:
    for nic in desired.nics:
        # A spec's nics come without: most of them are there.
        if nic.spec_name is not None and nic.template is None and nic.patch.source is not UNSET:
            yield f"nic/{nic.patch.source.mode}.xml"
    for want in desired.networks:
        if want.template is None and want.intent in (Intent.CREATE, Intent.PRESENT):
            yield f"network/{want.patch.mode_if_new}.xml"


def _tftp_roots(desired: Desired) -> Iterator[str]:
    for want in desired.networks:
        if isinstance(want.patch.tftp_root, str):
            yield want.patch.tftp_root


def _boot_files(desired: Desired) -> Iterator[str]:
    for want in desired.networks:
        if want.patch.bootp is not None and want.patch.bootp is not UNSET:
            yield want.patch.bootp.file


def all_nics(desired: Desired) -> Iterator[NicWant]:
    """Also those of new domains."""
    yield from desired.nics
    for domain in desired.domains:
        yield from domain.nics


def _bridges(desired: Desired) -> Iterator[str]:
    """The bridges that are named: over a remote connection only these are looked up."""
    for want in all_nics(desired):
        source = want.patch.source
        if source is not UNSET and source.mode is Mode.BRIDGE and source.name:
            yield source.name


def _tags(patch: NetworkPatch) -> bool:
    """Whether a network gives VLANs to its guests."""
    groups = patch.portgroups if isinstance(patch.portgroups, tuple) else ()
    return isinstance(patch.vlan, tuple) or any(group.vlan for group in groups)


def _under_guests(desired: Desired) -> Iterator[str]:
    """The links of the host's that guests come onto."""
    for want in desired.networks:
        if isinstance(want.patch.forward_devs, tuple):
            yield from want.patch.forward_devs


def _has_hostdev(desired: Desired) -> bool:
    sources = (want.patch.source for want in all_nics(desired))
    return any(source is not UNSET and source.mode is Mode.HOSTDEV for source in sources)


def _is_guaranteed(patch: NicPatch) -> bool:
    """Whether a nic asks for a part of what its network has for all."""
    return isinstance(patch.inbound, Bandwidth) and patch.inbound.floor is not None


def _plugs_in(want: NicWant) -> bool:
    """Whether a nic on a network has to be on its bridge, too: a port that is missing tells."""
    source = want.patch.source
    there = want.intent in (Intent.UPDATE, Intent.PRESENT)
    return there and source is not UNSET and source.mode is Mode.NETWORK


def _needs_links(patch: NicPatch) -> bool:
    return patch.source is not UNSET or patch.virtualport is not UNSET


def _takes_a_link(patch: NicPatch) -> bool:
    """Of the host's own: it may be the one that carries the default route."""
    return patch.source is not UNSET and patch.source.mode in ON_LINKS


def _needs_networks(want: NicWant) -> bool:
    """Also of a nic that leaves one: what it gave to the nic stays behind. Where a rate is taken
    away, a portgroup's comes in its place."""
    patch, moves = want.patch, want.nic is not None or want.spec_name is not None
    on_network = patch.source is not UNSET and (moves or patch.source.mode is Mode.NETWORK)
    needing = (patch.vlan, patch.portgroup, patch.virtualport)
    cleared = moves and None in (patch.inbound, patch.outbound)
    return on_network or cleared or any(setting is not UNSET for setting in needing)
