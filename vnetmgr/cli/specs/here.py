"""plan, apply and reconcile on one host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.cli.change import carry_out, end, show_plan
from vnetmgr.command import Command
from vnetmgr.errors import ExitCode, RefusedError
from vnetmgr.model.record import Record
from vnetmgr.render import console
from vnetmgr.render.blocks import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.cli.options import How
    from vnetmgr.cli.run_files import RunFiles
    from vnetmgr.model.desired import Desired, Policy
    from vnetmgr.model.plan import Plan

    Load = Callable[[], Desired]
    Approve = Callable[[Plan], bool]


class Meant(Record):
    """How a spec is meant, and what is shown of what comes of it."""

    policy: Policy
    strict: bool = False
    prune: bool = False
    show_waiting: bool = False
    revision: int | None = None
    """Of the spec; None: what itself says."""

    @property
    def words(self) -> tuple[str, ...]:
        """As options of the command line."""
        allowed = (f"--allow={each}" for each in sorted(self.policy.allow))
        strict, prune = ("--strict",) * self.strict, ("--prune",) * self.prune
        revision = () if self.revision is None else (f"--revision={self.revision}",)
        return (*strict, *prune, *revision, *allowed)


def plan_here(
    load: Load, meant: Meant, how: How, *, check: bool = False, xml: bool = False
) -> None:
    """What apply would change."""
    host, desired = how.host_and(load)
    from vnetmgr.render.changes import render_documents

    with host:
        found = host.plan(desired, allow=meant.policy.allow)
    if xml and not how.form.for_programs:
        console.show(render_documents(found))
    show_plan(found, how, show_waiting=meant.show_waiting)
    if check and found.changes:
        end(ExitCode.PENDING)


def apply_here(load: Load, meant: Meant, how: How, approve: Approve) -> None:
    """Make the changes, once they are approved."""
    carry_out(load, meant.policy, how, approve=approve, show_waiting=meant.show_waiting)


def reconcile_here(
    load: Load, meant: Meant, how: How, run_files: RunFiles, approve: Approve
) -> None:
    """The same from cron. A dry run shows what would be changed, and leaves no files."""
    host, desired = how.host_and(load)
    from vnetmgr.render.changes import render_changes_alone

    if how.dry_run:
        with host:
            found = host.plan(desired, allow=meant.policy.allow)
        if found.changes or found.errors or how.form.for_programs:
            show_plan(found, how, show_waiting=meant.show_waiting)
        end(ExitCode.PENDING if found.changes else ExitCode.DONE)
        return
    run_files.of_host(host.key)
    with host:
        report = host.apply(desired, allow=meant.policy.allow, approve=approve, check=False)
    run_files.write(report)
    console.show(render_changes_alone(report, form=how.form, show_waiting=meant.show_waiting))
    end(report.exit_code)


def approved(
    found: Plan, *, max_changes: int | None = None, asks: bool = False, shown: str | None = None
) -> bool:
    """Whether a plan may be carried out; the user is shown it, and asked, where that `asks`.
    `shown`: the mark of the plan that somebody has agreed to elsewhere. Raises RefusedError."""
    refuse_many(len(found.changes), max_changes, "the plan has")
    if shown is not None:
        _refuse_another(found, shown)
    if not asks or not found.steps:
        return True
    from vnetmgr.cli.prompt import confirmed
    from vnetmgr.render.changes import render_plan

    console.show(render_plan(found, form=Form.TABLE))
    return confirmed("Make these changes?")


def refuse_many(changes: int, most: int | None, whose: str) -> None:
    """Raise RefusedError for more changes than --max-changes allows."""
    if most is not None and changes > most:
        raise RefusedError(
            f"{whose} {changes} changes, and --max-changes allows {most}; nothing was touched",
            f"look at it with {Command('plan')}, then raise --max-changes",
        )


def _refuse_another(found: Plan, shown: str) -> None:
    from vnetmgr.fleet.specs import marked
    from vnetmgr.render.changes import plan_json

    if marked(plan_json(found.host, found.changes, noted=())) != shown:
        raise RefusedError(
            "what is to be done has changed since it was planned; nothing was touched",
            "run the command again",
        )
