"""export: a host's present networks and nics as a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from vnetmgr.cli.options import Domains, How
from vnetmgr.command import Command
from vnetmgr.errors import ExitCode, UsageError, refused_problems
from vnetmgr.problem import Problem
from vnetmgr.render import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.spec.export import Export


def export(
    domains: Domains = None,
    *,
    networks: Annotated[
        bool, typer.Option("--networks/--no-networks", help="Also the host's networks.")
    ] = True,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="Write it there.")
    ] = None,
    telling: How,
) -> None:
    """Write the host's present networks and nics as a spec that changes nothing.

    What a spec cannot say is a comment. Nics that cannot be told apart are named (exit 4). Several
    hosts make one spec, with `host` and `hosts`; what does not go together there is named as well.

    Example: vnetmgr export --file /etc/vnetmgr/conf.d/host.yaml
    """
    from vnetmgr.render.files import unwritable, write_text

    if file is not None and (problem := unwritable(file)):
        raise UsageError(problem, "nothing was read; name another file")
    with telling.open(readonly=True) as host:
        found = host.export(*(domains or ()), networks=networks)
    if file is not None:
        write_text(found.text, file)
    _show(found, telling, filed=file is not None)
    if found.refused:
        _end_with(found.refused)


def _show(found: Export, telling: How, *, filed: bool) -> None:
    if telling.form.for_programs:
        from vnetmgr.render.documents.specs import SPEC, ShownSpec

        console.out_data(SPEC.whole(ShownSpec(found.text, found.refused)))
    elif not filed:
        console.out_lines(found.text.removesuffix("\n"))


_NAMING = ("DOMAIN", "PCI_ADDRESS", "--name", "NAME", "--config")


def _end_with(refused: Sequence[str]) -> NoReturn:
    hint = f"give each a name: {Command('update-nic', *_NAMING)}"
    console.complain(refused_problems([Problem(None, each) for each in refused], hint))
    raise typer.Exit(ExitCode.REFUSED)
