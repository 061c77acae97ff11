"""Times two commands against each other, or looks at the memory of one."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class BenchmarkError(Exception):
    """A command failed, or did not do what is measured."""


def _nothing() -> None:
    """Nothing to prepare, nothing to check."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """A command, and what surrounds each of its runs without being timed."""

    command: Sequence[str]
    env: Mapping[str, str] | None = None
    before: Callable[[], None] = field(default=_nothing)
    after: Callable[[], None] = field(default=_nothing)
    """Raises BenchmarkError when the command has not done its work."""


@dataclass(frozen=True)
class Memory:
    """What a command's memory is compared with: it is no matter of the machine's load."""

    mib: float


@dataclass(frozen=True, kw_only=True)
class Pair:
    """What is compared."""

    ours: Side
    peer: Side | Memory


@dataclass(frozen=True, kw_only=True)
class Timings:
    """Wall times in milliseconds, or peaks of memory in MiB; the n-th of one side was taken right
    beside the other's."""

    ours: tuple[float, ...]
    peer: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of the ratios pair by pair: load that comes and goes hits both of a pair."""
        return median(ours / peer for ours, peer in zip(self.ours, self.peer, strict=True))


def measure(pair: Pair, *, runs: int) -> Timings:
    """Run both sides in turn, after one run of each that warms up caches and is not counted."""
    ours, peer = pair.ours, pair.peer
    _warm_up(ours)
    if isinstance(peer, Memory):
        peaks = tuple(_run(ours).peak_mib for _ in range(runs))
        return Timings(ours=peaks, peer=(peer.mib,) * runs)
    _warm_up(peer)
    timings = [(_run(ours).ms, _run(peer).ms) for _ in range(runs)]
    return Timings(ours=tuple(ours for ours, _ in timings), peer=tuple(peer for _, peer in timings))


def _warm_up(side: Side) -> None:
    """The only run whose output is kept: to say why a command fails."""
    side.before()
    result = subprocess.run(
        side.command,
        env=_environment(side),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise BenchmarkError(f"{_failed(side, result.returncode)}\n{result.stderr}{result.stdout}")
    side.after()


class _Run(NamedTuple):
    ms: float
    peak_mib: float


def _run(side: Side) -> _Run:
    side.before()
    env = _environment(side)
    start = time.perf_counter()
    process = subprocess.Popen(
        side.command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchmarkError(_failed(side, process.returncode))
    side.after()
    return _Run(ms=elapsed * 1000, peak_mib=used.ru_maxrss / 1024)


def _environment(side: Side) -> dict[str, str]:
    """Without Python's own settings: with PYTHONDONTWRITEBYTECODE, which containers like to set,
    the modules of a checkout are compiled at every start, and those of the peers are not."""
    given = os.environ if side.env is None else side.env
    return {name: value for name, value in given.items() if not name.startswith("PYTHON")}


def _failed(side: Side, code: int) -> str:
    return f"{' '.join(side.command)}: exit {code}"
