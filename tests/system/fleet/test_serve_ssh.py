"""Keys that are for vnetmgr alone, on a host with a real sshd."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.system.conftest import ok

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import CompletedProcess

    from tests.lab import Pair

KEYS = {"changing": "vnetmgr serve-ssh", "reading": "vnetmgr serve-ssh --read-only"}
LAB = "create-network lab --mode isolated"


@pytest.fixture(autouse=True)
def _keys(pair: Pair) -> Iterator[None]:
    file = pair.ssh.authorized_keys
    before = file.read_text()
    lines = []
    for name, command in KEYS.items():
        if not (pair.ssh.directory / name).exists():
            pair.ssh.make_key(name)
        lines.append(f'command="{command}",restrict {pair.ssh.public_key(name)}')
    file.write_text(before + "".join(lines))
    yield
    file.write_text(before)


def by_key(pair: Pair, key: str, command: str) -> CompletedProcess[str]:
    return pair.admin.run(["ssh", "-i", f"/etc/ssh/{key}", "-o", "BatchMode=yes", "kvm1", command])


@pytest.mark.parametrize("key", KEYS)
def test_it_runs_vnetmgr_and_nothing_else(pair: Pair, key: str) -> None:
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
    refused = by_key(pair, "reading", f"vnetmgr {LAB} -o json")
    assert refused.returncode == 4
    assert json.loads(refused.stdout)["exit_code"] == 4
    assert json.loads(ok(by_key(pair, "reading", f"vnetmgr {LAB} --dry-run -o json")))["changes"]
    assert pair.kvm1.conn.listAllNetworks() == []
    ok(by_key(pair, "changing", f"vnetmgr {LAB}"))
    assert [network.name() for network in pair.kvm1.conn.listAllNetworks()] == ["lab"]
    assert "lab" in ok(by_key(pair, "reading", "vnetmgr list-networks"))


def hosts_file(pair: Pair, key: str) -> str:
    uri = f"qemu+ssh://kvm1/system?keyfile=/etc/ssh/{key}"
    file = pair.admin.directory / "tmp" / f"{key}.yaml"
    file.write_text(f'version: 1\nhosts:\n  kvm1: {{connect: "{uri}"}}\n')
    return str(file)


def test_a_hosts_file_works_with_it(pair: Pair) -> None:
    """libvirt's own transport would need more than this key may."""
    reading, changing = hosts_file(pair, "reading"), hosts_file(pair, "changing")
    refused = pair.admin.vnetmgr(*LAB.split(), "--hosts", reading)
    assert refused.returncode == 4
    assert "this key does not run vnetmgr create-network" in refused.stderr
    ok(pair.admin.vnetmgr(*LAB.split(), "--hosts", changing))
    listed = json.loads(ok(pair.admin.vnetmgr("list-networks", "--hosts", reading, "-o", "json")))
    (host,) = listed["items"]
    assert [item["name"] for item in host["result"]["items"]] == ["lab"]
    assert "notes" not in listed or listed["notes"] == []
