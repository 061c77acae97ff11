"""The VLANs and virtual ports of networks and portgroups, edited in place."""

from __future__ import annotations

import pytest

from tests.unit.libvirt_xml.networks.test_write import changes
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.libvirt_xml.networks.write import merge_network
from vnetmgr.libvirt_xml.schema import network_problems
from vnetmgr.libvirt_xml.unmodelled import unmodelled_of_network
from vnetmgr.model.network import NetworkMode, Portgroup
from vnetmgr.model.network_want import NetworkPatch, network_differences

TRUNK = """\
<network>
  <name>n</name>
  <forward mode="bridge"/>
  <bridge name="ovs0"/>
  <vlan trunk="yes">
    <!-- the phones -->
    <tag id="10" nativeMode="untagged"/>
    <tag id="20"/>
  </vlan>
  <virtualport type="openvswitch">
    <parameters profileid="p"/>
  </virtualport>
  <portgroup name="a">
    <!-- first -->
    <vlan trunk="yes">
      <tag id="30" nativeMode="tagged"/>
      <tag id="40"/>
    </vlan>
    <virtualport type="openvswitch"/>
    <bandwidth/>
  </portgroup>
</network>"""
PLAIN = (
    '<network>\n  <name>n</name>\n  <forward mode="bridge"/>\n  <bridge name="ovs0"/>\n'
    '  <portgroup name="a"/>\n</network>'
)
NATIVE, SECOND = '<tag id="10" nativeMode="untagged"/>', '<tag id="20"/>'


def test_what_is_read() -> None:
    read = read_network(TRUNK)
    assert (read.vlan, read.native_vlan, read.virtualport) == ((10, 20), 10, "openvswitch")
    assert read.portgroups == (Portgroup(name="a", vlan=(30, 40), virtualport="openvswitch"),)


def test_what_is_told_of_the_rest() -> None:
    assert unmodelled_of_network(TRUNK) == ('portgroup/vlan/tag nativeMode="tagged"',)


@pytest.mark.parametrize(
    ("before", "patch", "expected"),
    [
        (TRUNK, NetworkPatch(vlan=(20, 10)), []),  # their order says nothing
        (TRUNK, NetworkPatch(vlan=(10, 20, 30)), ['+<tag id="30"/>']),
        (
            TRUNK,
            NetworkPatch(native_vlan=20),
            [
                *("-" + NATIVE, "-" + SECOND),
                *('+<tag id="10"/>', '+<tag id="20" nativeMode="untagged"/>'),
            ],
        ),
        (TRUNK, NetworkPatch(native_vlan=None), ["-" + NATIVE, '+<tag id="10"/>']),
        (
            TRUNK,
            NetworkPatch(vlan=(20,), native_vlan=None),
            ['-<vlan trunk="yes">', "+<vlan>", "-" + NATIVE],
        ),
        (
            TRUNK,
            NetworkPatch(vlan=None, native_vlan=None),
            ['-<vlan trunk="yes">', "-<!-- the phones -->", "-" + NATIVE, "-" + SECOND, "-</vlan>"],
        ),
        (PLAIN, NetworkPatch(vlan=(5,)), ["+<vlan>", '+<tag id="5"/>', "+</vlan>"]),
        (
            PLAIN,
            NetworkPatch(vlan=(5, 6), native_vlan=6, virtualport="openvswitch"),
            [
                *('+<vlan trunk="yes">', '+<tag id="5"/>'),
                *('+<tag id="6" nativeMode="untagged"/>', "+</vlan>"),
                '+<virtualport type="openvswitch"/>',
            ],
        ),
        (
            TRUNK,
            NetworkPatch(virtualport="802.1Qbh"),
            [
                *('-<virtualport type="openvswitch">', '-<parameters profileid="p"/>'),
                *("-</virtualport>", '+<virtualport type="802.1Qbh"/>'),
            ],
        ),
        (
            TRUNK,
            NetworkPatch(virtualport=None),
            [
                *('-<virtualport type="openvswitch">', '-<parameters profileid="p"/>'),
                "-</virtualport>",
            ],
        ),
        (
            TRUNK,
            NetworkPatch(portgroups=(Portgroup(name="a", vlan=(30, 40), native_vlan=40),)),
            [
                *('-<tag id="30" nativeMode="tagged"/>', '-<tag id="40"/>'),
                *('+<tag id="30"/>', '+<tag id="40" nativeMode="untagged"/>'),
                '-<virtualport type="openvswitch"/>',
            ],
        ),
        (
            TRUNK,
            NetworkPatch(portgroups=(Portgroup(name="a", vlan=(40,), virtualport="openvswitch"),)),
            ['-<vlan trunk="yes">', '-<tag id="30" nativeMode="tagged"/>', "+<vlan>"],
        ),
        (
            PLAIN,
            NetworkPatch(portgroups=(Portgroup(name="a", vlan=(3, 4), native_vlan=3),)),
            [
                *('-<portgroup name="a"/>', '+<portgroup name="a">', '+<vlan trunk="yes">'),
                *('+<tag id="3" nativeMode="untagged"/>', '+<tag id="4"/>', "+</vlan>"),
                "+</portgroup>",
            ],
        ),
    ],
)
def test_an_edit(before: str, patch: NetworkPatch, expected: list[str]) -> None:
    merged = merge_network(before, patch)
    assert sorted(changes(before, merged)) == sorted(expected)
    assert merge_network(merged, patch) == merged
    assert network_differences(read_network(merged), patch) == ()
    assert network_problems(merged) == []


@pytest.mark.parametrize("mode", [NetworkMode.NAT, NetworkMode.MACVTAP, NetworkMode.HOSTDEV])
def test_another_mode_is_on_no_switch_of_these(mode: NetworkMode) -> None:
    read = read_network(merge_network(TRUNK, NetworkPatch(mode=mode)))
    assert (read.vlan, read.native_vlan, read.virtualport) == ((), None, None)
