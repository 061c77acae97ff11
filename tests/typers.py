"""vnetmgr with other versions of typer: `python -m tests.typers [--time] [VERSION...]`.

Each is put into a folder of its own beside .venv, which stands before .venv's own in Python's path.
"""

from __future__ import annotations

import compileall
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FLOOR = "0.15.2"
# Of each series the last, and what is put in place of the newest of what it depends on.
VERSIONS: dict[str, tuple[str, ...]] = {
    FLOOR: ("click==8.1.8",),  # as Debian 13 has them
    "0.15.4": ("click==8.1.8",),
    "0.16.1": (),
    "0.17.5": (),
    "0.18.0": (),
    "0.19.2": (),
    "0.20.1": (),
    "0.21.2": (),
    "0.22.0": ("click==8.1.3",),  # the last that is content with Debian 12's click
    "0.23.2": (),
    "0.24.2": (),
    "0.25.1": (),
    "0.26.8": (),
    "0.27.3": (),
    "0.28.0": ("rich==13.3.1",),  # as in the package for Debian 12
    "0.29.2": (),
}
# What knows typer: all else is the same with each.
TESTS = (
    *("tests/unit/cli/test_options.py", "tests/unit/cli/test_reading.py"),
    *("tests/unit/cli/test_app.py", "tests/unit/cli/help", "tests/unit/reference"),
    *("tests/driver/test_cli.py", "tests/driver/test_reworded.py"),
)
COMMAND = ("-m", "vnetmgr", "attach-nic", "test", "--bridge", "br0", "-c", "test:///default")
_RUNS = 25


class Took(NamedTuple):
    """Milliseconds of a run."""

    cpu: float
    wall: float


def installed(version: str) -> Path:
    """The folder with this version and what it depends on."""
    folder = ROOT / ".venv" / "typers" / version
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=folder.parent))
        _install(made, f"typer=={version}")
        if VERSIONS.get(version):
            # Some declare a newer rich than they need, where nothing is drawn by it.
            _install(made, "--upgrade", "--no-deps", *VERSIONS[version])
        compileall.compile_dir(made, quiet=2)
        made.rename(folder)
    return folder


def _install(folder: Path, *what: str) -> None:
    pip = (sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check")
    subprocess.run([*pip, "--target", folder, *what], check=True)


def with_version(version: str) -> dict[str, str]:
    """The environment of a Python that finds this version first."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(installed(version)), str(ROOT)))}


def test(version: str) -> bool:
    """Whether the tests of the command line pass with it."""
    pytest = (sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider")
    # Up to 0.25 typer imports what the newest click is going to take away.
    ignoring = ("-W", "ignore:'click.:DeprecationWarning")
    run = subprocess.run([*pytest, *ignoring, *TESTS], cwd=ROOT, env=with_version(version))
    return run.returncode == 0


def measure(versions: list[str]) -> None:
    """Print how long attach-nic takes with each, by turns."""
    took: dict[str, list[Took]] = {version: [] for version in versions}
    for turn in range(_RUNS + 1):
        for version in versions:
            run = _run(version)
            if turn:  # the first fills the caches
                took[version].append(run)
    print("typer    CPU ms: median (least)   wall ms: median (least)")
    for version, runs in took.items():
        cpu, wall = ([getattr(run, field) for run in runs] for field in Took._fields)
        shown = (f"{statistics.median(each):5.0f} ({min(each):.0f})" for each in (cpu, wall))
        print(f"{version:8} {'                '.join(shown)}")


def _run(version: str) -> Took:
    env = with_version(version)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *COMMAND], env=env, check=True, capture_output=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(cpu * 1000, wall * 1000)


def main(words: list[str]) -> int:
    """Test, or measure, those that are named, or all."""
    versions = [word for word in words if word != "--time"] or list(VERSIONS)
    for version in versions:
        installed(version)
    if "--time" in words:
        measure(versions)
        return 0
    failed = []
    for version in versions:
        print(f"== typer {version}", flush=True)
        if not test(version):
            failed.append(version)
    if failed:
        print(f"typer {', '.join(failed)}: tests fail", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
