"""The kernel's settings."""

from __future__ import annotations

from pathlib import Path

from vnetmgr.local.path.sysctls import read_sysctls


def test_what_is_there_is_read_by_its_path(tmp_path: Path) -> None:
    written = {
        "net/ipv4/ip_forward": "1\n",
        "net/bridge/bridge-nf-call-iptables": "0\n",
        "net/ipv4/conf/all/rp_filter": "2\n",
        "net/ipv4/conf/eth0.7/rp_filter": "1\n",
        "net/ipv4/conf/eth9/rp_filter": "1\n",
        "net/ipv6/conf/default/accept_ra": "odd\n",
    }
    for path, text in written.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert read_sysctls(["eth0.7"], tmp_path) == {
        "net/ipv4/ip_forward": 1,
        "net/bridge/bridge-nf-call-iptables": 0,
        "net/ipv4/conf/all/rp_filter": 2,
        "net/ipv4/conf/eth0.7/rp_filter": 1,
    }
