"""The nic models that libvirt and QEMU know together, and what a guest sees of each.

libvirt accepts any model name and fails at the guest's start, so the list is here. What each is
for and where the facts come from: notes.py, which only list-models reads.

Sources of the table: PCI ids as `info pci` of QEMU 7.2 shows each device (a test asks the
installed one); drivers as the tests' guests load them, for the others Linux's driver for that
chip; slots from libvirt's src/qemu/qemu_domain_address.c; speeds as Linux reports them in a guest
where it has been tried, else the chip's own.
"""

from __future__ import annotations

from enum import StrEnum

from vnetmgr.model.record import Row


class Slot(StrEnum):
    """What a model plugs into."""

    PCIE = "pcie"
    """A PCI Express root port where there is one, else a conventional slot."""
    PCI = "pci"
    """A conventional PCI slot: on q35 that is behind a PCI bridge."""
    NONE = "none"
    """No PCI at all (ISA, USB, virtio-ccw, platform devices)."""


class Grade(StrEnum):
    """For which guests a model is."""

    DEFAULT = "default"
    RECOMMENDED = "recommended"
    """The first choice where the default has no driver."""
    SPECIAL = "special"
    """For one kind of guest or machine."""
    LEGACY = "legacy"
    """For systems as old as the hardware."""
    UNUSABLE = "unusable"
    """QEMU has it, and libvirt cannot start a guest with it."""


_PCI_MACHINES = ("pc", "q35", "virt", "pseries")
"""The common machines that have PCI; QEMU builds all its PCI nics for them (hw/net/Kconfig)."""


class NicModel(Row):
    """One model."""

    slot: Slot
    pci_id: str | None
    driver: str | None
    """Linux's."""
    multiqueue: bool = False
    grade: Grade = Grade.LEGACY
    speed_mbit: int | None = None
    """None: as fast as the host."""
    machines: tuple[str, ...] = _PCI_MACHINES
    qemu: str = ""
    """The first QEMU that has it, where that is newer than 7.2."""


def _e100(pci_id: str) -> NicModel:
    return NicModel(Slot.PCI, pci_id, "e100", speed_mbit=100)


NIC_MODELS: dict[str, NicModel] = {
    "virtio": NicModel(
        *(Slot.PCIE, "1af4:1041", "virtio_net"),
        multiqueue=True,
        grade=Grade.DEFAULT,
        machines=(*_PCI_MACHINES, "s390-ccw-virtio", "microvm"),
    ),
    "virtio-transitional": NicModel(
        Slot.PCI, "1af4:1000", "virtio_net", multiqueue=True, grade=Grade.SPECIAL
    ),
    "virtio-non-transitional": NicModel(
        Slot.PCIE, "1af4:1041", "virtio_net", multiqueue=True, grade=Grade.SPECIAL
    ),
    "e1000e": NicModel(
        *(Slot.PCIE, "8086:10d3", "e1000e"),
        grade=Grade.RECOMMENDED,
        speed_mbit=1000,
    ),
    "igb": NicModel(
        *(Slot.PCIE, "8086:10c9", "igb"),
        grade=Grade.SPECIAL,
        speed_mbit=1000,
        machines=("q35", "virt"),
        qemu="8.0",
    ),
    "vmxnet3": NicModel(Slot.PCI, "15ad:07b0", "vmxnet3", grade=Grade.SPECIAL, speed_mbit=1000),
    "e1000": NicModel(Slot.PCI, "8086:100e", "e1000", speed_mbit=1000),
    "e1000-82544gc": NicModel(Slot.PCI, "8086:100c", "e1000", speed_mbit=1000),
    "e1000-82545em": NicModel(Slot.PCI, "8086:100f", "e1000", speed_mbit=1000),
    "rtl8139": NicModel(Slot.PCI, "10ec:8139", "8139cp", speed_mbit=100),
    "pcnet": NicModel(Slot.PCIE, "1022:2000", "pcnet32", speed_mbit=10),
    "ne2k_pci": NicModel(Slot.PCI, "10ec:8029", "ne2k-pci", speed_mbit=10),
    "ne2k_isa": NicModel(
        Slot.NONE, None, "ne", grade=Grade.UNUSABLE, speed_mbit=10, machines=("isapc", "pc", "q35")
    ),
    "i82550": _e100("8086:1209"),
    "i82551": _e100("8086:1209"),
    "i82557a": _e100("8086:1229"),
    "i82557b": _e100("8086:1229"),
    "i82557c": _e100("8086:1229"),
    "i82558a": _e100("8086:1229"),
    "i82558b": _e100("8086:1229"),
    "i82559a": _e100("8086:1229"),
    "i82559b": _e100("8086:1229"),
    "i82559c": _e100("8086:1229"),
    "i82559er": _e100("8086:1209"),
    "i82562": _e100("8086:1209"),
    "i82801": _e100("8086:2449"),
    "tulip": NicModel(Slot.PCI, "1011:0019", "tulip", speed_mbit=100),
    "usb-net": NicModel(
        *(Slot.NONE, None, "rndis_host"),
        grade=Grade.SPECIAL,
        speed_mbit=12,
        machines=("pc", "q35", "virt", "pseries"),
    ),
    "spapr-vlan": NicModel(
        Slot.NONE, None, "ibmveth", grade=Grade.SPECIAL, speed_mbit=1000, machines=("pseries",)
    ),
    "sungem": NicModel(
        Slot.PCI, "106b:0021", "sungem", speed_mbit=1000, machines=("mac99", "g3beige")
    ),
    "sunhme": NicModel(Slot.PCI, "108e:1001", "sunhme", speed_mbit=100, machines=("sun4u",)),
    "lan9118": NicModel(
        *(Slot.NONE, None, "smsc911x"),
        speed_mbit=100,
        machines=("vexpress-a9", "vexpress-a15"),
    ),
    "smc91c111": NicModel(
        *(Slot.NONE, None, "smc91x"),
        speed_mbit=100,
        machines=("versatilepb", "versatileab", "integratorcp"),
    ),
}
DEFAULT_MODEL = "virtio"


def is_virtio(model: str | None) -> bool:
    """Whether a model is one of virtio's: only these have queues, vectors and driver options."""
    known = NIC_MODELS.get(model or "")
    return known is not None and known.driver == "virtio_net"
