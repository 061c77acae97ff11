"""What can be proven of a nic: configured, plugged, used. Three facts that are not the same."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from vnetmgr.engine.observe import observe
from vnetmgr.errors import NotFoundError, RefusedError
from vnetmgr.model.intent import Intent
from vnetmgr.model.patch import UNSET
from vnetmgr.model.plan import Action, Disruption, NicFacts, ObjectKind
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.planner.nics.match import find_nic, find_wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.host.connect import Host
    from vnetmgr.model.desired import Desired, NicWant
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.plan import Change, Plan
    from vnetmgr.model.seen.observed import Observed, Scope
    from vnetmgr.model.state import Seen

_POLL_S = 0.25


def nic_facts(desired: Desired, observed: Observed) -> tuple[NicFacts, ...]:
    """Where the wanted nics are now. None: that state was not asked for."""
    facts = []
    for want in desired.nics:
        domain = observed.domain(want.domain)
        if domain is not None:
            facts.append(_facts(want, domain, observed))
    return tuple(facts)


def _facts(want: NicWant, domain: SeenDomain, observed: Observed) -> NicFacts:
    seen = _find(want, domain)
    nic = seen.any if seen else None
    asked = want.patch.name if want.patch.name is not UNSET else None
    live = seen.live if seen else None
    wanted = want.intent not in (Intent.REMOVE, Intent.ABSENT)
    lost = wanted and live is not None and _is_lost(live, observed)
    return NicFacts(
        domain=domain.name,
        name=nic.name if nic else want.nic or asked,
        mac=nic.mac if nic else None,
        configured=_in(seen, State.CONFIG) if State.CONFIG in want.states else None,
        plugged=live is not None and not lost if State.LIVE in want.states else None,
        used=None,
        reason=_lost(live, observed) if live and lost else None,
    )


def _is_lost(live: Nic, observed: Observed) -> bool:
    from vnetmgr.model.seen.guests import is_orphan

    return is_orphan(live, observed) is True


def _lost(live: Nic, observed: Observed) -> str:
    from vnetmgr.model.seen.guests import bridge_of, home_of

    bridge = bridge_of(live, home_of(live, observed))
    return f"its tap {live.target} is no port of {bridge or 'its bridge'}"


def _in(seen: Seen[Nic] | None, state: State) -> bool:
    return seen is not None and seen.value(state) is not None


def _find(want: NicWant, domain: SeenDomain) -> Seen[Nic] | None:
    try:
        return find_nic(domain, want.nic) if want.nic else find_wanted(domain, want.patch)
    except (NotFoundError, RefusedError):
        return None


_POLICY = frozenset({"source", "portgroup", "inbound", "outbound", "isolated_port"})


def _missing_routes(change: Change, observed: Observed) -> str | None:
    """The routes that a network's start should have made: libvirt starts it all the same where the
    kernel takes one not (9.0)."""
    seen = observed.network(change.name)
    live = seen.live if seen is not None else None
    fields = {each.field for each in change.fields}
    starts = change.action is not Action.UPDATE or change.disruption is Disruption.RESTART
    if live is None or not live.routes or not (starts or "routes" in fields):
        return None
    from vnetmgr.local.routes import read_gateways

    there = read_gateways()
    missing = [each for each in live.routes if (live.bridge, each.subnet, each.via) not in there]
    lines = ", ".join(f"{each.subnet} via {each.via}" for each in missing)
    return f"the kernel has no route {lines} on {live.bridge}" if missing else None


def kernel_problems(host: Host, plan: Plan, observed: Observed) -> dict[int, str]:
    """By a change's id: where this machine's kernel has another rate or isolation for a nic, or
    fewer routes for a network, than libvirt says after the change."""
    found: dict[int, str] = {}
    if not (host.is_local and observed.features.host_links):
        return found
    for change in plan.changes:
        if change.object is ObjectKind.NETWORK and State.LIVE in change.scope:
            missing = _missing_routes(change, observed)
            if missing:
                found[id(change)] = missing
            continue
        moved = change.object is ObjectKind.NIC and change.action is Action.UPDATE
        domain = observed.domain(change.domain or "") if moved else None
        if domain is None or State.LIVE not in change.scope:
            continue
        if not _POLICY & {each.field for each in change.fields}:
            continue
        from vnetmgr.local.port_policy import policy_problems

        for seen in domain.nics:
            if seen.live is not None and change.name in (seen.live.key, seen.any.key):
                problems = policy_problems(seen.live)
                if problems:
                    found[id(change)] = "; ".join(problems)
    return found


def wait_until_used(
    host: Host,
    plan: Plan,
    facts: tuple[NicFacts, ...],
    *,
    timeout_s: float,
    on_progress: Callable[[str], None],
) -> tuple[NicFacts, ...]:
    """Wait for the guests to use the nics that were plugged in.

    Proof is a frame that the guest sent, or an address by lease or agent. Received frames
    prove nothing: a bridge floods multicast to a nic that the guest never brought up.
    """
    deadline = time.monotonic() + timeout_s
    wants = [want for want in plan.desired.nics if want.intent is Intent.PRESENT]
    waiting = {fact.mac for fact in facts if fact.plugged}
    found = {fact.mac: fact for fact in facts}
    plugged = _plugged(host, plan.scope, wants)
    while waiting:
        asked = waiting & plugged.keys()
        for mac in asked:
            found[mac] = _usage(host, *plugged[mac], found[mac])
        # No count, or a lease, is also what a domain leaves behind that has just stopped.
        plugged = _plugged(host, plan.scope, wants)
        for mac in waiting - plugged.keys():
            reason = "the domain stopped or lost it meanwhile"
            found[mac] = replace(found[mac], plugged=False, used=False, reason=reason)
        settled = {mac for mac in asked if found[mac].used is not False}
        waiting = (waiting & plugged.keys()) - settled
        left = deadline - time.monotonic()
        if not waiting or left <= 0:
            break
        on_progress(f"waiting for the guest to use the nic ({left:.0f} s left)")
        time.sleep(min(_POLL_S, left))
    return tuple(found[fact.mac] for fact in facts)


def _plugged(
    host: Host, scope: Scope, wants: Sequence[NicWant]
) -> dict[str | None, tuple[SeenDomain, Nic]]:
    """The wanted nics that are live now, by MAC."""
    try:
        observed = observe(host, scope)
    except NotFoundError:  # a transient domain that stops is gone
        return {}
    found: dict[str | None, tuple[SeenDomain, Nic]] = {}
    for want in wants:
        domain = observed.domain(want.domain)
        seen = _find(want, domain) if domain else None
        if domain and seen and seen.live:
            found[seen.live.mac] = (domain, seen.live)
    return found


def _usage(host: Host, domain: SeenDomain, nic: Nic, fact: NicFacts) -> NicFacts:
    """Whether the guest uses the nic now. A lease alone may be one from before a re-plug, so it
    counts only where libvirt keeps no statistics."""
    sent = host.transmitted_packets(domain.name, nic.target) if nic.target else None
    if sent:
        frames = "frame" if sent == 1 else "frames"
        return replace(fact, used=True, reason=None, evidence=f"the guest sent {sent} {frames}")
    if sent is not None:
        reason = "the domain is paused" if domain.paused else "the guest sent nothing through it"
        return replace(fact, used=False, reason=reason)
    book = host.addresses([domain], agent=True, timeout_s=2.0)
    # A link-local address comes up with the link, without anybody's use.
    addresses = [each for each in book.of(nic) if not each.address.startswith("fe80:")]
    if addresses:
        first = addresses[0]
        evidence = f"it has {first.address} ({first.origin})"
        return replace(fact, used=True, reason=None, evidence=evidence)
    if not domain.agent_connected:
        reason = f"a {nic.source.mode} nic has no statistics and the guest no agent"
        return replace(fact, used=None, reason=reason)
    return replace(fact, used=False, reason="the guest has no address on it")
