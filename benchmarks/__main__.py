"""`python -m benchmarks`: measure, print, and exit with 1 when something is over its limit."""

from __future__ import annotations

import argparse
import shutil
import sys
from typing import TYPE_CHECKING

from benchmarks.catalogue import BENCHMARKS
from benchmarks.floors import FLOORS
from benchmarks.measure import BenchmarkError, measure
from benchmarks.report import Result, as_json, as_markdown, as_table
from benchmarks.stage import Stage
from tests.lab import lab_unavailable
from tests.lab.features import lacks
from tests.ovn import databases_unavailable

if TYPE_CHECKING:
    from benchmarks.row import Benchmark

_RUNS = 20
_FORMATS = {"table": as_table, "json": as_json, "markdown": as_markdown}


def main() -> int:
    """Return the exit code."""
    options = _arguments()
    results = []
    with Stage() as stage:
        for benchmark in _chosen(options.names, floors=options.floors):
            if reason := _lacking(benchmark):
                _say(f"{benchmark.name}: skipped: {reason}")
                results.append(Result(benchmark=benchmark, timings=None))
                continue
            _say(f"{benchmark.name}: measuring")
            try:
                runs = max(1, round(options.runs * benchmark.effort))
                timings = measure(benchmark.pair(stage), runs=runs)
            except BenchmarkError as error:
                _say(f"{benchmark.name}: {error}")
                return 1
            results.append(Result(benchmark=benchmark, timings=timings))
    print(_FORMATS[options.output](results))
    return int(any(result.over for result in results))


def _chosen(names: list[str], *, floors: bool) -> list[Benchmark]:
    """Those named, else all; with floors each before its own, and of all those that have some."""
    if not floors:
        return [each for each in BENCHMARKS if not names or each.name in names]
    known = [each for each in BENCHMARKS if each.name in (names or FLOORS)]
    return [row for each in known for row in (each, *FLOORS.get(each.name, ()))]


def _arguments() -> argparse.Namespace:
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which: {', '.join(names)}; all when left out"
    )
    parser.add_argument("--runs", type=int, default=_RUNS, help="pairs to time (%(default)s)")
    parser.add_argument(
        "--floors",
        action="store_true",
        help="beside each also what it cannot be faster than (benchmarks/floors.py)",
    )
    parser.add_argument("--output", choices=_FORMATS, default="table")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in names]:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(names)}")
    if options.runs < 1:
        parser.error("--runs takes a number from 1")
    return options


def _lacking(benchmark: Benchmark) -> str | None:
    """Why a benchmark cannot be run on this machine, None when it can."""
    if benchmark.needs_virt_xml and not shutil.which("virt-xml"):
        return "there is no virt-xml (apt install virtinst)"
    if benchmark.needs_pair and (reason := lacks("sshd")):
        return reason
    if benchmark.needs_ovn and (reason := databases_unavailable()):
        return reason
    return lab_unavailable() if benchmark.needs_lab else None


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
