"""A network's settings by their paths: each is written in its place, read back, and cleared."""

from __future__ import annotations

import pytest

from tests.unit.libvirt_xml.networks.documents import MESSY
from tests.unit.libvirt_xml.networks.test_schema_paths import NEWER
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.libvirt_xml.networks.write import merge_network
from vnetmgr.libvirt_xml.schema import network_problems
from vnetmgr.libvirt_xml.unmodelled import unmodelled_of_network
from vnetmgr.model.network import Portgroup
from vnetmgr.model.network_want import BRIDGES_MAC, NetworkPatch, network_differences
from vnetmgr.model.options.network_extra import NETWORK_EXTRA, bare, parse_pair
from vnetmgr.model.options.networks import said_by

OWN = """\
<network>
  <name>lab</name>
  <bridge name="virbr7"/>
  <ip address="10.0.0.1" prefix="24">
    <dhcp>
      <host mac="52:54:00:00:00:01" ip="10.0.0.7"/>
      <host mac="52:54:00:00:00:02" ip="10.0.0.8"/>
    </dhcp>
  </ip>
  <ip address="10.0.1.1" prefix="24"/>
  <!-- groups -->
  <portgroup name="a"/>
  <portgroup name="b">
    <!-- for guests -->
    <virtualport type="802.1Qbg"/>
  </portgroup>
</network>"""
POOL = """\
<network>
  <name>lab</name>
  <forward mode="hostdev" managed="yes"/>
</network>"""
SWITCH = """\
<network>
  <name>lab</name>
  <forward mode="bridge"/>
  <bridge name="ovs0"/>
  <virtualport type="openvswitch"/>
</network>"""
UUID = "09b11c53-8b5c-4eeb-8f00-d84eaa0aaa4f"
LEASE = "ip[10.0.0.0/24].dhcp.host[10.0.0.8].lease"
PORT = "portgroup[a].virtualport.parameters"

# (document, what is said, what is there then)
CASES = [
    (OWN, "ipv6=yes", '<network ipv6="yes">'),
    (OWN, "title=Lab", "<name>lab</name>\n  <title>Lab</title>\n  <bridge"),
    (OWN, "description=Of\ntwo lines", "<description>Of\ntwo lines</description>\n  <bridge"),
    (OWN, "portgroup[a].trustGuestRxFilters=no", '<portgroup name="a" trustGuestRxFilters="no"/>'),
    (OWN, "ip[10.0.1.0/24].localPtr=yes", '<ip address="10.0.1.1" prefix="24" localPtr="yes"/>'),
    (OWN, f"{LEASE}.expiry=5", 'ip="10.0.0.8">\n        <lease expiry="5"/>\n      </host>'),
    (OWN, f"{PORT}.managerid=11", '<parameters managerid="11"/>'),
    (OWN, f"{PORT}.typeid=0x10", '<parameters typeid="16"/>'),
    (OWN, f"{PORT}.typeidversion=2", '<parameters typeidversion="2"/>'),
    (OWN, f"{PORT}.instanceid={UUID}", f'<parameters instanceid="{UUID}"/>'),
    (OWN, f"{PORT}.profileid=x", '<portgroup name="a">\n    <virtualport>\n      <parameters'),
    (OWN, f"{PORT}.interfaceid={UUID}", f'<parameters interfaceid="{UUID}"/>'),
    (POOL, "forward.managed=no", '<forward mode="hostdev" managed="no"/>'),
    (POOL, "forward.driver.name=vfio", '<driver name="vfio"/>\n  </forward>'),
    (POOL, "forward.driver.model=mlx5_vfio_pci", '<driver model="mlx5_vfio_pci"/>'),
    (
        POOL,
        "forward.address[0000:03:10.1].type=pci",
        '<address type="pci" domain="0x0000" bus="0x03" slot="0x10" function="0x1"/>',
    ),
    (SWITCH, f"virtualport.parameters.interfaceid={UUID}", f'<parameters interfaceid="{UUID}"/>'),
    (SWITCH, "virtualport.parameters.profileid=x", '<parameters profileid="x"/>'),
    *(
        (SWITCH.replace("openvswitch", "802.1Qbg"), f"virtualport.parameters.{said}", said[:6])
        for said in ("managerid=1", "typeid=1", "typeidversion=1", f"instanceid={UUID}")
    ),
]


def pair(text: str) -> tuple[str, str]:
    return parse_pair(text, said_by)


@pytest.mark.parametrize(("document", "said", "there"), CASES)
def test_each_is_written_read_back_valid_and_cleared(document: str, said: str, there: str) -> None:
    patch = NetworkPatch(extra=(pair(said),))
    written = merge_network(document, patch)
    assert there in written
    assert read_network(written).extra == patch.extra
    assert network_differences(read_network(written), patch) == ()
    assert merge_network(written, patch) == written
    assert merge_network(written, NetworkPatch(extra=None)) == document
    assert unmodelled_of_network(written) == unmodelled_of_network(document)
    if bare(pair(said)[0]) not in NEWER:
        assert network_problems(written) == []


def test_there_is_a_case_for_each() -> None:
    said = {bare(pair(text)[0]) for _, text, _ in CASES}
    apart = {"mac.address", "ip.dhcp.host.lease.unit"}  # below
    assert said | apart == {bare(key) for key in NETWORK_EXTRA}


def test_a_unit_is_that_of_an_expiry() -> None:
    patch = NetworkPatch(extra=((f"{LEASE}.expiry", "2"), (f"{LEASE}.unit", "hours")))
    written = merge_network(OWN, patch)
    assert '<lease expiry="2" unit="hours"/>' in written
    assert read_network(written).extra == patch.extra
    assert network_problems(written) == []
    # libvirt writes its default.
    plain = written.replace("hours", "minutes")
    assert read_network(plain).extra == ((f"{LEASE}.expiry", "2"),)
    assert unmodelled_of_network(plain) == unmodelled_of_network(OWN)
    assert merge_network(written, NetworkPatch(extra=())) == OWN


def test_a_bridges_mac_is_a_setting_where_it_is_asked_for() -> None:
    document = OWN.replace(
        "  <ip address", '  <mac address="52:54:00:AA:00:01"/>\n  <ip address', 1
    )
    assert read_network(document).extra == ()
    assert network_differences(read_network(document), NetworkPatch(extra=None)) == ()
    assert merge_network(document, NetworkPatch(extra=None)) == document
    for mac, there in (("52:54:00:aa:00:01", document), ("52:54:00:aa:00:02", None)):
        patch = NetworkPatch(extra=((BRIDGES_MAC, mac),))
        written = merge_network(document, patch)
        assert written == (there or document.replace("52:54:00:AA:00:01", mac))
        assert network_differences(read_network(written), patch) == ()
        assert bool(network_differences(read_network(document), patch)) is (there is None)


def test_what_others_wrote_stays() -> None:
    odd = "portgroup[b [x].y].trustGuestRxFilters"
    assert read_network(OWN.replace("802.1Qbg", '802.1Qbg" future="1')).extra == ()
    messy = merge_network(MESSY, NetworkPatch(extra=(("ipv6", "yes"),)))
    assert messy == MESSY.replace(' localPtr="yes"', "", 1).replace(
        '<host mac="52:54:00:aa:00:02" ip="10.0.0.12">\n        <lease expiry="5"/>\n      </host>',
        '<host mac="52:54:00:aa:00:02" ip="10.0.0.12"/>',
    )
    with pytest.raises(ValueError, match="no path"):
        pair(f"{odd}=yes")  # a name with a bracket of its own is nothing that a path can have


def test_of_an_element_that_is_not_there_nothing_is_written() -> None:
    for path in (
        "portgroup[none].trustGuestRxFilters",
        "ip[10.9.0.0/24].localPtr",
        "ip[10.0.1.0/24].dhcp.host[10.0.0.7].lease.expiry",
    ):
        assert merge_network(OWN, NetworkPatch(extra=((path, "yes"),))) == OWN


def test_it_is_written_into_what_the_same_patch_makes() -> None:
    groups = (Portgroup(name="new"),)
    patch = NetworkPatch(portgroups=groups, extra=(pair("portgroup[new].trustGuestRxFilters=yes"),))
    written = merge_network(OWN, patch)
    assert '<portgroup name="new" trustGuestRxFilters="yes"/>' in written
    assert network_differences(read_network(written), patch) == ()


@pytest.mark.parametrize(
    "inner",
    [
        "<title></title>",
        "<virtualport type='802.1Qbg'><parameters managerid='x'/></virtualport>",
        "<forward mode='hostdev' managed='yes'><address type='ccw'/></forward>",
        "<ip address='fe80::1%eth0' localPtr='yes'/>",
        "<portgroup name='a]b' trustGuestRxFilters='yes'/>",
        "<portgroup trustGuestRxFilters='yes'/>",
    ],
)
def test_what_cannot_be_read_is_left_out(inner: str) -> None:
    assert read_network(f"<network><name>n</name>{inner}</network>").extra == ()
