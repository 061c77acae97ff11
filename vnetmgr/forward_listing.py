"""Put together what list-forwards shows, from libvirt and from this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.model.desired import EVERY, Scope
from vnetmgr.model.forward_listing import ForwardListing, ForwardRow
from vnetmgr.model.host_forward import leads_to_user
from vnetmgr.model.nic import Mode
from vnetmgr.model.record import replace
from vnetmgr.model.rules import in_the_way
from vnetmgr.observe import observe
from vnetmgr.planner.claims import copied_notes, take_over
from vnetmgr.planner.forward_guard import OPEN_TO_ALL
from vnetmgr.planner.forward_rules import is_passable, passage_of
from vnetmgr.planner.match import find_nic
from vnetmgr.planner.taps import listed
from vnetmgr.planner.user_rows import user_row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.host.connect import Host
    from vnetmgr.model.desired import Observed
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.rules import Listener, LiveRules, Rule


def list_forwards(host: Host, domains: Sequence[str]) -> ForwardListing:
    """The forwards of the domains named, or of all."""
    scope = Scope(domains=tuple(domains), all_domains=not domains, networks=(EVERY,), forwards=True)
    observed = observe(host, scope)
    named = set(domains)
    shown = [each for each in observed.domains if not named or each.name in named]
    found = listing_of(observed, [(domain, each) for domain in shown for each in domain.forwards])
    return replace(found, notes=(*found.notes, *copied_notes(observed, shown)))


def listing_of(observed: Observed, chosen: Sequence[tuple[SeenDomain, Forward]]) -> ForwardListing:
    """What there is to say of some of the forwards that were observed, with their domains."""
    ports = {port for _, forward in chosen for port in forward.host_ports}
    listeners = _listeners(ports) if observed.rules else ()
    rows = [
        row
        for domain, forward in sorted(chosen, key=lambda each: each[0].name)
        for row in _rows(domain, forward, observed, listeners)
    ]
    notes = []
    if any(_is_unseen(row, observed) for row in rows):
        notes.append(
            "not seen whether forwards into user mode work: QEMU's monitor would have to be asked, "
            "which marks the domain as tainted"
        )
    ruled = any(not _is_in_user_mode(row, observed) for row in rows)
    if ruled and observed.rules_unseen is not None:
        notes.append(f"not seen whether they work: {observed.rules_unseen.message}")
    if observed.rules is not None and observed.rules.localnet_everywhere:
        notes.append(OPEN_TO_ALL)
    if observed.rules is not None and ruled:
        notes += [f"{each}: connections do not get past it" for each in observed.rules.obstacles]
        if observed.rules.hairpin_filtered:
            notes.append(
                "net.bridge.bridge-nf-call-iptables is 1: a guest does not reach itself by the "
                "host's address, others do; `sysctl net.bridge.bridge-nf-call-iptables=0`"
            )
    return ForwardListing(uri=observed.uri, rows=tuple(rows), notes=tuple(notes))


def _is_in_user_mode(row: ForwardRow, observed: Observed) -> bool:
    domain = observed.domain(row.domain)
    return domain is not None and leads_to_user(domain, row.forward)


def _is_unseen(row: ForwardRow, observed: Observed) -> bool:
    return row.active is None and _is_in_user_mode(row, observed)


def _listeners(ports: set[int]) -> tuple[Listener, ...]:
    from vnetmgr.local.sockets import read_listeners

    return read_listeners(ports)


def _rows(
    domain: SeenDomain, forward: Forward, observed: Observed, listeners: Sequence[Listener]
) -> Iterator[ForwardRow]:
    """A row for each IP version that it works for; one where none does."""
    if leads_to_user(domain, forward):
        yield user_row(domain, forward, listeners)
        return
    live = observed.rules
    problems = tuple(_problems(domain, forward, listeners))
    if live is None:
        yield _unseen_row(domain, forward, problems)
        return
    first = [rule for rule in live.of(domain.uuid) if _is_first(rule, forward)]
    for rule in first:
        yield _row(domain, forward, rule, problems, live, observed)
    if not first:
        lost = "its rules are not there: vnetmgr reconcile puts them back"
        if domain.rivals:
            lost = (
                f"{listed(domain.rivals)} claims it as well, one being a copy of the other; to say "
                f"whose it is: {take_over(domain, forward)}"
            )
        row = _unseen_row(domain, forward, (*problems, lost))
        yield replace(row, active=False, connections=0)


def _is_first(rule: Rule, forward: Forward) -> bool:
    """Whether a rule is about a forward's first port."""
    same = rule.protocol is forward.protocol and rule.host_port == forward.host_port
    return same and forward.listen_alone in (None, rule.listen)


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


def _row(
    domain: SeenDomain,
    forward: Forward,
    rule: Rule,
    problems: tuple[str, ...],
    live: LiveRules,
    observed: Observed,
) -> ForwardRow:
    network = next(
        (
            seen.live
            for seen in observed.networks
            if seen.live is not None and seen.live.bridge == rule.bridge
        ),
        None,
    )
    whole = network is not None and is_passable(rule, passage_of(network), live)
    if network is None:
        problems = (*problems, "its network is off")
    elif not whole:
        problems = (*problems, "its rules are not whole: vnetmgr reconcile mends them")
    return ForwardRow(
        domain=domain.name,
        forward=forward,
        guest_address=rule.guest_address,
        active=whole,
        connections=sum(
            live.connections.get((rule.version, rule.protocol, rule.listen, port), 0)
            for port in forward.host_ports
        ),
        problems=problems,
    )


def _problems(domain: SeenDomain, forward: Forward, listeners: Sequence[Listener]) -> Iterator[str]:
    for at in in_the_way(listeners, forward):
        yield f"{at}, and is not reached any more"
    try:
        nic = find_nic(domain, forward.nic or "").any
    except VnetError:
        yield f"its nic {forward.nic} is not there any more"
        return
    if nic.source.mode not in (Mode.NETWORK, Mode.USER, Mode.BRIDGE):
        yield f"nic {forward.nic} is on {nic.source} now, where nothing can be forwarded"
