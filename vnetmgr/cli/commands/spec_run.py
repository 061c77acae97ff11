"""plan, apply and reconcile: a host as a spec says."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from vnetmgr.api.specs import forwards_alone
from vnetmgr.cli.change import carry_out, end, show_plan
from vnetmgr.cli.options import How, OptionalSpec, SpecFiles
from vnetmgr.cli.run_files import RunFiles
from vnetmgr.cli.spec_source import spec_loader
from vnetmgr.errors import ExitCode, RefusedError
from vnetmgr.model.desired import Policy
from vnetmgr.render import console
from vnetmgr.render.blocks import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.desired import Desired
    from vnetmgr.model.plan import Plan

Strict = Annotated[
    bool, typer.Option("--strict", help="A domain that this host does not have is an error.")
]
Prune = Annotated[
    bool, typer.Option("--prune", help="Take away what vnetmgr made and the spec has no more.")
]
ShowWaiting = Annotated[
    bool, typer.Option("--show-waiting", help="Also what waits for the next start of a domain.")
]
MaxChanges = Annotated[
    int | None,
    typer.Option("--max-changes", metavar="N", min=0, help="Refuse a plan with more changes."),
]


AllOrNothing = Annotated[
    bool, typer.Option("--all-or-nothing", help="Do nothing at all where the spec has a problem.")
]


def plan(
    spec: SpecFiles,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 3 when changes are pending.")
    ] = False,
    xml: Annotated[
        bool, typer.Option("--xml", help="Also the documents that would be written.")
    ] = False,
    show_waiting: ShowWaiting = False,
    strict: Strict = False,
    prune: Prune = False,
    policy: Policy,
    reading: How,
) -> None:
    """Show what apply would change, like a diff, each change with what guests notice of it.

    Example: vnetmgr plan /etc/vnetmgr/conf.d --check
    """
    host, desired = reading.host_and(spec_loader(spec, reading, strict=strict, prune=prune))
    from vnetmgr.render.changes import render_documents

    with host:
        found = host.plan(desired, allow=policy.allow)
    if xml and not reading.form.for_programs:
        console.show(render_documents(found))
    show_plan(found, reading, show_waiting=show_waiting)
    if check and found.changes:
        end(ExitCode.PENDING)


def apply(
    spec: SpecFiles,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    max_changes: MaxChanges = None,
    show_waiting: ShowWaiting = False,
    strict: Strict = False,
    prune: Prune = False,
    policy: Policy,
    how: How,
) -> None:
    """Bring this host's networks and nics to what a spec says, and read back that they are.

    What a domain's start alone can bring about is written to its config, and waits.

    Example: vnetmgr apply web.yaml --yes
    """
    desired = spec_loader(spec, how, strict=strict, prune=prune)
    asks = sys.stdin.isatty() and not (yes or how.form.for_programs)
    approve = partial(_approve, max_changes=max_changes, asks=asks)
    carry_out(desired, policy, how, approve=approve, show_waiting=show_waiting)


def _approve(found: Plan, *, max_changes: int | None, asks: bool = False) -> bool:
    """Whether a plan may be carried out; the user is shown it, and asked, where that `asks`."""
    if max_changes is not None and len(found.changes) > max_changes:
        raise RefusedError(
            f"the plan has {len(found.changes)} changes, and --max-changes allows {max_changes}; "
            "nothing was touched",
            "look at it with vnetmgr plan, then raise --max-changes",
        )
    if not asks or not found.steps:
        return True
    from vnetmgr.cli.prompt import confirmed
    from vnetmgr.render.changes import render_plan

    console.show(render_plan(found, form=Form.TABLE))
    return confirmed("Make these changes?")


def reconcile(
    spec: OptionalSpec = None,
    *,
    run_files: RunFiles,
    max_changes: MaxChanges = None,
    all_or_nothing: AllOrNothing = False,
    show_waiting: ShowWaiting = False,
    strict: Strict = False,
    prune: Prune = False,
    policy: Policy,
    at_once: How,
) -> None:
    """Apply a spec from cron: ask nothing, and be silent when there is nothing to do.

    It goes on past broken domains, and gives way to another vnetmgr at once (exit 75). --dry-run
    exits with 3 when changes are pending. A domain, network or file of the spec that has a problem
    is named and left alone, the rest is done, nothing is taken away, and it exits with 1.

    Without a spec it looks after port forwards alone, as domains' metadata has them, and names
    networks that a killed libvirtd has left in pieces.

    Example: vnetmgr reconcile /etc/vnetmgr/conf.d --metrics-file /var/lib/node/vnetmgr.prom
    """
    run_files.begin(at_once.uri, dry_run=at_once.dry_run)
    load: Callable[[], Desired] = forwards_alone
    if spec:
        load = spec_loader(spec, at_once, strict=strict, prune=prune, all_or_nothing=all_or_nothing)
    if at_once.dry_run:
        _show_pending(load, policy, at_once, show_waiting=show_waiting)
        return
    approve = partial(_approve, max_changes=max_changes)
    _reconcile(load, policy, at_once, run_files, approve=approve, show_waiting=show_waiting)


def _reconcile(
    load: Callable[[], Desired],
    policy: Policy,
    how: How,
    run_files: RunFiles,
    *,
    approve: Callable[[Plan], bool],
    show_waiting: bool,
) -> None:
    host, desired = how.host_and(load)
    from vnetmgr.render.changes import render_changes_alone

    run_files.of_host(host.key)
    with host:
        report = host.apply(desired, allow=policy.allow, approve=approve, check=False)
    run_files.write(report)
    console.show(render_changes_alone(report, form=how.form, show_waiting=show_waiting))
    end(report.exit_code)


def _show_pending(
    load: Callable[[], Desired], policy: Policy, how: How, *, show_waiting: bool
) -> None:
    """A dry run for cron: silent where there is nothing to do."""
    host, desired = how.host_and(load)
    with host:
        found = host.plan(desired, allow=policy.allow)
    if found.changes or found.errors or how.form.for_programs:
        show_plan(found, how, show_waiting=show_waiting)
    end(ExitCode.PENDING if found.changes else ExitCode.DONE)
