"""Plan port forwards: what domains' metadata says of them, and this machine's rules for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError, VnetError, refused_problems
from vnetmgr.libvirt_xml.metadata import with_forwards, with_stamp
from vnetmgr.model.forward import Forward, HostPorts
from vnetmgr.model.host_forward import is_passt, is_slirp
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import AddressWant
from vnetmgr.model.plan import Action, Change, ObjectKind, Op, Step
from vnetmgr.model.record import replace
from vnetmgr.model.seen.forwarded import leads_to_user
from vnetmgr.model.seen.rules import (
    LiveRules,
    Passage,
    Rule,
    foreign_objects,
    in_the_way,
    others_notes,
)
from vnetmgr.model.state import State
from vnetmgr.model.writes import SetMetadata, SetRules
from vnetmgr.planner.context import set_metadata
from vnetmgr.planner.forwards.changes import forward_change, forward_changes
from vnetmgr.planner.forwards.claims import copies_of, stamping, standing, take_over
from vnetmgr.planner.forwards.guard import unguarded_steps
from vnetmgr.planner.forwards.passt import Passt, carry, passt_part, waiting_changes
from vnetmgr.planner.forwards.rules import DomainForwards, Led, passage_of, ports_of, rules_of
from vnetmgr.planner.forwards.slirp import (
    TAINT,
    check,
    netdev_of,
    refuse_untainted,
    set_host_forwards,
    undoable,
    unseen_note,
)
from vnetmgr.planner.forwards.targets import (
    Addressing,
    Target,
    choose_address,
    find_target,
    held_address,
    ipv6_lease,
    network_behind,
    own_ipv6_address,
    refuse_own_address,
    refuse_twin,
    reserved_address,
    stranding,
)
from vnetmgr.planner.forwards.unowned import removal
from vnetmgr.planner.nics.taps import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import Network
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.forwards.passt import Carried


_TAKEN = "take another port of the host"


class ForwardPlanner:
    """The forwards of a host while they are planned.

    `want` says what domains shall have; the others are as their metadata says. Then `settle`
    gives the reservations that keep the guests' addresses, and `steps` the steps.
    """

    def __init__(
        self,
        observed: Observed,
        *,
        network_named: Callable[[str], Network | None],
        planned: Mapping[tuple[str, str], Nic] | None = None,
        plugged: Collection[tuple[str, str | None]] = (),
        gone: Collection[tuple[str, str]] = (),
        allow: frozenset[str] = frozenset(),
    ) -> None:
        """`plugged`: (domain, MAC) of the nics that the plan plugs into running domains; `gone`:
        (domain, key) of those that it takes away."""
        self.errors: list[VnetError] = []
        self.blocked: dict[tuple[str, str], VnetError] = {}
        """(domain, forward) of what was there before, and has lost its rules and its port."""
        self.lost: list[VnetError] = []
        """What was there before, and of which it cannot be told now where it leads."""
        self.later: list[str] = []
        """What to say of guests that have another address than is reserved for them."""
        self.waiting: list[Change] = []
        self.notes: list[str] = []
        self._observed = observed
        self._network_named = network_named
        self._planned = {} if planned is None else planned  # it fills while the spec is planned
        self._plugged, self._gone, self._allow = plugged, gone, allow
        self._wanted: dict[str, tuple[tuple[Forward, str], ...]] = {
            domain.name: tuple((forward, "") for forward in domain.forwards)
            for domain in observed.domains
        }
        self._asked: set[str] = set()
        self._plans: list[DomainForwards] = []
        self._carried: Carried = frozenset()
        self._taken: set[IpAddress] = set()
        self._pinned: dict[tuple[str, str | None, int], IpAddress] = {}

    @property
    def live(self) -> LiveRules:
        """What this machine has. Raises why it cannot be seen."""
        if self._observed.rules is None:
            raise self._observed.rules_unseen or RefusedError("the rules cannot be seen from here")
        return self._observed.rules

    @property
    def leads_to_networks(self) -> bool:
        """Whether this machine's rules have to do with what was settled."""
        return not all(map(_is_qemus, self._plans))

    def want(self, domain: str, forwards: Sequence[tuple[Forward, str]]) -> None:
        """What a domain shall have, and where each was asked for."""
        self._wanted[domain] = tuple(forwards)
        self._asked.add(domain)

    def leave(self, domain: str) -> None:
        """Leave a domain's forwards as they are."""
        self._wanted.pop(domain, None)

    def settle(self, names: Iterable[str] | None = None) -> list[AddressWant]:
        """Find where the domains' forwards lead (all domains' if none are named), and say which
        addresses have to be kept for that. What cannot be is an error, and stays as it is."""
        pins: dict[tuple[str, str], AddressWant] = {}
        clashing = self._clashes()
        for name in self._wanted if names is None else names:
            domain = self._observed.domain(name)
            if domain is None or not (self._wanted[name] or domain.forwards or self._has(domain)):
                continue
            try:
                if domain.rivals and name not in self._asked:
                    raise unclaimed(domain)
                if name in clashing:
                    raise refused_problems(clashing[name], _TAKEN)
                plan = self._settled(domain)
                self._refuse_untainted(plan)
            except VnetError as error:
                self.errors.append(error)
                continue
            led = tuple(self._unblocked(domain, each) for each in plan.led)
            self._plans.append(replace(plan, led=led))
            for each in led:
                pins |= {(want.network, str(want.address)): want for want in _pins(each)}
        return list(pins.values())

    def _settled(self, domain: SeenDomain) -> DomainForwards:
        """Where each of a domain's forwards leads. One that was there and leads nowhere, or nobody
        knows where, stays, and blocks no other."""
        led, stranded, untouched = [], [], []
        there = {each.name for each in domain.forwards}
        for forward, origin in self._wanted[domain.name]:
            before = forward.name in there
            reason = self._stranding(domain, forward) if before else None
            if reason is not None:
                stranded.append(forward)
                self._say_stranded(domain, forward, reason, origin)
                continue
            try:
                led.append(self._lead(domain, forward, origin))
            except VnetError as error:
                if before:
                    untouched.append(forward)
                (self.lost if before else self.errors).append(error)
        return DomainForwards(
            domain=domain,
            led=tuple(led),
            stranded=tuple(stranded),
            untouched=tuple(untouched),
        )

    def _stranding(self, domain: SeenDomain, forward: Forward) -> str | None:
        return stranding(
            domain,
            forward,
            gone=self._gone,
            planned=self._planned,
            network_of=self._network_of,
        )

    def _say_stranded(self, domain: SeenDomain, forward: Forward, reason: str, origin: str) -> None:
        text = f"forward {domain.name}/{forward.name} leads nowhere: {reason}"
        if origin:
            self.lost.append(RefusedError(f"{origin}: {text}", "take it out of the spec"))
            return
        self.notes.append(
            f"{text}; it is kept for one that comes back, and "
            f"vnetmgr remove-forward {domain.name} {forward.name} takes it away"
        )

    def _refuse_untainted(self, plan: DomainForwards) -> None:
        if TAINT not in self._allow:
            wanted = [each.forward for each in plan.led if is_slirp(each.target.nic)]
            refuse_untainted(plan.domain, plan.forwards, wanted=wanted)

    def _has(self, domain: SeenDomain) -> bool:
        rules = self._observed.rules
        return rules is not None and bool(rules.of(domain.uuid))

    def _clashes(self) -> dict[str, list[str]]:
        """Domain -> which of its forwards want what is not theirs alone."""
        problems: dict[str, list[str]] = {}
        refused: set[tuple[str, Forward]] = set()
        ports = HostPorts()
        # Those that are there come first: who comes later is at fault.
        order = sorted(self._wanted, key=lambda name: name in self._asked)
        for name in order:
            domain = self._observed.domain(name)
            if domain is not None and domain.rivals and name not in self._asked:
                continue  # nobody's yet
            for forward, origin in self._wanted[name]:
                place = f"{origin}: " if origin else ""
                other = ports.take(name, forward)
                if other is not None and name not in self._asked:
                    self._both_there(name, forward, other, problems)
                elif other is not None:
                    clash = f"host port {forward.name} leads to {other[0]} already"
                    problems.setdefault(name, []).append(f"{place}{clash} ({other[1].text})")
                elif name in self._asked and domain and (at := self._listener(domain, forward)):
                    if origin:  # a spec's others go on
                        refused.add((name, forward))
                        self.errors.append(VnetError(f"{place}{at}", _TAKEN))
                    else:
                        problems.setdefault(name, []).append(at)
        for name in {name for name, _ in refused}:
            kept = (each for each in self._wanted[name] if (name, each[0]) not in refused)
            self._wanted[name] = tuple(kept)
        return problems

    def _both_there(
        self,
        name: str,
        forward: Forward,
        other: tuple[str, Forward],
        problems: dict[str, list[str]],
    ) -> None:
        """Two domains have one port in their metadata: that is the fault of who has it not in the
        kernel, or does not run; else of both."""
        ours, theirs = self._observed.domain(name), self._observed.domain(other[0])
        winner = standing(ours, theirs, forward, self._observed) if ours and theirs else None
        for loser, mine, rival in ((name, forward, other), (other[0], other[1], (name, forward))):
            if winner is None or winner.name != loser:
                clash = f"host port {mine.name} leads to {rival[0]} already ({rival[1].text})"
                problems.setdefault(loser, []).append(clash)

    def _listener(self, domain: SeenDomain, forward: Forward) -> str | None:
        """A program that would lose its port to a forward that is new."""
        if any(forward.clashes(each) for each in domain.forwards):
            return None  # it has lost it already, or what is lost is told of by itself
        rules = self._observed.rules
        if rules is None:
            return None  # where that counts, it is told later why they cannot be seen
        at = next(in_the_way(rules.listeners, forward), None)
        return None if at is None else f"host port {forward.name}: {at}"

    def _unblocked(self, domain: SeenDomain, led: Led) -> Led:
        """A forward without the rules that would take a port from whoever listens there now: while
        they were not in the kernel, anybody could."""
        live = self._observed.rules
        if live is None or led.target.network is None:
            return led
        present = frozenset(port for rule in live.rules for port in ports_of(rule))
        wanted = (port for rule in rules_of(domain, led) for port in ports_of(rule))
        lost = {port[-1] for port in wanted if port not in present}
        at = next(
            (each for each in in_the_way(live.listeners, led.forward) if each.port in lost), None
        )
        if at is None:
            return led
        place = f"{led.origin}: " if led.origin else ""
        name = led.forward.name
        self.blocked[domain.name, name] = VnetError(
            f"{place}forward {domain.name}/{name}: {at}; it would lose the port, so the forward "
            "does not get it",
            f"end that program, or take the forward away: vnetmgr remove-forward {domain.name} "
            f"{name}",
        )
        return replace(led, present=present)

    def _lead(self, domain: SeenDomain, forward: Forward, origin: str) -> Led:
        try:
            target = find_target(
                domain, forward, planned=self._planned, network_of=self._network_of
            )
            network = target.network
            if network is None:
                addresses, netdev = check(domain, forward, target.nic), self._netdev(domain, target)
            else:
                refuse_own_address(domain, forward, network)
                if forward not in domain.forwards:
                    refuse_twin(domain, target.nic, self._observed.domains)
                addresses = tuple(self._addresses(domain, forward, target, network))
                netdev = None
        except VnetError as error:
            place = f"{origin}: " if origin else f"forward {domain.name}/{forward.name}: "
            raise type(error)(f"{place}{error.message}", error.hint) from None
        return Led(
            forward=replace(forward, nic=target.key),
            target=target,
            addresses=addresses,
            netdev=netdev,
            origin=origin,
        )

    def _netdev(self, domain: SeenDomain, target: Target) -> str | None:
        if is_passt(target.nic):
            return None
        if not self._observed.features.monitor:
            raise RefusedError(f"domain {domain.name}: this libvirt driver has no QEMU monitor")
        return netdev_of(domain, target.nic, self._plugged)

    def _network_of(self, nic: Nic) -> Network | None:
        return network_behind(nic, observed=self._observed, named=self._network_named)

    def _addresses(
        self, domain: SeenDomain, forward: Forward, target: Target, network: Network
    ) -> Iterator[IpAddress]:
        """The guest's address of each IP version that the forward is about."""
        found = 0
        for version in forward.versions:
            address = self._address(domain, forward, target, network, version)
            if address is None:
                continue
            if network.subnet_index(address) is None:
                raise RefusedError(
                    f"guest address {address} is in no subnet of network {network.name}",
                    f"vnetmgr show-network {network.name} shows them",
                )
            self._taken.add(address)
            self._pinned[network.name, target.nic.mac, version] = address
            found += 1
            yield address
        if not found:
            which = " or ".join(f"IPv{version}" for version in forward.versions)
            raise RefusedError(
                f"domain {domain.name}: the {which} address of nic {target.key} on network "
                f"{network.name} is not known, and its DHCP cannot keep one",
                "say which the guest has: --guest-address",
            )

    def _address(
        self,
        domain: SeenDomain,
        forward: Forward,
        target: Target,
        network: Network,
        version: int,
    ) -> IpAddress | None:
        if given := forward.given_address(version):
            if version == 4 and forward not in domain.forwards:
                self._refuse_second(domain, forward, target, network)
            return given
        if pinned := self._pinned.get((network.name, target.nic.mac, version)):
            return pinned
        leases = tuple(each for each in self._observed.leases if each.network == network.name)
        if version == 6:
            return ipv6_lease(target.nic, leases) or own_ipv6_address(target.nic, network)
        known = Addressing(
            network=network,
            leases=leases,
            live=self._observed.rules,
            taken=frozenset(self._taken),
        )
        reserved = reserved_address(target.nic, known)
        if reserved is None:
            return choose_address(target.nic, known)
        has = held_address(domain, target.nic, known) or reserved
        if has != reserved:
            self.later.append(
                f"forward {domain.name}/{forward.name} leads to {has} until the guest has "
                f"{reserved}; then vnetmgr reconcile, or watch, has it follow"
            )
        return has

    def _refuse_second(
        self, domain: SeenDomain, forward: Forward, target: Target, network: Network
    ) -> None:
        """Refuse a second address for a nic that others of its forwards lead to: DHCP gives one."""
        given, nic = forward.given_address(4), target.nic
        if given is not None and network.subnet_index(given) is None:
            return  # which is told of it instead
        others = [
            each.name
            for each, _ in self._wanted[domain.name]
            if each.name != forward.name and each.nic in (nic.name, nic.mac)
        ]
        kept = [
            each.address
            for each in network.reservations
            if each.mac == nic.mac and each.address.version == 4
        ]
        pinned = self._pinned.get((network.name, nic.mac, 4))
        other = next((each for each in (*kept, pinned) if each not in (None, given)), None)
        served = any(each.start.version == 4 for each in network.dhcp_ranges)
        if others and served and other is not None:
            raise RefusedError(
                f"domain {domain.name}: {other} is kept for nic {target.key}, where forward "
                f"{listed(others)} leads, and DHCP gives a nic one address, not {given} as well",
                "leave --guest-address out; or move the nic, and its forwards with it: vnetmgr "
                f"reserve-address {network.name} {domain.name}/{target.key} {given}",
            )

    def rules_wanted(self) -> dict[tuple[str, str], tuple[Rule, ...]]:
        """(domain, forward) -> its rules, of what was settled: on others' ports, too."""
        return {
            (plan.domain.name, led.forward.name): tuple(
                rules_of(plan.domain, replace(led, present=None))
            )
            for plan in self._plans
            for led in plan.led
        }

    def carry(self, steps: Iterable[Step]) -> list[Step]:
        """The steps of nics, with what these themselves bring about of what was settled."""
        kept, self._carried = carry(steps, self._plans)
        return kept

    def steps(self, *, repairs: bool) -> Iterator[Step]:
        """The steps for the domains that were settled. `repairs`: also for what belongs to
        domains that are gone, and for what all rules need."""
        seen = self._observed.rules
        if seen is not None and self.leads_to_networks:
            led = (each for plan in self._plans for each in plan.led)
            if seen.blockers and any(each.target.network for each in led):
                raise foreign_objects(seen.blockers)
            self.notes += others_notes(seen)
        for plan in self._plans:
            live = seen or LiveRules() if _is_qemus(plan) else self.live
            taint = TAINT in self._allow
            if not taint and (note := unseen_note(plan)) is not None:
                self.notes.append(note)
            passt = passt_part(plan, self._carried, replug="replug" in self._allow)
            self.waiting += waiting_changes(plan.domain, passt)
            step = _step(plan, live, taint=taint, passt=passt)
            if step is not None:
                yield step
            yield from self._stamp(plan, step)
        if seen is not None:
            if repairs:
                yield from self._strays(seen)
            yield from unguarded_steps(seen, self._plans)

    def _stamp(self, plan: DomainForwards, step: Step | None) -> Iterator[Step]:
        """Stamp what an older version wrote, when something is written anyway, or when somebody
        says whose it is. By itself: no rule has to wait until that can be done."""
        domain, uuid = plan.domain, plan.domain.uuid
        if domain.stamped or not domain.forwards:
            return
        told = step is not None and any(isinstance(op.do, SetMetadata) for op in step.ops)
        if step is None and not (domain.rivals and domain.name in self._asked):
            return
        if not told:
            data = with_forwards(domain.own_data_xml, plan.forwards, uuid)
            yield stamping(domain, data, "its own")
        # Else they would claim it when this one gives it up.
        for copy in copies_of(domain, self._observed.domains):
            yield stamping(copy, with_stamp(copy.data_xml, uuid), f"a copy of {domain.name}'s")

    def _strays(self, live: LiveRules) -> Iterator[Step]:
        known = {domain.uuid for domain in self._observed.domains}
        gone = [uuid for uuid in dict.fromkeys(r.domain for r in live.rules) if uuid not in known]
        for uuid in gone:
            shut = tuple(sorted(live.localnet))
            changes = tuple(map(removal, live.of(uuid)))
            yield Step(group=uuid, changes=changes, ops=(Op(do=SetRules(uuid=uuid, shut=shut)),))
        theirs = live.others or live.blockers
        broken = not live.whole and (live.rules or not theirs)
        if not gone and (live.stray or broken):
            change = Change(
                action=Action.REPAIR,
                object=ObjectKind.FORWARD,
                domain=None,
                name="table inet vnetmgr",
                scope=(State.LIVE,),
            )
            yield Step(group="forwards", changes=(change,), ops=(Op(do=SetRules(uuid="")),))


def _pins(led: Led) -> Iterator[AddressWant]:
    """The reservations that keep a guest's addresses: where DHCP gives them at all. An IPv6 address
    that was given by hand is the guest's own; libvirt could not reserve it by MAC either."""
    network, nic = led.target.network, led.target.nic
    if network is None:
        return
    kept = next(
        (
            each.address
            for each in network.reservations
            if each.mac == nic.mac and each.address.version == 4
        ),
        None,
    )
    for has in led.addresses:
        # What is reserved stays so, also while the guest has another.
        moves = has.version == 4 and kept is not None and has not in led.forward.guest_address
        address = kept if moves and kept is not None else has
        given = address.version == 6 and address in led.forward.guest_address
        if not given and any(each.start.version == address.version for each in network.dhcp_ranges):
            yield AddressWant(
                network=network.name,
                intent=Intent.PRESENT,
                mac=nic.mac,
                address=address,
                origin=led.origin,
            )


def _is_qemus(plan: DomainForwards) -> bool:
    """Whether no rule of this machine has to do with it."""
    return all(led.target.network is None for led in plan.led) and all(
        leads_to_user(plan.domain, each) for each in plan.domain.forwards
    )


def _step(plan: DomainForwards, live: LiveRules, *, taint: bool, passt: Passt) -> Step | None:
    """One domain's step: its metadata, its rules, and what QEMU itself forwards."""
    domain = plan.domain
    after, present = plan.forwards, live.of(domain.uuid)
    left = plan.rules_left(present)
    rules = (*(rule for led in plan.led for rule in rules_of(domain, led)), *left)
    networks = {
        led.target.network.name: led.target.network
        for led in plan.led
        if led.target.network is not None
    }
    passages = tuple(passage_of(each) for each in networks.values() if each.bridge)
    known = {each.bridge for each in passages}
    kept = {rule.bridge for rule in left} - known
    passages += tuple(each for each in live.passages if each.bridge in kept)
    broken = _broken(live, live.with_domain(domain.uuid, rules, passages), passages, rules)
    ops: list[Op] = []
    if set(present) != set(rules) or broken:
        old = tuple(each for each in live.passages if each.bridge in {r.bridge for r in present})
        undo = SetRules(uuid=domain.uuid, rules=present, passages=old)
        shut = tuple(sorted(live.localnet))
        do = SetRules(uuid=domain.uuid, rules=rules, passages=passages, shut=shut)
        ops.append(Op(do=do, undo=(undo,), undo_when_failed=True))
    told = set_host_forwards(plan) if taint else None
    if told is not None:
        ops.append(undoable(told))
    ops += passt.ops
    ops = _with_metadata(domain, after, ops)
    if not ops:
        return None
    changes = tuple(forward_changes(plan, live, told=told, passt=passt))
    if not changes:  # what nobody needs any more is left of a bridge's
        changes = tuple(
            forward_change(Action.REPAIR, domain, each.name, (), (State.LIVE,)) for each in after
        )
    return Step(group=domain.name, changes=changes, ops=tuple(ops))


def unclaimed(domain: SeenDomain) -> RefusedError:
    """Metadata of versions that did not stamp it, and of which several domains have the same."""
    names = ", ".join(each.name for each in domain.forwards)
    first = domain.forwards[0]
    return RefusedError(
        f"domain {domain.name}: its forwards are in the metadata of {listed(domain.rivals)} as "
        f"well, one being a copy of the other, and nothing tells whose they are: {names}",
        f"say so: {take_over(domain, first)}",
    )


def _with_metadata(domain: SeenDomain, after: tuple[Forward, ...], ops: Sequence[Op]) -> list[Op]:
    """With what the metadata says of it: a run that is killed in between leaves nothing that works
    and that nothing tells of. So what is new is told of before it is made, and what goes until
    it is gone."""
    before = domain.forwards
    if set(before) == set(after):
        return list(ops)
    names = {each.name for each in after}
    going = tuple(each for each in before if each.name not in names)
    every = (*after, *going)
    told = []
    if ops and going and set(every) != set(before):
        told.append(set_metadata(domain, with_forwards(domain.own_data_xml, every, domain.uuid)))
    last = set_metadata(domain, with_forwards(domain.own_data_xml, after, domain.uuid))
    return [*told, *ops, last] if going else [last, *ops]


def _broken(
    live: LiveRules, wanted: LiveRules, passages: Sequence[Passage], rules: Sequence[Rule]
) -> bool:
    """Whether the bridges lack something that this domain's rules need."""
    if rules and not live.whole:
        return True
    for each in passages:
        present, after = live.passage(each.bridge), wanted.passage(each.bridge)
        needed = {rule.version for rule in rules if rule.bridge == each.bridge}
        if after is None:
            continue
        if present is None:
            return True
        if (present.masquerade, present.localnet) != (after.masquerade, after.localnet):
            return True
        if not needed & set(each.accept) <= set(present.accept):
            return True
    return False
