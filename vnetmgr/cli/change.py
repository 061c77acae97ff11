"""From what a command wants to what it prints: the same way for every command."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from vnetmgr.api.changes import Changes
from vnetmgr.errors import ExitCode, usage_problems
from vnetmgr.model.desired import Policy
from vnetmgr.problem import every_option
from vnetmgr.render import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vnetmgr.cli.options import How
    from vnetmgr.model.desired import Desired
    from vnetmgr.model.graph import Graph
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.plan import Plan
    from vnetmgr.model.record import Listing


_NONE = Policy()


class Changing(Changes[None]):
    """A command's change: planned and printed (--dry-run), or made, verified and printed. Ends with
    the exit code. `documents`: a dry run also shows what would be handed to libvirt and to nft."""

    def __init__(self, how: How, *, documents: bool = False) -> None:
        self._how, self._documents = how, documents

    def _carry_out(self, desired: Desired, policy: Policy = _NONE, *, wait: float = 0.0) -> None:
        if self._how.ovn is not None and self._how.ovn.fleet is not None:
            _refuse_fleet(desired.networks)
        carry_out(desired, policy, self._how, wait=wait, documents=self._documents)


def carry_out(
    desired: Desired | Callable[[], Desired],
    policy: Policy,
    how: How,
    *,
    wait: float = 0.0,
    documents: bool = False,
    show_waiting: bool = True,
    approve: Callable[[Plan], bool] | None = None,
) -> None:
    """Plan and print (--dry-run), or change, verify and print. Ends with the exit code.

    `desired`: what is wanted, or what reads it, which is done while libvirt has not answered yet.
    `approve` is asked with the plan before anything is touched.
    """
    host, wanted = how.host_and(partial(_ready, desired))
    from vnetmgr.render.changes import render_report
    from vnetmgr.render.progress import begun_late, progress

    with host:
        if how.dry_run:
            show_plan(host.plan(wanted, allow=policy.allow), how, documents=documents)
            return
        # No sign of life while somebody is asked.
        with progress() if approve is None else begun_late(progress) as on_progress:
            report = host.apply(
                wanted,
                allow=policy.allow,
                wait=wait,
                approve=approve or (lambda _: True),
                on_progress=on_progress,
                check=False,
            )
    summed = wanted.spec is not None
    console.show(render_report(report, form=how.form, show_waiting=show_waiting, summed=summed))
    end(report.exit_code)


def _refuse_fleet(networks: Iterable[NetworkWant]) -> None:
    """Refuse --fleet for a network that is none of a fleet's."""
    for want in networks:
        if not want.patch.is_overlay:
            from vnetmgr.model.options.network_patch import fleet_problem

            problem = fleet_problem(want.patch.mode_if_new)
            raise usage_problems([problem], every_option("create-network")).of(want.about)


def _ready(desired: Desired | Callable[[], Desired]) -> Desired:
    """What is wanted; what comes next is imported, too."""
    import vnetmgr.engine.reconcile  # noqa: F401

    return desired() if callable(desired) else desired


def show_plan(plan: Plan, how: How, *, show_waiting: bool = True, documents: bool = False) -> None:
    """Print a plan, and the documents that would be written. Ends with the worst of its errors."""
    from vnetmgr.render.changes import render_documents, render_plan

    console.show(render_plan(plan, form=how.form, show_waiting=show_waiting))
    if documents and not how.form.for_programs:
        console.show(render_documents(plan))
    end(max((error.exit_code for error in plan.errors), default=ExitCode.DONE))


def end(code: ExitCode) -> None:
    """End with an exit code, where it tells more than that all is done."""
    if code is not ExitCode.DONE:
        raise typer.Exit(code)


def end_whole(found: Listing[Any] | Graph) -> None:
    """The same of what was shown: without a domain that could not be read it is but a part."""
    end(ExitCode.DONE if found.is_whole else ExitCode.FAILED)
