"""Domains as most hosts have them."""

from __future__ import annotations


def nic_xml(mac: str) -> str:
    """A nic as most domains have one."""
    return (
        f"<interface type='bridge'><mac address='{mac}'/><source bridge='br0'/>"
        "<model type='virtio'/></interface>"
    )


def domain_xml(name: str, nic: str = "", *, uuid: str = "") -> str:
    """A domain with the devices that a virtual machine usually has."""
    return f"""
        <domain type='qemu'>
          <name>{name}</name>
          {f"<uuid>{uuid}</uuid>" if uuid else ""}
          <memory unit='MiB'>1024</memory>
          <vcpu>2</vcpu>
          <os><type arch='x86_64' machine='q35'>hvm</type></os>
          <features><acpi/><apic/></features>
          <clock offset='utc'/>
          <devices>
            <disk type='file' device='disk'>
              <driver name='qemu' type='qcow2'/>
              <source file='/var/lib/libvirt/images/{name}.qcow2'/>
              <target dev='vda' bus='virtio'/>
            </disk>
            {nic}
            <serial type='pty'/>
            <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
            <graphics type='vnc' autoport='yes'/>
            <video><model type='virtio'/></video>
            <memballoon model='virtio'/>
            <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
          </devices>
        </domain>"""
