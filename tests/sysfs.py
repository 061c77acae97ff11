"""A made-up /sys with PCI network cards in it, and the /proc/net/route that goes with it.

No machine that these tests run on has an SR-IOV card. What is made here has the files and links
that Linux documents (Documentation/ABI/testing/sysfs-bus-pci) and that vnetmgr reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PF, VF0, VF1, VF2 = "0000:03:00.0", "0000:03:10.0", "0000:03:10.1", "0000:03:10.2"


@dataclass(frozen=True, kw_only=True)
class Card:
    """One PCI function."""

    address: str
    links: tuple[str, ...] = ()
    driver: str | None = None
    group: int | None = None
    pf: str | None = None
    total_vfs: int = 0
    kind: str = "0x020000"
    ids: tuple[str, str] = ("0x8086", "0x10ed")
    below: str = ""
    """The folder that holds `net`: virtio cards have it one level down."""


CARDS = (
    Card(address="0000:00:1f.0", kind="0x060100", driver="lpc_ich"),
    Card(address="0000:00:1c.0", kind="0x060400", driver="pcieport", group=14),
    Card(address=PF, links=("ens1",), driver="ixgbe", group=14, total_vfs=63),
    Card(address=VF0, links=("ens1v0",), driver="ixgbevf", group=20, pf=PF),
    Card(address=VF1, links=("ens1v1",), driver="ixgbevf", group=21, pf=PF),
    Card(address=VF2, driver="vfio-pci", group=22, pf=PF),
    Card(address="0000:04:00.0", links=("ens2",), driver="ixgbe", group=30, total_vfs=8),
    Card(address="0000:05:00.0", links=("eth0",), driver="r8169", group=31),
)
"""A card with three virtual functions, one with none switched on, one that knows none."""


def make_sysfs(
    root: Path,
    cards: Sequence[Card] = CARDS,
    *,
    uppers: Mapping[str, str] | None = None,
    masters: Mapping[str, str] | None = None,
    virtual: Sequence[str] = ("lo",),
    iommu: bool = True,
) -> Path:
    """Make it. `uppers` and `masters`: link -> what is built on it; `virtual`: links without a
    card."""
    for folder in ("bus/pci/devices", "bus/pci/drivers", "class/net", "kernel/iommu_groups"):
        (root / folder).mkdir(parents=True)
    for card in cards:
        _make_card(root, card, iommu=iommu)
    for card in cards:
        if card.pf is not None:
            _make_virtual(root, card.address, card.pf)
    for link in virtual:
        (root / "devices/virtual/net" / link).mkdir(parents=True)
        (root / "class/net" / link).symlink_to(f"../../devices/virtual/net/{link}")
    for kind, pairs in (("upper_{}", uppers or {}), ("master", masters or {})):
        for link, upper in pairs.items():
            (root / "class/net" / link / kind.format(upper)).symlink_to(f"../{upper}")
    return root


def _make_card(root: Path, card: Card, *, iommu: bool) -> None:
    folder = root / "devices/pci0000:00" / card.address
    folder.mkdir(parents=True)
    (root / "bus/pci/devices" / card.address).symlink_to(
        f"../../../devices/pci0000:00/{card.address}"
    )
    (folder / "class").write_text(f"{card.kind}\n")
    (folder / "vendor").write_text(f"{card.ids[0]}\n")
    (folder / "device").write_text(f"{card.ids[1]}\n")
    if card.total_vfs:
        (folder / "sriov_totalvfs").write_text(f"{card.total_vfs}\n")
    if card.driver is not None:
        (root / "bus/pci/drivers" / card.driver).mkdir(exist_ok=True)
        (folder / "driver").symlink_to(f"../../../bus/pci/drivers/{card.driver}")
    for link in card.links:
        place = folder / card.below / "net" / link
        place.mkdir(parents=True)
        (place / "address").write_text("52:54:00:00:00:01\n")
        (place / "device").symlink_to("../..")
        (root / "class/net" / link).symlink_to(place)
    if iommu and card.group is not None:
        group = root / "kernel/iommu_groups" / str(card.group)
        (group / "devices").mkdir(parents=True, exist_ok=True)
        (group / "devices" / card.address).symlink_to(f"../../../../bus/pci/devices/{card.address}")
        (folder / "iommu_group").symlink_to(f"../../../kernel/iommu_groups/{card.group}")


def _make_virtual(root: Path, address: str, pf: str) -> None:
    devices = root / "devices/pci0000:00"
    (devices / address / "physfn").symlink_to(f"../{pf}")
    number = len(list((devices / pf).glob("virtfn*")))
    (devices / pf / f"virtfn{number}").symlink_to(f"../{address}")


def make_proc(root: Path, *, v4: Sequence[str] = (), v6: Sequence[str] = ()) -> Path:
    """`/proc` with these routes, as the kernel writes them on a little-endian machine."""
    (root / "net").mkdir(parents=True)
    head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    (root / "net/route").write_text(head + "".join(f"{line}\n" for line in v4))
    (root / "net/ipv6_route").write_text("".join(f"{line}\n" for line in v6))
    return root


def route_v4(link: str, destination: str = "00000000", mask: str = "00000000") -> str:
    """A line of /proc/net/route; the default route unless told otherwise."""
    return f"{link}\t{destination}\t0102000A\t0003\t0\t0\t100\t{mask}\t0\t0\t0"


def route_v6(link: str, destination: str = "0" * 32, prefix: str = "00") -> str:
    """A line of /proc/net/ipv6_route."""
    zero = "0" * 32
    return f"{destination} {prefix} {zero} 00 {zero} 00000400 00000001 00000000 00000003 {link}"
