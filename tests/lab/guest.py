"""Guests: real QEMU processes with a Linux in them that does as told."""

from __future__ import annotations

import re
import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import libvirt
from lxml import etree

from tests.lab.console import Console
from tests.lab.errors import GuestError, LabError
from tests.lab.odd_memory import odd_memory
from tests.lab.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.lab.lab import Lab

Flavour = Literal["plain", "agent", "server"]

AGENT_CHANNEL = (
    "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
)
# libvirt gives the first controller that it is told of index 0, which only the root may have.
ROOT = "<controller type='pci' index='0' model='pcie-root'/>"
ROOT_PORT = "<controller type='pci' model='pcie-root-port'/>"


def refuse_long_name(config: GuestConfig) -> None:
    """A unix socket's path has at most 107 bytes."""
    if len(str(config.console)) > 107:
        raise LabError(f"{config.name}: the name is too long for its console's socket")


@dataclass(frozen=True, kw_only=True)
class GuestConfig:
    """What a guest is made of."""

    name: str
    image: Path
    console: Path
    serial: Path | None = None
    """The console's path for QEMU, where that is another: a migrating guest has the same one
    everywhere."""
    machine: str = "q35"
    nics: Sequence[str] = ()
    flavour: Flavour = "plain"
    memory_mib: int = 160
    extra_devices: str = ""
    root_ports: int = 0
    autodhcp: bool = False
    on_crash: str = "destroy"
    uuid: str | None = None
    migrates: bool = False
    """Whether it may be migrated live: see `odd_memory`."""

    def xml(self) -> str:
        agent = AGENT_CHANNEL if self.flavour == "agent" else ""
        root = ROOT if "q35" in self.machine else ""
        return f"""
            <domain type='qemu'>
              <name>{self.name}</name>{f"<uuid>{self.uuid}</uuid>" if self.uuid else ""}
              <memory unit='MiB'>{self.memory_mib}</memory>
              <vcpu>1</vcpu>
              <os>
                <type arch='x86_64' machine='{self.machine}'>hvm</type>
                <kernel>{self.image}/kernel</kernel>
                <initrd>{self.image}/{self.flavour}.cpio</initrd>
                <cmdline>console=ttyS0 quiet panic=-1{" autodhcp" * self.autodhcp}</cmdline>
              </os>
              <features><acpi/></features>
              <on_crash>{self.on_crash}</on_crash>
              <devices>
                <controller type='usb' model='none'/>
                {root}{ROOT_PORT * self.root_ports}
                <serial type='unix'>
                  <source mode='bind' path='{self.serial or self.console}'/>
                </serial>
                <memballoon model='none'/>
                {agent}
                {"".join(self.nics)}
                {self.extra_devices}
              </devices>
              {odd_memory(self.memory_mib) if self.migrates else ""}
            </domain>"""


class Guest:
    """A domain with a shell to talk to. It outlives a restart of libvirtd."""

    def __init__(self, lab: Lab, config: GuestConfig) -> None:
        self.name = config.name
        self.config = config
        self.console = Console(config.console)
        self._lab = lab

    @property
    def domain(self) -> libvirt.virDomain:
        """The domain, looked up anew: the lab's connection changes when libvirtd restarts."""
        return self._lab.conn.lookupByName(self.name)

    def wait_ready(self, timeout: float = 300) -> None:
        """Wait until the guest has booted. A reset or a cold start calls for another wait."""
        self.console.wait_ready(timeout)
        if self.config.flavour == "agent":
            # It is there before the shell is, and libvirt hears of that in its own time.
            connected = "state='connected'"
            eventually(lambda: connected in self.domain.XMLDesc(), f"{self.name}'s agent is there")

    def run(self, command: str, timeout: float = 60) -> tuple[int, str]:
        """Run a shell command in the guest; return its exit code and its output.

        Each command has a shell of its own.
        """
        return self.console.run(command, timeout)

    def sh(self, command: str, timeout: float = 60) -> str:
        """Run a shell command in the guest; return its output, raise if it fails."""
        code, output = self.run(command, timeout)
        if code:
            raise GuestError(f"{self.name}: {command}: exit {code}\n{output}")
        return output

    def links(self) -> dict[str, str]:
        """Return the guest's links but for loopback, name by MAC."""
        printed = self.sh(
            "cd /sys/class/net; for link in *; do"
            ' read -r mac < $link/address && echo "$mac $link"; done 2> /dev/null'
        )
        pairs = [line.split() for line in printed.splitlines()]
        return {mac: link for mac, link in pairs if link != "lo"}

    def link(self, mac: str, timeout: float = 60) -> str:
        """Return the name of the link with a MAC, once the guest has found the nic.

        A hot-plug behind a PCI bridge takes it five seconds: the standard hot-plug controller
        blinks that long, in case somebody changes his mind.
        """
        end = time.monotonic() + timeout
        while mac.lower() not in (links := self.links()):
            if time.monotonic() > end:
                raise GuestError(f"{self.name} has no link with MAC {mac}, only {links}")
            time.sleep(0.2)
        return links[mac.lower()]

    def driver(self, mac: str) -> str:
        """Return the name of the kernel driver of a nic."""
        # virtio's link sits on a virtio device, whose driver is virtio_net.
        return Path(self.sh(f"readlink /sys/class/net/{self.link(mac)}/device/driver")).name

    def dhcp(self, mac: str, timeout: float = 60) -> str:
        """Bring a link up and get it an address by DHCP; return the address."""
        link = self.link(mac)
        self.sh(
            f"ip link set {link} up && udhcpc -n -q -i {link} -s /lib/lab/udhcpc"
            f" -t {round(timeout)} -T 1",
            timeout + 15,
        )
        address = self.addresses(mac)[0]
        self.wait_for_lease(mac, address)
        return address

    def wait_for_lease(self, mac: str, address: str) -> None:
        """Wait until libvirt lists the lease, if one of its networks gave it.

        dnsmasq answers the guest first, and then runs libvirt's helper, which writes it down.
        """
        names = etree.fromstring(self.domain.XMLDesc()).xpath(
            "devices/interface[mac/@address=$mac]/source/@network", mac=mac.lower()
        )
        if not names:
            return
        network = self._lab.conn.networkLookupByName(names[0])
        if "<dhcp>" in network.XMLDesc():
            eventually(
                lambda: address in [lease["ipaddr"] for lease in network.DHCPLeases(mac.lower())],
                f"{network.name()} lists {address} for {mac}",
            )

    def addresses(self, mac: str) -> list[str]:
        """Return the IPv4 addresses of a link."""
        printed = self.sh(f"ip -4 -o address show dev {self.link(mac)}")
        return re.findall(r" inet ([0-9.]+)/", printed)

    def fetch(self, address: str, port: int = 80, timeout: float = 30) -> str:
        """Return the body of a web page."""
        # busybox's wget crashes in the guest. nc gives up by -w alone.
        request = r"printf 'GET / HTTP/1.0\r\n\r\n'"
        printed = self.sh(
            f"{request} | nc -w {round(timeout)} {shlex.quote(address)} {port}", timeout + 15
        )
        return printed.replace("\r\n", "\n").partition("\n\n")[2].strip()

    def destroy(self) -> None:
        """End the guest and forget it, as far as that has not happened yet."""
        # A failed lookup would print an error of libvirt's.
        for domain in self._lab.conn.listAllDomains():
            if domain.name() == self.name:
                if domain.isPersistent():
                    domain.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE)
                    if self.name not in [each.name() for each in self._lab.conn.listAllDomains()]:
                        continue  # it was off
                try:
                    domain.destroy()
                except libvirt.libvirtError:
                    # libvirt notices the end of QEMU's monitor at times before its own kill.
                    if self.name in [each.name() for each in self._lab.conn.listAllDomains()]:
                        raise


def start_guest(lab: Lab, config: GuestConfig, *, transient: bool, paused: bool) -> Guest:
    """Start a guest without waiting for it to boot."""
    refuse_long_name(config)
    flags = libvirt.VIR_DOMAIN_START_PAUSED if paused else 0
    if transient:
        lab.conn.createXML(config.xml(), flags)
    else:
        lab.conn.defineXML(config.xml()).createWithFlags(flags)
    return Guest(lab, config)
