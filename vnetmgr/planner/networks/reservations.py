"""Which addresses networks keep: those of a plan's nics, and those that a network's own list has,
which is complete."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from vnetmgr.model.dhcp import Reservation
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import NetworkPatch, NetworkWant
from vnetmgr.model.patch import Unset
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from vnetmgr.model.desired import Desired
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import AddressWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Observed


class Reservations:
    """The addresses that are wanted. `nics`, which fills while these are planned: a spec's nics, by
    domain and name, as they will be."""

    def __init__(
        self, desired: Desired, observed: Observed, nics: Mapping[tuple[str, str], Nic]
    ) -> None:
        self._desired, self._observed, self._nics = desired, observed, nics
        self._incomplete = desired.spec is not None and desired.spec.incomplete
        self._reserved: dict[str, tuple[Network, int, Network]] = {}
        self._named = {
            (want.domain, want.spec_name) for want in desired.nics if want.spec_name is not None
        }

    def wants(self, pins: Iterable[AddressWant]) -> list[AddressWant]:
        """What is reserved, with the MACs of the plan's nics. `pins`: what forwards need, where
        nothing else is said."""
        found = list(self._given())
        given = {(want.network, want.address) for want in self._desired.addresses}
        given |= {
            (want.name, each.address)
            for want in self._desired.networks
            for each in self._listed(want.name) or ()
        }
        return [*found, *(pin for pin in pins if (pin.network, pin.address) not in given)]

    def complete(self, wants: Collection[AddressWant]) -> Iterator[NetworkWant]:
        """The networks that list their reservations, with those of `wants` among them."""
        for network in self._desired.networks:
            if isinstance(network.patch.reservations, Unset):
                continue
            mine = tuple(_reservation(want) for want in wants if want.network == network.name)
            mine = (*(self._listed(network.name) or ()), *mine)
            mine += tuple(self._kept(network.name, mine))
            patch = NetworkPatch(reservations=mine or None, extra=network.patch.extra)
            yield NetworkWant(
                name=network.name,
                intent=Intent.PRESENT,
                patch=patch,
                running=None,
                origin=network.origin,
            )

    def as_reserved(self, network: Network) -> Network:
        """A network with what will be reserved there: forwards lead to that, and not to what is
        reserved now."""
        # Each forward asks.
        known = self._reserved.get(network.name)
        if known is None or known[0] is not network or known[1] != len(self._nics):
            known = network, len(self._nics), self._as_reserved(network)
            self._reserved[network.name] = known
        return known[2]

    def _as_reserved(self, network: Network) -> Network:
        name = network.name
        mine = [_reservation(want) for want in self._given() if want.network == name]
        listed = self._listed(name)
        if listed is None:
            clients = {each.client for each in mine}
            listed = tuple(each for each in network.reservations if each.client not in clients)
        else:
            mine += self._kept(name, [*mine, *listed])
        return replace(network, reservations=(*mine, *listed))

    def _given(self) -> Iterator[AddressWant]:
        for want in self._desired.addresses:
            key = want.domain or "", want.nic or ""
            if key not in self._named:
                yield want
            elif nic := self._nics.get(key):
                yield replace(want, mac=nic.mac, domain=None, nic=None)

    def _kept(self, network: str, given: Collection[Reservation]) -> Iterator[Reservation]:
        """What is reserved for nics that are held, elsewhere, or could not be planned; and all
        else, where the spec could not all be read."""
        states = self._states(network)
        present = dict.fromkeys(chain.from_iterable(found.reservations for found in states))
        if self._incomplete:
            from vnetmgr.planner.incomplete import beside

            yield from beside(given, present)
            return
        unsettled = {
            want.address
            for want in (*self._desired.addresses, *self._elsewhere())
            if want.network == network and (want.domain or "", want.nic or "") not in self._nics
        }
        kept = []
        for each in present:
            if each.address in unsettled:
                unsettled.discard(each.address)
                kept.append(each)
        yield from kept
        yield from self._left_alone([*given, *kept], present)

    def _states(self, network: str) -> list[Network]:
        """What there is of a network; where this host has none, what other hosts have of it."""
        seen = self._observed.network(network)
        if seen is not None:
            return [found for found in (seen.config, seen.live) if found]
        northbound = self._observed.northbound
        joined = northbound and northbound.overlay(network, northbound.fleet)
        return [joined.network] if joined else []

    def _left_alone(
        self, given: Collection[Reservation], present: Iterable[Reservation]
    ) -> Iterator[Reservation]:
        """What is reserved for domains that are here, and meant on other hosts: their forwards may
        need it."""
        spec = self._desired.spec
        if spec is not None and spec.elsewhere:
            from vnetmgr.planner.elsewhere import macs_left_alone
            from vnetmgr.planner.incomplete import beside

            macs = macs_left_alone(spec, self._observed)
            yield from beside(given, (each for each in present if each.mac in macs))

    def _elsewhere(self) -> Iterator[AddressWant]:
        spec = self._desired.spec
        if spec is not None and spec.elsewhere:
            from vnetmgr.planner.elsewhere import kept_addresses

            yield from kept_addresses(spec, self._observed)

    def _listed(self, network: str) -> tuple[Reservation, ...] | None:
        """The reservations that a network's own list has; None without one."""
        for want in self._desired.networks:
            if want.name == network and not isinstance(want.patch.reservations, Unset):
                return want.patch.reservations or ()
        return None


def _reservation(want: AddressWant) -> Reservation:
    if want.address is None:
        raise ValueError("a spec's address is given")
    return Reservation(address=want.address, mac=want.mac, duid=want.duid, hostname=want.hostname)
