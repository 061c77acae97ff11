"""Hosts that are reached by keys that are for vnetmgr alone, or for reading alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.system.fleet.conftest import define

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.system.fleet.conftest import Fleet

SERVED = {"limited": "vnetmgr serve-ssh", "reader": "vnetmgr serve-ssh --read-only"}


@pytest.fixture
def keys(fleet: Fleet) -> Iterator[Fleet]:
    """Both hosts, which let two more keys in."""
    ssh = fleet.pair.ssh
    before = ssh.authorized_keys.read_text()
    lines = []
    for name, program in SERVED.items():
        if not (ssh.directory / name).exists():
            ssh.make_key(name)
        lines.append(f'command="{program}",restrict {ssh.public_key(name)}')
    ssh.authorized_keys.write_text(before + "".join(lines))
    yield fleet
    ssh.authorized_keys.write_text(before)


def hosts_by(fleet: Fleet, key: str) -> Path:
    """A hosts file whose hosts are reached by a key."""
    path = fleet.pair.admin.directory / "tmp" / f"{key}.yaml"
    uri = "qemu+ssh://{}/system?keyfile=/etc/ssh/" + key
    lines = (f"  {h.name}: {{connect: '{uri.format(h.name)}'}}\n" for h in fleet.pair.hosts)
    path.write_text("version: 1\nhosts:\n" + "".join(lines))
    return path


@pytest.mark.parametrize("key", SERVED)
def test_what_reads_is_read_there(keys: Fleet, key: str) -> None:
    for host in keys.pair.hosts:
        define(host, f"on-{host.name}")
    hosts = hosts_by(keys, key)
    said = keys("doctor", "-o", "json", hosts=hosts)
    document = json.loads(said.stdout)
    assert [item["host"] for item in document["items"]] == ["kvm1", "kvm2"]
    assert all("result" in item for item in document["items"]), document
    # Over libvirt they would not come in: that key is for no such program.
    assert "over libvirt" not in said.stdout
    names = keys("list-domains", "-o", "name", hosts=hosts).stdout
    assert names.splitlines() == ["kvm1/on-kvm1", "kvm2/on-kvm2"]


def test_only_one_of_them_changes_anything(keys: Fleet) -> None:
    define(keys.pair.kvm1, "web1")
    spec = keys.write("domains: {web1: {host: kvm1, nics: {lan: {bridge: br0}}}}\n")
    assert keys("plan", spec, "--check", hosts=hosts_by(keys, "reader")).returncode == 3
    refused = keys("apply", spec, hosts=hosts_by(keys, "reader"))
    assert refused.returncode == 4, refused.stderr
    assert "this key" in refused.stderr
    assert keys("list-nics", "-o", "name").stdout == ""
    done = keys("apply", spec, hosts=hosts_by(keys, "limited"))
    assert done.returncode == 0, done.stderr
    assert keys("list-nics", "-o", "name").stdout == "kvm1/web1/lan\n"
