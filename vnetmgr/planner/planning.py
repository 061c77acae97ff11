"""A plan while it is made: what each kind of object finds planned by those before it."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, get_args

from vnetmgr.errors import LeftOutError, VnetError
from vnetmgr.model.desired import Desired, SpecScope
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.planner.conduct import conduct_of
from vnetmgr.planner.context import Draft
from vnetmgr.planner.risks import with_risks
from vnetmgr.planner.scope import scope_of
from vnetmgr.problem import in_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.desired import NicWant, Policy
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import AddressWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.plan import Change, Step
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.forwards.plan import ForwardPlanner
    from vnetmgr.planner.guarantees import Floors
    from vnetmgr.planner.networks.wants import NetworkPlanner
    from vnetmgr.planner.overlays.context import Overlays
    from vnetmgr.planner.result import Planned
    from vnetmgr.problem import About, Place

T = TypeVar("T")


Stage: TypeAlias = Literal[
    "networks", "ports", "domains", "nics", "forwards", "unused ports", "late"
]
STAGES: tuple[Stage, ...] = get_args(Stage)
"""The order in which steps are carried out. Some are planned later: a reservation needs the MAC of
a nic that the same plan makes, and so does a logical port, which is there before the nic."""


class Planning:
    """The state of one planning."""

    def __init__(self, desired: Desired, observed: Observed, policy: Policy) -> None:
        self.conduct, self.policy = conduct_of(desired), policy
        self.spec = desired.spec or SpecScope()
        self._asked, self.desired = desired, desired
        if self.spec.incomplete:
            from vnetmgr.planner.incomplete import with_what_is_there

            self.desired = with_what_is_there(desired, observed)
        if any(seen.any.hands_out_cards for seen in observed.networks):
            from vnetmgr.planner.nics.hostdev import with_pools

            observed = with_pools(observed, self.desired)
        self.observed = observed
        self.steps: defaultdict[Stage, list[Step]] = defaultdict(list)
        self.waiting: list[Change] = []
        self.notes: list[str] = [*self.spec.notes]
        self.errors: list[VnetError] = [LeftOutError([each]) for each in self.spec.problems]
        self.wants: list[Any] = []
        """What is planned by now, with nothing left open."""
        self.made: set[str] = set()
        """The networks that are planned."""
        self.nics: list[Planned[NicWant]] = []
        self.after: dict[tuple[str, str], Nic] = {}
        """A spec's nics as they will be, by domain and name."""
        self.drafts = {each.name: Draft(each, observed.unlisted) for each in observed.domains}
        self.matched: set[int] = set()
        """The ids of the nics that are wanted."""
        self.gone: set[tuple[str, str]] = set()
        """Nics that nobody wants, by domain and key."""
        self.left = observed
        """What is there without them."""
        self.pins: list[AddressWant] = []
        """The reservations that forwards need."""
        self.forwards: ForwardPlanner | None = None
        """Of all that the host has; None where there are none, and nothing of any is left."""

    @cached_property
    def networks(self) -> NetworkPlanner:
        """The networks as they are planned by now."""
        from vnetmgr.planner.networks.wants import NetworkPlanner

        return NetworkPlanner(self.observed, self.policy)

    @property
    def failed_networks(self) -> frozenset[str]:
        """The spec's networks that could not be planned, or not be read, as is told of them."""
        wanted = {want.name for want in self.desired.networks}
        abouts = (each.about for each in self.spec.problems)
        wanted |= {each.name for each in abouts if each is not None and each.kind == "network"}
        return frozenset(wanted - self.made)

    @cached_property
    def floors(self) -> Floors:
        """What networks guarantee to nics by now."""
        from vnetmgr.planner.guarantees import Floors

        def planned(name: str) -> Network | None:
            return self.networks.named(name) if name in self.made else None

        return Floors(self.observed, planned)

    @cached_property
    def overlays(self) -> Overlays | None:
        """Those that are there, and that the plan makes; None where there are none."""
        if not (self.observed.overlays or self.desired.overlays):
            return None
        from vnetmgr.planner.overlays.context import Overlays

        of_spec = self.conduct.goes_on
        return Overlays(self.observed, self.networks.named, made=self.made, of_spec=of_spec)

    @cached_property
    def has_forwards(self) -> bool:
        """Whether any domain that is looked at has port forwards."""
        return any(domain.forwards for domain in self.observed.domains)

    def attempt(self, about: About | None, origin: Place | None, plan: Callable[[], T]) -> T | None:
        """What is planned for one want; None where that cannot be, and the others go on."""
        try:
            return plan()
        except VnetError as error:
            if not self.conduct.goes_on:
                raise
            self.errors.append(error.of(about).at(origin))
            return None

    def take(self, stage: Stage, planned: Planned[Any] | None) -> None:
        """Make it part of the plan."""
        if planned is not None:
            together = isinstance(planned.want, tuple)  # as a domain's forwards are
            self.wants += planned.want if together else [planned.want]
            self.steps[stage] += planned.steps
            self.waiting += planned.waiting
            self.notes += planned.notes

    def plan(self) -> Plan:
        """What was planned. To verify it, a spec is planned again as it stands; of a command, what
        was planned for it: no name or MAC is left open there, and every intent is a state."""
        desired = self._asked if self.conduct.goes_on else self._settled()
        errors, notes = self.errors, self.notes
        if self.conduct.goes_on:
            errors, notes = [each.in_keys() for each in errors], list(map(in_spec, notes))
        steps = [step for stage in STAGES for step in self.steps[stage]]
        return Plan(
            host=self.observed.host,
            steps=with_risks(steps, self.observed),
            desired=desired,
            scope=scope_of(desired, self.policy),
            policy=self.policy,
            waiting=tuple(self.waiting),
            notes=tuple(dict.fromkeys(notes)),
            errors=tuple(errors),
        )

    def _settled(self) -> Desired:
        lists: defaultdict[str, tuple[Any, ...]] = defaultdict(tuple)
        for want in self.wants:
            lists[want.among] += (want,)
        return replace(Desired(), **lists)
