"""plan, apply and reconcile: a host as a spec says."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from vnetmgr.api.ovn_options import revision_of
from vnetmgr.api.specs import forwards_alone
from vnetmgr.cli.options import How, OptionalSpec, SpecFiles
from vnetmgr.cli.run_files import RunFiles
from vnetmgr.cli.spec_source import (
    mark_shown,
    noted_at_once,
    refuse_spec_as_name,
    spec_loader,
)
from vnetmgr.cli.specs.here import Meant, apply_here, approved, plan_here, reconcile_here
from vnetmgr.model.desired import Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.cli.specs.here import Load
    from vnetmgr.cli.specs.hosts import OnHosts

Strict = Annotated[
    bool, typer.Option("--strict", help="A domain of the spec that is not found is an error.")
]
Prune = Annotated[
    bool, typer.Option("--prune", help="Take away what vnetmgr made and the spec has no more.")
]
ShowWaiting = Annotated[
    bool, typer.Option("--show-waiting", help="Also what waits for the next start of a domain.")
]
MaxChanges = Annotated[
    int | None,
    typer.Option(
        "--max-changes", metavar="N", min=0, help="Refuse more changes, of all hosts together."
    ),
]


AllOrNothing = Annotated[
    bool, typer.Option("--all-or-nothing", help="Do nothing at all where the spec has a problem.")
]

Revision = Annotated[
    str | None,
    typer.Option(
        "--revision",
        metavar="N",
        help="Of the spec, for its overlays: an older one does not write over what a newer has.",
    ),
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
    revision: Revision = None,
    policy: Policy,
    reading: How,
) -> None:
    """Show what apply would change, like a diff, each change with what guests notice of it.

    Example: vnetmgr plan /etc/vnetmgr/conf.d --check
    """
    meant = _meant(policy, revision, strict=strict, prune=prune, show_waiting=show_waiting)
    if reading.of_hosts:
        _on_hosts(spec, meant, reading).plan(check=check, xml=xml)
        return
    load = spec_loader(spec, reading, meant)
    plan_here(load, meant, reading, check=check, xml=xml)


def apply(
    spec: SpecFiles,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    max_changes: MaxChanges = None,
    show_waiting: ShowWaiting = False,
    strict: Strict = False,
    prune: Prune = False,
    revision: Revision = None,
    policy: Policy,
    how: How,
) -> None:
    """Bring this host's networks and nics to what a spec says, and read back that they are.

    What a domain's start alone can bring about is written to its config, and waits.

    Example: vnetmgr apply web.yaml --yes
    """
    meant = _meant(policy, revision, strict=strict, prune=prune, show_waiting=show_waiting)
    asks = sys.stdin.isatty() and not (yes or how.form.for_programs)
    if how.of_hosts:
        _on_hosts(spec, meant, how).apply(asks=asks, max_changes=max_changes)
        return
    load = spec_loader(spec, how, meant)
    shown = mark_shown(how)
    approve = partial(approved, max_changes=max_changes, asks=asks, shown=shown)
    apply_here(load, meant, how, approve)


def reconcile(
    spec: OptionalSpec = None,
    *,
    run_files: RunFiles,
    max_changes: MaxChanges = None,
    all_or_nothing: AllOrNothing = False,
    show_waiting: ShowWaiting = False,
    strict: Strict = False,
    prune: Prune = False,
    revision: Revision = None,
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
    meant = _meant(policy, revision, strict=strict, prune=prune, show_waiting=show_waiting)
    if at_once.of_hosts:
        there = _on_hosts(spec or (), meant, at_once)
        there.reconcile(run_files, max_changes=max_changes, all_or_nothing=all_or_nothing)
        return
    run_files.begin(at_once.uri, dry_run=at_once.dry_run)
    if not spec:
        refuse_spec_as_name(at_once)
    load: Load = forwards_alone
    if spec:
        load = spec_loader(spec, at_once, meant, all_or_nothing=all_or_nothing)
        load = noted_at_once(load, at_once)
    approve = partial(approved, max_changes=max_changes, shown=mark_shown(at_once))
    reconcile_here(load, meant, at_once, run_files, approve)


def _meant(policy: Policy, revision: str | None, **flags: bool) -> Meant:
    return Meant(policy=policy, revision=revision_of(revision), **flags)


def _on_hosts(spec: Sequence[str], meant: Meant, how: How) -> OnHosts:
    from vnetmgr.cli.specs.hosts import OnHosts

    return OnHosts(spec, meant, how)
