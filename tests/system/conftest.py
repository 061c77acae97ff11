"""Guests that boot once and serve many tests; each test finds them without a nic."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import libvirt
import pytest

from tests.lab.hosts import clear
from tests.lab.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import CompletedProcess

    from tests.lab import Guest, Lab

BOTH = libvirt.VIR_DOMAIN_AFFECT_CONFIG | libvirt.VIR_DOMAIN_AFFECT_LIVE
# One bridge with conventional slots, for the models that want them.
PCI_BRIDGE = "<controller type='pci' model='pcie-to-pci-bridge'/>"
# A device with a boot order: else libvirt writes <os><boot dev='hd'/>, which excludes any.
BOOTABLE = "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><boot order='9'/></disk>"
ROOT_PORTS = 12


@dataclass(frozen=True)
class Vm:
    """A guest under test, seen from all sides: vnetmgr's, libvirt's and the guest's own."""

    lab: Lab
    guest: Guest

    @property
    def name(self) -> str:
        """The domain's name."""
        return self.guest.name

    def documents(self) -> tuple[str, str]:
        """The config and the live document."""
        domain = self.guest.domain
        return domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE), domain.XMLDesc(0)

    def nics(self) -> list[dict[str, Any]]:
        """What list-nics says of it."""
        listed = json.loads(ok(self.lab.vnetmgr("list-nics", self.name, "-o", "json")))
        assert listed["kind"] == "nics"
        items: list[dict[str, Any]] = listed["items"]
        return items

    def nic(self, name: str) -> dict[str, Any]:
        """One nic of list-nics."""
        (found,) = [nic for nic in self.nics() if nic["name"] == name]
        return found

    def __call__(self, command: str, *arguments: str) -> CompletedProcess[str]:
        """Run `vnetmgr COMMAND DOMAIN ...`."""
        return self.lab.vnetmgr(command, self.name, *arguments)

    def at_rest(self) -> None:
        """Wait until libvirt has done to the guest what somebody asked for who was killed."""
        self.guest.domain.memoryStats()  # it does one thing at a time to a domain

    def strip(self) -> None:
        """Take every nic out, what was overridden of them, and what is noted of them, by libvirt
        alone."""
        for flag, document in zip(
            (libvirt.VIR_DOMAIN_AFFECT_CONFIG, libvirt.VIR_DOMAIN_AFFECT_LIVE),
            self.documents(),
            strict=True,
        ):
            for element in interfaces(document):
                self.guest.domain.detachDeviceFlags(element, flag)
        # libvirt waits 5 s for a guest, and then says that it is done all the same.
        eventually(lambda: not interfaces(self.documents()[1]), f"{self.name} lets go of its nics")
        if any("urn:vnetmgr" in document for document in self.documents()):
            kind = libvirt.VIR_DOMAIN_METADATA_ELEMENT
            self.guest.domain.setMetadata(kind, None, "vnetmgr", "urn:vnetmgr:1", BOTH)
        config = self.documents()[0]
        if "<qemu:override>" in config:
            override = re.compile("<qemu:override>.*</qemu:override>", re.DOTALL)
            self.lab.conn.defineXML(override.sub("", config))


def interfaces(document: str) -> list[str]:
    """The `<interface>` elements of a domain document."""
    return re.findall(r"<interface .*?</interface>", document, re.DOTALL)


def element(document: str, mac: str) -> str:
    """The `<interface>` with a MAC."""
    (found,) = [nic for nic in interfaces(document) if mac in nic]
    return found


def ok(result: CompletedProcess[str]) -> str:
    """What a command printed that had to work."""
    assert result.returncode == 0, f"{result.args}: {result.returncode}\n{result.stderr}"
    return result.stdout


def refused(result: CompletedProcess[str], code: int) -> str:
    """What a command said that had to fail with this code: one line and a hint, no traceback."""
    assert result.returncode == code, f"{result.returncode}: {result.stderr}{result.stdout}"
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("vnetmgr: ")
    assert "  hint: " in result.stderr
    return result.stderr


@pytest.fixture(scope="session")
def q35(lab: Lab) -> Iterator[Vm]:
    """The guest that most tests share: q35 with many free slots of both kinds."""
    guest = lab.guest("q35", root_ports=ROOT_PORTS, extra_devices=PCI_BRIDGE + BOOTABLE)
    yield Vm(lab, guest)
    guest.destroy()


@pytest.fixture
def vm(q35: Vm) -> Iterator[Vm]:
    """The shared guest without nics, before and after."""
    yield q35
    q35.strip()


@pytest.fixture
def nets(vm: Vm) -> Iterator[Vm]:
    """The shared guest, and no networks: those that a test makes are gone afterwards."""
    forget_networks(vm.lab)
    yield vm
    vm.strip()
    forget_networks(vm.lab)


def forget_networks(lab: Lab) -> None:
    """Stop and forget every network, by libvirt alone."""
    clear.forget_networks(lab.conn)


@pytest.fixture(scope="session")
def agent_vm(lab: Lab) -> Iterator[Vm]:
    """A guest with an agent that brings its nics up by itself."""
    guest = lab.guest("agent", root_ports=ROOT_PORTS, flavour="agent", autodhcp=True)
    yield Vm(lab, guest)
    guest.destroy()


@pytest.fixture
def off(lab: Lab) -> Iterator[Callable[..., str]]:
    """Defines shut-off domains by their devices, and forgets them afterwards."""
    made: list[libvirt.virDomain] = []

    def define(name: str, devices: str = "", *, machine: str = "q35", head: str = "") -> str:
        document = (
            f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory>"
            f"<os><type arch='x86_64' machine='{machine}'>hvm</type></os>{head}"
            f"<devices>{devices}</devices></domain>"
        )
        made.append(lab.conn.defineXML(document))
        return name

    yield define
    for domain in made:
        for found in lab.conn.listAllDomains():
            if found.UUIDString() == domain.UUIDString():
                if found.isActive():
                    found.destroy()
                found.undefine()
