"""What there is to see of overlays: OVN's databases, and what this machine is to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vnetmgr.command import Command
from vnetmgr.engine.northbound import observe_overlays, settings_for, southbound_of
from vnetmgr.errors import VnetError
from vnetmgr.model.nic import OPENVSWITCH, Mode
from vnetmgr.model.path.overlays import OverlayFacts
from vnetmgr.model.path.unseen import Need, Unseen
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.host.connect import Host
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.seen.observed import Observed

T = TypeVar("T")


def with_northbound(host: Host, observed: Observed) -> Observed:
    """With what OVN has of the overlays among the networks; as it is where there are none, and no
    nic is on one that has gone from here."""
    if observed.overlays or (_misses_networks(observed) and settings_for(host, None).northbound):
        return observe_overlays(host, observed, None, briefly=True)
    return observed


def _misses_networks(observed: Observed) -> bool:
    """Whether a nic as overlays have them is on a network that is not here."""
    nics = (seen.any for domain in observed.domains for seen in domain.nics)
    return any(
        nic.source.mode is Mode.NETWORK
        and nic.virtualport == OPENVSWITCH
        and observed.network(nic.source.name or "") is None
        for nic in nics
    )


def with_overlays(host: Host, facts: PathFacts, observed: Observed) -> PathFacts:
    """The facts with those of overlays, where there are some."""
    if observed.northbound is None and observed.northbound_unseen is None:
        return facts
    looking = _Looking()
    if observed.northbound_unseen is not None:
        looking.missed("northbound", Need.OTHER, observed.northbound_unseen)
    found = OverlayFacts(northbound=observed.northbound)
    if host.is_local and host.features.host_links:
        found = _with_machine(found, looking)
    else:
        why = f"needs a local host: run {Command('doctor', there=True)} on {host.name}"
        for part in ("chassis", "controller", "tunnels"):
            looking.missed(part, Need.LOCAL_HOST, why)
    southbound = looking.part("southbound", lambda: southbound_of(host, found.chassis))
    found = replace(found, southbound=southbound)
    return replace(facts, overlays=found, unseen=(*facts.unseen, *looking.unseen))


class _Looking:
    """Notes what cannot be seen."""

    def __init__(self) -> None:
        self.unseen: list[Unseen] = []

    def missed(self, part: str, needs: Need, why: object) -> None:
        """Note why a part is not seen."""
        text = why.message if isinstance(why, VnetError) else str(why)
        self.unseen.append(Unseen(part=f"overlays.{part}", needs=needs, why=text))

    def part(self, name: str, look: Callable[[], T]) -> T | None:
        """A part, if it can be seen."""
        try:
            return look()
        except VnetError as error:
            self.missed(name, Need.OTHER, error)
            return None


def _with_machine(found: OverlayFacts, looking: _Looking) -> OverlayFacts:
    from vnetmgr.local.chassis.read import read_chassis
    from vnetmgr.local.chassis.southbound import controller_connected, controller_runs
    from vnetmgr.local.chassis.tunnels import read_tunnels

    connected = controller_connected()
    if connected is None and controller_runs() is False:
        connected = False
    if connected is None:
        why = "ovn-controller does not answer: it hangs, or needs root to be asked"
        looking.missed("controller", Need.OTHER, why)
    return replace(
        found,
        chassis=looking.part("chassis", read_chassis),
        controller=connected,
        tunnels=looking.part("tunnels", read_tunnels),
    )
