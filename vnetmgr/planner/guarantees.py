"""What networks guarantee to nics: libvirt sees to it on bridges of its own, for as much as a
network may have inbound itself.

Source: networkCheckBandwidth (src/network/bridge_driver.c); measured on 9.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.nic import Mode
from vnetmgr.model.values import Rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vnetmgr.model.network import Network
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Observed


def floor_of(nic: Nic) -> Rate | None:
    """What a nic is guaranteed."""
    return None if nic.inbound is None else nic.inbound.floor


def total(rates: Iterable[Rate | None]) -> Rate | None:
    """Their sum; None for none at all."""
    kilobytes = sum(rate.kilobytes_per_s for rate in rates if rate is not None)
    return Rate(kilobytes) if kilobytes else None


def most(network: Network) -> Rate | None:
    """What a network can guarantee in all; None: nothing."""
    inbound = network.inbound if network.has_own_bridge else None
    return None if inbound is None else inbound.peak or inbound.average


class Floors:
    """What is guaranteed on each network, also to the nics that are planned so far."""

    def __init__(
        self, observed: Observed, planned: Callable[[str], Network | None] | None = None
    ) -> None:
        """`planned`: a network that the same plan makes or changes, as it will be."""
        self._observed, self._planned = observed, planned
        self._running = {
            (domain.name, seen.live.key): (seen.live.source.name, floor)
            for domain in observed.domains
            for seen in domain.nics
            if seen.live is not None
            and seen.live.source.mode is Mode.NETWORK
            and (floor := floor_of(seen.live)) is not None
        }

    def network(self, name: str, *, live: bool) -> Network | None:
        """A network, as far as it is known."""
        planned = self._planned(name) if self._planned is not None else None
        seen = self._observed.network(name)
        if planned is not None or seen is None:
            return planned
        return (seen.live if live else seen.config) or seen.any

    def others(self, network: str, whose: tuple[str, str]) -> Rate | None:
        """What others than this nic, by domain and key, are guaranteed there."""
        return total(
            floor
            for nic, (name, floor) in self._running.items()
            if name == network and nic != whose
        )

    def hold(self, network: str, whose: tuple[str, str], floor: Rate) -> None:
        """That a nic will be guaranteed so much."""
        self._running[whose] = network, floor
