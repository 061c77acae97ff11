"""Whose a port of the host is, where several domains' metadata claim it.

A domain that is copied takes its metadata along. What is stamped with its UUID tells itself; what
versions wrote that did not stamp it is the domain's whose rules are in the kernel, else that of the
only one that runs, else nobody's. The order in which libvirt lists domains decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.model.names import joined
from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind, Op, Step
from vnetmgr.model.record import replace
from vnetmgr.model.seen.forwarded import nic_of
from vnetmgr.model.seen.guests import running_twin
from vnetmgr.model.state import State
from vnetmgr.model.writes import SetMetadata
from vnetmgr.planner.allocate import another_mac
from vnetmgr.planner.context import set_metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.seen.observed import Observed


def settle_claims(observed: Observed) -> Observed:
    """What was observed, with each claim at the domain that it is known to be of: metadata that
    loses one is a copy, and those between whom nothing decides know of each other."""
    claimants = [domain for domain in observed.domains if domain.forwards]
    if len(claimants) < 2:
        return observed
    lost: set[str] = set()
    open_: dict[str, set[str]] = {}
    for one, other, forward in contested(claimants):
        if one.stamped and other.stamped:
            continue  # each is known to be its own: there is no copy
        winner = standing(one, other, forward, observed)
        if winner is None:
            open_.setdefault(one.name, set()).add(other.name)
            open_.setdefault(other.name, set()).add(one.name)
        else:
            lost.add(other.name if winner is one else one.name)
    if not lost and not open_:
        return observed
    return replace(
        observed,
        domains=tuple(
            replace(domain, forwards=(), copied=domain.forwards)
            if domain.name in lost
            else replace(domain, rivals=tuple(sorted(open_.get(domain.name, set()) - lost)))
            for domain in observed.domains
        ),
    )


def contested(
    claimants: Iterable[SeenDomain],
) -> Iterator[tuple[SeenDomain, SeenDomain, Forward]]:
    """Each two domains that claim a port of the host, with the first one's forward."""
    by_port: dict[tuple[str, int], list[tuple[SeenDomain, Forward]]] = {}
    for domain in claimants:
        for forward in domain.forwards:
            for port in forward.host_ports:
                there = by_port.setdefault((forward.protocol, port), [])
                for other, theirs in there:
                    if other is not domain and forward.clashes(theirs):
                        yield domain, other, forward
                there.append((domain, forward))


def standing(
    one: SeenDomain, other: SeenDomain, forward: Forward, observed: Observed
) -> SeenDomain | None:
    """Whose a port is that both claim; None where nothing tells."""
    if one.stamped != other.stamped:
        return one if one.stamped else other
    if observed.rules is None and observed.rules_unseen is not None:
        return None
    ours, theirs = (_has_rules(each, forward, observed) for each in (one, other))
    if ours != theirs:
        return one if ours else other
    if one.active != other.active:
        return one if one.active else other
    return None


def copies_of(domain: SeenDomain, domains: Iterable[SeenDomain]) -> Iterator[SeenDomain]:
    """The domains whose unstamped metadata is known to be a copy of this one's, as far as a port
    of the host tells."""
    for other in domains:
        if other.stamp is None and any(
            each.clashes(mine) for each in other.copied for mine in domain.forwards
        ):
            yield other


def stamping(domain: SeenDomain, data_xml: str | None, whose: str) -> Step:
    """The step that says whose metadata is that an older version wrote. By itself: no rule has to
    wait until that can be done."""
    change = Change(
        action=Action.UPDATE,
        object=ObjectKind.DOMAIN,
        domain=domain.name,
        name=domain.name,
        scope=tuple(state for state in State if domain.xml(state) is not None),
        fields=(FieldChange(field="forwards", before="unsigned", after=whose),),
    )
    op = set_metadata(domain, data_xml)
    return Step(group=f"metadata {domain.name}", changes=(change,), ops=(op,))


def refreshing(domain: SeenDomain, steps: Iterable[Step]) -> Step | None:
    """The step that tells a running domain what its config says, where a restored one has what was
    so before; None where there is nothing to tell, or `steps` write it anyway."""
    is_its_own = domain.own_data_xml == domain.data_xml
    if not domain.outdated_data or not is_its_own or domain.rivals:
        return None
    writes = (op.do for step in steps for op in step.ops)
    if any(isinstance(each, SetMetadata) and each.domain == domain.name for each in writes):
        return None
    change = Change(
        action=Action.REPAIR,
        object=ObjectKind.DOMAIN,
        domain=domain.name,
        name=domain.name,
        scope=(State.LIVE,),
        fields=(FieldChange(field="metadata", before="of before", after="as in config"),),
    )
    do = SetMetadata(domain=domain.name, xml=domain.data_xml, states=frozenset({State.LIVE}))
    return Step(group=f"metadata {domain.name}", changes=(change,), ops=(Op(do=do),))


def take_over(domain: SeenDomain, forward: Forward, owner: str | None = None) -> str:
    """The command that gives a domain what its metadata claims; from `owner`, who has it."""
    words = [domain.name, forward.text]
    seen = nic_of(domain, forward)
    words += ["--nic", seen.any.key] if seen is not None else []
    words += [word for each in forward.allow_from for word in ("--allow-from", str(each))]
    words += [word for each in forward.guest_address for word in ("--guest-address", str(each))]
    words += ["--loopback"] if forward.loopback else []
    command = str(Command("add-forward", *words))
    if owner is None:
        return command
    return f"{Command('remove-forward', owner, forward.name)} && {command}"


def unclaimed(domain: SeenDomain) -> RefusedError:
    """Metadata of versions that did not stamp it, and of which several domains have the same."""
    names = ", ".join(each.name for each in domain.forwards)
    first = domain.forwards[0]
    return RefusedError(
        f"domain {domain.name}: its forwards are in the metadata of {joined(domain.rivals)} as "
        f"well, one being a copy of the other, and nothing tells whose they are: {names}",
        f"say so: {take_over(domain, first)}",
    )


def copied_notes(observed: Observed, domains: Iterable[SeenDomain]) -> Iterator[str]:
    """What to say of forwards that domains' metadata has of other domains."""
    for domain in sorted(domains, key=lambda each: each.name):
        for forward in domain.copied:
            owner = next(
                (
                    other.name
                    for other in observed.domains
                    if any(each.clashes(forward) for each in other.forwards)
                ),
                None,
            )
            whose = "another domain" if owner is None else owner
            command = take_over(domain, forward, owner)
            seen = nic_of(domain, forward)
            if seen is not None and running_twin(domain, seen.any, observed.domains) is not None:
                command = f"{another_mac(domain, seen.any, observed.domains)} && {command}"
            yield (
                f"{domain.name}: its metadata is a copy of {whose}'s, and its forward "
                f"{forward.text} is ignored; to take it over: {command}"
            )


def _has_rules(domain: SeenDomain, forward: Forward, observed: Observed) -> bool:
    """Whether a port of a forward leads to a domain in this machine's kernel."""
    if any(each.host_port in forward.host_ports for each in domain.host_forwards or ()):
        return True
    if observed.rules is None:
        return False
    return any(
        rule.protocol is forward.protocol and rule.host_port in forward.host_ports
        for rule in observed.rules.of(domain.uuid)
    )
