"""How benchmarks are timed and judged; what they measure is for script/bench."""

from __future__ import annotations

import json
import sys

import pytest

from benchmarks.catalogue import BENCHMARKS
from benchmarks.measure import BenchmarkError, Memory, Pair, Side, Timings, measure
from benchmarks.report import Result, as_json, as_markdown, as_table


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
    assert len({benchmark.name for benchmark in BENCHMARKS}) == len(BENCHMARKS)
