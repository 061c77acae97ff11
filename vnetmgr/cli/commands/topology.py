"""topology: a picture of this host's networking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vnetmgr.cli.options import Domains, How
from vnetmgr.errors import UsageError
from vnetmgr.render import console

if TYPE_CHECKING:
    from vnetmgr.model.graph import Graph
    from vnetmgr.render.topology.draw import Drawn


def topology(
    domains: Domains = None,
    *,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="Write it there.")
    ] = None,
    drawing: How,
) -> None:
    """Draw what is connected to what: guests, nics, networks, bridges, the host's links, and what
    doctor finds wrong.

    html is one file to look at, search in and mail; it asks nobody for anything.

    Example: vnetmgr topology --output html --file network.html
    """
    from vnetmgr.render.files import unwritable, write_text
    from vnetmgr.runtime.whole_file import is_standard_output

    if file is not None and (problem := unwritable(file)):
        raise UsageError(problem, "nothing was looked at; name another file")
    with drawing.open(readonly=True) as host:
        graph = host.topology(*(domains or ()))
    picture = _drawn(graph, drawing.said or "text")
    if file is not None:
        write_text(picture.text, file)
    if file is None or (drawing.form.for_programs and not is_standard_output(file)):
        console.show(picture.blocks)


def _drawn(graph: Graph, form: str) -> Drawn:
    from vnetmgr.render.topology.draw import drawn, layout

    if form != "svg":
        return drawn(graph, form)
    from vnetmgr.local.programs import run

    return layout(graph, run("dot", "-Tsvg", given=drawn(graph, "dot").text))
