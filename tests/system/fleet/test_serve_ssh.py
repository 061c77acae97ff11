"""Keys that are for vnetmgr alone, on a host with a real sshd."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.system.conftest import ok

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from tests.lab import Pair

pytestmark = pytest.mark.usefixtures("keys")
LAB = "create-network lab --mode isolated"


def by_key(pair: Pair, key: str, command: str) -> CompletedProcess[str]:
    return pair.admin.run(["ssh", "-i", f"/etc/ssh/{key}", "-o", "BatchMode=yes", "kvm1", command])


def test_it_runs_vnetmgr_and_nothing_else(pair: Pair) -> None:
    key = "limited"  # the one that may more
    listed = by_key(pair, key, "vnetmgr list-networks -o json")
    assert json.loads(ok(listed)) == {"kind": "networks", "version": 1, "items": [], "notes": []}
    for command in ("touch /tmp/x", "vnetmgr list-networks; touch /tmp/x", "", "nc -U /tmp/x"):
        refused = by_key(pair, key, command)
        assert (refused.returncode, refused.stdout) == (4, "")
    for words in ("--this-host --report-file=/tmp/x", "--timeout --report-file=/tmp/x"):
        assert by_key(pair, key, f"vnetmgr reconcile - --dry-run {words}").returncode == 4
    command = f"vnetmgr {LAB} --dns-option conf-script=/tmp/x --dry-run"
    assert by_key(pair, key, command).returncode == 4
    assert pair.kvm1.sh("ls /tmp/x", check=False) == ""


def test_only_one_of_them_changes_anything(pair: Pair) -> None:
    refused = by_key(pair, "reader", f"vnetmgr {LAB} -o json")
    assert refused.returncode == 4
    assert json.loads(refused.stdout)["exit_code"] == 4
    assert json.loads(ok(by_key(pair, "reader", f"vnetmgr {LAB} --dry-run -o json")))["changes"]
    assert by_key(pair, "reader", "touch /tmp/x").returncode == 4
    assert pair.kvm1.conn.listAllNetworks() == []
    ok(by_key(pair, "limited", f"vnetmgr {LAB}"))
    assert [network.name() for network in pair.kvm1.conn.listAllNetworks()] == ["lab"]
    assert "lab" in ok(by_key(pair, "reader", "vnetmgr list-networks"))
