"""Pure: the domains of a spec that are other hosts'. One that has gone there leaves behind what
was kept for it here: that is taken away. What is defined here by its name is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.errors import RefusedError
from vnetmgr.model.dhcp import mac_of_duid
from vnetmgr.model.intent import Intent
from vnetmgr.model.names import joined
from vnetmgr.model.network_want import AddressWant
from vnetmgr.model.nic import Mode
from vnetmgr.model.patch import UNSET
from vnetmgr.printable import shell_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vnetmgr.model.desired import Elsewhere, NicWant, SpecScope
    from vnetmgr.model.dhcp import IpAddress
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
        f"host: that is left alone; `virsh undefine {shell_word(each.name)}` there takes it away"
    )


def stale_addresses(spec: SpecScope, observed: Observed) -> dict[AddressWant, str]:
    """That the reservations go which networks here have for nics of theirs, and why: those that
    the spec gives, and those that its forwards needed. What other hosts say is not enough."""
    if spec.incomplete or not leaves_something(spec):
        return {}
    here, is_here = _Here(observed), _defined(observed)
    if not here.has_any:  # as nearly always, and a spec has thousands that are elsewhere
        return {}
    return {
        AddressWant(
            network=kept.network,
            intent=Intent.ABSENT,
            mac=mac,
            address=address,
            origin=each.origin,
        ): f"domain {each.name} is on {each.host}: what was reserved for it here is of no use"
        for each in spec.elsewhere
        if not is_here(each)
        for kept in _kept_for(each)
        for mac, address in here.reserved_for(kept)
    }


def kept_addresses(spec: SpecScope, observed: Observed) -> Iterator[AddressWant]:
    """The spec's addresses of those whose reservations stay: nobody knows where they are, or a
    domain of their name is here; or they are on a network that is all hosts'."""
    is_here = _defined(observed)
    overlays = {seen.name for seen in observed.overlays}
    if observed.northbound is not None:  # one that this host is yet to join
        here = {seen.name for seen in observed.networks}
        overlays |= {each.network.name for each in observed.northbound.overlays} - here
    for each in spec.elsewhere:
        stays = each.host is None or is_here(each)
        yield from (want for want in each.addresses if stays or want.network in overlays)


def macs_left_alone(spec: SpecScope, observed: Observed) -> frozenset[Mac]:
    """The MACs of domains that are defined here, and which the spec does not have here."""
    names = {each.name for each in spec.elsewhere} | {each.uuid for each in spec.elsewhere}
    left = (each for each in observed.domains if not names.isdisjoint({each.name, each.uuid}))
    return frozenset(mac for each in left for mac in each.macs)


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


def _defined(observed: Observed) -> Callable[[Elsewhere], bool]:
    """Whether a domain of one's name, or of its UUID, is defined here."""
    names = {domain.name for domain in observed.domains}
    uuids = {domain.uuid for domain in observed.domains}
    return lambda each: each.name in names or each.uuid in uuids


class _Kept(NamedTuple):
    """What a host keeps for a nic of a domain, while that is there."""

    network: str
    address: IpAddress | None
    """As the spec gives it; None: any that a forward needs."""
    said: tuple[Mac, ...]
    """Its MAC, as the spec says."""
    seen: tuple[Mac, ...]
    """The MACs that it may have, by what its host says."""


class _Here:
    """What is reserved here for clients that are no domain's here."""

    def __init__(self, observed: Observed) -> None:
        own = frozenset[str]().union(*(domain.macs for domain in observed.domains))
        self._found: dict[tuple[str, object], set[tuple[Mac, IpAddress]]] = {}
        # An overlay keeps an address for its guest wherever that is.
        for seen in (each for each in observed.networks if not each.is_overlay):
            for state in (seen.config, seen.live):
                for each in () if state is None else state.reservations:
                    mac = each.mac or mac_of_duid(each.duid)
                    if mac is not None and mac not in own:
                        for key in (mac, each.address):
                            found = self._found.setdefault((seen.name, key), set())
                            found.add((mac, each.address))
        uuids = {domain.uuid for domain in observed.domains}
        rules = () if observed.rules is None else observed.rules.rules
        self._led_to = {
            (rule.mac, rule.guest_address) for rule in rules if rule.domain not in uuids
        }
        """Where rules lead whose domains are not here any more."""

    @property
    def has_any(self) -> bool:
        """Whether there is any such."""
        return bool(self._found)

    def reserved_for(self, kept: _Kept) -> Iterator[tuple[Mac, IpAddress]]:
        """The reservations that were made for that."""
        keys = (*kept.said, *kept.seen, *filter(None, (kept.address,)))
        near = {one for key in keys for one in self._found.get((kept.network, key), ())}
        for mac, address in sorted(near, key=str):
            led_to = (mac, address) in self._led_to
            given = address == kept.address
            whose = mac in kept.said if kept.said else mac in kept.seen or (led_to and given)
            if whose and (given or led_to):
                yield mac, address


def _kept_for(each: Elsewhere) -> Iterator[_Kept]:
    if each.host is None:
        return
    given = [(want.network, want.nic, want.address) for want in each.addresses]
    forwards = () if each.forwards is None else each.forwards.whole
    led_to = {forward.nic for forward in forwards}
    for nic in each.nics:
        source = nic.patch.source
        needed = not led_to.isdisjoint({nic.spec_name, None})
        if needed and source is not UNSET and source.mode is Mode.NETWORK and source.name:
            given.append((source.name, nic.spec_name, None))
    names = {want.spec_name for want in each.nics}
    for network, name, address in given:
        said = [nic.patch.mac for nic in each.nics if nic.spec_name == name]
        named = tuple(mac for known, mac in each.macs if known == name)
        yield _Kept(
            network=network,
            address=address,
            said=tuple(mac for mac in said if mac is not UNSET and mac is not None),
            # One that is not known by its name may be any that no other is known by.
            seen=named or tuple(mac for known, mac in each.macs if known not in names),
        )
