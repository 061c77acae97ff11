"""What was measured, for people, for programs and for the README."""

from __future__ import annotations

import json
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.measure import Timings
    from benchmarks.row import Benchmark


@dataclass(frozen=True, kw_only=True)
class Result:
    """A benchmark's timings; none when this machine lacks what it needs."""

    benchmark: Benchmark
    timings: Timings | None

    @property
    def over(self) -> bool:
        """Whether ours is dearer than the limit allows."""
        limit = self.benchmark.limit
        return limit is not None and self.timings is not None and self.timings.ratio > limit

    @property
    def verdict(self) -> str:
        """ok, over, skipped; or that it is a floor."""
        if self.timings is None:
            return "skipped"
        if self.benchmark.limit is None:
            return "floor"
        return "over" if self.over else "ok"


def as_table(results: Sequence[Result]) -> str:
    """Aligned columns: the first to the left, numbers to the right."""
    rows = [("BENCHMARK", "OURS MS", "PEER MS", "RATIO", "LIMIT", ""), *map(_cells, results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *numbers in rows:
        right = (cell.rjust(width) for cell, width in zip(numbers[:-1], widths[1:], strict=False))
        lines.append("  ".join((name.ljust(widths[0]), *right, numbers[-1])).rstrip())
    return "\n".join(lines)


def as_markdown(results: Sequence[Result]) -> str:
    """A table for the README."""
    lines = [
        "| ours | peer | ours, ms | peer, ms | ratio | limit |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for result in results:
        benchmark, (_, *numbers, _) = result.benchmark, _cells(result)
        lines.append(f"| {' | '.join((benchmark.ours, benchmark.peer, *numbers))} |")
    return "\n".join(lines)


def as_json(results: Sequence[Result]) -> str:
    """Everything, each single time included."""
    return json.dumps({"kind": "benchmarks", "items": [_item(each) for each in results]}, indent=2)


def _cells(result: Result) -> tuple[str, str, str, str, str, str]:
    """Name, medians of both sides, ratio, limit, verdict."""
    name, limit = result.benchmark.name, "-"
    if result.benchmark.limit is not None:
        limit = f"{result.benchmark.limit:.2f}"
    if result.timings is None:
        return name, "-", "-", "-", limit, result.verdict
    ours, peer = (f"{median(times):.0f}" for times in (result.timings.ours, result.timings.peer))
    return name, ours, peer, f"{result.timings.ratio:.2f}", limit, result.verdict


def _item(result: Result) -> dict[str, object]:
    benchmark, timings = result.benchmark, result.timings
    return {
        "name": benchmark.name,
        "ours": benchmark.ours,
        "peer": benchmark.peer,
        "limit": benchmark.limit,
        "ratio": timings and timings.ratio,
        "verdict": result.verdict,
        "ours_ms": timings and timings.ours,
        "peer_ms": timings and timings.peer,
    }
