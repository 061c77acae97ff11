"""This machine, as far as programs tell."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.local.path.test_rulesets import program
from vnetmgr.local import programs
from vnetmgr.local.path.read import with_machine
from vnetmgr.model.path.facts import PathFacts
from vnetmgr.model.path.unseen import Need

EMPTY = PathFacts(uri="u", host="h", taken_s=0)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory for programs."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("OVS_RUNDIR", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(programs, "_hangs", {})
    return tmp_path


def test_nothing_can_be_asked_and_each_part_says_so(path: Path) -> None:
    found = with_machine(EMPTY)
    blind = (found.links, found.fdb, found.vlans, found.neighbours, found.routes)
    assert set(blind) == {None}
    needs = {each.part: each.needs for each in found.unseen}
    assert needs["links"] is Need.PROGRAM
    assert needs["fdb"] is Need.PROGRAM
    assert needs["rulesets.nft"] is Need.ROOT
    assert found.switches == frozenset()


def test_odd_output_is_said_and_ends_nothing(path: Path) -> None:
    program(path, "ip", """case "$*" in *address*) echo '[{"ifname": 1}]';; *) echo '{';; esac""")
    program(path, "bridge", "true")
    found = with_machine(EMPTY)
    assert found.links is None
    assert (found.fdb, found.vlans) == ((), ())
    why = found.why_unseen("links")
    assert why is not None
    assert why.why == "ip answered in no way that can be read"
    assert found.why_unseen("routes") is not None


@pytest.mark.parametrize("answer", ["", "[]"])
def test_a_machine_without_any_link_was_not_seen(path: Path, answer: str) -> None:
    program(path, "ip", f"echo '{answer}'")
    assert with_machine(EMPTY).links is None
