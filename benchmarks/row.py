"""What a benchmark is."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Pair
    from benchmarks.stage import Stage

VNETMGR = str(Path(sys.prefix) / "bin/vnetmgr")


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One comparison; `limit` is the ratio of ours to the peer's that it must not exceed. A floor
    has none: in vnetmgr's place it has the least program that could take it."""

    name: str
    ours: str
    peer: str
    limit: float | None
    pair: Callable[[Stage], Pair]
    effort: float = 1
    """How many times the usual number of runs: more where the limit is near what is expected, fewer
    where one takes long."""
    needs_lab: bool = False
    needs_virt_xml: bool = False
    needs_pair: bool = False
    needs_ovn: bool = False
