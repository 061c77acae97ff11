"""This machine's PCI network devices, from sysfs and /proc/net.

Documentation/ABI/testing/sysfs-bus-pci (physfn, virtfn*, sriov_*), sysfs-kernel-iommu_groups,
sysfs-class-net (upper_*, master).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.local.routes import PROC, read_link_routes
from vnetmgr.model.seen.hostdev import Companion, HostDevice, HostDevices, LinkUse
from vnetmgr.model.values import PciAddress

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SYSFS = Path("/sys")
_NETWORK_CLASS = "02"
_DEFAULT_ROUTE = "default"


def read_host_devices(root: Path = SYSFS, proc: Path = PROC) -> HostDevices:
    """Every PCI network function; raises nothing, a device may go while it is read."""
    folders = {
        address: folder
        for folder in _entries(root / "bus/pci/devices")
        if (address := _address(folder.name)) is not None
    }
    classes = {address: _class(folder) for address, folder in folders.items()}
    uppers, routes = _uppers(root / "class/net"), _routes(proc)
    network = [
        _device(address, folders[address], uppers, routes)
        for address in sorted(folders)
        if classes[address].startswith(_NETWORK_CLASS)
    ]
    found = {device.address for device in network}
    return HostDevices(
        network=tuple(network),
        others={address: each for address, each in classes.items() if address not in found},
        iommu=_iommu(root),
        links={link: _use([link], uppers, routes) for link in uppers},
    )


def _device(
    address: PciAddress,
    folder: Path,
    uppers: Mapping[str, frozenset[str]],
    routes: Mapping[str, tuple[str, ...]],
) -> HostDevice:
    group = _target(folder / "iommu_group")
    physical = _target(folder / "physfn")
    links = sorted(_links(folder))
    functions = (_address(_target(entry) or "") for entry in folder.glob("virtfn*"))
    return HostDevice(
        address=address,
        vendor=_hex(folder / "vendor"),
        product=_hex(folder / "device"),
        driver=_target(folder / "driver"),
        links=tuple(links),
        is_vf=physical is not None,
        pf=_address(physical or ""),
        vfs=tuple(sorted(each for each in functions if each is not None)),
        vfs_possible=_number(folder / "sriov_totalvfs"),
        iommu_group=int(group) if group and group.isdigit() else None,
        companions=tuple(_companions(address, folder)),
        use=_use(links, uppers, routes),
    )


def _use(
    links: Sequence[str],
    uppers: Mapping[str, frozenset[str]],
    routes: Mapping[str, tuple[str, ...]],
) -> LinkUse:
    above = sorted(set().union(*(_above(link, uppers) for link in links)) - set(links))
    used = {route for link in (*links, *above) for route in routes.get(link, ())}
    return LinkUse(
        uppers=tuple(above),
        routes=tuple(sorted(used, key=lambda route: (route != _DEFAULT_ROUTE, route))),
    )


def _links(folder: Path) -> Iterable[str]:
    """A function's links; those of a virtio card are one level down."""
    for place in ("net/*", "virtio*/net/*"):
        yield from (entry.name for entry in folder.glob(place))


def _companions(address: PciAddress, folder: Path) -> Iterable[Companion]:
    for entry in _entries(folder / "iommu_group/devices"):
        other = _address(entry.name)
        if other is not None and other != address:
            yield Companion(address=other, driver=_target(entry / "driver"))


def _iommu(root: Path) -> bool:
    """Groups of vfio's no-IOMMU mode do not count: they isolate nothing, libvirt has no use
    for them."""
    groups = _entries(root / "kernel/iommu_groups")
    return any(_text(group / "name") != "vfio-noiommu" for group in groups)


def _uppers(net: Path) -> dict[str, frozenset[str]]:
    """link -> what is built on it directly. `master` is a bridge, bond or VRF; the `upper_*`
    have VLANs and macvtaps besides."""
    found: dict[str, frozenset[str]] = {}
    for folder in _entries(net):
        above = {entry.name.removeprefix("upper_") for entry in folder.glob("upper_*")}
        master = _target(folder / "master")
        found[folder.name] = frozenset({*above, master} if master else above)
    return found


def _above(link: str, uppers: Mapping[str, frozenset[str]]) -> set[str]:
    """Everything that stands on a link, step by step to the top."""
    found: set[str] = set()
    left = [link]
    while left:
        for upper in uppers.get(left.pop(), frozenset()) - found:
            found.add(upper)
            left.append(upper)
    return found


def _routes(proc: Path) -> dict[str, tuple[str, ...]]:
    """link -> where the host sends by it, as people say it."""
    return {
        link: tuple(str(each) if each.prefixlen else _DEFAULT_ROUTE for each in networks)
        for link, networks in read_link_routes(proc).items()
    }


def _class(folder: Path) -> str:
    return _text_of_hex(folder / "class").zfill(6)


def _hex(path: Path) -> str:
    return _text_of_hex(path).zfill(4)


def _text_of_hex(path: Path) -> str:
    return (_text(path) or "").removeprefix("0x").lower()


def _number(path: Path) -> int:
    text = _text(path) or ""
    return int(text) if text.isdigit() else 0


def _address(text: str) -> PciAddress | None:
    try:
        return PciAddress.parse(text)
    except ValueError:
        return None


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None


def _target(path: Path) -> str | None:
    """The last part of where a symbolic link leads."""
    try:
        return path.readlink().name
    except OSError:
        return None
