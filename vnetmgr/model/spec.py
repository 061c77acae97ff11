"""What a spec says, read and checked: wants that know where in which file they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.desired import Elsewhere, NicWant
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import ForwardsWant
    from vnetmgr.model.names import HostRef
    from vnetmgr.model.network_want import AddressWant, NetworkWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.model.state import Seen
    from vnetmgr.model.values import Mac
    from vnetmgr.problem import Place


class SpecDomain(Record):
    """What a spec wants of one domain."""

    name: str
    origin: Place
    prune: bool = False
    """Whether its owned nics that are not in the spec go."""
    nics: tuple[NicWant, ...] = ()
    forwards: ForwardsWant | None = None
    """None: unmanaged; else all that it has."""
    host: HostRef | None = None
    """The host that it is meant on; None: wherever it is."""


class Spec(Record):
    """One or several files, merged."""

    files: tuple[str, ...] = ()
    networks: tuple[NetworkWant, ...] = ()
    addresses: tuple[AddressWant, ...] = ()
    """Of nics; those that a network lists are in its patch."""
    domains: tuple[SpecDomain, ...] = ()
    prune: bool = False
    """Whether all owned things that are not in the spec go."""
    nats: tuple[Place | None, ...] = ()
    """The origins of the nics for which the network `default` is there without being said."""
    ovn: OvnSettings | None = None
    """What it says of OVN's northbound database, for its overlays."""
    host: str | None = None
    """Whose part it is; None: it is all of it."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """In a part: the domains that are not of that host."""
    other_networks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """In a part: (name, hosts) of the networks that are for other hosts alone."""

    @property
    def overlays(self) -> tuple[NetworkWant, ...]:
        """The networks that are overlays, as far as the spec itself tells."""
        return tuple(want for want in self.networks if want.patch.is_overlay)

    @property
    def named_hosts(self) -> dict[str, Place]:
        """Every host that it names, and where it does first."""
        of_networks = (each for want in self.networks for each in want.hosts or ())
        of_domains = (domain.host for domain in self.domains if domain.host is not None)
        found: dict[str, Place] = {}
        for ref in (*of_networks, *of_domains):
            found.setdefault(ref.name, ref.origin)
        return found

    @property
    def is_for_many(self) -> bool:
        """Whether it says of anything on which hosts it is."""
        return any(want.hosts is not None for want in self.networks) or any(
            domain.host is not None for domain in self.domains
        )


class Placed(Record):
    """Where one of a spec's domains is, as far as its hosts have been asked."""

    host: str | None = None
    """None: on none of them, or not known, or not settled."""
    uuid: str | None = None
    """None: it has not been seen there, only the spec says so."""
    macs: tuple[tuple[str | None, Mac], ...] = ()
    """(name, MAC) of each of its nics."""


def candidates(domain: SeenDomain, name: str | None, mac: object) -> list[Seen[Nic]]:
    """The nics that a spec's could be, by MAC, then owned alias, then plain alias; one, unless MAC
    and name disagree."""
    by_mac: dict[int, Seen[Nic]] = {}
    by_name: dict[bool, dict[int, Seen[Nic]]] = {True: {}, False: {}}
    for seen in domain.nics:
        for nic in (seen.config, seen.live):
            if nic is not None and nic.mac == mac:
                by_mac[id(seen)] = seen
            if nic is not None and nic.name == name:
                by_name[nic.owned][id(seen)] = seen
    return list((by_mac | (by_name[True] or by_name[False])).values())
