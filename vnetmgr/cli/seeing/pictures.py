"""Where a picture goes, and who draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.render import console

if TYPE_CHECKING:
    from vnetmgr.cli.options import How
    from vnetmgr.model.graph import Graph
    from vnetmgr.render.topology.draw import Drawn


def print_or_write(picture: Drawn, how: How, file: str | None) -> None:
    """To standard output, or into a file; programs have it on standard output in any case."""
    from vnetmgr.render.files import write_text
    from vnetmgr.runtime.whole_file import is_standard_output

    if file is not None:
        write_text(picture.text, file)
    if file is None or (how.form.for_programs and not is_standard_output(file)):
        console.show(picture.blocks)


def drawn_or_laid_out(graph: Graph, form: str) -> Drawn:
    """A picture in a form, by Graphviz where that has to draw it."""
    from vnetmgr.render.topology.draw import drawn, layout

    if form != "svg":
        return drawn(graph, form)
    from vnetmgr.local.programs import run

    return layout(graph, run("dot", "-Tsvg", given=drawn(graph, "dot").text))
