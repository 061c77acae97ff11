"""How benchmarks are timed and judged; what they measure is for script/bench."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.catalogue import BENCHMARKS
from benchmarks.floors import ATTACH, FLOORS, least
from benchmarks.measure import BenchmarkError, Memory, Pair, Side, Timings, measure
from benchmarks.report import Result, as_json, as_markdown, as_table
from benchmarks.spec_stage import on_test_driver, write_spec

if TYPE_CHECKING:
    from pathlib import Path


def _result(*, ours: float, peer: float) -> Result:
    # `version` has the limit 2.5.
    return Result(benchmark=BENCHMARKS[0], timings=Timings(ours=(ours,), peer=(peer,)))


def test_sides_take_turns_after_a_warm_up() -> None:
    seen: list[str] = []

    def side(name: str) -> Side:
        return Side(
            command=("true",),
            before=lambda: seen.append(name),
            after=lambda: seen.append(f"{name} checked"),
        )

    timings = measure(Pair(ours=side("ours"), peer=side("peer")), runs=2)
    assert seen == ["ours", "ours checked", "peer", "peer checked"] * 3
    assert len(timings.ours) == len(timings.peer) == 2


def test_ratio_is_the_median_of_pairs() -> None:
    # A load that slows the last pair down tenfold changes nothing.
    assert Timings(ours=(20.0, 20.0, 210.0), peer=(10.0, 10.0, 100.0)).ratio == 2.0


def test_memory_is_compared_with_a_number() -> None:
    side = Side(command=(sys.executable, "-c", "'x' * (64 << 20)"))
    measured = measure(Pair(ours=side, peer=Memory(64)), runs=1)
    assert measured.peer == (64.0,)
    assert measured.ratio > 1


def test_a_command_that_fails_says_why() -> None:
    failing = Side(command=("sh", "-c", "echo why >&2; exit 3"))
    with pytest.raises(BenchmarkError, match="exit 3\nwhy"):
        measure(Pair(ours=Side(command=("true",)), peer=failing), runs=1)


def test_settings_of_python_are_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    code = "import sys; sys.exit(sys.dont_write_bytecode)"
    side = Side(command=(sys.executable, "-c", code))
    measure(Pair(ours=side, peer=side), runs=1)


@pytest.mark.parametrize(("ours", "verdict"), [(25.0, "ok"), (26.0, "over")])
def test_verdict(ours: float, verdict: str) -> None:
    result = _result(ours=ours, peer=10.0)
    assert result.verdict == verdict
    assert result.over is (verdict == "over")


def test_reports() -> None:
    skipped = Result(benchmark=BENCHMARKS[1], timings=None)
    results = [_result(ours=20.0, peer=10.0), skipped]
    header, first, second = as_table(results).splitlines()
    assert header.split() == ["BENCHMARK", "OURS", "MS", "PEER", "MS", "RATIO", "LIMIT"]
    assert first.split() == ["version", "20", "10", "2.00", "2.50", "ok"]
    assert second.split() == ["help", "-", "-", "-", "2.50", "skipped"]
    assert as_markdown(results).splitlines()[2] == (
        '| `vnetmgr --version` | `python -c "import typer"` | 20 | 10 | 2.00 | 2.50 |'
    )
    items = json.loads(as_json(results))["items"]
    assert [item["ratio"] for item in items] == [2.0, None]


def test_names_are_unique() -> None:
    rows = (*BENCHMARKS, *(floor for floors in FLOORS.values() for floor in floors))
    assert len({row.name for row in rows}) == len(rows)


def test_a_floor_is_beside_its_benchmark_and_has_no_limit() -> None:
    known = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    for name, floors in FLOORS.items():
        for row in floors:
            assert (row.peer, row.limit) == (known[name].peer, None)
            assert row.name.startswith(f"{name}: ")
            assert row.needs_lab == known[name].needs_lab
    floor = Result(benchmark=FLOORS["reconcile-5000"][0], timings=Timings(ours=(9.0,), peer=(1.0,)))
    assert (floor.over, floor.verdict) == (False, "floor")
    assert as_table([floor]).splitlines()[1].split()[-5:] == ["9", "1", "9.00", "-", "floor"]
    assert as_markdown([floor]).endswith("| 9 | 1 | 9.00 | - |")


def _run(command: tuple[str, ...]) -> None:
    measure(Pair(ours=Side(command=command), peer=Memory(1)), runs=1)


def test_the_least_attach_nic() -> None:
    _run(ATTACH)


@pytest.mark.parametrize("wrong", ["52:54:00:be:00:01", "br0", "virtio"])
def test_the_least_reconcile_sees_what_is_not_as_wanted(tmp_path: Path, wrong: str) -> None:
    names = ["one", "two"]
    spec = write_spec(tmp_path / "spec.yaml", names)
    reconcile = (*least("reconcile"), "-c", on_test_driver(tmp_path / "host.xml", names), str(spec))
    _run(reconcile)
    before, _, after = spec.read_text().rpartition(wrong)
    spec.write_text(f"{before}52:54:00:be:99:99{after}")
    with pytest.raises(BenchmarkError, match="two is not as the spec wants it"):
        _run(reconcile)
