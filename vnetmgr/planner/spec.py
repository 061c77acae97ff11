"""Plan a spec: every want stands for itself, and one that cannot be planned holds up no other."""

from __future__ import annotations

from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from vnetmgr.errors import LeftOutError, NotFoundError, VnetError
from vnetmgr.model.desired import Desired, NicWant, SpecScope
from vnetmgr.model.dhcp import Reservation
from vnetmgr.model.forward import ForwardsWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.names import joined
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_want import AddressWant, NetworkPatch, NetworkWant
from vnetmgr.model.nic import NicPatch
from vnetmgr.model.patch import UNSET, Unset
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.forwarded import needs_no_rules
from vnetmgr.model.spec import candidates
from vnetmgr.planner.allocate import TakenMacs
from vnetmgr.planner.context import Context, Draft, is_plugged
from vnetmgr.planner.forwards.bridges import forwarded_networks, with_bridge
from vnetmgr.planner.holds import held
from vnetmgr.planner.networks.context import left_networks
from vnetmgr.planner.nics.detach import plan_removal
from vnetmgr.planner.nics.hostdev import settle_hostdev, wants_hostdev, with_pools
from vnetmgr.planner.nics.match import describe
from vnetmgr.planner.nics.spec import find_spec_nic, plan_spec_nic
from vnetmgr.planner.owned import OwnedNics, owned_networks
from vnetmgr.planner.risks import with_risks
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from vnetmgr.model.desired import Policy
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import Network
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.plan import Change, Step
    from vnetmgr.model.seen.observed import Observed, Scope
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.forwards.plan import ForwardPlanner
    from vnetmgr.planner.networks.wants import NetworkPlanner
    from vnetmgr.problem import Place

T = TypeVar("T")


def plan_spec(
    desired: Desired, spec: SpecScope, observed: Observed, policy: Policy, scope: Scope
) -> Plan:
    """The ordered steps from observed to a spec: networks, what is in them, nics, what goes."""
    whole = desired
    if spec.incomplete:
        from vnetmgr.planner.incomplete import with_what_is_there  # few specs are

        desired = with_what_is_there(desired, observed)
    if any(seen.any.mode is NetworkMode.HOSTDEV for seen in observed.networks):
        observed = with_pools(observed, desired)
    planning = _Planning(desired, spec, observed, policy)
    for network in desired.networks:
        planning.network(network)
    for nic in desired.nics:
        planning.nic(nic)
    planning.prune_nics()
    planning.forwards()
    planning.addresses()
    planning.prune_networks()
    if spec.nothing_asked:
        planning.errors += left_networks(observed)
    forward_steps = planning.forward_steps()
    return Plan(
        host=observed.host,
        steps=with_risks(
            (
                *planning.network_steps,
                *planning.nic_steps,
                *forward_steps,
                *planning.late_steps,
                *planning.metadata_steps(forward_steps),
            ),
            observed,
        ),
        desired=whole,
        scope=scope,
        policy=policy,
        waiting=tuple(planning.waiting),
        notes=tuple(dict.fromkeys(planning.notes)),
        errors=(*(LeftOutError([each]) for each in spec.problems), *planning.errors),
    )


class _Planning:
    """The state of one planning."""

    def __init__(
        self, desired: Desired, spec: SpecScope, observed: Observed, policy: Policy
    ) -> None:
        self.network_steps: list[Step] = []
        self.nic_steps: list[Step] = []
        self.late_steps: list[Step] = []
        self.waiting: list[Change] = []
        self.notes: list[str] = []
        self.errors: list[VnetError] = []
        self._desired, self._spec = desired, spec
        self._observed, self._policy = observed, policy
        self._made: set[str] = set()
        self._planned: dict[tuple[str, str], Nic] = {}
        self._plugged: set[tuple[str, str | None]] = set()
        self._gone: set[tuple[str, str]] = set()
        self._left: Observed = observed
        self._matched: dict[str, set[int]] = {}
        self._forwards: ForwardPlanner | None = None
        """None where there are none, and nothing of any is left."""
        self._pins: list[AddressWant] = []
        self._forwarded_networks = forwarded_networks(desired)
        self._domains = {domain.name: domain for domain in observed.domains}
        self._drafts = {
            domain.name: Draft.of(domain, observed.unlisted) for domain in observed.domains
        }
        self._taken = TakenMacs(observed)
        self._look_for_domains()

    @cached_property
    def _wants_of(self) -> dict[str, list[NicWant]]:
        wants: dict[str, list[NicWant]] = {}
        for want in self._desired.nics:
            wants.setdefault(want.domain, []).append(want)
        return wants

    @cached_property
    def _whose(self) -> dict[Place | None, About]:
        """Reservations' places -> who they are for, which their plan does not say any more."""
        return {want.origin: want.about for want in self._desired.addresses if want.origin}

    @cached_property
    def _networks(self) -> NetworkPlanner:
        return _network_planner(self._observed, self._policy)

    def _look_for_domains(self) -> None:
        for name, origin in self._spec.domains:
            if name in self._domains:
                continue
            text = f"domain {name} is not on this host"
            if self._spec.strict:
                hint = "take it out of the spec, or leave --strict out"
                self.errors.append(
                    NotFoundError(text, hint, about=About("domain", name)).at(origin)
                )
            else:
                self.notes.append(f"{text}: skipped")

    def _try(self, about: About | None, origin: Place | None, plan: Callable[[], T]) -> T | None:
        """One want's part; None where it cannot be planned, which is told with its place."""
        try:
            return plan()
        except VnetError as error:
            self.errors.append(error.of(about).at(origin))
            return None

    def network(self, want: NetworkWant) -> None:
        """A network, but for reservations that are complete: those need the nics' MACs."""
        first = replace(want, patch=replace(want.patch, reservations=UNSET))
        if want.name in self._forwarded_networks and self._observed.network(want.name) is None:
            first = with_bridge(first, self._observed, self._desired.networks)
        part = self._try(want.about, want.origin, lambda: self._networks.network(first))
        if part is None:
            return
        self._made.add(want.name)
        self.network_steps += part.steps
        self.waiting += part.waiting
        self.notes += part.notes

    def nic(self, want: NicWant) -> None:
        """A nic of a domain that is here, and that nobody holds."""
        domain = self._domains.get(want.domain)
        if domain is None:
            return
        # Several: nobody knows which, and none is pruned.
        for each in candidates(domain, want.spec_name, want.patch.mac):
            self._match(domain, each)
        if wants_hostdev(want):
            settled = self._try(
                want.about, want.origin, partial(settle_hostdev, want, self._observed)
            )
            if settled is None:
                return
            want = settled
        wants = self._wants_of[domain.name]
        found = self._try(want.about, want.origin, lambda: (find_spec_nic(domain, want, wants),))
        if found is None:
            return
        (seen,) = found
        self._match(domain, seen)
        nic = seen.any if seen is not None else None
        if hold := held(domain, nic, want.spec_name, self._observed.now_s):
            self.notes.append(f"domain {domain.name}: nic {want.spec_name} is held: {hold}")
            return
        context = Context(
            observed=self._observed,
            policy=self._policy,
            draft=self._drafts[domain.name],
            taken=self._taken,
            planned_networks=frozenset(self._made),
        )
        on = getattr(want.patch.source, "name", None)
        repairs = on not in self._made
        plan = partial(plan_spec_nic, want, context, repairs=repairs, seen=seen, wants=wants)
        planned = self._try(want.about, want.origin, plan)
        if planned is not None:
            if planned.after is not None:
                self._planned[want.domain, want.spec_name or ""] = planned.after
                if is_plugged(planned.steps):
                    self._plugged.add((want.domain, planned.after.mac))
            self.nic_steps += planned.steps
            self.waiting += planned.waiting
            self.notes += planned.notes

    def _match(self, domain: SeenDomain, seen: object) -> None:
        if seen is not None:
            self._matched.setdefault(domain.name, set()).add(id(seen))

    def forwards(self) -> None:
        """Where port forwards lead, so that their guests' addresses are kept."""
        some = self._desired.forwards or any(each.forwards for each in self._observed.domains)
        if not (some or self._observed.rules is not None):
            return
        from vnetmgr.planner.forwards.plan import ForwardPlanner  # few hosts have any

        self._forwards = ForwardPlanner(
            self._recorded(),
            network_named=self._reserving,
            planned=self._planned,
            plugged=self._plugged,
            gone=self._gone,
            allow=self._policy.allow,
        )
        if self._spec.forwards:
            self._settle_forwards(self._forwards)

    def _settle_forwards(self, planner: ForwardPlanner) -> None:
        if any(each.forwards for each in self._observed.domains):
            from vnetmgr.planner.forwards.kept import with_forwards_kept

            kept = with_forwards_kept(self.network_steps, self._observed, self._networks.named)
            self.network_steps = list(kept.steps)
            self.notes += kept.notes
        now = self._observed.now_s
        for want in self._desired.forwards:
            if isinstance(want, ForwardsWant):
                planner.want(want.domain, want.forwards)
        for domain in self._observed.domains:
            nics = {forward.nic for forward in domain.forwards}
            if hold := next(filter(None, (held(domain, None, nic, now) for nic in nics)), None):
                self.notes.append(f"domain {domain.name}: its forwards are held: {hold}")
                planner.leave(domain.name)
        asked = [want.domain for want in self._desired.forwards]
        self._tell_unseen(asked)
        # From afar only what the spec asks for is an error; what is there is looked after there.
        mine = [each.name for each in self._observed.domains if needs_no_rules(each)]
        names = None if self._observed.rules is not None else dict.fromkeys((*asked, *mine))
        self._pins = self._try(None, None, partial(planner.settle, names)) or []

    def _recorded(self) -> Observed:
        """What is there, with the metadata as the nics' steps leave it."""
        return replace(
            self._observed,
            domains=tuple(
                replace(each, data_xml=draft.data_xml, stamp=each.uuid, copied=())
                if (draft := self._drafts[each.name]).data_xml != each.data_xml
                else each
                for each in self._observed.domains
            ),
        )

    def _tell_unseen(self, asked: Collection[str]) -> None:
        """Say of whose forwards nobody knows whether they work, but for those that the spec asks
        for, of which that is told anyway."""
        unseen = self._observed.rules_unseen
        names = [
            domain.name
            for domain in self._observed.domains
            if domain.forwards and domain.name not in asked and not needs_no_rules(domain)
        ]
        if unseen is None or not names:
            return
        text = f"port forwards of {joined(names)} are not looked after: {unseen.message}"
        only_these = not (self._spec.domains or self._spec.others or self._desired.networks)
        if self._observed.rules_elsewhere and not only_these:
            self.notes.append(text)
        else:
            self.errors.append(VnetError(text, unseen.hint))

    def _reserving(self, name: str) -> Network | None:
        """A network as this plan leaves it, with what the spec reserves there: forwards lead
        to that, and not to what is reserved now."""
        network = self._networks.named(name)
        if network is None:
            return None
        mine = [_reservation(want) for want in self._given_addresses() if want.network == name]
        listed = self._listed(name)
        if listed is None:
            clients = {each.client for each in mine}
            listed = tuple(each for each in network.reservations if each.client not in clients)
        else:
            mine += self._kept(name, [*mine, *listed])
        return replace(network, reservations=(*mine, *listed))

    def _listed(self, network: str) -> tuple[Reservation, ...] | None:
        """The reservations that a network's own list has, which is complete; None without one."""
        for want in self._desired.networks:
            if want.name == network and not isinstance(want.patch.reservations, Unset):
                return want.patch.reservations or ()
        return None

    def forward_steps(self) -> list[Step]:
        """The forwards' own steps: after those of their networks, addresses and nics, of which some
        bring forwards with them."""
        planner = self._forwards
        if planner is None:
            return []
        self.nic_steps = planner.along(self.nic_steps)
        try:
            return list(planner.steps(repairs=True)) if self._spec.forwards else []
        except VnetError as error:
            self.errors.append(error)
            return []
        finally:
            self.errors += [*planner.errors, *planner.lost, *planner.blocked.values()]
            self.notes += [*planner.notes, *planner.later]
            self.waiting += planner.waiting

    def metadata_steps(self, forward_steps: Sequence[Step]) -> Iterator[Step]:
        """For those that run with metadata of before."""
        outdated = [each for each in self._observed.domains if each.outdated_data]
        if outdated:
            from vnetmgr.planner.forwards.claims import refreshing  # few domains are restored

            steps = (*self.nic_steps, *forward_steps)
            yield from filter(None, (refreshing(each, steps) for each in outdated))

    def addresses(self) -> None:
        """The nics' reservations, and those that networks list: such a list is complete."""
        wants = list(self._settled_addresses())
        complete = {
            want.name: want
            for want in self._desired.networks
            if not isinstance(want.patch.reservations, Unset) and want.name in self._made
        }
        for name, network in complete.items():
            mine = tuple(_reservation(want) for want in wants if want.network == name)
            mine = (*(self._listed(name) or ()), *mine)
            mine += tuple(self._kept(name, mine))
            patch = NetworkPatch(reservations=mine or None)
            want = NetworkWant(name=name, intent=Intent.PRESENT, patch=patch, running=None)
            part = self._try(network.about, network.origin, partial(self._networks.network, want))
            if part is not None:
                self.network_steps += part.steps
        for address in wants:
            if address.network not in complete:
                about = self._whose.get(address.origin, address.about)
                one = self._try(about, address.origin, partial(self._networks.address, address))
                if one is not None:
                    self.network_steps += one.steps
                    self.notes += one.notes

    def _kept(self, network: str, given: Collection[Reservation]) -> Iterator[Reservation]:
        """What is reserved for nics that are held, elsewhere, or could not be planned; and all
        else, where the spec could not all be read."""
        seen = self._observed.network(network)
        if self._spec.incomplete:
            from vnetmgr.planner.incomplete import beside

            states = (seen.config, seen.live) if seen is not None else ()
            present = (found.reservations for found in states if found is not None)
            yield from beside(given, dict.fromkeys(chain.from_iterable(present)))
            return
        unsettled = {
            want.address
            for want in self._desired.addresses
            if want.network == network and (want.domain or "", want.nic or "") not in self._planned
        }
        for found in (seen.config, seen.live) if seen is not None else ():
            for each in found.reservations if found is not None else ():
                if each.address in unsettled:
                    unsettled.discard(each.address)
                    yield each

    def _settled_addresses(self) -> Iterator[AddressWant]:
        yield from self._given_addresses()
        given = {(want.network, want.address) for want in self._desired.addresses}
        for pin in self._pins:
            listed = {each.address for each in self._listed(pin.network) or ()}
            if (pin.network, pin.address) not in given and pin.address not in listed:
                yield pin

    def _given_addresses(self) -> Iterator[AddressWant]:
        """The nics' addresses that the spec gives."""
        for want in self._desired.addresses:
            if want.domain is None:
                yield want
            elif nic := self._planned.get((want.domain, want.nic or "")):
                yield replace(want, mac=nic.mac, domain=None, nic=None)

    def prune_nics(self) -> None:
        """Owned nics that the spec does not name any more, and no others."""
        domains, taps = [], set()
        owned = OwnedNics(self._observed.domains, everybody=not self._spec.partial)
        for domain in self._observed.domains:
            here = self._spec.prune_all or domain.name in self._spec.prune_domains
            mine = self._matched.get(domain.name, set())
            unnamed = [seen for seen in domain.nics if seen.any.owned and id(seen) not in mine]
            gone = [seen for seen in unnamed if owned.has(domain, seen.any)]
            if here:
                self.notes += self._not_pruned(domain, [s for s in unnamed if s not in gone])
            for seen in gone if here else ():
                self._prune_nic(domain, seen.any)
                taps.add(seen.live.target if seen.live is not None else None)
            left = tuple(seen for seen in domain.nics if not here or seen not in gone)
            domains.append(replace(domain, nics=left))
        links = self._observed.links
        links = links.without(taps) if links is not None else None
        self._left = replace(self._observed, domains=tuple(domains), links=links)

    def _not_pruned(self, domain: SeenDomain, nics: list[Seen[Nic]]) -> Iterator[str]:
        for seen in nics:
            nic = seen.any
            if not held(domain, nic, nic.name, self._observed.now_s):
                yield (
                    f"domain {domain.name}: nic {describe(nic)} has a name of vnetmgr's, and "
                    "nothing says that it was made for this domain, and not copied: not pruned; "
                    f"vnetmgr detach-nic {domain.name} {nic.key} takes it out"
                )

    def prune_networks(self) -> None:
        """The same of networks, which nobody is on by then."""
        if not self._spec.prune_all:
            return
        observed = self._left
        planner = _network_planner(observed, self._policy)
        named = {want.name for want in self._desired.networks}
        owned = owned_networks(observed.networks)
        for network in observed.networks:
            if network.name in owned and network.name not in named:
                gone = NetworkWant(name=network.name, intent=Intent.ABSENT, guests=True)
                part = self._try(gone.about, None, partial(planner.network, gone))
                if part is not None:
                    self.late_steps += part.steps
                    self.notes += part.notes

    def _prune_nic(self, domain: SeenDomain, nic: Nic) -> None:
        if held(domain, nic, nic.name, self._observed.now_s):
            return
        want = NicWant(domain=domain.name, nic=str(nic.mac), intent=Intent.ABSENT, patch=NicPatch())
        context = Context(
            observed=self._observed,
            policy=self._policy,
            draft=self._drafts[domain.name],
            taken=self._taken,
        )
        part = self._try(want.about, None, lambda: plan_removal(want, context))
        if part is not None:
            self._gone.add((domain.name, nic.key))
            self.nic_steps += part.steps


def _network_planner(observed: Observed, policy: Policy) -> NetworkPlanner:
    from vnetmgr.planner.networks.wants import NetworkPlanner  # specs of nics have no use for it

    return NetworkPlanner(observed, policy)


def _reservation(want: AddressWant) -> Reservation:
    if want.address is None:
        raise ValueError("a spec's address is given")
    return Reservation(address=want.address, mac=want.mac, duid=want.duid, hostname=want.hostname)
