"""Benchmarks of networks that span hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.row import Benchmark

if TYPE_CHECKING:
    from benchmarks.measure import Pair
    from benchmarks.stage import Stage

_PORTS = 1000


def _make_ports(stage: Stage) -> Pair:
    from benchmarks.overlay_stage import making_ports

    return making_ports(stage.directory(), stage.northbound(), _PORTS)


def _apply(stage: Stage) -> Pair:
    from benchmarks.overlay_stage import applying

    return applying(stage.own_lab(), stage.directory(), stage.northbound(), _PORTS)


OVERLAYS = (
    Benchmark(
        name="overlay-ports-1000",
        ours="1,000 logical ports planned and written, by a process that is at work already",
        peer="one line of `ovn-nbctl` that makes the same ports",
        limit=3.0,
        pair=_make_ports,
        needs_ovn=True,
    ),
    Benchmark(
        name="overlay-apply-1000",
        ours="`vnetmgr apply` of 1,000 nics whose logical ports are not there, from start to end",
        peer="one line of `ovn-nbctl` that makes the same ports",
        limit=5.0,
        pair=_apply,
        effort=0.5,
        needs_lab=True,
        needs_ovn=True,
    ),
)
