"""trace as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.path.trace import Fate, Way
from vnetmgr.render.blocks import Block, Line, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.path.trace import Trace, TraceHop
    from vnetmgr.render.blocks import Form

_HEADINGS = ("", "HOP", "NAME", "WHAT", "OWNER", "VERDICT")
_COLOURS = {Fate.DELIVERED: "green", Fate.DROPPED: "red", Fate.UNKNOWN: "yellow"}
_ROW_COLOURS = {"drop": "red", "reject": "red", "unknown": "yellow"}
_ARROWS = {Way.THERE: ">", Way.BACK: "<"}


def render_trace(trace: Trace, *, form: Form) -> Iterator[Block]:
    """What becomes of the packet, in one sentence; then each hop."""
    if form.for_programs:
        from vnetmgr.render.documents.trace import TRACE

        yield TRACE.whole(trace)
        return
    label = f"{trace.domain}/{trace.nic} -> {_destination(trace)}"
    yield Line(f"{label}: {trace.verdict}: {trace.reason}", _COLOURS[trace.verdict])
    if trace.live_s is not None:
        yield from (Line(f"  {each}", "yellow") for each in trace.unknown)
    if not (hops := trace.hops):
        return
    colours = [_ROW_COLOURS.get(hop.verdict, "") for hop in hops]
    yield Table(_HEADINGS, [_cells(hop) for hop in hops], colours)


def _destination(trace: Trace) -> str:
    address = str(trace.destination)
    if trace.port is None:
        return f"{address}/{trace.protocol}"
    address = f"[{address}]" if ":" in address else address
    return f"{address}:{trace.port}/{trace.protocol}"


def _cells(hop: TraceHop) -> tuple[str, ...]:
    cells = (hop.kind, hop.name, hop.rule or "-", hop.owner or "-", hop.verdict)
    return (_ARROWS[hop.way], *map(str, cells))
