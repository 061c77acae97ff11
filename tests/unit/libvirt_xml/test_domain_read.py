"""What is read of whole domain documents."""

from __future__ import annotations

import pytest

from tests.unit.libvirt_xml.samples import CONFIG, LIVE
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.domain_read import (
    has_os_boot,
    read_aliases,
    read_boot_orders,
    read_domain,
    read_machine,
    read_pci_topology,
    says_no_more,
)
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.domain import PciController, PciTopology
from vnetmgr.model.values import PciAddress


def devices(*inner: str) -> str:
    return f"<domain type='kvm'><name>x</name><devices>{''.join(inner)}</devices></domain>"


def test_a_real_domain() -> None:
    domain = read_domain(LIVE)
    assert (domain.name, domain.uuid) == ("t", "6f6b85e6-5ba2-498d-a1f1-093c7ccd92ec")
    assert not domain.agent_connected
    assert len(domain.nics) == 7
    assert all(read_nic(xml) == nic for nic, xml in domain.nics)


def test_the_agent() -> None:
    connected = LIVE.replace("state='disconnected'", "state='connected'")
    assert read_domain(connected).agent_connected
    assert not read_domain(connected.replace("org.qemu.guest_agent.0", "else")).agent_connected


@pytest.mark.parametrize("xml", ["<domain/>", "<domain><name/></domain>", "<network/>"])
def test_no_domain(xml: str) -> None:
    with pytest.raises(VnetError):
        read_domain(xml)


def test_namespaces_of_the_domain_stay_out_of_its_nics() -> None:
    xml = CONFIG.replace("<domain ", "<domain xmlns:qemu='urn:q' ")
    assert read_domain(xml).nics == read_domain(CONFIG).nics


def test_topology_of_a_real_domain() -> None:
    topology = read_pci_topology(CONFIG)
    assert topology is not None
    models = [controller.model for controller in topology.controllers]
    assert models == ["pcie-root", *["pcie-root-port"] * 11]
    assert [controller.index for controller in topology.controllers] == list(range(12))
    assert PciAddress(0, 0, 0x1F, 2) in topology.used
    assert {address.bus for address in topology.used} == set(range(11))


ROOT = "<controller type='pci' index='0' model='pcie-root'/>"
PORT = (
    "<controller type='pci' index='1' model='pcie-root-port'><target hotplug='off'/></controller>"
)
ADDRESS = "<address type='pci' domain='0' bus='0x03' slot='0x10' function='0x1'/>"


@pytest.mark.parametrize(
    ("inner", "controllers", "used"),
    [
        (ROOT, [PciController(index=0, model="pcie-root")], []),
        (
            ROOT + PORT,
            [
                PciController(index=0, model="pcie-root"),
                PciController(index=1, model="pcie-root-port", hotplug=False),
            ],
            [],
        ),
        (
            "<controller type='pci' index='0' model='pci-root'/><controller type='usb' index='1'/>",
            [PciController(index=0, model="pci-root")],
            [],
        ),
        (
            f"{ROOT}<hostdev><source><address bus='1' slot='0'/></source>{ADDRESS}</hostdev>",
            [PciController(index=0, model="pcie-root")],
            [PciAddress(0, 3, 0x10, 1)],
        ),
        (
            f"{ROOT}<interface type='hostdev'><source>{ADDRESS}</source></interface>",
            [PciController(index=0, model="pcie-root")],
            [],
        ),
        (
            f"{ROOT}<channel><address type='virtio-serial' bus='0' port='1'/></channel>",
            [PciController(index=0, model="pcie-root")],
            [],
        ),
    ],
)
def test_topology(inner: str, controllers: list[PciController], used: list[PciAddress]) -> None:
    expected = PciTopology(controllers=tuple(controllers), used=frozenset(used))
    assert read_pci_topology(devices(inner)) == expected


@pytest.mark.parametrize(
    "xml",
    [
        "<domain/>",
        devices(),
        devices("<controller type='pci' model='pcie-root-port'/>"),
        devices("<interface type='user'><address type='ccw' cssid='0xfe'/></interface>"),
    ],
)
def test_no_topology(xml: str) -> None:
    assert read_pci_topology(xml) is None


def test_machine() -> None:
    assert read_machine(LIVE) == ("x86_64", "pc-q35-7.2")
    assert read_machine("<domain/>") == ("", "")


def test_aliases() -> None:
    assert {"ua-lan", "net0", "pci.1", "balloon0"} <= read_aliases(LIVE)
    assert read_aliases(CONFIG) == {"ua-lan"}
    assert read_aliases("<domain/>") == frozenset()


def test_boot() -> None:
    assert has_os_boot(CONFIG)
    assert not has_os_boot("<domain><os><bootmenu enable='yes'/></os></domain>")
    disks = devices("<disk><boot order='2'/></disk><disk><boot order='x'/></disk><disk/>")
    assert read_boot_orders(disks) == {2}
    assert read_boot_orders("<domain/>") == frozenset()


@pytest.mark.parametrize(
    ("live", "config"),
    [
        ("<domain type='test' id='4'><name/>", "<domain type='kvm'><name/>"),
        ("<domain type='test' id='4'><name/>", "<domain type='test'><name/> "),
        ("<domain type='test'><name/>", "<domain type='test'><name/>"),
        ("<domain type='kvm' id='4' xmlns='u'>", "<domain type='kvm' xmlns='u'>"),
        ("<domain type='kvm>' id='4'>", "<domain type='kvm>'>"),
        (None, "<domain type='test'>"),
        ("<domain type='test' id='4'>", None),
        (None, None),
    ],
)
def test_a_live_document_that_says_more(live: str | None, config: str | None) -> None:
    assert not says_no_more(live, config)


def test_a_live_document_that_is_the_configs() -> None:
    assert not says_no_more(LIVE, CONFIG)
    live = "<domain type='test' id='12'><name>x</name></domain>"
    config = "<domain type='test'><name>x</name></domain>"
    assert says_no_more(live, config)
    assert read_domain(live) == read_domain(config)
