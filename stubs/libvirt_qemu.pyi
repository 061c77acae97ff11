"""What vnetmgr uses of libvirt-python's libvirt_qemu; no stub comes with it."""

from libvirt import virDomain

VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP: int

def qemuMonitorCommand(domain: virDomain, cmd: str, flags: int) -> str: ...  # noqa: N802
