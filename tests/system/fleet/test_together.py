"""Two pushers and a puller at once: they do no harm, and when all have ended there is nothing to
do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.system.conftest import ok
from tests.system.fleet.conftest import define
from tests.system.fleet.test_both import SPEC

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.fleet.conftest import Fleet


# A reconcile gives up at once where another is at work: each of these waits for the others.
PATIENT = ("--lock-timeout", "60")


@pytest.mark.parametrize(
    ("over", "codes"),
    [
        # Each host's own lock is for all three.
        ("ssh", (0,)),
        # Here the pusher has another: one may be in the other's way, and says so.
        ("tcp", (0, 1, 4)),
    ],
)
def test_two_pushers_and_a_puller(fleet: Fleet, over: str, codes: tuple[int, ...]) -> None:
    pair = fleet.pair
    define(pair.kvm1, "web1")
    define(pair.kvm2, "db1")
    spec = fleet.write(SPEC)
    vnetmgr: list[str | Path] = [sys.executable, "-m", "vnetmgr", "reconcile", spec, *PATIENT]
    began = [
        pair.admin.popen([*vnetmgr, "--hosts", pair.hosts_file("ssh")]),
        pair.admin.popen([*vnetmgr, "--hosts", pair.hosts_file(over)]),
        pair.kvm1.popen([*vnetmgr, "--this-host", "kvm1"]),
    ]
    for process in began:
        _, err = process.communicate(timeout=120)
        assert process.returncode in codes, err
        assert "Traceback" not in err
    ok(fleet("reconcile", spec))
    names = ok(fleet("list-nics", "-o", "name")).splitlines()
    assert sorted(names) == ["kvm1/web1/lan", "kvm1/web1/mgmt", "kvm2/db1/lan"]
    for each in ("ssh", "tcp"):
        silent = fleet("reconcile", spec, over=each)
        assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")
    assert ok(pair.kvm1.vnetmgr("reconcile", spec, "--this-host", "kvm1")) == ""
    fleet.leaves_nothing()
