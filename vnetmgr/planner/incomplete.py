"""Pure: a spec of which parts could not be read takes nothing away, since what is missing may
stand in one of them: what is there beside what its lists say stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vnetmgr.model.forward import ForwardsWant
from vnetmgr.model.nic import MAPS, SomePairs
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.model.spec import candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vnetmgr.model.desired import Desired, NicWant
    from vnetmgr.model.dhcp import Reservation
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.nic import NicPatch
    from vnetmgr.model.patch import Patch
    from vnetmgr.model.record import Record
    from vnetmgr.model.seen.observed import Observed

P = TypeVar("P", bound="Patch")
T = TypeVar("T")


def with_what_is_there(desired: Desired, observed: Observed) -> Desired:
    """The same wants, so that no list loses an entry by them. Reservations are added where it is
    known which clients have others: `beside`."""
    return replace(
        desired,
        networks=tuple(_network(want, observed) for want in desired.networks),
        nics=tuple(_nic(want, observed) for want in desired.nics),
        forwards=tuple(
            _forwards(want, observed) if isinstance(want, ForwardsWant) else want
            for want in desired.forwards
        ),
    )


def beside(given: Iterable[Reservation], present: Iterable[Reservation]) -> list[Reservation]:
    """The reservations that are there, but for those of the same client or address."""
    given = list(given)
    clients = {(each.client, each.address.version) for each in given}
    addresses = {each.address for each in given}
    return [
        each
        for each in present
        if (each.client, each.address.version) not in clients and each.address not in addresses
    ]


def _network(want: NetworkWant, observed: Observed) -> NetworkWant:
    seen = observed.network(want.name)
    if seen is None:
        return want
    present, patch = seen.any, want.patch
    if isinstance(patch.records, tuple):
        records = _union(patch.records, present.records, lambda each: each.identity)
        patch = replace(patch, records=records)
    if isinstance(patch.portgroups, tuple):
        groups = _union(patch.portgroups, present.portgroups, lambda each: each.name)
        patch = replace(patch, portgroups=groups)
    return replace(want, patch=_without_losses(patch, present))


def _nic(want: NicWant, observed: Observed) -> NicWant:
    domain = observed.domain(want.domain)
    found = () if domain is None else candidates(domain, want.spec_name, want.patch.mac)
    if len(found) != 1:
        return want
    patch: NicPatch = _without_losses(want.patch, found[0].any)
    # Keys that a map does not say stay, as a command's do.
    maps = {
        field: SomePairs(pairs)
        for field in MAPS
        if isinstance(pairs := getattr(patch, field), tuple)
    }
    return replace(want, patch=replace(patch, **maps) if maps else patch)


def _forwards(want: ForwardsWant, observed: Observed) -> ForwardsWant:
    domain = observed.domain(want.domain)
    present: tuple[Forward, ...] = () if domain is None else domain.forwards
    kept = [
        (each, want.origin)
        for each in present
        if not any(forward.clashes(each) for forward, _ in want.forwards)
    ]
    return replace(want, forwards=(*want.forwards, *kept))


def _union(
    wanted: tuple[T, ...], present: tuple[T, ...], key: Callable[[T], object]
) -> tuple[T, ...]:
    keys = {key(each) for each in wanted}
    return (*wanted, *(each for each in present if key(each) not in keys))


def _without_losses(patch: P, present: Record) -> P:
    """Without fields whose lists would only lose entries."""
    lost = {
        field: UNSET
        for field, wanted in patch.items()
        if isinstance(wanted, tuple)
        and isinstance(before := getattr(present, field), tuple)
        and field != "reservations"
        and set(wanted) < set(before)
    }
    return replace(patch, **lost) if lost else patch
