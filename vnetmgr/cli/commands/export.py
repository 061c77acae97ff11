"""export: a host's present networks and nics as a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from vnetmgr.cli.options import Domains, How
from vnetmgr.errors import ExitCode, UsageError, refused_problems
from vnetmgr.model.seen.observed import EVERY, Scope
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
    reading: How,
) -> None:
    """Write the host's present networks and nics as a spec that changes nothing.

    What a spec cannot say is a comment. Nics that cannot be told apart are named (exit 4).

    Example: vnetmgr export --file /etc/vnetmgr/conf.d/host.yaml
    """
    from vnetmgr.render.files import unwritable, write_text

    if file is not None and (problem := unwritable(file)):
        raise UsageError(problem, "nothing was read; name another file")
    found = _exported(domains or [], reading, networks=networks)
    if file is not None:
        write_text(found.text, file)
    if reading.as_json:
        from vnetmgr.render.documents.specs import SPEC, ShownSpec

        console.out_json(SPEC.whole(ShownSpec(found.text, found.refused)))
    elif file is None:
        console.out_lines(found.text.removesuffix("\n"))
    if found.refused:
        _end_with(found.refused)


def _end_with(refused: Sequence[str]) -> NoReturn:
    hint = "give each a name: vnetmgr update-nic DOMAIN PCI_ADDRESS --name NAME --config"
    console.complain(refused_problems([Problem(None, each) for each in refused], hint))
    raise typer.Exit(ExitCode.REFUSED)


def _exported(domains: list[str], reading: How, *, networks: bool) -> Export:
    from vnetmgr.engine.observe import observe, with_rules
    from vnetmgr.spec.export import export_spec

    with reading.host(readonly=True) as host:
        observed = observe(host, _scope(domains, networks=networks, far=not host.is_local))
        if any(domain.forwards and not domain.stamped for domain in observed.domains):
            observed = with_rules(host, observed)  # they tell whose they are
    return export_spec(observed, domains=domains or None)


def _scope(domains: list[str], *, networks: bool, far: bool) -> Scope:
    return Scope(
        domains=tuple(domains),
        all_domains=not domains,
        # Whether a network needs a repair, the guests on it show.
        running_domains=networks,
        networks=(EVERY,) if networks else (),
        ports=networks and far,
        links=True,
    )
