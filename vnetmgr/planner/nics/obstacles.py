"""What stands in the way of giving a device of the host to a guest, each with its remedy.

What libvirt checks itself, it checks when the guest starts or the nic is plugged in: a config that
cannot work is accepted. Sources: libvirt's src/hypervisor/virhostdev.c,
virHostdevPreparePCIDevices and virHostdevSaveNetConfig; the kernel's drivers/iommu/iommu.c,
iommu_group_claim_dma_owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.model.names import joined
from vnetmgr.model.seen.hostdev import leaves_alone
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from vnetmgr.model.seen.hostdev import HostDevice, HostDevices, LinkUse

LIST = Command("list-host-devices")
_SHOWN = 4


def obstacles(device: HostDevice, devices: HostDevices) -> list[tuple[str, str]]:
    """Why no guest can have a device, each with its remedy; [] when one can."""
    found: list[tuple[str, str]] = []
    if not device.is_vf:
        found.append(_physical(device))
    found += _no_iommu(devices)
    if devices.iommu and device.iommu_group is None:
        found.append(("it is in no IOMMU group", "a device behind no IOMMU cannot be isolated"))
    held = [each for each in device.companions if not leaves_alone(each.driver)]
    if held:
        found.append(
            (
                f"its IOMMU group {device.iommu_group} holds {joined(held, _SHOWN)} too, which the "
                "host uses",
                "put the card into another slot, or unbind the other devices of the group: a "
                "guest gets all of a group or nothing",
            )
        )
    return found + link_obstacles(device.link or "", device.use)


def pool_obstacles(device: HostDevice, devices: HostDevices) -> list[tuple[str, str]]:
    """Why a link's device cannot be a pool of virtual functions, each with its remedy."""
    found: list[tuple[str, str]] = []
    if device.is_vf:
        owner = devices.at(device.pf) if device.pf is not None else None
        name = (owner and owner.link) or device.pf
        found.append(("it is a virtual function itself", f"name the link of its card: {name}"))
    elif not device.vfs:
        found.append(_without_vfs(device))
    return found + _no_iommu(devices)


def _no_iommu(devices: HostDevices) -> list[tuple[str, str]]:
    if devices.iommu:
        return []
    remedy = "switch VT-d or AMD-Vi on in the firmware, boot with intel_iommu=on (Intel)"
    return [("the IOMMU is off", remedy)]


def _without_vfs(device: HostDevice) -> tuple[str, str]:
    if device.vfs_possible:
        path = f"/sys/bus/pci/devices/{device.address}/sriov_numvfs"
        return (
            "its virtual functions are switched off",
            f"switch some of its {device.vfs_possible} on: echo 4 > {path}",
        )
    return ("it has no virtual functions (no SR-IOV)", f"{LIST} shows the cards that have")


_WHOLE = "gives a whole link; the whole card goes to a guest as <hostdev>, with virsh attach-device"


def _physical(device: HostDevice) -> tuple[str, str]:
    """libvirt takes an `<interface type='hostdev'>` for VFs alone; the config is accepted, and
    the start fails: only for a VF there is a PF through which MAC and VLAN can be set."""
    if device.vfs:
        return (
            "it is a physical function, and libvirt gives guests nics from virtual ones only",
            f"take one of its virtual functions: {joined(device.vfs, _SHOWN)}",
        )
    if device.vfs_possible:
        problem, remedy = _without_vfs(device)
        return f"it is a physical function, and {problem}", remedy
    link = device.link or "LINK"
    return (
        "it is no virtual function (no SR-IOV), and libvirt gives guests nics from those only",
        Worded(
            f"--direct {link} --direct-mode passthrough {_WHOLE}",
            f"direct: {link} with direct_mode: passthrough {_WHOLE}",
        ),
    )


def link_obstacles(name: str, use: LinkUse) -> list[tuple[str, str]]:
    """What the host would lose with a link."""
    found = []
    if use.routes:
        default = "default" in use.routes
        lost = "its default route" if default else f"its way to {joined(use.routes, _SHOWN)}"
        remedy = f"move the host's address off {name}"
        found.append((f"the host would lose {lost} (link {name})", remedy))
    if use.uppers:
        above = joined(use.uppers, _SHOWN)
        found.append((f"link {name} is in use by {above}", f"take {name} out of {above} first"))
    return found
