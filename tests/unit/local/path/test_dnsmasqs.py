"""Which networks have their dnsmasq."""

from __future__ import annotations

from pathlib import Path

import pytest

from vnetmgr.local.path.dnsmasqs import read_dnsmasqs
from vnetmgr.model.path.networks import DnsmasqFacts

CONF = "--conf-file=/var/lib/libvirt/dnsmasq"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    def process(pid: int, *words: str, namespace: str = "/proc/self/ns/net") -> None:
        (tmp_path / f"{pid}/ns").mkdir(parents=True)
        (tmp_path / f"{pid}/ns/net").symlink_to(namespace)
        (tmp_path / f"{pid}/cmdline").write_bytes(b"\0".join(map(str.encode, words)) + b"\0")

    process(7, "/usr/sbin/dnsmasq", f"{CONF}/lab.conf", "--leasefile-ro")
    process(8, "/usr/sbin/dnsmasq", f"{CONF}/lab.conf")
    process(9, "/usr/bin/vi", f"{CONF}/off.conf")
    process(10, "/usr/sbin/dnsmasq", f"{CONF}/far.conf", namespace="/proc/self/ns/mnt")
    (tmp_path / "self").mkdir()
    return tmp_path


def test_each_network_has_its_own_or_none(proc: Path) -> None:
    assert read_dnsmasqs({"lab", "off", "far"}, proc) == (
        DnsmasqFacts(network="far", pid=None),
        DnsmasqFacts(network="lab", pid=7),
        DnsmasqFacts(network="off", pid=None),
    )
    assert read_dnsmasqs((), proc) == ()
