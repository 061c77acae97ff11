"""Floors: what a benchmark's work takes without anything that a later vnetmgr could save.

Each is measured against the peer of the benchmark that it belongs to. What lies between its ratio
and the limit is all that there is for what its program leaves out; each program says what that is.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.catalogue import IMPORT_ALL, attaching_many, python, reconciling
from benchmarks.measure import Pair, Side
from benchmarks.row import Benchmark
from benchmarks.spec_stage import mac_of, virsh_marking, write_spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.lab import Lab

_LEAST = Path(__file__).parent / "least"
_IMPORT = "import gc, os; gc.disable(); import typer, libvirt, lxml.etree; os._exit(0)"
ATTACH = (
    sys.executable,
    str(_LEAST / "attach_nic.py"),
    "test",
    "--bridge",
    "br0",
    "-c",
    "test:///default",
)


def least(name: str) -> tuple[str, ...]:
    """One of the programs."""
    return (sys.executable, "-m", f"benchmarks.least.{name}")


def attach_each(lab: Lab, names: Sequence[str]) -> Sequence[str]:
    """The writes alone, one after the other."""
    nics = lab.directory / "nics"
    nics.write_text("".join(f"{name} {mac_of(number)}\n" for number, name in enumerate(names)))
    return (*least("attach_many"), "-c", lab.uri, str(nics))


def apply_least(lab: Lab, names: Sequence[str]) -> Sequence[str]:
    """All that an apply is, and nothing more."""
    spec = write_spec(lab.directory / "least.yaml", names)
    return (*least("apply"), "-c", lab.uri, str(spec))


FLOORS = {
    "attach-test-bare": (
        Benchmark(
            name="attach-test-bare: imports",
            ours="the same imports without Python's collector and clean-up",
            peer="Python that imports typer, libvirt, lxml and ends",
            limit=None,
            pair=lambda _: Pair(ours=python(_IMPORT), peer=IMPORT_ALL),
        ),
        Benchmark(
            name="attach-test-bare: least",
            ours="`least/attach_nic.py`: one typer command, libvirt's calls",
            peer="Python that imports typer, libvirt, lxml and ends",
            limit=None,
            pair=lambda _: Pair(ours=Side(command=ATTACH), peer=IMPORT_ALL),
        ),
    ),
    "reconcile-5000": (
        Benchmark(
            name="reconcile-5000: least",
            ours="`least/reconcile.py`: fetches, and compares texts",
            peer="a bare libvirt-python and lxml loop",
            limit=None,
            pair=lambda stage: reconciling(stage, *least("reconcile")),
        ),
    ),
    "attach-200-at-once": (
        Benchmark(
            name="attach-200-at-once: marks",
            ours="one `virsh` fed 200 attaches and 200 marks that the nics are the spec's",
            peer="one `virsh` fed 200 commands",
            limit=None,
            pair=lambda stage: attaching_many(stage, virsh_marking),
            needs_lab=True,
        ),
        Benchmark(
            name="attach-200-at-once: writes",
            ours="`least/attach_many.py`: both writes of each nic, one after the other",
            peer="one `virsh` fed 200 commands",
            limit=None,
            pair=lambda stage: attaching_many(stage, attach_each),
            needs_lab=True,
        ),
        Benchmark(
            name="attach-200-at-once: least",
            ours="`least/apply.py`: reads before and after, both writes of each nic in threads",
            peer="one `virsh` fed 200 commands",
            limit=None,
            pair=lambda stage: attaching_many(stage, apply_least),
            needs_lab=True,
        ),
    ),
}
"""By the benchmark's name."""
