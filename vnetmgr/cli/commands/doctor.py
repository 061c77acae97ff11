"""doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from vnetmgr.cli.change import end
from vnetmgr.cli.options import How
from vnetmgr.doctor.targets import parse_targets
from vnetmgr.errors import UsageError
from vnetmgr.render import console

if TYPE_CHECKING:
    from vnetmgr.cli.seeing.diagnosis import Wish

Targets: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[DOMAIN[/NIC]]...",
        help="Domains, as web1 or web*, or single nics by name, MAC, target or PCI address; all "
        "when left out.",
    ),
]
Probe: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--probe",
        help="Also ask from where the guests are, for some seconds: DHCP, ARP, DNS, a connection. "
        "Local, as root.",
    ),
]
Fix: TypeAlias = Annotated[
    bool,
    typer.Option("--fix", help="Mend what is vnetmgr's own to mend, and look again."),
]
Save: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--save",
        metavar="FILE",
        help="Write all that was seen, for a bug report: names, MACs, addresses, rules.",
    ),
]
Facts: TypeAlias = Annotated[
    str | None,
    typer.Option("--facts", metavar="FILE", help="Look at what --save wrote, and at no host."),
]
Readonly: TypeAlias = Annotated[
    bool, typer.Option("--readonly", "-r", help="Read-only connection: no agent is asked.")
]


def doctor(
    targets: Targets = None,
    *,
    probe: Probe = False,
    fix: Fix = False,
    save: Save = None,
    facts: Facts = None,
    readonly: Readonly = False,
    how: How,
) -> None:
    """Say why a guest has no network: the first cause on top, with whose it is and what mends it.

    Then the path of each nic, from the guest outwards; exit code 1 where something is broken. What
    was not looked at is not-checked, with what it would need.

    Example: vnetmgr doctor web1/lan
    """
    from vnetmgr.cli.seeing.diagnosis import Wish, examine, examine_saved
    from vnetmgr.render.findings import render_findings

    wish = Wish(probe=probe, fix=fix, save=save, readonly=readonly)
    _refuse_nonsense(wish, facts=facts, how=how)
    asked = parse_targets(targets or ())
    found = examine(how, asked, wish) if facts is None else examine_saved(facts, asked)
    shown = found.diagnosis, found.plan, found.report
    console.show(render_findings(*shown, form=how.form))
    end(found.exit_code)


def _refuse_nonsense(wish: Wish, *, facts: str | None, how: How) -> None:
    """Raise UsageError for options that do not go together."""
    if facts is not None and (wish.probe or wish.fix or wish.save is not None):
        raise UsageError(
            "--facts looks at a file, where nothing can be probed, mended or seen anew",
            "leave --probe, --fix and --save out",
        )
    if wish.save is not None:
        from vnetmgr.render.files import unwritable
        from vnetmgr.runtime.whole_file import is_standard_output

        if problem := unwritable(wish.save):
            raise UsageError(problem, "nothing was looked at; name another file")
        if how.form.for_programs and is_standard_output(wish.save):
            raise UsageError(
                f"--save {wish.save} would print a second document", "name another file"
            )
    if how.dry_run and not wish.fix:
        raise UsageError("--dry-run goes with --fix: without it nothing is changed anyway")
    if wish.fix and wish.readonly:
        raise UsageError("--fix changes things, which a read-only connection does not")
