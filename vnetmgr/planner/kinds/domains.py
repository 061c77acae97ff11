"""Domains: new ones, spare slots in them, and what holds specs off them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import NotFoundError
from vnetmgr.problem import About

if TYPE_CHECKING:
    from vnetmgr.planner.planning import Planning


def absent_domains(planning: Planning) -> None:
    """Domains that a spec names, and that are not here, or ought not to be."""
    for name, origin in planning.spec.domains:
        if planning.observed.domain(name) is not None:
            continue
        text = f"domain {name} is not on this host"
        if planning.spec.strict:
            hint = "take it out of the spec, or leave --strict out"
            absent = NotFoundError(text, hint, about=About("domain", name))
            planning.errors.append(absent.at(origin))
        else:
            planning.notes.append(f"{text}: skipped")
    if planning.spec.elsewhere:
        from vnetmgr.planner.elsewhere import leftovers

        planning.notes += leftovers(planning.spec, planning.observed)


def domains(planning: Planning) -> None:
    """New domains, with their nics."""
    for want in planning.desired.domains:
        from vnetmgr.planner.domains import plan_domain

        planned = plan_domain(
            want,
            observed=planning.observed,
            policy=planning.policy,
            networks=frozenset(planning.made),
            overlays=planning.overlays,
        )
        planning.take("domains", planned)


def slots(planning: Planning) -> None:
    """Spare slots for nics."""
    for want in planning.desired.slots:
        from vnetmgr.planner.nics.slots import plan_slots

        domain = planning.observed.domain(want.domain)
        if domain is not None:
            planning.take("domains", plan_slots(want, domain))


def holds(planning: Planning) -> None:
    """Holds."""
    for want in planning.desired.holds:
        from vnetmgr.planner.holds import plan_hold

        planning.take("domains", plan_hold(want, planning.observed))


def migrations(planning: Planning) -> None:
    """Migrations, as far as OVN is to know of them beforehand."""
    for want in planning.desired.migrations:
        from vnetmgr.planner.overlays.prepare_migration import plan_migration

        planning.take("domains", plan_migration(want, planning.observed))
