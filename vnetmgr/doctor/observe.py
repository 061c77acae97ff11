"""Take a snapshot: libvirt's side, and this machine's where libvirt is here."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.overlays import with_northbound, with_overlays
from vnetmgr.libvirt_xml.domain_read import read_pci_topology
from vnetmgr.model.network import HOP
from vnetmgr.model.nic import Mode
from vnetmgr.model.path.domains import DomainFacts, DomainState, NicFacts
from vnetmgr.model.path.facts import PathFacts
from vnetmgr.model.path.networks import NetworkFacts
from vnetmgr.model.path.unseen import ALL_OF, Need, Unseen
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import EVERY, Scope
from vnetmgr.planner.nics.slots import free_addresses, slot_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vnetmgr.host.connect import Host
    from vnetmgr.host.path import DomainRun
    from vnetmgr.model.dhcp import Lease
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.path.domains import GuestLink
    from vnetmgr.model.path.links import LinkFacts
    from vnetmgr.model.seen.observed import Observed

_AGENT_TIMEOUT_S = 3.0
_MACHINE = (
    *("links", "fdb", "vlans", "neighbours", "routes", "route_rules", "sysctls", "rulesets"),
    *("listeners", "dnsmasqs", "switches"),
)
"""What a host tells of itself alone, and not by libvirt."""


def observe_paths(host: Host, domains: Sequence[str]) -> PathFacts:
    """What there is to see of the domains named, or of all. Raises NotFoundError for one that
    does not exist. What cannot be seen is in `unseen`."""
    observed = host.observe(
        Scope(
            domains=tuple(domains),
            all_domains=not domains,
            past_unread=True,
            networks=(EVERY,),
            ports=not host.is_local,  # which this machine's taps say by themselves
        )
    )
    observed = with_northbound(host, observed)
    unread = tuple(_unread(observed))
    asked = (*(each.name for each in observed.domains), *(each.domain or "" for each in unread))
    nics = [nic for domain in observed.domains for nic in _nics(domain)]
    found, unseen = _domains(host, observed.domains)
    filters = host.filters({nic.filter for nic in nics if nic.filter})
    no_probe = Unseen(part="probes", needs=Need.PROBE, why="needs --probe")
    facts = PathFacts(
        uri=host.uri,
        host=host.name,
        taken_s=int(time()),
        domains=found,
        asked=tuple(sorted(asked)),
        networks=tuple(_network(each) for each in observed.networks),
        filters=filters,
        leases=_leases(host, nics),
        unseen=(*unread, *unseen, no_probe),
    )
    if filters is None:
        why = "this libvirt shows no network filters"
        facts = _with_unseen(facts, Unseen(part="filters", needs=Need.OTHER, why=why))
    facts = with_overlays(host, facts, observed)
    return _with_machine(host, facts, observed.domains, everybody=not domains)


def _with_machine(
    host: Host, facts: PathFacts, domains: Iterable[SeenDomain], *, everybody: bool
) -> PathFacts:
    """With the host's own side, and the domains that share a MAC with those that were asked for."""
    if not (host.is_local and host.features.host_links):
        why = f"needs a local host: run {Command('doctor', there=True)} on {host.name}"
        unseen = (Unseen(part=part, needs=Need.LOCAL_HOST, why=why) for part in _MACHINE)
        facts = _with_unseen(facts, *unseen)
    else:
        from vnetmgr.local.path.read import with_machine

        facts = with_machine(facts)
    if everybody or not _may_have_twins(facts, domains):
        return facts
    others = host.observe(Scope(running_domains=True, past_unread=True))
    new = [each for each in others.domains if each.name not in facts.asked]
    more, _ = _domains(host, new, agent=False)
    return _with_unseen(replace(facts, domains=(*facts.domains, *more)), *_unread(others))


def _unread(observed: Observed) -> Iterator[Unseen]:
    """The domains whose documents are none."""
    for error in observed.unread:
        if error.about is not None:
            domain = error.about.name
            yield Unseen(part=ALL_OF, needs=Need.OTHER, why=error.text, domain=domain)


def _may_have_twins(facts: PathFacts, domains: Iterable[SeenDomain]) -> bool:
    """Whether a running domain that was not asked for may have one of these MACs: here the links
    tell, as libvirt gives taps the guest's MAC with fe as its first byte. Afar, nothing does, and
    nowhere of an interfaceid."""
    nics = (seen.live for domain in domains for seen in domain.nics)
    if facts.links is None or any(nic is not None and nic.interface_id for nic in nics):
        return True
    mine = {mac[2:] for domain in domains for mac in domain.macs}
    return len(list(_guest_links(facts.links, mine))) > len({*_guest_links(facts.links, mine)})


def _guest_links(links: Iterable[LinkFacts], macs: set[str]) -> Iterator[str]:
    """The MACs of taps and macvtaps that are these guests', without their first byte."""
    for link in links:
        if link.mac is not None and link.bridge is None and link.mac[2:] in macs:
            yield link.mac[2:]


def _with_unseen(facts: PathFacts, *unseen: Unseen) -> PathFacts:
    return replace(facts, unseen=(*facts.unseen, *unseen))


def _nics(domain: SeenDomain) -> Iterator[Nic]:
    for seen in domain.nics:
        yield from (nic for nic in (seen.config, seen.live) if nic is not None)


def _leases(host: Host, nics: Iterable[Nic]) -> tuple[Lease, ...]:
    """Those of the networks that the nics are on."""
    names = {nic.source.name for nic in nics if nic.source.mode is Mode.NETWORK}
    named = tuple(sorted(name for name in names if name and not name.startswith(HOP)))
    return host.observe(Scope(leases=named)).leases if named else ()


def _network(seen: SeenNetwork) -> NetworkFacts:
    return NetworkFacts(
        name=seen.name,
        config=seen.config,
        live=seen.live,
        autostart=seen.autostart,
        ports=seen.ports,
    )


def _domains(
    host: Host, domains: Iterable[SeenDomain], *, agent: bool = True
) -> tuple[tuple[DomainFacts, ...], tuple[Unseen, ...]]:
    """The domains, and why guests' agents have not answered."""
    present = sorted(domains, key=lambda each: each.name)
    runs = host.runs([each.name for each in present]) if present else {}
    connected = [each.name for each in present if each.active and each.agent_connected]
    asks = agent and not host.readonly
    answers = host.guest_links(connected, timeout_s=_AGENT_TIMEOUT_S) if asks and connected else {}
    facts = tuple(_domain(each, runs, answers.get(each.name)) for each in present)
    return facts, tuple(_unseen(host, facts)) if agent else ()


def _unseen(host: Host, domains: Iterable[DomainFacts]) -> Iterator[Unseen]:
    """Why there is nothing to see of some running domains, or of some of their nics."""
    slots, counts = "domains.free_slots", "nics.tx_packets"
    for domain in domains:
        if domain.running and domain.agent is None:
            yield _no_answer(host, domain)
        if domain.running and domain.free_slots is None:
            why = "its machine has no PCI slots that can be seen"
            yield Unseen(part=slots, needs=Need.OTHER, why=why, domain=domain.name)
        if any(nic.live is not None and nic.tx_packets is None for nic in domain.nics):
            why = "libvirt counts no frames of it"
            yield Unseen(part=counts, needs=Need.OTHER, why=why, domain=domain.name)


def _no_answer(host: Host, domain: DomainFacts) -> Unseen:
    if not domain.agent_channel:
        need, why = Need.AGENT, "needs the guest's agent (qemu-guest-agent), which is not connected"
    elif host.readonly:
        need, why = (
            Need.WRITABLE,
            "needs the guest's agent, which a read-only connection does not ask",
        )
    else:
        need, why = Need.AGENT, "needs the guest's agent, which did not answer"
    return Unseen(part="domains.agent", needs=need, why=why, domain=domain.name)


def _domain(
    domain: SeenDomain, runs: Mapping[str, DomainRun], agent: tuple[GuestLink, ...] | None
) -> DomainFacts:
    run = runs.get(domain.name)
    sent = {} if run is None else run.sent
    return DomainFacts(
        name=domain.name,
        uuid=domain.uuid,
        state=DomainState.OFF if run is None else run.state,
        reason=None if run is None else run.reason,
        persistent=domain.persistent,
        managed_save=domain.managed_save,
        nics=tuple(
            NicFacts(
                config=seen.config,
                live=seen.live,
                tx_packets=sent.get(seen.live.target or "") if seen.live else None,
            )
            for seen in domain.nics
        ),
        free_slots=_free_slots(domain.live_xml),
        agent_channel=domain.agent_connected,
        agent=agent,
        forwards=domain.forwards,
    )


def _free_slots(live_xml: str | None) -> int | None:
    topology = None if live_xml is None else read_pci_topology(live_xml)
    if topology is None:
        return None
    return sum(1 for _ in free_addresses(topology, slot_kind("virtio", topology)))
