"""What a spec says, read and checked: wants that know where in which file they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import ForwardsWant
    from vnetmgr.model.network_want import AddressWant, NetworkWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen
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


class Spec(Record):
    """One or several files, merged."""

    files: tuple[str, ...] = ()
    networks: tuple[NetworkWant, ...] = ()
    addresses: tuple[AddressWant, ...] = ()
    """Of nics; those that a network lists are in its patch."""
    domains: tuple[SpecDomain, ...] = ()
    prune: bool = False
    """Whether all owned things that are not in the spec go."""


def candidates(domain: SeenDomain, name: str | None, mac: object) -> list[Seen[Nic]]:
    """The nics that a spec's could be, by MAC, then owned alias, then plain alias; one, unless MAC
    and name disagree."""
    by_mac = _where(domain, lambda nic: nic.mac == mac)
    owned = _where(domain, lambda nic: nic.name == name and nic.owned)
    plain = _where(domain, lambda nic: nic.name == name and not nic.owned)
    return list({id(seen): seen for seen in (*by_mac, *(owned or plain))}.values())


def _where(domain: SeenDomain, fits: Callable[[Nic], bool]) -> list[Seen[Nic]]:
    return [
        seen
        for seen in domain.nics
        if any(nic is not None and fits(nic) for nic in (seen.config, seen.live))
    ]
