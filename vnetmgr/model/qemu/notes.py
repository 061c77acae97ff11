"""What each nic model is for, in a sentence, and where its facts come from. Data; read by
list-models alone.

Everything that says "tried" was tried with libvirt 9.0, QEMU 7.2 and a Linux 6.1 guest.
"""

from __future__ import annotations

_82557 = "hw/net/eepro100.c; Linux drivers/net/ethernet/intel/e100.c"
_E1000 = "hw/net/e1000.c; tried"

MODEL_NOTES: dict[str, tuple[str, str]] = {
    "virtio": (
        "made for guests: fastest, multiqueue, MTU; Windows needs the virtio-win driver. In a "
        "conventional slot its PCI id is 1af4:1000",
        "hw/virtio/virtio-net-pci.c, virtio specification 1.1, 4.1.2.1; tried",
    ),
    "virtio-transitional": (
        "virtio for guests that know its draft only (RHEL 6)",
        "virtio specification 1.1, 4.1.2.1; tried",
    ),
    "virtio-non-transitional": (
        "virtio without the draft's interface, for guests that know 1.0",
        "virtio specification 1.1, 4.1.2.1; tried",
    ),
    "e1000e": (
        "Intel 82574L; most systems of the last ten years bring a driver. QEMU's default on q35",
        "hw/net/e1000e.c; tried",
    ),
    "igb": (
        "Intel 82576, for trying SR-IOV inside a guest",
        "QEMU 8.0 and libvirt 9.3 release notes; Linux drivers/net/ethernet/intel/igb/igb_main.c",
    ),
    "vmxnet3": (
        "for guests that come from VMware and know no other",
        "hw/net/vmxnet3.c; tried",
    ),
    "e1000": ("Intel 82540EM, the common card of the 2000s. QEMU's default on pc", _E1000),
    "e1000-82544gc": ("Intel 82544GC, for guests made on such a card", _E1000),
    "e1000-82545em": ("Intel 82545EM, the card of old VMware guests", _E1000),
    "rtl8139": (
        "Realtek 8139C+; libvirt's own default on x86. For systems of about 2000",
        "hw/net/rtl8139.c; libvirt src/qemu/qemu_domain.c, qemuDomainDefaultNetModel; tried",
    ),
    "pcnet": (
        "AMD PCnet-PCI II, the card of old VMware and VirtualBox guests",
        "hw/net/pcnet-pci.c; tried",
    ),
    "ne2k_pci": (
        "NE2000 on PCI (Realtek 8029): DOS, and systems of the 1990s",
        "hw/net/ne2000-pci.c; Linux ne2k-pci.c",
    ),
    "ne2k_isa": (
        "NE2000 on ISA; libvirt gives it a PCI address, and the guest does not start",
        "hw/net/ne2000-isa.c; tried",
    ),
    "i82550": ("Intel PRO/100", _82557),
    "i82551": ("Intel PRO/100", _82557),
    "i82557a": ("Intel PRO/100 B", _82557),
    "i82557b": ("Intel PRO/100 B", _82557),
    "i82557c": ("Intel PRO/100 B", _82557),
    "i82558a": ("Intel PRO/100+", _82557),
    "i82558b": ("Intel PRO/100+", _82557),
    "i82559a": ("Intel PRO/100+", _82557),
    "i82559b": ("Intel PRO/100+", _82557),
    "i82559c": ("Intel PRO/100+", _82557),
    "i82559er": ("Intel PRO/100+, embedded", _82557),
    "i82562": ("Intel PRO/100 VE, on the mainboard", _82557),
    "i82801": ("Intel PRO/100 VE, in the ICH chipset", _82557),
    "tulip": (
        "DEC 21143: systems of the 1990s, HP-UX among them",
        "hw/net/tulip.c; Linux drivers/net/ethernet/dec/tulip/tulip_core.c",
    ),
    "usb-net": (
        "RNDIS over USB 1.1; libvirt wants a USB address in the nic's XML",
        "hw/usb/dev-network.c; Linux drivers/net/usb/rndis_host.c; definition tried",
    ),
    "spapr-vlan": (
        "the virtual network of IBM Power machines; nothing on x86",
        "hw/net/spapr_llan.c; Linux drivers/net/ethernet/ibm/ibmveth.c",
    ),
    "sungem": (
        "the network of Apple's PowerPC machines; nothing on x86",
        "hw/net/sungem.c, hw/ppc/mac_newworld.c; Linux drivers/net/ethernet/sun/sungem.c",
    ),
    "sunhme": (
        "the network of Sun's Ultra workstations; nothing on x86",
        "hw/net/sunhme.c, hw/sparc64/sun4u.c; Linux drivers/net/ethernet/sun/sunhme.c",
    ),
    "lan9118": (
        "soldered to ARM boards; nothing on x86",
        "hw/net/lan9118.c, hw/arm/vexpress.c; Linux drivers/net/ethernet/smsc/smsc911x.c",
    ),
    "smc91c111": (
        "soldered to ARM boards; nothing on x86",
        "hw/net/smc91c111.c, hw/arm/versatilepb.c; Linux drivers/net/ethernet/smsc/smc91x.c",
    ),
}
"""Model -> (what it is for, the sources)."""
