"""The one write path: lock, observe, plan, apply, and plan again to verify.

Every command that changes something comes through `change`; nothing else calls apply.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from operator import eq
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.engine.apply import apply
from vnetmgr.engine.elsewhere import told_of_other_hosts
from vnetmgr.engine.kept import NotKept, not_kept
from vnetmgr.engine.observe import observe
from vnetmgr.engine.validity import refuse_invalid
from vnetmgr.engine.verify import kernel_problems, nic_facts, wait_until_used
from vnetmgr.engine.writes import Writes
from vnetmgr.errors import (
    NotFoundError,
    NotReleasedError,
    OvertakenError,
    RefusedError,
    VnetError,
    concerning,
)
from vnetmgr.local.lock import HostLock
from vnetmgr.model.desired import Desired
from vnetmgr.model.plan import NicFacts, ObjectKind, Outcome, Plan, Report, Result
from vnetmgr.model.record import replace
from vnetmgr.planner import conduct_of, make_plan, scope_of
from vnetmgr.problem import About
from vnetmgr.runtime.interrupts import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vnetmgr.host.connect import Host
    from vnetmgr.model.desired import Policy
    from vnetmgr.model.seen.observed import Observed, Scope
    from vnetmgr.model.seen.unlisted import Unlisted

REFUSALS: list[Callable[[Desired], None]] = []
"""What raises RefusedError for what may not be wanted of this process, whoever calls it."""
_NOT_READ = "what else was done has not been read back"
_UNREAD = "what was to be done was done before that, and has not been read back"


@contextmanager
def _if_interrupted(*lines: str) -> Iterator[None]:
    """What to say to somebody who ends the command meanwhile."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        if type(interrupt) is KeyboardInterrupt:  # else more is known already
            raise Interrupted(*lines) from None
        raise


def by_name(host: Host, desired: Desired) -> Desired:
    """What a command wants, whose words for domains may be UUIDs and ids, too, of domains by their
    names. A spec has names, and they stay. Raises RefusedError for a word that leads to two."""
    if desired.spec is not None:
        return desired
    names = {word: host.domain_called(word) for word in desired.domain_names}
    return desired if all(map(eq, names, names.values())) else desired.renamed(names)


def preview(
    host: Host, desired: Desired, policy: Policy, unlisted: frozenset[Unlisted] = frozenset()
) -> Plan:
    """The plan that `change` would carry out; nothing is locked or touched."""
    for refuse in REFUSALS:
        refuse(desired)
    with concerning(desired.about):
        try:
            with told_of_other_hosts(host, desired.ovn):
                return _planned(host, desired, policy, unlisted)
        except NotFoundError as error:
            if not desired.if_exists:
                raise
            notes = (f"nothing to take away: {error.message}",)
            nothing = Desired()
            scope = scope_of(nothing)
            return Plan(
                host=host.name, steps=(), desired=nothing, scope=scope, policy=policy, notes=notes
            )


def _planned(host: Host, desired: Desired, policy: Policy, unlisted: frozenset[Unlisted]) -> Plan:
    observed = replace(observe(host, scope_of(desired, policy)), unlisted=unlisted)
    plan = make_plan(desired, observed, policy)
    tended = plan.scope.forwards or conduct_of(desired).tends_forwards
    if plan.starts_networks and not tended:
        # As attach-nic --nat seldom does: then whoever has port forwards there matters.
        scope = replace(scope_of(desired, policy), forwards=True)
        observed = replace(observe(host, scope), unlisted=unlisted)
        plan = make_plan(desired, observed, policy)
    refuse_invalid(plan)
    return plan


def change(
    host: Host,
    desired: Desired,
    policy: Policy,
    *,
    lock_timeout_s: float,
    wait_s: float = 0.0,
    follow: bool = True,
    approve: Callable[[Plan], bool] = lambda _: True,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Bring the host to what is desired, and say only what was read back.

    `approve` is asked with the plan, under the lock; when it says no, nothing is touched.
    `wait_s` is how long to wait for a guest to use its new nics; `follow`: OVN's hosts are waited
    for, too. Raises VnetError when nothing was touched; what fails later is in the report.
    """
    conduct = conduct_of(desired)
    with ExitStack() as locked:
        with _if_interrupted("nothing was changed"):
            locked.enter_context(HostLock(host.lock_key, timeout_s=lock_timeout_s))
            plan = preview(host, desired, policy)
            approved = approve(plan)
        if not approved:
            return Report(host=plan.host, notes=("nothing was changed",))
        if not (plan.steps or conduct.attended):
            waiting = tuple(Outcome(change=each, result=Result.WAITING) for each in plan.waiting)
            return Report(host=plan.host, outcomes=waiting, notes=plan.notes, errors=plan.errors)
        again = partial(preview, host, desired, policy)
        plan, report, unlisted = _applied(host, plan, again, on_progress)
        with _if_interrupted(_UNREAD, *(line for error in report.errors for line in error.lines)):
            report, observed = _verify(host, plan, report, unlisted)
    late = report.errors
    if conduct.goes_on:
        late = tuple(each.in_keys() for each in late)
    report = replace(report, errors=(*plan.errors, *late))
    if observed is None:
        return report
    report = _with_what_came(host, plan, report, observed, wait_s=wait_s, on_progress=on_progress)
    return _with_followers(host, plan, report, observed) if follow else report


def _with_what_came(
    host: Host,
    plan: Plan,
    report: Report,
    observed: Observed,
    *,
    wait_s: float,
    on_progress: Callable[[str], None],
) -> Report:
    """With what others make of it: OVN, and guests."""
    if plan.desired.chassis and not report.errors:
        return _with_registration(plan, report, observed, wait_s=wait_s, on_progress=on_progress)
    if not (plan.desired.nics and conduct_of(plan.desired).attended):
        return report
    return _with_facts(host, plan, report, observed, wait_s=wait_s, on_progress=on_progress)


def _with_registration(
    plan: Plan,
    report: Report,
    observed: Observed,
    *,
    wait_s: float,
    on_progress: Callable[[str], None],
) -> Report:
    from vnetmgr.engine.chassis import with_departure, with_registration

    (want,) = plan.desired.chassis
    if want.leaves:
        return with_departure(report, observed, want) if plan.steps else report
    if not wait_s:
        return report
    with _if_interrupted("everything was done; OVN was still waited for"):
        return with_registration(report, observed, want, wait_s=wait_s, on_progress=on_progress)


def _with_followers(host: Host, plan: Plan, report: Report, observed: Observed) -> Report:
    if observed.northbound is None:
        return report
    from vnetmgr.engine.followed import with_followers

    with _if_interrupted("everything was done; OVN's hosts were still waited for"):
        return with_followers(host, plan, report, observed)


def _applied(
    host: Host,
    plan: Plan,
    again: Callable[[frozenset[Unlisted]], Plan],
    on_progress: Callable[[str], None],
) -> tuple[Plan, Report, frozenset[Unlisted]]:
    """Carry out a plan, and what of it a device is in the way of that libvirt does not list."""
    writes = Writes(host)
    writes.look_over(plan)
    report = apply(writes, plan, on_progress=on_progress)
    if not report.errors:
        return plan, report, frozenset()
    from vnetmgr.engine.around_unlisted import apply_around_unlisted

    around = apply_around_unlisted(writes, plan, report, again, on_progress=on_progress)
    plan, report, unlisted = around
    replan = partial(again, unlisted)
    if any(isinstance(error, OvertakenError) for error in report.errors):
        from vnetmgr.engine.overtaken import apply_overtaken

        plan, report = apply_overtaken(writes, plan, report, replan, on_progress=on_progress)
        around = plan, report, unlisted
    if not (report.errors and conduct_of(plan.desired).goes_on):
        return around
    from vnetmgr.engine.beside_others import apply_beside_others

    return plan, apply_beside_others(writes, report, replan, on_progress=on_progress), unlisted


def _with_facts(
    host: Host,
    plan: Plan,
    report: Report,
    observed: Observed,
    *,
    wait_s: float,
    on_progress: Callable[[str], None],
) -> Report:
    """What became of the nics; waits for the guests that are to use them."""
    if observed.northbound is not None:
        from vnetmgr.engine.bound_ports import with_bound_ports

        with _if_interrupted("everything was done; OVN was still waited for"):
            report = with_bound_ports(host, plan, report, observed)
    facts = nic_facts(plan.desired, observed)
    report = _with_config_removed(report, facts)
    if wait_s and not report.errors:
        try:
            with _if_interrupted("everything was done; the guest was still waited for"):
                facts = wait_until_used(
                    host, plan, facts, timeout_s=wait_s, on_progress=on_progress
                )
        except VnetError as error:  # what was done is done, and is still reported
            report = replace(report, errors=(error,))
    unused = tuple(_unused(fact) for fact in facts if fact.used is False)
    return replace(report, facts=facts, errors=(*report.errors, *unused))


def _unused(fact: NicFacts) -> VnetError:
    about = About("nic", fact.name or str(fact.mac), fact.domain)
    if not fact.plugged:
        return VnetError(
            f"domain {fact.domain}: nic {fact.name or fact.mac} was plugged in, but {fact.reason}",
            f"`{Command('list-nics')}` shows what is left of it",
            about=about,
        )
    return VnetError(
        f"domain {fact.domain}: nic {fact.name or fact.mac} is plugged in, but {fact.reason}",
        "look inside the guest: is the link up, is DHCP running?",
        about=about,
    )


def _with_config_removed(report: Report, facts: tuple[NicFacts, ...]) -> Report:
    """Say of a nic that the guest holds on to what became of its config."""
    amended: dict[About | None, VnetError] = {}
    for error in report.errors:
        mac = error.mac if isinstance(error, NotReleasedError) else None
        fact = next((each for each in facts if mac and each.mac == mac), None)
        if fact is not None and fact.configured is not None:
            config = "still there" if fact.configured else "removed"
            amended[error.about] = error.saying(f"{error.text}; config: {config}")
    return replace(
        report,
        errors=tuple(amended.get(error.about, error) for error in report.errors),
        outcomes=tuple(
            replace(outcome, error=amended[outcome.change.about].message)
            if outcome.error is not None and outcome.change.about in amended
            else outcome
            for outcome in report.outcomes
        ),
    )


def _touched(plan: Plan) -> tuple[Desired, Scope]:
    """What is planned again. What was not touched of a spec is as it was, and costs as much."""
    desired = plan.desired
    if not conduct_of(desired).goes_on:
        return desired, plan.scope
    from vnetmgr.planner.restrict import key_of, restrict

    forwards = any(change.object is ObjectKind.FORWARD for change in plan.changes)
    keys = frozenset(key_of(change.about) for change in plan.changes)
    desired = restrict(desired, keys, forwards=forwards)
    return desired, scope_of(desired, plan.policy)


def _verify(
    host: Host, plan: Plan, report: Report, unlisted: frozenset[Unlisted]
) -> tuple[Report, Observed | None]:
    """Plan again over the same scope: what is left over was accepted by libvirt and ignored."""
    desired, scope = _touched(plan)
    try:
        if desired.spec is not None and plan.changes:
            from vnetmgr.engine.written_ports import as_written

            if (found := as_written(host, plan, report)) is not None:
                return report, found
        observed = replace(observe(host, scope), unlisted=unlisted)
        if not plan.steps:
            return report, observed
        again = make_plan(desired, observed, plan.policy)
    except RefusedError as error:
        # A refusal says that nothing was touched.
        first, *items = error.lines
        unsure = NotKept(f"what was done cannot be verified: {first}")
        late = VnetError(unsure.text, unsure.hint, about=error.about, items=items)
        return replace(report, errors=report.errors or (late,)), None
    except VnetError as error:
        # What failed may be in the way of planning again; why it failed is said already.
        if not report.errors:
            return replace(report, errors=(error,)), None
        done = any(outcome.result is Result.DONE for outcome in report.outcomes)
        return replace(report, notes=(*report.notes, *((_NOT_READ,) if done else ()))), None
    wrong = _lost(host, plan, report, observed) | _left(again, report, observed)
    outcomes = tuple(_judged(outcome, wrong.get(id(outcome))) for outcome in report.outcomes)
    errors = tuple(
        VnetError(why.text, why.hint, about=outcome.change.about)
        for outcome in report.outcomes
        if (why := wrong.get(id(outcome))) is not None
    )
    return replace(report, outcomes=outcomes, errors=(*report.errors, *errors)), observed


def _lost(host: Host, plan: Plan, report: Report, observed: Observed) -> dict[int, NotKept]:
    """What is wrong with changes that are made, by the outcome's id: what they took along that
    nobody wanted to change, and what the kernel has not followed."""
    wrong = kernel_problems(host, plan, observed)
    if any(step.edits for step in plan.steps):
        from vnetmgr.planner.networks.keeps import lost

        for change, paths in lost(plan, observed):
            wrong[id(change)] = f"with it is gone: {', '.join(paths)}"
    return {
        id(each): NotKept(f"{each.change.subject}: the change is made, and {why}")
        for each in report.outcomes
        if each.result is Result.DONE and (why := wrong.get(id(each.change))) is not None
    }


def _left(again: Plan, report: Report, observed: Observed) -> dict[int, NotKept]:
    """What planning again finds of what is done, by the outcome's id."""
    at = None if observed.northbound is None else observed.northbound.at
    found = {change.key: (change, step) for step in again.steps for change in step.changes}
    return {
        id(each): not_kept(*found[each.change.key], each.change, at)
        for each in report.outcomes
        if each.result is Result.DONE and each.change.key in found
    }


def _judged(outcome: Outcome, found: NotKept | None) -> Outcome:
    """A change is done only when nothing is found of it afterwards."""
    return outcome if found is None else replace(outcome, result=Result.FAILED, error=found.text)
