"""The nic models that QEMU's x86 and common ARM machines know, and the slot that each needs.

libvirt accepts any model name and fails at the guest's start, so the list is here.
Sources: QEMU's device list (`qemu-system-x86_64 -device help`, network devices), libvirt's
src/qemu/qemu_domain_address.c (which models it puts on PCI Express), PCI ids from the same
QEMU's `include/hw/pci/pci_ids.h` and hw/net.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Slot(StrEnum):
    """What a model plugs into."""

    PCIE = "pcie"
    """A PCI Express root port where there is one, else a conventional slot."""
    PCI = "pci"
    """A conventional PCI slot: on q35 that is behind a PCI bridge."""
    NONE = "none"
    """No PCI at all (ISA, USB, virtio-ccw, platform devices)."""


class NicModel(NamedTuple):
    """One model: the slot it needs, what the guest sees, and whether it knows multiqueue."""

    slot: Slot
    pci_id: str | None
    driver: str | None
    multiqueue: bool = False


NIC_MODELS: dict[str, NicModel] = {
    "virtio": NicModel(Slot.PCIE, "1af4:1041", "virtio_net", multiqueue=True),
    "virtio-transitional": NicModel(Slot.PCI, "1af4:1000", "virtio_net", multiqueue=True),
    "virtio-non-transitional": NicModel(Slot.PCIE, "1af4:1041", "virtio_net", multiqueue=True),
    "e1000": NicModel(Slot.PCI, "8086:100e", "e1000"),
    "e1000-82544gc": NicModel(Slot.PCI, "8086:1008", "e1000"),
    "e1000-82545em": NicModel(Slot.PCI, "8086:100f", "e1000"),
    "e1000e": NicModel(Slot.PCIE, "8086:10d3", "e1000e"),
    "igb": NicModel(Slot.PCIE, "8086:10c9", "igb"),
    "rtl8139": NicModel(Slot.PCI, "10ec:8139", "8139cp"),
    "pcnet": NicModel(Slot.PCIE, "1022:2000", "pcnet32"),
    "vmxnet3": NicModel(Slot.PCI, "15ad:07b0", "vmxnet3"),
    "ne2k_pci": NicModel(Slot.PCI, "10ec:8029", "ne2k-pci"),
    "ne2k_isa": NicModel(Slot.NONE, None, "ne"),
    "i82550": NicModel(Slot.PCI, "8086:1209", "e100"),
    "i82551": NicModel(Slot.PCI, "8086:1209", "e100"),
    "i82557a": NicModel(Slot.PCI, "8086:1229", "e100"),
    "i82557b": NicModel(Slot.PCI, "8086:1229", "e100"),
    "i82557c": NicModel(Slot.PCI, "8086:1229", "e100"),
    "i82558a": NicModel(Slot.PCI, "8086:1229", "e100"),
    "i82558b": NicModel(Slot.PCI, "8086:1229", "e100"),
    "i82559a": NicModel(Slot.PCI, "8086:1229", "e100"),
    "i82559b": NicModel(Slot.PCI, "8086:1229", "e100"),
    "i82559c": NicModel(Slot.PCI, "8086:1229", "e100"),
    "i82559er": NicModel(Slot.PCI, "8086:1209", "e100"),
    "i82562": NicModel(Slot.PCI, "8086:1209", "e100"),
    "i82801": NicModel(Slot.PCI, "8086:2449", "e100"),
    "tulip": NicModel(Slot.PCI, "1011:0019", "tulip"),
    "usb-net": NicModel(Slot.NONE, None, "rndis_host"),
    "spapr-vlan": NicModel(Slot.NONE, None, "ibmveth"),
    "lan9118": NicModel(Slot.NONE, None, "smsc911x"),
    "smc91c111": NicModel(Slot.NONE, None, "smc91x"),
}
DEFAULT_MODEL = "virtio"
