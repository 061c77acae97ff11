"""What a host is to be brought to: a spec, what a program has read of one, or a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.api.specs import Spec
    from vnetmgr.model.desired import Desired, Policy
    from vnetmgr.model.plan import Plan


def wanted_of(
    spec: Spec,
    *,
    strict: bool,
    prune: bool,
    this_host: str | None,
    revision: int | None,
) -> Desired:
    """What a spec wants. Raises VnetError for what is none."""
    from vnetmgr.api.ovn_options import revision_of
    from vnetmgr.api.specs import load_desired

    number = revision_of(revision)
    return load_desired(spec, strict=strict, prune=prune, this_host=this_host, revision=number)


def asked_of(plan: Plan) -> Desired:
    """What a plan was made for, as it was asked for."""
    return plan.desired if plan.asked is None else plan.asked


def of_plan(
    plan: Plan, approve: Callable[[Plan], bool]
) -> tuple[Callable[[Plan], bool], Policy, Desired]:
    """What a plan that somebody keeps allows, how far it may go, and what it asks for."""
    return as_planned(plan, approve), plan.policy, asked_of(plan)


def as_planned(plan: Plan, approve: Callable[[Plan], bool]) -> Callable[[Plan], bool]:
    """Whether nothing would be done but what was planned; some of it may be done by now."""

    def check(now: Plan) -> bool:
        if now.host != plan.host or not set(now.changes) <= set(plan.changes):
            raise RefusedError(
                "the plan is out of date: what there is has changed since it was made",
                "nothing was touched; plan again, and look at that",
            )
        return approve(now)

    return check
