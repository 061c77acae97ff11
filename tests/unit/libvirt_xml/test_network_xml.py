"""Networks: what is read of them, and the template that is filled in."""

from __future__ import annotations

import pytest

from tests.unit.libvirt_xml.samples import template
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.network_xml import fill_network, read_network
from vnetmgr.libvirt_xml.schema import network_problems
from vnetmgr.model.network import Network, NetworkMode


@pytest.mark.parametrize(
    ("inner", "mode", "bridge"),
    [
        ("", NetworkMode.ISOLATED, None),
        ("<bridge name='virbr1' stp='on'/>", NetworkMode.ISOLATED, "virbr1"),
        ("<forward/><bridge name='virbr0'/>", NetworkMode.NAT, "virbr0"),
        ("<forward mode='nat'><nat/></forward>", NetworkMode.NAT, None),
        ("<forward mode='route' dev='eth0'/>", NetworkMode.ROUTED, None),
        ("<forward mode='open'/>", NetworkMode.OPEN, None),
        ("<forward mode='bridge'/><bridge name='br0'/>", NetworkMode.BRIDGE, "br0"),
        ("<forward mode='bridge'><interface dev='e0'/></forward>", NetworkMode.OTHER, None),
        ("<forward mode='hostdev'/>", NetworkMode.HOSTDEV, None),
        ("<forward mode='passthrough'/>", NetworkMode.OTHER, None),
        ("<forward mode='of tomorrow'/>", NetworkMode.OTHER, None),
    ],
)
def test_modes(inner: str, mode: NetworkMode, bridge: str | None) -> None:
    network = read_network(f"<network><name>n</name>{inner}</network>")
    assert network == Network(name="n", mode=mode, bridge=bridge)


def test_virtualport_and_portgroups() -> None:
    network = read_network(
        "<network><name>ovs</name><forward mode='bridge'/><bridge name='ovsbr'/>"
        "<virtualport type='openvswitch'/><portgroup name='a' default='yes'/>"
        "<portgroup><vlan/></portgroup><portgroup name='b'/></network>"
    )
    assert network.virtualport == "openvswitch"
    assert network.portgroups == ("a", "b")


@pytest.mark.parametrize("xml", ["<network/>", "<domain/>", "<network"])
def test_no_network(xml: str) -> None:
    with pytest.raises(VnetError):
        read_network(xml)


def test_the_template() -> None:
    xml = fill_network(template("network/nat.xml"), name="läb <1>", bridge="virbr7")
    assert read_network(xml) == Network(name="läb <1>", mode=NetworkMode.NAT, bridge="virbr7")
    assert xml.startswith('<network>\n  <name>läb &lt;1&gt;</name>\n  <forward mode="nat"/>\n  <br')


def test_a_uuid_of_the_template_goes() -> None:
    assert "uuid" not in fill_network("<network><uuid>u</uuid></network>", name="n")


def test_a_pool_of_virtual_functions() -> None:
    xml = fill_network(template("network/hostdev.xml"), name="vfs", pf="ens1")
    assert read_network(xml) == Network(name="vfs", mode=NetworkMode.HOSTDEV, pf="ens1")
    assert network_problems(xml) == []
    bare = fill_network("<network><forward mode='hostdev'/></network>", name="n", pf="ens2")
    assert read_network(bare).pf == "ens2"
