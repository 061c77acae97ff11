"""A guest's nic that has to stay the same device, whatever happens to its network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libvirt

from tests.lab.waiting import eventually
from tests.system.conftest import element, ok

if TYPE_CHECKING:
    from tests.lab import Lab
    from tests.system.conftest import Vm

BRIDGE = "virbr60"
"""The bridge of the networks below."""


@dataclass(frozen=True)
class Plugged:
    """A nic of a running guest, on some network."""

    vm: Vm
    name: str
    mac: str
    link: str
    """What the guest calls it."""

    def device(self) -> str:
        """Its live element, but for the bridge and the port that it is on."""
        live = element(self.vm.documents()[1], self.mac)
        return re.sub(r" (portid|bridge)='[^']*'", "", live)

    def carrier_changes(self) -> int:
        """How often the guest has seen its carrier come or go."""
        return int(self.vm.guest.sh(f"cat /sys/class/net/{self.link}/carrier_changes"))

    def bridge(self) -> str:
        """The bridge that its tap is a port of; nothing when of none."""
        tap = self.vm.nic(self.name)["target"]
        master = f"/sys/class/net/{tap}/brport/bridge"
        return self.vm.lab.sh(f"readlink {master}", check=False).strip().rpartition("/")[2]

    def take(self, address: str) -> None:
        """Give the guest an address on it, in place of others."""
        self.vm.guest.sh(
            f"ip -4 address flush dev {self.link}; ip neigh flush dev {self.link};"
            f"ip address add {address} dev {self.link}"
        )

    def reaches(self, address: str) -> bool:
        """Whether the guest's packets get there now."""
        code, _ = self.vm.guest.run(f"ping -c 1 -W 1 -I {self.link} {address}")
        return code == 0

    def reach(self, address: str) -> None:
        """Wait until the guest's packets get there."""
        eventually(lambda: self.reaches(address), f"packets from {self.name} to {address}")


def plug(vm: Vm, name: str, *source: str) -> Plugged:
    """Plug in a nic, and have the guest's link up."""
    ok(vm("attach-nic", *source, "--name", name))
    mac = vm.nic(name)["mac"]
    return plugged(vm, name, mac)


def plugged(vm: Vm, name: str, mac: str) -> Plugged:
    """A nic that is there: the guest's link is up, and its carrier has come, which the guest
    counts as a change."""
    link = vm.guest.link(mac)
    # No link answers for another one's address: two may be on one bridge.
    up = (
        f"ip link set {link} up; echo 1 > /proc/sys/net/ipv4/conf/all/arp_ignore;"
        f"cat /sys/class/net/{link}/carrier"
    )
    eventually(lambda: vm.guest.sh(up).strip() == "1", f"the carrier of {name}")
    return Plugged(vm, name, mac, link)


def make_network(
    lab: Lab, name: str, inner: str = "", *, bridge: str = BRIDGE, subnet: str = "192.168.60"
) -> None:
    """Make a NAT network and start it. Without STP its ports forward at once."""
    inner = inner or "<forward mode='nat'/>"
    network = lab.conn.networkDefineXML(
        f"<network><name>{name}</name>{inner}<bridge name='{bridge}' stp='off' delay='0'/>"
        f"<ip address='{subnet}.1' netmask='255.255.255.0'><dhcp>"
        f"<range start='{subnet}.100' end='{subnet}.199'/></dhcp></ip></network>"
    )
    network.setAutostart(1)
    network.create()


def orphan(lab: Lab, name: str) -> None:
    """Restart a network by libvirt alone: its guests' taps stay behind."""
    network = lab.conn.networkLookupByName(name)
    network.destroy()
    try:
        network.create()
    except libvirt.libvirtError:
        if not network.isActive():  # a watch was faster
            raise


@dataclass(frozen=True)
class Everything:
    """All that libvirt and the kernel have, but for the ids of ports; equal when nothing has
    changed, down to which tap is a port of which bridge."""

    domains: dict[str, tuple[str, ...]]
    networks: dict[str, tuple[str, ...]]
    """Config, live, and whether it runs, is kept and starts with the host."""
    ports: str


def everything(lab: Lab) -> Everything:
    """Read everything."""
    return Everything(
        domains={
            each.name(): (
                each.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE),
                re.sub(r" portid='[^']*'", "", each.XMLDesc(0)),
                f"{each.state()} {each.isPersistent()}",
            )
            for each in lab.conn.listAllDomains()
        },
        networks={
            each.name(): (
                each.XMLDesc(libvirt.VIR_NETWORK_XML_INACTIVE),
                # network-update lets libvirt forget how many there are.
                re.sub(r" connections='[0-9]+'", "", each.XMLDesc(0)),
                f"{each.isActive()} {each.isPersistent()} {each.autostart()}",
            )
            for each in lab.conn.listAllNetworks()
        },
        ports=lab.sh(
            "cd /sys/class/net; for port in */brport/bridge; do"
            " echo $port $(basename $(readlink $port)); done"
        ),
    )
