"""Pure: the domains of a spec that are other hosts'. One that has gone there leaves behind what
was kept for it here: that is taken away. What is defined here by its name is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError
from vnetmgr.model.dhcp import mac_of_duid
from vnetmgr.model.intent import Intent
from vnetmgr.model.names import joined
from vnetmgr.model.network_want import AddressWant
from vnetmgr.model.nic import Mode
from vnetmgr.model.patch import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.desired import Elsewhere, NicWant, SpecScope
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.values import Mac


def leaves_something(spec: SpecScope) -> bool:
    """Whether there may be something here that was kept for one of them."""
    return any(next(_kept_for(each), None) is not None for each in spec.elsewhere)


def leftovers(spec: SpecScope, observed: Observed) -> Iterator[str]:
    """What to say of domains here that have the name of one of them."""
    for each in spec.elsewhere:
        here = observed.domain(each.name)
        if here is None or each.host is None:
            continue
        yield _leftover(each, here)


def _leftover(each: Elsewhere, here: SeenDomain) -> str:
    if each.uuid not in (None, here.uuid):
        return (
            f"domain {each.name} is on {each.host}; the one of that name on this host is another "
            f"({here.uuid}), and is left alone"
        )
    if each.uuid is None:
        return (
            f"domain {each.name} is on this host, and the spec has it on {each.host}: it is left "
            "alone here; migrate it there, or give it another host in the spec"
        )
    if here.active:  # as while it arrives
        return (
            f"domain {each.name} is meant on {each.host}, and is active on this host as well: it "
            "is left alone here"
        )
    return (
        f"domain {each.name} is on {each.host}, and a migration has left its definition on this "
        "host: that is left alone; `virsh undefine` takes it away"
    )


def stale_addresses(spec: SpecScope, observed: Observed) -> list[AddressWant]:
    """That the reservations go which networks here have for nics of theirs: those that the spec
    gives, and those that its forwards need. Never another's: no domain here has such a MAC."""
    if spec.incomplete or not leaves_something(spec):
        return []
    reserved = {
        (seen.name, mac)
        for seen in observed.networks
        for state in (seen.config, seen.live)
        for each in (() if state is None else state.reservations)
        if (mac := each.mac or mac_of_duid(each.duid)) is not None
    }
    here = frozenset[str]().union(*(domain.macs for domain in observed.domains))
    return [
        AddressWant(network=network, intent=Intent.ABSENT, mac=mac, origin=each.origin)
        for each in spec.elsewhere
        if not _is_here(each, observed)
        for network, mac in dict.fromkeys(_kept_for(each))
        if (network, mac) in reserved and mac not in here
    ]


def kept_addresses(spec: SpecScope, observed: Observed) -> Iterator[AddressWant]:
    """The spec's addresses of those whose reservations stay: nobody knows where they are, or a
    domain of their name is here."""
    for each in spec.elsewhere:
        if each.host is None or _is_here(each, observed):
            yield from each.addresses


def refuse_other_network(spec: SpecScope, want: NicWant) -> None:
    """Raise RefusedError for a nic here on a network that the spec has for other hosts alone."""
    source = want.patch.source
    if source is UNSET or source.mode is not Mode.NETWORK:
        return
    hosts = next((hosts for name, hosts in spec.other_networks if name == source.name), None)
    if hosts is not None:
        where = f"{joined(list(hosts))} alone" if hosts else "no host"
        raise RefusedError(
            f"nic {want.spec_name} of domain {want.domain} is to be on network {source.name}, "
            f"which the spec has for {where}; the domain is on {spec.host or 'this host'}",
            f"add {spec.host or 'this host'} to the hosts of network {source.name}, or bring the "
            "domain to one of those",
        )


def _is_here(each: Elsewhere, observed: Observed) -> bool:
    """Whether a domain of its name, or of its UUID, is defined here."""
    return observed.domain(each.name) is not None or (
        each.uuid is not None and any(domain.uuid == each.uuid for domain in observed.domains)
    )


def _kept_for(each: Elsewhere) -> Iterator[tuple[str, Mac]]:
    """(network, MAC) of all that a host keeps for it while it is there."""
    if each.host is None:
        return
    for want in each.addresses:
        yield from ((want.network, mac) for mac in _macs(each, want.nic))
    forwards = () if each.forwards is None else each.forwards.whole
    led_to = {forward.nic for forward in forwards}
    for nic in each.nics:
        source = nic.patch.source
        on_network = source is not UNSET and source.mode is Mode.NETWORK and source.name
        if on_network and not led_to.isdisjoint({nic.spec_name, None}):
            yield from ((on_network, mac) for mac in _macs(each, nic.spec_name))


def _macs(each: Elsewhere, nic: str | None) -> list[Mac]:
    """Those of one of its nics: as the spec says, or as it has been seen. One that is not known
    by its name may be any that no other is known by."""
    given = [want.patch.mac for want in each.nics if want.spec_name == nic]
    said = [mac for mac in given if mac is not UNSET and mac is not None]
    named = [mac for name, mac in each.macs if name == nic]
    others = {want.spec_name for want in each.nics}
    return said or named or [mac for name, mac in each.macs if name not in others]
