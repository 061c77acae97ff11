"""What becomes of each property of a network device of QEMU.

Sources: `-device X,help` of QEMU 7.2 for each network device, include/hw/virtio/virtio-net.h,
and libvirt's qemu_command.c for what libvirt writes for which attribute.
"""

from __future__ import annotations

from vnetmgr.model.patch import UNSET
from vnetmgr.model.qemu.models import NIC_MODELS
from vnetmgr.qemu_args.rules import (
    SAME,
    Cases,
    Extra,
    Field,
    Note,
    Refuse,
    Rule,
    Take,
    number_text,
    read_hub,
    read_mac,
    read_number,
    read_switch,
    read_text,
)

# QEMU's name -> libvirt's, where they differ. Other models have one name in both.
MODELS = {
    "virtio-net-pci": "virtio",
    "virtio-net": "virtio",
    "virtio-net-pci-transitional": "virtio-transitional",
    "virtio-net-pci-non-transitional": "virtio-non-transitional",
    "virtio-net-device": "virtio",
    "virtio-net-ccw": "virtio",
    "e1000-82540em": "e1000",
}
TRANSPORTS = {"virtio-net-device": "virtio-mmio", "virtio-net-ccw": "a channel device"}
DRIVERS = frozenset(MODELS) | frozenset(NIC_MODELS) - {"virtio-transitional", "ne2k"}
NOT_IN_LIBVIRT = {
    "pvrdma": "libvirt has no such model; nearest: vmxnet3, or a device assigned (--hostdev)",
    "rocker": "libvirt has no such model; it is a switch for developers; nearest: a bridge",
    "vhost-vdpa-device-pci": "nearest: -netdev vhost-vdpa with virtio-net-pci",
}
ASSIGNED = ("vfio-pci", "vfio-pci-nohotplug", "pci-assign", "kvm-pci-assign")
NIC_KEYS = frozenset({"netdev", "mac", "vlan"})

_INTERNAL = Note("libvirt leaves it to QEMU's default, which suits every guest it knows")
_MIGRATION = Note("for guests that come from an older QEMU; libvirt sets it by the machine type")
_TUNING = Note("libvirt has no element for it")
_VIRTIO_KEYS = ("csum", "gso", "tso4", "tso6", "ecn", "ufo")


def _on_off(key: str) -> Extra:
    return Extra(key, read_switch)


def _ring(text: str) -> str:
    """A power of two that virtio takes (VIRTIO_NET_*_QUEUE_*_SIZE, hw/net/virtio-net.c)."""
    number = read_number(256, 1024)(text)
    if number & (number - 1):
        raise ValueError(f"{text!r} is no power of two from 256 to 1024")
    return str(number)


def _mtu(text: str) -> object:
    return UNSET if text == "0" else read_number(68, 65535)(text)


def _rom_bar(text: str) -> str:
    return "on" if read_number(0, 2**32 - 1)(text) else "off"


def _tx(text: str) -> str:
    if text not in ("timer", "bh"):
        raise ValueError(f"{text!r} is not timer or bh")
    return "timer" if text == "timer" else "iothread"


_BASE: dict[str, Rule] = {
    "driver": SAME,
    "id": Take(str),
    "netdev": Take(read_text),
    "vlan": Take(read_hub),
    "bootindex": Take(lambda text: text if text == "-1" else number_text(0, 9998)(text)),
    "mac": Field("mac", read_mac),
}
_PCI: dict[str, Rule] = {
    "bus": Take(read_text),
    "addr": Take(str),
    "romfile": Take(str),
    "rombar": Extra("rom.bar", _rom_bar),
    "romsize": _TUNING,
    "acpi-index": Extra("acpi.index", number_text(1, 16383)),
    "multifunction": Cases(
        Note("libvirt sets it by itself for a slot whose function 0 shares it with others"), SAME
    ),
    "failover_pair_id": Refuse(
        "libvirt pairs a virtio nic with a directly assigned device only; nearest: attach-nic "
        "--hostdev for this half"
    ),
}
_VIRTIO: dict[str, Rule] = {
    "mq": Take(read_switch),
    "vectors": Take(number_text(0, 2**32 - 1)),
    "host_mtu": Field("mtu", _mtu),
    "rx_queue_size": Extra("driver.rx_queue_size", _ring),
    "tx_queue_size": Extra("driver.tx_queue_size", _ring),
    "csum": _on_off("driver.host.csum"),
    "gso": _on_off("driver.host.gso"),
    **{f"host_{key}": _on_off(f"driver.host.{key}") for key in _VIRTIO_KEYS[2:]},
    **{f"guest_{key}": _on_off(f"driver.guest.{key}") for key in _VIRTIO_KEYS if key != "gso"},
    "mrg_rxbuf": _on_off("driver.host.mrg_rxbuf"),
    "event_idx": _on_off("driver.event_idx"),
    "ioeventfd": _on_off("driver.ioeventfd"),
    "iommu_platform": _on_off("driver.iommu"),
    "ats": _on_off("driver.ats"),
    "packed": _on_off("driver.packed"),
    "page-per-vq": _on_off("driver.page_per_vq"),
    "rss": _on_off("driver.rss"),
    "hash": _on_off("driver.rss_hash_report"),
    "tx": Extra("driver.txmode", _tx),
    "failover": Take(read_switch),
    "disable-legacy": Take(str),
    "disable-modern": Take(read_switch),
    "speed": _TUNING,
    "duplex": _TUNING,
    "status": Cases(SAME, Note("libvirt has no element for it; the guest sees the link up")),
    **dict.fromkeys(
        (
            *("any_layout", "ctrl_guest_offloads", "ctrl_mac_addr", "ctrl_rx", "ctrl_rx_extra"),
            *("ctrl_vlan", "ctrl_vq", "guest_announce", "guest_rsc_ext", "rsc_interval"),
            *("indirect_desc", "notify_on_empty", "queue_reset", "use-disabled-flag"),
            *(
                "use-started",
                "aer",
                "virtio-backend",
                "modern-pio-notify",
                "guest_uso4",
                "guest_uso6",
            ),
            *("host_uso", "ebpf-rss-fds", "in_order", "guest_tunnel", "host_tunnel", "devno"),
        ),
        _INTERNAL,
    ),
    "migrate-extra": _MIGRATION,
    "virtio-pci-bus-master-bug-migration": _MIGRATION,
}
_PCI_ALONE = ("ats", "page-per-vq", "vectors", "disable-legacy", "disable-modern")
_CHANNEL: dict[str, Rule] = {
    "loadparm": Note("libvirt has it as <boot loadparm='...'/>: virsh edit writes it"),
    **dict.fromkeys(
        ("devno", "max_revision", "css"), Note("libvirt numbers channel devices itself")
    ),
}
_VIRTIO_ELSEWHERE: dict[str, Rule] = {
    **_CHANNEL,
    **{key: rule for key, rule in _VIRTIO.items() if key not in _PCI_ALONE},
    "bus": Note("libvirt chooses the place by the machine"),
}

_OWN_KEYS: dict[str, tuple[str, ...]] = {
    "e1000": ("autonegotiation", "extra_mac_registers", "init-vet", "migrate_tso_props",
              "mitigation"),
    "e1000e": ("disable_vnet_hdr", "init-vet", "migrate-timadj", "subsys", "subsys_ven"),
    "ne2k_isa": ("iobase", "irq"),
    "usb-net": ("attached", "msos-desc", "pcap", "port", "serial", "bus"),
    "igb": ("migrate-timadj",),
}  # fmt: skip
NOT_PCI = ("ne2k_isa", "usb-net", "spapr-vlan", "lan9118", "smc91c111")


def rules_of(driver: str, model: str) -> dict[str, Rule]:
    family = "e1000" if model.startswith("e1000-") else model
    rules = _BASE | dict.fromkeys(_OWN_KEYS.get(family, ()), _TUNING)
    if driver in TRANSPORTS:
        rules |= _VIRTIO_ELSEWHERE
    elif model not in NOT_PCI:
        rules |= _PCI
        rules |= _VIRTIO if model.startswith("virtio") else {}
    return rules


LEGACY_NIC: dict[str, Rule] = {
    "type": SAME,
    "id": Take(str),
    "name": Take(str),
    "vlan": Take(read_hub),
    "netdev": Take(read_text),
    "macaddr": Field("mac", read_mac),
    "model": Take(read_text),
    "addr": Take(str),
    "vectors": Take(number_text(0, 2**32 - 1)),
}
ONBOARD_KEYS: dict[str, Rule] = {
    "mac": Field("mac", read_mac),
    "macaddr": Field("mac", read_mac),
    "model": Take(read_text),
}
"""What `-nic` takes besides the keys of its back end."""
