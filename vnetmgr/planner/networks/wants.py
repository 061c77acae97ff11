"""Plan wants of networks, each on top of what those before it have planned."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vnetmgr.model.network import NetworkMode
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.planner.networks.addresses import plan_address, written
from vnetmgr.planner.networks.change import plan_network
from vnetmgr.planner.networks.context import NetworkContext
from vnetmgr.planner.networks.draft import NetworkDraft
from vnetmgr.planner.networks.records import plan_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vnetmgr.model.desired import Policy
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import AddressWant, NetworkWant, RecordWant
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.result import Planned
    from vnetmgr.problem import Place

    _PlanAddress = Callable[[AddressWant], Planned[AddressWant]]


class NetworkPlanner:
    """The networks of a host while they are planned."""

    def __init__(self, observed: Observed, policy: Policy, *, of_spec: bool = False) -> None:
        self._observed, self._policy, self._of_spec = observed, policy, of_spec
        self._drafts: dict[str, NetworkDraft] = {}

    def network(self, want: NetworkWant) -> Planned[NetworkWant]:
        """Plan a network; raises VnetError, and then it stays as it is."""
        new = want.patch.mode_if_new
        if want.is_forced_removal and self._observed.northbound is not None:
            new = NetworkMode.OVERLAY  # OVN may have it without any network of libvirt's
        return plan_network(want, self._context(want.name, want.origin, new))

    def addresses(
        self,
        wants: Iterable[AddressWant],
        attempt: Callable[[AddressWant, _PlanAddress], Planned[AddressWant] | None],
    ) -> list[tuple[AddressWant, Callable[[], Planned[tuple[AddressWant, ...]]]]]:
        """Plan reservations, those of one network in one step: the first of each, and what makes
        the step, which raises VnetError where that network cannot have any now. `attempt` plans
        one; None: it cannot be, and the others go on."""
        parts: dict[str, list[Planned[AddressWant]]] = {}
        for want in wants:
            planned = attempt(want, self._address)
            if planned is not None:
                parts.setdefault(want.network, []).append(planned)
        return [
            (
                mine[0].want,
                partial(written, mine, self._context(name, mine[0].want.origin)),
            )
            for name, mine in parts.items()
        ]

    def _address(self, want: AddressWant) -> Planned[AddressWant]:
        return plan_address(want, self._context(want.network, want.origin))

    def record(self, want: RecordWant) -> Planned[RecordWant]:
        """Plan a DNS record."""
        return plan_record(want, self._context(want.network, want.origin))

    def named(self, name: str) -> Network | None:
        """A network as it is planned by now."""
        draft = self._drafts.get(name)
        if draft is not None:
            return draft.value(State.CONFIG) or draft.value(State.LIVE)
        seen = self._observed.network(name)
        return None if seen is None else seen.any

    def _context(
        self, name: str, origin: Place | None, new: NetworkMode = NetworkMode.NAT
    ) -> NetworkContext:
        """`new`: its mode, where it is only to be made."""
        draft = self._drafts.get(name)
        if draft is None:
            draft = self._drafts[name] = self._draft(name, new)
        draft.wanted(of_spec=self._of_spec or origin is not None)
        return NetworkContext(observed=self._as_planned(), policy=self._policy, draft=draft)

    def _draft(self, name: str, new: NetworkMode) -> NetworkDraft:
        seen = self._observed.network(name)
        mode = new if seen is None else seen.any.mode
        if not mode.kind.spans_hosts:
            return NetworkDraft(name, self._observed)
        from vnetmgr.planner.networks.overlay_draft import OverlayDraft

        return OverlayDraft(name, self._observed)

    def _as_planned(self) -> Observed:
        """What is there with the networks that are planned by now: no two may overlap."""
        observed = self._observed
        new = [draft for draft in self._drafts.values() if draft.seen is None]
        made = tuple(seen for draft in new if (seen := draft.as_seen()) is not None)
        if made:
            observed = replace(observed, networks=(*observed.networks, *made))
        return self._with_switches(observed)

    def _with_switches(self, observed: Observed) -> Observed:
        """With what OVN will have of overlays."""
        northbound = observed.northbound
        planned = {each.name: each.switch for each in self._drafts.values() if each.has_new_switch}
        if northbound is None or not planned:
            return observed
        left = (each for each in northbound.overlays if each.network.name not in planned)
        overlays = (*left, *(each for each in planned.values() if each is not None))
        return replace(observed, northbound=replace(northbound, overlays=overlays))
