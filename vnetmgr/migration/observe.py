"""Look at both hosts: at the guest, and at what the other host has of what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.engine.observe import observe
from vnetmgr.errors import NotFoundError
from vnetmgr.libvirt_xml.domain_read import read_host_addresses
from vnetmgr.libvirt_xml.machine_read import read_guest_machine
from vnetmgr.migration.facts import Facts, Side, carried
from vnetmgr.model.nic import Mode
from vnetmgr.model.options.extra import GENERATED_TARGETS
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import EVERY, Scope
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vnetmgr.host.connect import Host
    from vnetmgr.migration.called import Called
    from vnetmgr.migration.facts import Carried
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Observed


def look(domain: str, source: tuple[Host, Called], destination: tuple[Host, Called]) -> Facts:
    """What there is to see. Raises NotFoundError for a domain that is not on the source."""
    here, called = source
    name = here.domain_called(domain)
    observed = observe(
        here,
        Scope(
            domains=(name,),
            running_domains=True,
            networks=(EVERY,),
            leases=(EVERY,),
            forwards_of_these=True,
            overlays=True,
        ),
    )
    guest = observed.domain(name)
    if guest is None:
        raise NotFoundError(f"domain {name}: it has just gone", about=About("domain", name))
    xml = guest.live_xml or guest.config_xml or ""
    machine = read_guest_machine(xml)
    side = Side(called=called, observed=observed, machines=here.machines(machine))
    facts = Facts(
        domain=guest,
        machine=machine,
        source=side,
        destination=replace(side, called=destination[1], observed=_elsewhere(destination, guest)),
        finds_name=_finds(here, destination[0].name),
        assigned=_assigned(guest, xml),
    )
    return _with_both(facts, here, destination[0])


def _finds(here: Host, name: str) -> bool | None:
    """By its own name the other host's libvirt is reached, unless it is told another."""
    if not here.is_local:
        return None
    from vnetmgr.local.programs import finds_host

    return finds_host(name)


def _elsewhere(destination: tuple[Host, Called], guest: SeenDomain) -> Observed:
    """All domains: any may have the guest's name, MACs or ports."""
    ports = sorted({port for forward in guest.forwards for port in forward.host_ports})
    scope = Scope(
        all_domains=True,
        networks=(EVERY,),
        leases=(EVERY,),
        links=True,
        forwards=bool(ports),
        forward_ports=tuple(ports),
        overlays=True,
    )
    return observe(destination[0], scope)


def _with_both(facts: Facts, here: Host, there: Host) -> Facts:
    """With what is asked for by name: filters, links, the machine."""
    nics = carried(facts)
    filters = sorted({of.nic.filter for of in nics if of.nic.filter is not None})
    source = replace(
        facts.source,
        filters=here.filter_bodies(filters),
        links=_links(here, nics, facts.source.observed),
    )
    destination = replace(
        facts.destination,
        machines=there.machines(facts.machine),
        filters=there.filter_bodies(filters),
        links=_links(there, nics, facts.destination.observed),
    )
    return replace(facts, source=source, destination=destination)


def _links(
    host: Host, nics: Iterable[Carried], observed: Observed
) -> Mapping[str, int | None] | None:
    if host.is_local and host.features.host_links:
        from vnetmgr.local.links import read_mtus

        return read_mtus()
    return host.link_mtus(dict.fromkeys(name for of in nics for name in _below(of.nic, observed)))


def _below(nic: Nic, observed: Observed) -> Iterator[str]:
    """The links of a host that a nic is on, and that its own is called like."""
    if nic.source.mode is Mode.NETWORK:
        network = observed.network(nic.source.name or "")
        if network is not None:
            state = network.live or network.any
            yield from state.forward_devs
            if state.is_a_bridge_of_the_host and state.bridge is not None:
                yield state.bridge
    elif nic.source.mode in (Mode.BRIDGE, Mode.DIRECT) and nic.source.name is not None:
        yield nic.source.name
    named = nic.target or dict(nic.extra or ()).get("target.dev")
    if named is not None and not named.startswith(GENERATED_TARGETS):
        yield named


def _assigned(guest: SeenDomain, xml: str) -> tuple[str, ...]:
    """The PCI devices that are no nic of its."""
    nics = [nic for seen in guest.nics for nic in (seen.config, seen.live) if nic is not None]
    mine = {address for nic in nics if (address := _address(nic)) is not None}
    return tuple(sorted(str(each) for each in read_host_addresses(xml) if str(each) not in mine))


def _address(nic: Nic) -> str | None:
    return nic.source.name if nic.source.mode is Mode.HOSTDEV else None
