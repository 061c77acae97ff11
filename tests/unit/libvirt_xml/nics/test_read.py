"""The nic reader on what libvirt writes, and on what it merely accepts."""

from __future__ import annotations

import pytest

from tests.unit.libvirt_xml.samples import CONFIG, LIVE
from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.values import Bandwidth, Mac, PciAddress, Rate

FULL = """<interface type='bridge'>
  <mac address='52:54:00:AA:00:01'/>
  <source bridge='br0'/>
  <vlan trunk='yes'><tag id='3' nativeMode='untagged'/><tag id='4'/></vlan>
  <virtualport type='openvswitch'/>
  <bandwidth><inbound average='100' peak='9'/><outbound average='50'/></bandwidth>
  <port isolated='yes'/>
  <target dev='tapx'/>
  <model type='virtio'/>
  <driver name='vhost' queues='4'/>
  <filterref filter='clean-traffic'><parameter name='IP' value='10.0.0.1'/></filterref>
  <link state='down'/>
  <mtu size='9000'/>
  <boot order='3'/>
  <alias name='ua-vnetmgr-lan'/>
  <address type='pci' domain='0x0000' bus='0x02' slot='0x1f' function='0x7'/>
</interface>"""


def test_every_field() -> None:
    assert read_nic(FULL) == Nic(
        source=Source(Mode.BRIDGE, "br0"),
        name="lan",
        owned=True,
        mac=Mac("52:54:00:aa:00:01"),
        model="virtio",
        virtualport="openvswitch",
        vlan=(3, 4),
        mtu=9000,
        queues=4,
        pci_address=PciAddress(0, 2, 0x1F, 7),
        boot_order=3,
        link="down",
        inbound=Bandwidth(Rate(100), peak=Rate(9)),
        outbound=Bandwidth(Rate(50)),
        filter="clean-traffic",
        filter_param=(("IP", "10.0.0.1"),),
        isolated_port=True,
        extra=(("driver.name", "vhost"), ("target.dev", "tapx")),
        target="tapx",
        bridge="br0",
    )


# (source, bridge, target, direct_mode, portgroup) of the sample's nics, in config and live.
CONFIG_NICS = [
    ("bridge br0", "br0", None, None, None),
    ("network default", None, None, None, None),
    ("network brnet", None, None, None, "a"),
    ("network dirnet2", None, None, None, None),
    ("network iso", None, None, None, None),
    ("user", None, None, None, None),
    ("direct eth0", None, None, "vepa", None),
]
LIVE_NICS = [
    ("bridge br0", "br0", "vnet0", None, None),
    ("network default", "virbr0", "vnet1", None, None),
    ("network brnet", "br1", "vnet2", None, "a"),
    ("network dirnet2", None, "macvtap0", None, None),
    ("network iso", "virbr9", "vnet3", None, None),
    ("user", None, None, None, None),
    ("direct eth0", None, "macvtap1", "vepa", None),
]


@pytest.mark.parametrize(("document", "expected"), [(CONFIG, CONFIG_NICS), (LIVE, LIVE_NICS)])
def test_sources_of_a_real_domain(document: str, expected: list[tuple[str | None, ...]]) -> None:
    nics = [nic for nic, _ in read_domain(document).nics]
    assert [
        (str(nic.source), nic.bridge, nic.target, nic.direct_mode, nic.portgroup) for nic in nics
    ] == expected


@pytest.mark.parametrize(
    ("attributes", "source", "expected"),
    [
        ("type='bridge'", "", Source(Mode.BRIDGE)),
        ("type='bridge'", "<source/>", Source(Mode.BRIDGE)),
        ("type='bridge'", "<source bridge=''/>", Source(Mode.BRIDGE)),
        ("type='user'", "<source dev='eth0'/>", Source(Mode.USER)),
        ("type='ethernet'", "<source><ip address='10.0.0.1'/></source>", Source(Mode.ETHERNET)),
        ("type='vhostuser'", "<source type='unix' path='/x'/>", Source(Mode.VHOSTUSER, "/x")),
        ("type='vdpa'", "<source dev='/dev/v0'/>", Source(Mode.VDPA, "/dev/v0")),
        ("type='internal'", "<source name='n'/>", Source(Mode.INTERNAL, "n")),
        ("type='udp'", "<source address='::1' port='5'/>", Source(Mode.UDP, "::1:5")),
        ("type='server'", "<source port='5'/>", Source(Mode.SERVER, ":5")),
        ("type='mcast'", "<source/>", Source(Mode.MCAST)),
        (
            "type='hostdev'",
            "<source><address type='pci' bus='0x3' slot='0x10' function='1'/></source>",
            Source(Mode.HOSTDEV, "0000:03:10.1"),
        ),
        (
            "type='hostdev'",
            "<source><address domain='1' bus='16' slot='0' function='0'/></source>",
            Source(Mode.HOSTDEV, "0001:10:00.0"),
        ),
        ("type='hostdev'", "<source><vendor id='1'/></source>", Source(Mode.HOSTDEV)),
        ("type='null'", "", Source(Mode.NULL)),
        ("type='vds'", "<source switchid='x'/>", Source(Mode.VDS)),
        ("type='quantum'", "<source bridge='b'/>", Source(Mode.OTHER)),
        ("", "", Source(Mode.OTHER)),
    ],
)
def test_sources(attributes: str, source: str, expected: Source) -> None:
    assert read_nic(f"<interface {attributes}>{source}</interface>").source == expected


@pytest.mark.parametrize(
    ("alias", "name", "owned"),
    [("ua-lan", "lan", False), ("ua-vnetmgr-lan", "lan", True), ("net0", None, False)],
)
def test_names(alias: str, name: str | None, owned: bool) -> None:  # noqa: FBT001 - a table
    nic = read_nic(f"<interface type='user'><alias name='{alias}'/></interface>")
    assert (nic.name, nic.owned) == (name, owned)


def test_a_broken_value_is_none() -> None:
    nic = read_nic(
        "<interface type='user'><mac address='zz'/><vlan><tag/><tag id='x'/></vlan>"
        "<mtu size='big'/><driver queues=''/><boot/><alias/><bandwidth><inbound average='-'/>"
        "<outbound/></bandwidth><filterref/><port/><address type='pci'/></interface>"
    )
    assert nic == Nic(source=Source(Mode.USER))


@pytest.mark.parametrize("kind", ["ccw", "usb", "virtio-mmio", "unassigned"])
def test_only_pci_addresses_are_read(kind: str) -> None:
    xml = f"<interface type='user'><address type='{kind}' bus='0x01' slot='0x02'/></interface>"
    assert read_nic(xml).pci_address is None


@pytest.mark.parametrize(
    ("inner", "extra"),
    [
        ("", None),
        ("<target dev='vnet3'/>", None),
        ("<target dev='macvtap0'/>", None),
        ("<driver name='vfio'/>", None),
        ("<driver queues='2'/>", None),
        ("<tune/>", None),
        ("<tune><sndbuf> 0 </sndbuf></tune>", {"tune.sndbuf": "0"}),
        ("<ip address='10.0.0.1'/><ip address='10.0.0.2'/>", {"ip.address": "10.0.0.1"}),
        (
            "<driver packed='on'><host csum='off'/><guest csum='on'/></driver>",
            {"driver.packed": "on", "driver.host.csum": "off", "driver.guest.csum": "on"},
        ),
        ("<rom bar='off' file='/x' enabled='no'/>", {"rom.bar": "off", "rom.file": "/x"}),
    ],
)
def test_extra(inner: str, extra: dict[str, str] | None) -> None:
    found = read_nic(f"<interface type='bridge'>{inner}</interface>").extra
    assert (None if found is None else dict(found)) == extra


def test_the_target_of_a_vhostuser_nic_is_found_by_libvirt() -> None:
    assert read_nic("<interface type='vhostuser'><target dev='vhu1'/></interface>").extra is None


@pytest.mark.parametrize(
    ("kind", "source", "name"),
    [
        ("server", "<source port='5'/>", ":5"),
        ("server", "", None),
        ("client", "<source address='10.0.0.1' port='5'/>", "10.0.0.1:5"),
        (
            "udp",
            "<source address='10.0.0.2' port='6'><local address='10.0.0.1' port='5'/></source>",
            "10.0.0.2:6 10.0.0.1:5",
        ),
        ("vhostuser", "<source type='unix' path='/a b' mode='client'/>", "/a b"),
        ("vdpa", "<source dev='/dev/vhost-vdpa-0'/>", "/dev/vhost-vdpa-0"),
        ("ethernet", "", None),
    ],
)
def test_other_sources(kind: str, source: str, name: str | None) -> None:
    nic = read_nic(f"<interface type='{kind}'>{source}</interface>")
    assert nic.source == Source(Mode(kind), name)
