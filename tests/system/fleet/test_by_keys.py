"""Hosts that are reached by keys that are for vnetmgr alone, or for reading alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.system.fleet.conftest import KEYS, define

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.fleet.conftest import Fleet

pytestmark = pytest.mark.usefixtures("keys")


def hosts_by(fleet: Fleet, key: str) -> Path:
    """A hosts file whose hosts are reached by a key."""
    path = fleet.pair.admin.directory / "tmp" / f"{key}.yaml"
    uri = "qemu+ssh://{}/system?keyfile=/etc/ssh/" + key
    lines = (f"  {h.name}: {{connect: '{uri.format(h.name)}'}}\n" for h in fleet.pair.hosts)
    path.write_text("version: 1\nhosts:\n" + "".join(lines))
    return path


@pytest.mark.parametrize("key", KEYS)
def test_what_reads_is_read_there(fleet: Fleet, key: str) -> None:
    for host in fleet.pair.hosts:
        define(host, f"on-{host.name}")
    hosts = hosts_by(fleet, key)
    said = fleet("doctor", "-o", "json", hosts=hosts)
    document = json.loads(said.stdout)
    assert [item["host"] for item in document["items"]] == ["kvm1", "kvm2"]
    assert all("result" in item for item in document["items"]), document
    # Over libvirt they would not come in: that key is for no such program.
    assert "over libvirt" not in said.stdout
    names = fleet("list-domains", "-o", "name", hosts=hosts).stdout
    assert names.splitlines() == ["kvm1/on-kvm1", "kvm2/on-kvm2"]


def test_only_one_of_them_changes_anything(fleet: Fleet) -> None:
    define(fleet.pair.kvm1, "web1")
    spec = fleet.write("domains: {web1: {host: kvm1, nics: {lan: {bridge: br0}}}}\n")
    assert fleet("plan", spec, "--check", hosts=hosts_by(fleet, "reader")).returncode == 3
    refused = fleet("apply", spec, hosts=hosts_by(fleet, "reader"))
    assert refused.returncode == 4, refused.stderr
    assert "this key" in refused.stderr
    assert fleet("list-nics", "-o", "name").stdout == ""
    done = fleet("apply", spec, hosts=hosts_by(fleet, "limited"))
    assert done.returncode == 0, done.stderr
    assert fleet("list-nics", "-o", "name").stdout == "kvm1/web1/lan\n"
