"""From what a command wants to what it prints: the same way for every command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from vnetmgr.errors import ExitCode
from vnetmgr.render import console

if TYPE_CHECKING:
    from vnetmgr.cli.options import How
    from vnetmgr.model.desired import Desired, Policy


def carry_out(
    desired: Desired,
    policy: Policy,
    how: How,
    *,
    wait_s: float = 0.0,
    documents: bool = False,
) -> None:
    """Plan and print (--dry-run), or change, verify and print. Ends with the exit code.

    `documents`: a dry run also shows what would be handed to libvirt and to nft.
    """
    from vnetmgr.engine.reconcile import change, preview  # lxml, which --help has no use for

    # Here, so that --help loads neither libvirt nor lxml.
    from vnetmgr.render.changes import render_documents, render_plan, render_report
    from vnetmgr.render.progress import progress

    with how.host() as host:
        if how.dry_run:
            plan = preview(host, desired, policy)
            console.show(render_plan(plan, as_json=how.as_json))
            if documents and not how.as_json:
                console.show(render_documents(plan))
            return
        with progress() as on_progress:
            report = change(
                host,
                desired,
                policy,
                lock_timeout_s=how.lock_timeout_s,
                wait_s=wait_s,
                on_progress=on_progress,
            )
    console.show(render_report(report, as_json=how.as_json))
    if report.exit_code is not ExitCode.DONE:
        raise typer.Exit(report.exit_code)
