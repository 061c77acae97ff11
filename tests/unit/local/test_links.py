"""This machine's links, from a made-up sysfs and from the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.local.links import filters_vlans, has_link, is_port_waiting, read_links, read_mtus

if TYPE_CHECKING:
    from pathlib import Path


def _link(root: Path, name: str, mac: str) -> Path:
    (root / name).mkdir(parents=True)
    (root / name / "address").write_text(f"{mac}\n")
    return root / name


def test_bridges_and_their_ports(tmp_path: Path) -> None:
    (_link(tmp_path, "br0", "52:54:00:00:00:01") / "bridge").mkdir()
    _link(tmp_path, "eth0", "52:54:00:00:00:02")
    port = _link(tmp_path, "vnet0", "fe:54:00:00:00:03")
    (port / "brport").mkdir()
    (port / "brport" / "bridge").symlink_to("../../br0")

    links = read_links(tmp_path)

    assert links.bridges == {"br0"}
    assert set(links.names or ()) == {"br0", "eth0", "vnet0"}
    assert links.ports == {"vnet0": "br0"}
    assert links.macs["52:54:00:00:00:02"] == "eth0"


def test_a_bond_is_no_bridge_for_its_ports(tmp_path: Path) -> None:
    _link(tmp_path, "bond0", "52:54:00:00:00:01")
    (_link(tmp_path, "eth0", "52:54:00:00:00:01") / "master").symlink_to("../bond0")
    (tmp_path / "bonding_masters").write_text("bond0\n")

    links = read_links(tmp_path)

    assert links.ports == {}
    assert set(links.names or ()) == {"bond0", "eth0"}


def test_no_sysfs_is_no_links(tmp_path: Path) -> None:
    assert read_links(tmp_path / "missing").names == frozenset()


def test_a_bridge_tells_whether_the_kernel_filters_vlans(tmp_path: Path) -> None:
    assert filters_vlans(tmp_path / "missing") is None
    _link(tmp_path, "eth0", "52:54:00:00:00:02")
    assert filters_vlans(tmp_path) is None
    bridge = _link(tmp_path, "br0", "52:54:00:00:00:01") / "bridge"
    bridge.mkdir()
    assert filters_vlans(tmp_path) is False
    (bridge / "vlan_filtering").write_text("0\n")
    assert filters_vlans(tmp_path) is True


def test_mtus(tmp_path: Path) -> None:
    (_link(tmp_path, "br0", "52:54:00:00:00:01") / "mtu").write_text("9000\n")
    (_link(tmp_path, "odd", "52:54:00:00:00:02") / "mtu").mkdir()  # which cannot be read
    assert read_mtus(tmp_path) == {"br0": 9000, "odd": None}
    assert read_mtus(tmp_path / "missing") == {}


def test_this_machine() -> None:
    assert "lo" in (read_links().names or ())
    assert has_link("lo")
    assert not has_link("lo-and-longer-than-any-link")
    assert not has_link("")


def test_a_port_that_listens_or_learns_waits(tmp_path: Path) -> None:
    assert not is_port_waiting("vnet0", tmp_path)  # it is none
    (tmp_path / "vnet0" / "brport").mkdir(parents=True)
    for state, waits in (("1", True), ("2", True), ("3", False), ("0", False)):
        (tmp_path / "vnet0" / "brport" / "state").write_text(f"{state}\n")
        assert is_port_waiting("vnet0", tmp_path) is waits
