"""This machine's PCI network devices, from made-up trees and from the real one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.sysfs import PF, VF0, VF1, VF2, Card, make_proc, make_sysfs, route_v4, route_v6
from vnetmgr.local.pci import read_host_devices
from vnetmgr.model.seen.hostdev import Companion, HostDevice
from vnetmgr.model.values import PciAddress

little_endian = pytest.mark.skipif(
    sys.byteorder != "little", reason="the routes are written for little-endian machines"
)


def pci(text: str) -> PciAddress:
    return PciAddress.parse(text)


def test_what_is_read_of_a_card_and_its_virtual_functions(tmp_path: Path) -> None:
    devices = read_host_devices(make_sysfs(tmp_path / "sys"), make_proc(tmp_path / "proc"))
    assert devices.iommu
    assert [str(each.address) for each in devices.network] == [
        PF, VF0, VF1, VF2, "0000:04:00.0", "0000:05:00.0",
    ]  # fmt: skip
    assert devices.at(pci(PF)) == HostDevice(
        address=pci(PF),
        vendor="8086",
        product="10ed",
        driver="ixgbe",
        links=("ens1",),
        vfs=(pci(VF0), pci(VF1), pci(VF2)),
        vfs_possible=63,
        iommu_group=14,
        companions=(Companion(address=pci("0000:00:1c.0"), driver="pcieport"),),
    )
    assert devices.behind("ens1v1") == HostDevice(
        address=pci(VF1),
        vendor="8086",
        product="10ed",
        driver="ixgbevf",
        links=("ens1v1",),
        is_vf=True,
        pf=pci(PF),
        iommu_group=21,
    )
    assert devices.at(pci(VF2)).links == ()  # type: ignore[union-attr]  # it is there
    assert devices.others[pci("0000:00:1f.0")] == "060100"
    assert set(devices.links) == {"lo", "ens1", "ens1v0", "ens1v1", "ens2", "eth0"}


def test_a_virtio_card_has_its_link_one_level_down(tmp_path: Path) -> None:
    card = Card(address="0000:00:03.0", links=("eth0",), driver="virtio-pci", below="virtio2")
    devices = read_host_devices(make_sysfs(tmp_path / "sys", [card]), tmp_path)
    assert devices.behind("eth0") is not None
    assert not devices.iommu


def test_two_links_of_one_function(tmp_path: Path) -> None:
    card = Card(address=PF, links=("ens1b", "ens1a"))
    (device,) = read_host_devices(make_sysfs(tmp_path / "sys", [card]), tmp_path).network
    assert device.links == ("ens1a", "ens1b")
    assert device.link == "ens1a"
    assert device.driver is None


def test_groups_of_the_mode_without_iommu_do_not_count(tmp_path: Path) -> None:
    root = make_sysfs(tmp_path / "sys", [Card(address=VF0, group=0)])
    (root / "kernel/iommu_groups/0/name").write_text("vfio-noiommu\n")
    assert not read_host_devices(root, tmp_path).iommu


def test_what_is_built_on_a_link_to_the_top(tmp_path: Path) -> None:
    root = make_sysfs(
        tmp_path / "sys",
        uppers={"eth0": "bond0", "bond0": "bond0.10", "bond0.10": "br0"},
        masters={"ens2": "br1"},
        virtual=("bond0", "bond0.10", "br0", "br1"),
    )
    devices = read_host_devices(root, tmp_path)
    assert devices.behind("eth0").use.uppers == ("bond0", "bond0.10", "br0")  # type: ignore[union-attr]
    assert devices.behind("ens2").use.uppers == ("br1",)  # type: ignore[union-attr]  # it is there
    assert devices.links["bond0"].uppers == ("bond0.10", "br0")


@little_endian
@pytest.mark.parametrize(
    ("v4", "v6", "routes"),
    [
        ([], [], ()),
        ([route_v4("eth0")], [], ("default",)),
        ([route_v4("br0")], [], ("default",)),
        ([route_v4("ens2")], [], ()),
        ([route_v4("eth0", "0002000A", "00FFFFFF"), route_v4("eth0")], [],
         ("default", "10.0.2.0/24")),
        ([], [route_v6("eth0")], ("default",)),
        ([], [route_v6("br0", "fd" + "0" * 30, "40")], ("fd00::/64",)),
        # Every link that is up has these.
        ([], [route_v6("eth0", "fe80" + "0" * 28, "40"), route_v6("eth0", "ff" + "0" * 30, "08")],
         ()),
        ([], [route_v6("eth0", "fd" + "0" * 29 + "1", "80")], ()),
    ],
)  # fmt: skip
def test_routes(tmp_path: Path, v4: list[str], v6: list[str], routes: tuple[str, ...]) -> None:
    root = make_sysfs(tmp_path / "sys", masters={"eth0": "br0"}, virtual=("br0",))
    devices = read_host_devices(root, make_proc(tmp_path / "proc", v4=v4, v6=v6))
    assert devices.behind("eth0").use.routes == routes  # type: ignore[union-attr]  # it is there


def test_no_sysfs_is_no_devices(tmp_path: Path) -> None:
    devices = read_host_devices(tmp_path / "none", tmp_path / "none")
    assert (devices.network, devices.iommu, devices.links) == ((), False, {})


def test_this_machine() -> None:
    devices = read_host_devices()
    assert "lo" in devices.links
    folders = {path.name for path in Path("/sys/bus/pci/devices").glob("*")}
    assert {str(each.address) for each in devices.network} <= folders
