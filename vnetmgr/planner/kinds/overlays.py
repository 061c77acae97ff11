"""Nics on overlays: what they need of their own, and their logical ports."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vnetmgr.model.intent import Intent
from vnetmgr.model.names import joined
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.desired import Desired
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.overlay.northbound import Northbound, PortChange
    from vnetmgr.model.state import Seen
    from vnetmgr.model.values import Mac
    from vnetmgr.planner.overlays.context import Becoming, Overlays
    from vnetmgr.planner.overlays.ports import Ports
    from vnetmgr.planner.planning import Planning


def others_nics(planning: Planning, overlays: Overlays) -> None:
    """The nics that somebody else has put on overlays: their configs get ids of their own."""
    for domain in _tended(planning, overlays):
        for seen in domain.nics:
            if _is_somebodys(planning, overlays, domain, seen):
                about = About("nic", seen.any.key, domain.name)
                planning.attempt(about, None, partial(_give_own, planning, overlays, domain, seen))


def _is_somebodys(
    planning: Planning, overlays: Overlays, domain: SeenDomain, seen: Seen[Nic]
) -> bool:
    if id(seen) in planning.matched or (domain.name, seen.any.key) in planning.gone:
        return False
    if not any(nic and overlays.network(nic.source) for nic in (seen.config, seen.live)):
        return False
    from vnetmgr.planner.holds import held

    now_s = planning.observed.now_s
    return not (planning.conduct.heeds_holds and held(domain, seen.any, seen.any.name, now_s))


def _give_own(planning: Planning, overlays: Overlays, domain: SeenDomain, seen: Seen[Nic]) -> None:
    overlays.touches(domain, seen)
    if overlays.is_as_needed(domain, seen):
        return
    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.nic import NicPatch
    from vnetmgr.planner.allocate import TakenMacs
    from vnetmgr.planner.context import Context
    from vnetmgr.planner.nics.update import plan_update

    key = seen.any.key
    want = NicWant(domain=domain.name, nic=key, intent=Intent.PRESENT, patch=NicPatch())
    context = Context(
        observed=planning.observed,
        policy=planning.policy,
        draft=planning.drafts[domain.name],
        taken=TakenMacs(planning.observed),
        overlays=overlays,
    )
    planned = plan_update(want, seen, context)
    planning.steps["nics"] += planned.steps
    planning.waiting += planned.waiting
    planning.notes += planned.notes


def _tended(planning: Planning, overlays: Overlays) -> Iterator[SeenDomain]:
    """The domains all of whose nics on overlays are looked after: a spec's; where it has an
    overlay, all that were looked at. Of commands, those with running nics on an overlay that the
    command is about."""
    spec, observed = planning.spec, planning.observed
    made = {name for name in planning.made if overlays.named(name)}
    if not planning.conduct.goes_on:
        yield from (each for each in observed.domains if made and _runs_on(each, made))
        return
    everybody = bool(made) and not spec.partial
    named = {name for name, _ in spec.domains} | set(spec.others)
    away = {each.name for each in spec.elsewhere} | {each.uuid for each in spec.elsewhere}
    for domain in observed.domains:
        if (everybody or domain.name in named) and away.isdisjoint((domain.name, domain.uuid)):
            yield domain


def _runs_on(domain: SeenDomain, networks: set[str]) -> bool:
    return any(seen.live is not None and seen.live.source.name in networks for seen in domain.nics)


def logical_ports(planning: Planning, overlays: Overlays) -> None:
    """The logical ports of nics on overlays: those that are needed before the nics are, and those
    that nobody needs any more after them."""
    touched = sorted(overlays.touched, key=_order)
    northbound = planning.observed.northbound
    if northbound is None:
        _unseen(planning, overlays, touched)
        return
    from vnetmgr.planner.overlays.ports import Ports
    from vnetmgr.planner.overlays.steps import step_of

    found = Ports(overlays, northbound, planning.observed.host, _promised(planning.desired))
    needed = list(_needed(planning, northbound, found, touched))
    if not planning.conduct.goes_on:
        needed += _following(planning, overlays, found)
    group = _group(planning, touched, needed)
    unused = [
        each
        for each in _unused(planning, overlays, found, touched)
        if _may_go(planning, northbound, each)
    ]
    made = {(each.after.switch, each.after.mac) for each in needed if each.after is not None}
    leaving = frozenset[str]().union(*(each.ids_before for each in touched))
    # What a nic has by another id makes room for the one that it gets, in the same transaction.
    later = [each for each in unused if _waits(each, leaving, made)]
    if needed:
        _ask_anew(planning, needed)
    planning.steps["ports"] += step_of([*needed, *(e for e in unused if e not in later)], group)
    planning.steps["unused ports"] += step_of(later, group)
    if not planning.conduct.goes_on:
        _take_back_notes(planning, touched, needed)


def _group(planning: Planning, touched: Iterable[Becoming], needed: Iterable[PortChange]) -> str:
    """With what the ports are undone: what one domain's command brings along with that, and what a
    network's does with that; a spec's are one transaction."""
    from vnetmgr.planner.overlays.steps import GROUP

    domains = {each.domain.name for each in touched}
    switches = {each.port.switch for each in needed}
    if planning.conduct.goes_on:
        return GROUP
    if domains:
        return domains.pop() if len(domains) == 1 else GROUP
    return f"network {switches.pop()}" if len(switches) == 1 else GROUP


def _ask_anew(planning: Planning, needed: list[PortChange]) -> None:
    """Guests ask for addresses when their ports have them; the others are told of."""
    from vnetmgr.planner.overlays import readdressed

    networks = planning.steps["networks"]
    planning.notes += readdressed.notes_of(needed, readdressed.asking_of(networks))
    networks[:], flaps = readdressed.flaps_apart(networks)
    planning.steps["nics"] += flaps


def _may_go(planning: Planning, northbound: Northbound, change: PortChange) -> bool:
    """Whether a spec may take a port away; that it is not as new as the overlay is told."""
    port = change.before
    if port is None or not planning.conduct.goes_on:
        return True
    from vnetmgr.planner.overlays.revisions import refuse_older

    overlay = northbound.overlay(port.switch, northbound.fleet)
    about = About("network", port.switch)

    def allowed() -> bool:
        refuse_older(overlay, northbound.revision)
        return True

    return planning.attempt(about, None, allowed) is not None


def _promised(desired: Desired) -> dict[str, set[IpAddress]]:
    """The addresses of a spec, by network, also those of domains that are on other hosts, whose
    reservations nobody may have made yet."""
    wants = [*desired.addresses]
    if desired.spec is not None:
        wants += [want for each in desired.spec.elsewhere for want in each.addresses]
    found: dict[str, set[IpAddress]] = {}
    for want in wants:
        if want.address is not None and want.intent not in (Intent.REMOVE, Intent.ABSENT):
            found.setdefault(want.network, set()).add(want.address)
    return found


def _waits(change: PortChange, leaving: frozenset[str], made: set[tuple[str, Mac | None]]) -> bool:
    """Whether a port goes behind its nic, which the plan takes out."""
    port = change.before
    return port is not None and port.name in leaving and (port.switch, port.mac) not in made


def _take_back_notes(
    planning: Planning, touched: Iterable[Becoming], needed: Iterable[PortChange]
) -> None:
    """Do not say of a nic that there is nothing to do where its port changes."""
    from vnetmgr.planner.nics.match import nothing_to_do

    changed = {each.after.name for each in needed if each.after is not None}
    for becoming in touched:
        if becoming.seen is not None and not changed.isdisjoint(becoming.ids):
            said = nothing_to_do(becoming.domain, becoming.seen.any)
            planning.notes = [note for note in planning.notes if note not in said]


def _order(becoming: Becoming) -> tuple[str, str]:
    """Whose turn it is to choose: no listing's order decides."""
    nic = becoming.live or becoming.config
    return becoming.domain.uuid, "" if nic is None else str(nic.mac)


def _unseen(planning: Planning, overlays: Overlays, touched: Iterable[Becoming]) -> None:
    """Say once that ports could not be looked at, where there may be some."""
    for becoming in touched:
        seen = becoming.seen
        before = () if seen is None else (seen.live, seen.config)
        for nic in (becoming.live, becoming.config, *before):
            network = None if nic is None else overlays.network(nic.source)
            if network is not None:
                problems = (each for error in planning.errors for each in error.problems)
                if not any(each.about and each.about.kind == "ovn" for each in problems):
                    planning.attempt(None, None, partial(overlays.database, network))
                return


def _needed(
    planning: Planning, northbound: Northbound, found: Ports, touched: Iterable[Becoming]
) -> Iterator[PortChange]:
    from vnetmgr.planner.overlays.ports import stamped

    revision = northbound.revision if planning.conduct.goes_on else None
    for becoming in touched:
        nic = becoming.live or becoming.config
        about = None if nic is None else About("nic", nic.key, becoming.domain.name)
        change = planning.attempt(about, None, partial(found.change, becoming))
        if change is not None:
            yield stamped(change, revision)


def _following(planning: Planning, overlays: Overlays, found: Ports) -> Iterator[PortChange]:
    """What a command reserves or changes of an overlay counts at once for this host's ports; a
    spec's nics are looked at anyway."""
    for want in planning.wants:
        if want.among == "addresses" and (network := overlays.named(want.network)) is not None:
            yield from found.following(network, want.mac) if want.mac is not None else ()
        if want.among == "networks" and (network := overlays.named(want.name)) is not None:
            if want.intent in (Intent.REMOVE, Intent.ABSENT):
                continue
            yield from found.following(network)
            hosts = sorted(found.lagging(network))
            if hosts:
                planning.notes.append(
                    f"network {want.name}: the ports of guests on {joined(hosts)} follow when "
                    "vnetmgr looks at them there"
                )


def _unused(
    planning: Planning, overlays: Overlays, found: Ports, touched: Iterable[Becoming]
) -> Iterator[PortChange]:
    domains = {each.domain.uuid: each.domain for each in touched}
    if planning.conduct.goes_on:
        domains |= {each.uuid: each for each in _tended(planning, overlays)}
    unplugged: dict[str, set[str]] = {}
    for becoming in touched:
        unplugged.setdefault(becoming.domain.uuid, set()).update(becoming.ids_before)
    for uuid, domain in domains.items():
        if not found.has_more(domain):
            continue  # as nearly always
        for seen in domain.nics:
            found.keep(overlays.as_it_will_be(domain, seen))
        yield from found.stale(domain, unplugged.get(uuid, ()))
    if planning.conduct.prunes_all and not (planning.spec.incomplete or planning.spec.partial):
        here = frozenset(each.uuid for each in planning.observed.domains)
        away = planning.spec.elsewhere
        elsewhere = frozenset(each.uuid for each in away if each.uuid is not None)
        yield from found.abandoned(here | elsewhere, frozenset(each.name for each in away))
