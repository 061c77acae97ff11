"""The host's PCI network devices, as far as giving one to a guest needs them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from vnetmgr.model.record import Listing, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.model.values import PciAddress

# The drivers that leave a device to userspace, and the one of PCI bridges, which the kernel lets
# into a group that a guest has (`driver_managed_dma` in drivers/vfio, drivers/pci).
_HARMLESS = frozenset({"vfio-pci", "pci-stub", "pcieport", "shpchp"})


def leaves_alone(driver: str | None) -> bool:
    """Whether a device with this driver may stay in the IOMMU group of a device that a guest has.

    Vendors have variants of vfio-pci: mlx5_vfio_pci, hisi_acc_vfio_pci, ...
    """
    return driver is None or driver in _HARMLESS or driver.endswith("_vfio_pci")


class Companion(Record):
    """Another device of an IOMMU group: a guest gets the whole group or none of it."""

    address: PciAddress
    driver: str | None = None

    def __str__(self) -> str:
        return f"{self.address} ({self.driver})" if self.driver else str(self.address)


class LinkUse(Record):
    """What the host itself does with a link."""

    uppers: tuple[str, ...] = ()
    """What is built on it: bridges, bonds, VLANs, macvtaps, also those on those."""
    routes: tuple[str, ...] = ()
    """Where the host's own traffic goes by it, or by what is built on it: `default`, ..."""


class HostDevice(Record):
    """A PCI function of class 02xx: a network controller."""

    address: PciAddress
    vendor: str
    """Four hexadecimal digits, like the product and what `lspci -n` shows."""
    product: str
    driver: str | None = None
    """None: no driver holds it."""
    links: tuple[str, ...] = ()
    """Its links in the host, none while a guest has it. Some cards have two for one function."""
    is_vf: bool = False
    pf: PciAddress | None = None
    """The physical function that a virtual one belongs to."""
    vfs: tuple[PciAddress, ...] = ()
    """The virtual functions that are switched on."""
    vfs_possible: int = 0
    iommu_group: int | None = None
    companions: tuple[Companion, ...] = ()
    """The others of its IOMMU group."""
    use: LinkUse = LinkUse()
    """What the host does with its links."""

    @property
    def link(self) -> str | None:
        """Its first link."""
        return next(iter(self.links), None)


class HostDevices(Record):
    """What there is of PCI in this machine."""

    network: tuple[HostDevice, ...] = ()
    """In the order of their addresses."""
    others: Mapping[PciAddress, str] = MappingProxyType({})
    """Functions of other classes: address -> class, six hexadecimal digits."""
    iommu: bool = False
    """Whether the kernel isolates devices from one another: without it nothing is assigned."""
    links: Mapping[str, LinkUse] = MappingProxyType({})
    """Every link of the host, PCI or not."""

    def at(self, address: PciAddress) -> HostDevice | None:
        """The network device at an address."""
        return next((device for device in self.network if device.address == address), None)

    def behind(self, link: str) -> HostDevice | None:
        """The network device that a link of the host belongs to."""
        return next((device for device in self.network if link in device.links), None)


class HostDeviceRow(Record):
    """One line of list-host-devices."""

    device: HostDevice
    problems: tuple[str, ...]
    """Why a guest cannot have it; none: it can."""
    domains: tuple[str, ...] = ()
    """The domains that have it, in their config or live."""


class HostDeviceListing(Listing[HostDeviceRow]):
    """What list-host-devices shows."""

    iommu: bool
    """Whether the kernel isolates devices from one another."""
