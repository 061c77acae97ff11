"""topology: a picture of this host's networking."""

from __future__ import annotations

from typing import Annotated

import typer

from vnetmgr.cli.options import Domains, How
from vnetmgr.errors import UsageError


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

    html is one file to look at, search in and mail; it asks nobody for anything. Several hosts
    share one picture.

    Example: vnetmgr topology --output html --file network.html
    """
    from vnetmgr.cli.change import end_whole
    from vnetmgr.cli.seeing.pictures import drawn_or_laid_out, print_or_write
    from vnetmgr.render.files import unwritable

    if file is not None and (problem := unwritable(file)):
        raise UsageError(problem, "nothing was looked at; name another file")
    with drawing.open(readonly=True) as host:
        graph = host.topology(*(domains or ()))
    print_or_write(drawn_or_laid_out(graph, drawing.said or "text"), drawing, file)
    end_whole(graph)
