"""Put together what list-forwards shows, from libvirt and from this machine."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.engine.called import choose
from vnetmgr.engine.observe import observe
from vnetmgr.local.neighbours import who_answers
from vnetmgr.model.forward import Forward
from vnetmgr.model.names import joined
from vnetmgr.model.record import replace
from vnetmgr.model.rows.forwards import ForwardListing, ForwardRow
from vnetmgr.model.seen.forwarded import leads_to_user, nic_of
from vnetmgr.model.seen.guests import bridge_of, home_of, is_orphan
from vnetmgr.model.seen.observed import EVERY, Scope
from vnetmgr.model.seen.rules import in_the_way, others_notes
from vnetmgr.planner.forwards.claims import copied_notes, take_over
from vnetmgr.planner.forwards.guard import OPEN_TO_ALL
from vnetmgr.planner.forwards.plan import ForwardPlanner
from vnetmgr.planner.forwards.rule_set import is_passable, passage_of, rules_of
from vnetmgr.planner.forwards.targets import network_behind, stranding
from vnetmgr.planner.forwards.unowned import unowned_rules
from vnetmgr.planner.forwards.user_rows import user_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vnetmgr.host.connect import Host
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import Network
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.seen.rules import Listener, LiveRules, Rule

_RECONCILE = Command("reconcile")


def list_forwards(host: Host, domains: Sequence[str]) -> ForwardListing:
    """The forwards of the domains named, or of all, with what is in the kernel and nobody's."""
    asked = choose(host, domains)
    scope = Scope(
        domains=asked.named,
        optional_domains=asked.matched,
        all_domains=asked.everyone,
        networks=(EVERY,),
        links=True,
        forwards=True,
    )
    observed = observe(host, scope)
    shown = [each for each in observed.domains if asked.everyone or each.name in asked.names]
    chosen = [(domain, each) for domain in shown for each in domain.forwards]
    live = observed.rules
    unowned = unowned_rules(live, observed.domains) if live is not None else ()
    if not asked.everyone:
        mine = {domain.uuid for domain in shown}
        unowned = tuple(rule for rule in unowned if rule.domain in mine)
    found = listing_of(observed, chosen, unowned)
    return replace(found, notes=(*asked.notes, *found.notes, *copied_notes(observed, shown)))


def listing_of(
    observed: Observed, chosen: Sequence[tuple[SeenDomain, Forward]], unowned: Sequence[Rule] = ()
) -> ForwardListing:
    """What there is to say of some of the forwards that were observed, with their domains."""
    live = observed.rules
    wanted = _wanted(observed, {domain.name for domain, _ in chosen})
    rows = [
        row
        for domain, forward in sorted(chosen, key=lambda each: each[0].name)
        for row in _rows(domain, forward, observed, wanted.get((domain.name, forward.name), ()))
    ]
    if live is not None:
        rows += [_unowned_row(rule, live, observed) for rule in unowned]
    return ForwardListing(uri=observed.uri, rows=tuple(rows), notes=tuple(_notes(rows, observed)))


def _wanted(observed: Observed, names: Iterable[str]) -> dict[tuple[str, str], tuple[Rule, ...]]:
    """(domain, forward) -> the rules that a reconcile would see to it that it has."""
    if observed.rules is None:
        return {}
    planner = ForwardPlanner(observed, network_named=partial(_network_named, observed))
    planner.settle(names)
    return {
        (plan.domain.name, each.forward.name): tuple(rules_of(plan.domain, each))
        for plan in planner.plans
        for each in plan.resolved
    }


def _network_named(observed: Observed, name: str) -> Network | None:
    seen = observed.network(name)
    return None if seen is None else seen.any


def _notes(rows: Sequence[ForwardRow], observed: Observed) -> Iterator[str]:
    """What holds for several of them."""
    if any(_is_unseen(row, observed) for row in rows):
        yield (
            "not seen whether forwards into user mode work: QEMU's monitor would have to be asked, "
            "which marks the domain as tainted"
        )
    ruled = any(not _is_in_user_mode(row, observed) for row in rows)
    if ruled and observed.rules_unseen is not None:
        yield f"not seen whether they work: {observed.rules_unseen.message}"
    live = observed.rules
    if live is None:
        return
    if live.localnet_everywhere:
        yield OPEN_TO_ALL
    yield from others_notes(live)
    if ruled:
        yield from (f"{each}: connections do not get past it" for each in live.obstacles)
        for version in live.hairpin_filtered:
            name = f"net.bridge.bridge-nf-call-{'ip6' if version == 6 else 'ip'}tables"
            yield (
                f"{name} is 1: over IPv{version} a guest does not reach itself by the host's "
                f"address, others do; `sysctl {name}=0`"
            )


def _is_in_user_mode(row: ForwardRow, observed: Observed) -> bool:
    domain = observed.domain(row.domain or "")
    return domain is not None and leads_to_user(domain, row.forward)


def _is_unseen(row: ForwardRow, observed: Observed) -> bool:
    return row.active is None and _is_in_user_mode(row, observed)


def _rows(
    domain: SeenDomain, forward: Forward, observed: Observed, wanted: Sequence[Rule]
) -> Iterator[ForwardRow]:
    """A row for each IP version that it works for, or is to; one where it works for none."""
    listeners = observed.rules.listeners if observed.rules is not None else ()
    seen = nic_of(domain, forward)
    if seen is not None and leads_to_user(domain, forward):
        yield user_row(domain, seen, forward, listeners)
        return
    live = observed.rules
    if live is None:
        yield _unseen_row(domain, forward, tuple(_problems(domain, forward, observed)))
        return
    mine = [rule for rule in live.of(domain.uuid) if _is_of(rule, forward)]
    # Programs whose port it has; of one without rules they still have it.
    at = tuple(in_the_way(listeners, forward))
    problems = tuple(_problems(domain, forward, observed))
    losers = tuple(f"{each}, and is not reached any more" for each in at) if mine else ()
    for version in (4, 6):
        rules = [rule for rule in mine if rule.version == version]
        if rules:
            cut = (*problems, *_elsewhere(domain, forward, rules[0], wanted), *_shut(rules, wanted))
            row = _row(forward, rules, live, observed, cut=cut)
            yield replace(row, domain=domain.name, problems=(*losers, *row.problems))
        elif mine and (due := next((each for each in wanted if each.version == version), None)):
            lost = _lost(at, f"its rules for IPv{version} are")
            row = _unseen_row(domain, forward, (*problems, *lost))
            yield replace(row, guest_address=due.guest_address, active=False, connections=0)
    if not mine:
        lost = _without_rules(domain, forward, observed, at)
        row = _unseen_row(domain, forward, (*problems, *lost))
        yield replace(row, active=False, connections=0)


def _without_rules(
    domain: SeenDomain, forward: Forward, observed: Observed, at: Sequence[Listener]
) -> list[str]:
    """Why a forward has no rules. `at`: the programs that have its port."""
    if domain.rivals:
        return [
            f"{joined(domain.rivals)} claims it as well, one being a copy of the other; to say "
            f"whose it is: {take_over(domain, forward)}"
        ]
    if _stranding(domain, forward, observed) is not None:
        return [
            "it is kept for a nic that comes back; "
            f"{Command('remove-forward', domain.name, forward.name)} takes it away"
        ]
    return _lost(at, "its rules are")


def _lost(at: Sequence[Listener], what: str) -> list[str]:
    """That there are no rules, and whether they come back."""
    lost = [f"{each}, so that its rules are not put back" for each in at]
    return lost or [f"{what} not there: {_RECONCILE} puts them back"]


def _shut(rules: Sequence[Rule], wanted: Sequence[Rule]) -> Iterator[str]:
    """That the host's own 127.0.0.1 does not lead there, where it is to."""
    due = {each.host_port for each in wanted if each.loopback}
    if any(rule.version == 4 and rule.host_port in due and not rule.loopback for rule in rules):
        yield f"not from the host's 127.0.0.1: {_RECONCILE} mends that"


def _elsewhere(
    domain: SeenDomain, forward: Forward, rule: Rule, wanted: Sequence[Rule]
) -> Iterator[str]:
    """That the guest's nic is on another bridge than its rules lead into."""
    due = next((each.bridge for each in wanted if each.version == rule.version), None)
    seen = nic_of(domain, forward)
    runs = None if seen is None or seen.live is None else seen.live.bridge
    if due not in (None, rule.bridge):
        yield (
            f"its nic {forward.nic} is on {due} now, and its rules lead into {rule.bridge}: "
            f"{_RECONCILE} has them follow"
        )
    elif runs not in (None, rule.bridge):
        yield f"its nic {forward.nic} runs on {runs}, and its rules lead into {rule.bridge}"


def _is_of(rule: Rule, forward: Forward) -> bool:
    """Whether a rule is about ports of a forward."""
    return (
        rule.protocol is forward.protocol
        and rule.host_port in forward.host_ports
        and forward.listen_alone in (None, rule.listen)
    )


def _unseen_row(domain: SeenDomain, forward: Forward, problems: tuple[str, ...]) -> ForwardRow:
    """A forward of which the metadata alone is known."""
    return ForwardRow(
        domain=domain.name,
        forward=forward,
        guest_address=next(iter(forward.guest_address), None),
        active=None,
        connections=None,
        problems=problems,
    )


def _unowned_row(rule: Rule, live: LiveRules, observed: Observed) -> ForwardRow:
    """A rule that no domain's metadata has."""
    forward = Forward(
        protocol=rule.protocol,
        listen=rule.listen,
        host_port=rule.host_port,
        guest_port=rule.guest_port,
        ports=rule.ports,
        allow_from=rule.allow_from,
        loopback=rule.loopback,
    )
    whose = next((each.name for each in observed.domains if each.uuid == rule.domain), rule.domain)
    problem = (
        f"no domain's metadata has it (it was {whose}'s): {_RECONCILE} takes it away, or "
        f"{Command('remove-forward', '--unowned', rule.name)}"
    )
    row = _row(forward, [rule], live, observed)
    return replace(row, problems=(problem, *row.problems))


def _row(
    forward: Forward,
    rules: Sequence[Rule],
    live: LiveRules,
    observed: Observed,
    *,
    cut: tuple[str, ...] = (),
) -> ForwardRow:
    """A forward by its rules of one IP version; of no domain. `cut`: what else is in its way."""
    rule = rules[0]
    broken = (*cut, *_broken(forward, rules, live, observed))
    return ForwardRow(
        domain=None,
        forward=forward,
        guest_address=rule.guest_address,
        active=not broken,
        connections=sum(live.connections.get(each.where, 0) for each in rules),
        problems=broken,
    )


def _broken(
    forward: Forward, rules: Sequence[Rule], live: LiveRules, observed: Observed
) -> Iterator[str]:
    """Why connections do not get to the guest."""
    rule = rules[0]
    seen = (network.live for network in observed.networks)
    network = next((each for each in seen if each is not None and each.bridge == rule.bridge), None)
    if network is None:
        yield "its network is off"
    elif not all(is_passable(each, passage_of(network), live) for each in rules):
        yield f"its rules are not whole: {_RECONCILE} mends them"
    elif sum(each.ports for each in rules) < forward.ports:
        yield f"some of its ports have no rule: {_RECONCILE} mends them"
    misled = tuple(_misled(forward, rule, observed, network))
    yield from misled or _unanswered(rule, observed)
    own = live.addresses
    if rule.listen is not None and own is not None and rule.listen not in own:
        yield f"the host has no address {rule.listen}"


def _misled(
    forward: Forward, rule: Rule, observed: Observed, network: Network | None
) -> Iterator[str]:
    """Where the guest has, or is to have, another address than its rule leads to."""
    if network is None or forward.given_address(rule.version) is not None:
        return
    leases = [each for each in observed.leases if each.network == network.name]
    held = {str(each.address) for each in leases if each.mac == rule.mac}
    held = {each for each in held if (":" in each) == (rule.version == 6)}
    whose = next((each.mac for each in leases if each.address == rule.guest_address), None)
    runs = any(domain.uuid == rule.domain and domain.active for domain in observed.domains)
    kept = [
        each.address
        for each in network.reservations
        if each.mac == rule.mac and each.address.version == rule.version
    ]
    follows = f"{_RECONCILE} has it follow"
    if whose is not None and whose != rule.mac:
        yield f"{rule.guest_address} is leased to {whose} now: {follows}"
    elif runs and held:
        if str(rule.guest_address) not in held:
            yield f"the guest has {' and '.join(sorted(held))}: {follows}"
    elif kept and rule.guest_address not in kept:
        yield f"{kept[0]} is reserved for its nic: {follows}"


def _unanswered(rule: Rule, observed: Observed) -> Iterator[str]:
    """What the kernel has learnt of a guest that runs and was asked for lately. A lease may be of
    before a migration, and the guest have another address since."""
    runs = any(
        domain.uuid == rule.domain and domain.active and not domain.paused
        for domain in observed.domains
    )
    key = rule.bridge, str(rule.guest_address)
    known = who_answers([key]) if runs and rule.version == 4 else {}
    if key in known and known[key] is None:
        yield f"nothing answers at {rule.guest_address}: the guest may have another address"
    elif key in known and known[key] != rule.mac:
        yield f"{rule.guest_address} is that of {known[key]}, and not of the guest's nic"


def _stranding(domain: SeenDomain, forward: Forward, observed: Observed) -> str | None:
    """Why a forward leads nowhere, if it does."""
    network_of = partial(network_behind, observed=observed)
    return stranding(domain, forward, gone=(), planned={}, network_of=network_of)


def _problems(domain: SeenDomain, forward: Forward, observed: Observed) -> Iterator[str]:
    """What keeps connections from a nic, whatever the rules say."""
    reason = _stranding(domain, forward, observed)
    seen = nic_of(domain, forward)
    if reason is not None:
        yield reason
    elif seen is not None and seen.live is not None and is_orphan(seen.live, observed):
        bridge = bridge_of(seen.live, home_of(seen.live, observed))
        yield (
            f"the tap of nic {forward.nic} has lost its bridge{f' {bridge}' if bridge else ''}: "
            f"{Command('start-network')} plugs it in again"
        )
