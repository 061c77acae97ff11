"""The least programs of the benchmarks do what an apply does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.domains import domain_xml
from benchmarks.floors import apply_least, attach_each
from benchmarks.measure import Memory, Pair, measure
from benchmarks.spec_stage import attaching_to, virsh_marking, write_spec
from tests.system.conftest import ok

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.lab import Lab

NAMES = ("one", "two")


@pytest.fixture
def off(lab: Lab) -> Iterator[None]:
    """Two domains that are off."""
    handles = [lab.conn.defineXML(domain_xml(name)) for name in NAMES]
    yield
    for handle in handles:
        handle.undefine()


@pytest.mark.usefixtures("off")
@pytest.mark.parametrize("program", [virsh_marking, attach_each, apply_least])
def test_an_apply_has_nothing_left_to_do(
    lab: Lab, program: Callable[[Lab, Sequence[str]], Sequence[str]]
) -> None:
    side = attaching_to(lab, program(lab, NAMES), names=NAMES)
    measure(Pair(ours=side, peer=Memory(1)), runs=1)
    spec = write_spec(lab.directory / "floors.yaml", NAMES)
    ok(lab.vnetmgr("plan", str(spec), "--check"))
    spec.write_text("{version: 1, prune: true, domains: {one: {nics: {}}, two: {nics: {}}}}")
    pruned = ok(lab.vnetmgr("plan", str(spec)))
    assert all(f"- nic {name}/lan (config)" in pruned for name in NAMES)
