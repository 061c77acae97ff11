"""Whether IP's rules have a say on what bridges forward: the host's switch, and each bridge's."""

from __future__ import annotations

from pathlib import Path

from vnetmgr.local.path.switches import read_bridge_calls


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_both_switches_are_read(tmp_path: Path) -> None:
    proc, sysfs = tmp_path / "proc", tmp_path / "sysfs"
    write(proc / "net/bridge/bridge-nf-call-iptables", "0\n")
    write(proc / "net/bridge/bridge-nf-call-ip6tables", "1\n")
    write(sysfs / "br0/bridge/nf_call_iptables", "1\n")
    write(sysfs / "br0/bridge/nf_call_ip6tables", "0\n")
    found = read_bridge_calls(["br0", "br1"], proc, sysfs)
    assert (found.ip, found.ip6) == (False, True)
    assert found.bridges == {"br0": (True, False), "br1": (False, False)}
    assert (found.on("br0", "ip"), found.on("br1", "ip"), found.on("br1", "ip6")) == (
        *(True, False),
        True,
    )


def test_without_br_netfilter_all_is_off(tmp_path: Path) -> None:
    found = read_bridge_calls(["br0"], tmp_path, tmp_path)
    assert (found.ip, found.ip6, found.bridges) == (False, False, {"br0": (False, False)})
