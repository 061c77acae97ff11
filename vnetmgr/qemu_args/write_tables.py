"""How libvirt's words for a nic are called in QEMU's arguments.

Source: libvirt 9.0, src/qemu/qemu_command.c (qemuBuildNicDevProps, qemuBuildHostNetProps), and
`qemu-system-x86_64 -device X,help` of QEMU 7.2.
"""

from __future__ import annotations

QEMU_DEVICES = {
    "virtio": "virtio-net-pci",
    "virtio-transitional": "virtio-net-pci-transitional",
    "virtio-non-transitional": "virtio-net-pci-non-transitional",
}
"""Models whose device has another name in QEMU; all others are called the same."""

ONBOARD = frozenset({"lan9118", "smc91c111"})
"""Chips soldered to their board: no `-device`, only `-net nic` hands them a back end."""

VIRTIO_PROPERTIES = {
    "driver.ioeventfd": "ioeventfd",
    "driver.event_idx": "event_idx",
    "driver.rx_queue_size": "rx_queue_size",
    "driver.tx_queue_size": "tx_queue_size",
    "driver.rss": "rss",
    "driver.rss_hash_report": "hash",
    "driver.iommu": "iommu_platform",
    "driver.ats": "ats",
    "driver.packed": "packed",
    "driver.page_per_vq": "page-per-vq",
    "driver.host.csum": "csum",
    "driver.host.gso": "gso",
    "driver.host.mrg_rxbuf": "mrg_rxbuf",
    **{f"driver.host.{name}": f"host_{name}" for name in ("tso4", "tso6", "ecn", "ufo")},
    **{f"driver.guest.{name}": f"guest_{name}" for name in ("csum", "tso4", "tso6", "ecn", "ufo")},
}
"""Attributes that are a property of virtio-net, with the same values."""

PCI_PROPERTIES = {"rom.bar": "rombar", "rom.file": "romfile", "acpi.index": "acpi-index"}
"""Attributes that are a property of every PCI device."""

VALUES = {
    ("rombar", "on"): "1",
    ("rombar", "off"): "0",
    ("tx", "iothread"): "bh",
}
"""Values that QEMU spells in another way."""

HOST_SIDE = {
    "portgroup": "the network's portgroup: libvirt reads the port's settings from the network",
    "virtualport": (
        "a port of that kind of switch: plug the tap in by hand (ovs-vsctl add-port BRIDGE TAP)"
    ),
    "vlan": (
        "VLAN tags are the switch's (ovs-vsctl set port TAP tag=N); vlan= in QEMU's old form is "
        "the number of a hub, not a tag"
    ),
    "inbound": "libvirt shapes with tc on the host; QEMU has no rate limit for a nic",
    "outbound": "libvirt shapes with tc on the host; QEMU has no rate limit for a nic",
    "filter": "libvirt filters on the host's side of the tap",
    "filter_param": "a variable of libvirt's filter",
    "isolated_port": "a setting of the bridge's port: bridge link set dev TAP isolated on",
}
"""Fields that QEMU knows nothing of."""
