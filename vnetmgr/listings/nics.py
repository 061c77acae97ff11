"""Put together what list-nics shows, from libvirt and from this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.command import Command
from vnetmgr.engine.called import choose
from vnetmgr.engine.observe import observe
from vnetmgr.errors import RefusedError, UnsupportedError
from vnetmgr.listings.nic_state import missing
from vnetmgr.listings.ports import (
    is_bound,
    port_addresses,
    port_problem,
    unchecked_port,
    unseen_ports,
)
from vnetmgr.listings.unread import without_unread
from vnetmgr.local.neighbours import who_answers
from vnetmgr.model.address import Origin
from vnetmgr.model.nic import Mode, as_it_runs, pending
from vnetmgr.model.record import replace
from vnetmgr.model.rows.nics import NicListing, NicRow, Pending
from vnetmgr.model.rows.qemu_args import QemuNic
from vnetmgr.model.seen.guests import is_orphan, same_macs
from vnetmgr.model.seen.hostdev import HostDeviceListing, HostDeviceRow
from vnetmgr.model.seen.observed import EVERY, Scope
from vnetmgr.model.show import show
from vnetmgr.model.state import State
from vnetmgr.planner.allocate import another_mac
from vnetmgr.planner.owned import OwnedNics

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.engine.called import Chosen
    from vnetmgr.host.connect import Host
    from vnetmgr.listings.nic_rules import FrameRules
    from vnetmgr.model.address import AddressBook
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.state import Seen

_AGENT_TIMEOUT_S = 3.0


def list_nics(host: Host, domains: Sequence[str]) -> NicListing:
    """Every nic of the domains named, or of all; what guests cannot tell is left empty."""
    return _listing(host, domains, probe=False)


def probe_nics(host: Host, domains: Sequence[str]) -> NicListing:
    """The same; who is on a bridge, and nobody knows by which address, is asked for there."""
    return _listing(host, domains, probe=True)


def _listing(host: Host, words: Sequence[str], *, probe: bool) -> NicListing:
    asked = choose(host, words)
    observed = observe(host, _scope(host, asked))
    book = host.addresses(observed.domains, agent=True, timeout_s=_AGENT_TIMEOUT_S)
    book = book.with_more(port_addresses(observed))
    notes = list(asked.notes)
    rules = None
    if _is_bridged(host, observed):
        from vnetmgr.listings.heard import hear_neighbours
        from vnetmgr.listings.nic_rules import FrameRules

        book = hear_neighbours(observed, book, notes, probe=probe)
        rules = FrameRules(observed)
    elif probe and not host.is_local:
        notes.append(f"not probed: the bridges are {host.name}'s; run vnetmgr there")
    around = _Around(
        observed=observed,
        book=book,
        owned=_owned(host, observed, asked),
        twins=same_macs((*observed.domains, *_others(host, observed, asked))),
        neighbours=who_answers(_leased(observed, book)) if host.is_local else {},
        rules=rules,
    )
    nics = [
        (domain, seen)
        for domain in sorted(observed.domains, key=lambda domain: domain.name)
        for seen in domain.nics
    ]
    rows = tuple(_row(domain, seen, around) for domain, seen in nics)
    notes += (*_twin_notes(nics, around), *_unseen(around))
    listing = NicListing(uri=host.uri, rows=rows, notes=tuple(notes))
    return without_unread(listing, observed)


def _scope(host: Host, asked: Chosen) -> Scope:
    return Scope(
        domains=asked.named,
        optional_domains=asked.matched,
        all_domains=asked.everyone,
        past_unread=True,
        networks=(EVERY,),
        ports=not host.is_local,  # which this machine's taps say by themselves
        links=True,
        overlays=True,
        briefly=True,
        of_overlays=(EVERY,) if asked.everyone else (),
    )


def _is_bridged(host: Host, observed: Observed) -> bool:
    """Whether a running nic is on a bridge of this machine's."""
    return (host.is_local and observed.features.host_links) and any(
        seen.live is not None and seen.live.bridge is not None
        for domain in observed.domains
        for seen in domain.nics
    )


def _twin_notes(nics: Sequence[tuple[SeenDomain, Seen[Nic]]], around: _Around) -> Iterator[str]:
    for domain, seen in nics:
        if id(seen) in around.twins:
            another = another_mac(domain, seen.any, around.observed.domains)
            yield (
                f"{domain.name}: nic {seen.any.key} has the MAC of "
                f"{', '.join(around.twins[id(seen)])}, on the same bridge: they get one address, "
                f"and packets go now to one, now to the other; give one another: {another}"
            )


def _unseen(around: _Around) -> Iterator[str]:
    """What could not be looked at."""
    if around.book.not_asked:
        yield f"agent addresses not checked: {around.book.not_asked}"
    if around.book.silent:
        yield f"agents that did not answer: {', '.join(around.book.silent)}"
    if around.rules is not None:
        yield from around.rules.notes
    ports = unseen_ports(around.observed)
    if ports is not None:
        yield ports


def _owned(host: Host, observed: Observed, asked: Chosen) -> OwnedNics:
    """Which nics are owned. Of one that does not prove it, every other domain is looked at: it may
    be a copy."""
    owned = OwnedNics(observed.domains, everybody=asked.everyone and not observed.unread)
    nics = [(domain, seen.any) for domain in observed.domains for seen in domain.nics]
    if asked.everyone or all(owned.has(domain, nic) for domain, nic in nics if nic.owned):
        return owned
    everybody = observe(host, Scope(all_domains=True, past_unread=True))
    return OwnedNics(everybody.domains, everybody=not everybody.unread)


def _leased(observed: Observed, book: AddressBook) -> Iterator[tuple[str, str]]:
    """(bridge, address) of the running nics' leases."""
    for domain in observed.domains:
        for seen in domain.nics:
            if seen.live is not None and seen.live.bridge is not None:
                for each in book.of(seen.live):
                    if each.origin is Origin.LEASE:
                        yield seen.live.bridge, each.address


class _Around(NamedTuple):
    """What rows are made from, beside their nics."""

    observed: Observed
    book: AddressBook
    owned: OwnedNics
    twins: dict[int, tuple[str, ...]]
    neighbours: dict[tuple[str, str], str | None]
    rules: FrameRules | None
    """None: no frames of a running nic are this machine's to drop."""


def _unanswered(domain: SeenDomain, live: Nic | None, around: _Around) -> Iterator[str]:
    """The leases that the guest seems not to use: they may be of before a migration."""
    if live is None or domain.paused:
        return
    for each in around.book.of(live):
        known = around.neighbours.get((live.bridge or "", each.address), "")
        if each.origin is Origin.LEASE and known is None:
            yield each.address


def _others(host: Host, observed: Observed, asked: Chosen) -> tuple[SeenDomain, ...]:
    """The running domains that were not asked for, where one may have the MAC of one that was:
    on this machine its taps tell (libvirt gives them the guest's MAC with fe as its first byte)."""
    if asked.everyone:
        return ()
    links = observed.links
    mine = {f"fe{mac[2:]}" for domain in observed.domains for mac in domain.macs}
    if links is not None and links.ports is not None and not mine & links.macs_twice:
        return ()
    running = observe(host, Scope(running_domains=True, past_unread=True)).domains
    return tuple(each for each in running if each.name not in asked.names)


def list_host_devices(host: Host) -> HostDeviceListing:
    """This machine's PCI network devices, who has them, and why a guest cannot.

    Raises UnsupportedError for a remote host, whose devices cannot be seen from here.
    """
    from vnetmgr.planner.nics.hostdev import users
    from vnetmgr.planner.nics.obstacles import obstacles

    observed = observe(host, Scope(all_domains=True, host_devices=True))
    devices = observed.host_devices
    if devices is None:
        raise UnsupportedError(
            f"the PCI devices of {observed.host} cannot be seen over {host.uri}",
            f"run {Command('list-host-devices', there=True)} on that host",
        )
    rows = []
    for device in devices.network:
        having = users(device.address, observed.domains)
        problems = [problem for problem, _ in obstacles(device, devices)]
        problems += [f"domain {name} has it" for name in having]
        rows.append(HostDeviceRow(device=device, problems=tuple(problems), domains=having))
    notes = () if devices.iommu else ("the IOMMU is off: no device can be given to a guest",)
    return HostDeviceListing(uri=host.uri, iommu=devices.iommu, rows=tuple(rows), notes=notes)


def list_qemu_nics(host: Host, word: str, *, live: bool) -> tuple[QemuNic, ...]:
    """A domain's nics in QEMU's words; in its config, or with `live` as they run.

    Raises RefusedError for a state that the domain is not in.
    """
    from vnetmgr.libvirt_xml.domain_read import read_machine
    from vnetmgr.libvirt_xml.unmodelled import unmodelled_of_nic
    from vnetmgr.qemu_args.write import qemu_arguments

    name = host.domain_called(word)
    (domain,) = observe(host, Scope(domains=(name,))).domains
    state = State.LIVE if live else State.CONFIG
    document = domain.live_xml if live else domain.config_xml
    if document is None:
        raise RefusedError(
            f"domain {name} does not run" if live else f"domain {name} is transient: no config",
            "leave --live out: that shows its config" if live else "use --live: that shows it",
        )
    arch, machine = read_machine(document)
    present = [seen for seen in domain.nics if seen.value(state)]
    nics = _with_bridges(host, [nic for seen in present if (nic := seen.value(state))])
    besides = [
        unmodelled_of_nic(seen.xml(state) or "<interface/>", sockets=True) for seen in present
    ]
    return tuple(
        QemuNic(
            domain=name,
            nic=nic,
            arguments=qemu_arguments(
                nic, number=number, arch=arch, machine=machine, unmodelled=besides[number]
            ),
        )
        for number, nic in enumerate(nics)
    )


def _with_bridges(host: Host, nics: Sequence[Nic]) -> list[Nic]:
    """The nics with the bridge behind their network, which a config does not say."""
    names = {nic.source.name or "" for nic in nics if nic.source.mode is Mode.NETWORK}
    networks = observe(host, Scope(networks=tuple(names))).networks if names else ()
    bridges = {network.name: network.any.bridge for network in networks}
    return [
        replace(nic, bridge=nic.bridge or bridges.get(nic.source.name or ""))
        if nic.source.mode is Mode.NETWORK
        else nic
        for nic in nics
    ]


def _row(domain: SeenDomain, seen: Seen[Nic], around: _Around) -> NicRow:
    live = seen.live
    nic = seen.any if live is None else as_it_runs(config=seen.config, live=live)
    addresses = around.book.of(live) if live else ()
    dropped, unchecked = None, unchecked_port(live, around.observed)
    if live is not None and around.rules is not None:
        dropped, unclear = around.rules.judge(domain.name, live, addresses)
        unchecked = unchecked or unclear
    return NicRow(
        domain=domain.name,
        nic=replace(nic, owned=around.owned.has(domain, seen.any)) if nic.owned else nic,
        target=live.target if live else None,
        link=nic.link or "up",
        addresses=addresses,
        in_config=seen.config is not None,
        in_live=live is not None,
        running=domain.active,
        pending=_pending(seen),
        orphan=False if live is None else is_orphan(live, around.observed),
        missing=missing(seen, around.observed),
        port=port_problem(live, around.observed),
        bound=is_bound(live, around.observed),
        same_mac=around.twins.get(id(seen), ()),
        dropped=dropped,
        unchecked=unchecked,
        unanswered=tuple(_unanswered(domain, live, around)),
    )


def _pending(seen: Seen[Nic]) -> tuple[Pending, ...]:
    if seen.config is None or seen.live is None:
        return ()
    return tuple(
        Pending(field, show(live), show(config))
        for field, live, config in pending(config=seen.config, live=seen.live)
    )
