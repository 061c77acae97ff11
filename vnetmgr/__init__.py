"""vnetmgr: the network manager for libvirt/QEMU virtual machines."""

__version__ = "0.2.0"
