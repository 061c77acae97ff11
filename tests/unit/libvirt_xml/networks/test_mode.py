"""What `<forward>` holds, edited in place: macvtap networks, their links, and other modes."""

from __future__ import annotations

import pytest

from tests.unit.libvirt_xml.networks.test_write import changes
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.libvirt_xml.networks.write import merge_network
from vnetmgr.libvirt_xml.schema import network_problems
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_want import NetworkPatch, network_differences

MACVTAP = """\
<network trustGuestRxFilters="yes">
  <name>n</name>
  <!-- out there -->
  <forward mode="private" dev="e0" future="1">
    <!-- the left port -->
    <interface dev="e0" future="2"/>
    <interface dev="e1"/>
    <!-- the end -->
  </forward>
  <virtualport type="802.1Qbh"/>
  <portgroup name="a"/>
</network>"""
ONE = MACVTAP.replace('    <interface dev="e1"/>\n', "")
NAMED = '<network>\n  <name>n</name>\n  <forward mode="vepa" dev="e0"/>\n</network>'
NAT = """\
<network>
  <name>n</name>
  <forward mode="nat" dev="e0">
    <nat ipv6="yes"/>
    <interface dev="e0"/>
  </forward>
  <bridge name="virbr7" stp="on" delay="0" zone="z"/>
  <mac address="52:54:00:ff:00:01"/>
  <ip address="10.0.0.1" prefix="24"/>
</network>"""
FORWARD = '<forward mode="private" dev="e0" future="1">'
FIRST, SECOND = '<interface dev="e0" future="2"/>', '<interface dev="e1"/>'


def devs(*names: str) -> NetworkPatch:
    """These links."""
    return NetworkPatch(forward_devs=names or None)


@pytest.mark.parametrize(
    ("before", "patch", "expected"),
    [
        (MACVTAP, devs("e0", "e1"), []),
        (MACVTAP, devs("e1", "e0"), []),  # their order says nothing
        (MACVTAP, devs("e0", "e1", "e2"), ['+<interface dev="e2"/>']),
        (MACVTAP, devs("e0", "e2"), ["-" + SECOND, "+" + SECOND.replace("e1", "e2")]),
        (MACVTAP, devs("e0"), ["-" + SECOND]),
        (
            MACVTAP,
            devs("e1"),
            ["-" + FORWARD, "+" + FORWARD.replace("e0", "e1"), "-" + FIRST],
        ),
        (
            MACVTAP,
            devs("e3", "e4"),
            [
                *("-" + FORWARD, "+" + FORWARD.replace("e0", "e3")),
                *("-" + FIRST, "-" + SECOND),
                *("+" + FIRST.replace("e0", "e3"), "+" + SECOND.replace("e1", "e4")),
            ],
        ),
        (ONE, devs("e0", "e9"), ['+<interface dev="e9"/>']),
        (
            NAMED,
            devs("e5"),
            ['-<forward mode="vepa" dev="e0"/>', '+<forward mode="vepa" dev="e5"/>'],
        ),
        (
            NAMED,
            devs("e0", "e5"),
            [
                *('-<forward mode="vepa" dev="e0"/>', '+<forward mode="vepa" dev="e0">'),
                *('+<interface dev="e0"/>', '+<interface dev="e5"/>', "+</forward>"),
            ],
        ),
        (
            MACVTAP,
            NetworkPatch(direct_mode="vepa"),
            ["-" + FORWARD, "+" + FORWARD.replace("private", "vepa")],
        ),
        (
            MACVTAP,
            NetworkPatch(direct_mode="bridge", mode=NetworkMode.MACVTAP),
            ["-" + FORWARD, "+" + FORWARD.replace("private", "bridge")],
        ),
    ],
)
def test_an_edit(before: str, patch: NetworkPatch, expected: list[str]) -> None:
    merged = merge_network(before, patch)
    assert changes(before, merged) == expected
    assert merge_network(merged, patch) == merged
    assert network_differences(read_network(merged), patch) == ()
    assert network_problems(merged.replace(' future="1"', "").replace(' future="2"', "")) == []


def test_without_links_it_is_still_one() -> None:
    """libvirt takes that; what may be written is the planner's to judge."""
    merged = merge_network(MACVTAP, devs())
    read = read_network(merged)
    assert (read.mode, read.direct_mode, read.forward_devs) == (NetworkMode.MACVTAP, "private", ())
    assert "<!-- the left port -->" in merged


@pytest.mark.parametrize("mode", ["bridge", "vepa", "private", "passthrough"])
def test_a_nat_network_becomes_one(mode: str) -> None:
    patch = NetworkPatch(mode=NetworkMode.MACVTAP, direct_mode=mode)
    merged = merge_network(NAT, patch)
    assert merged == (
        f'<network>\n  <name>n</name>\n  <forward mode="{mode}" dev="e0">\n'
        '    <interface dev="e0"/>\n  </forward>\n</network>'
    )
    assert network_problems(merged) == []


def test_so_does_one_on_a_bridge_and_back() -> None:
    bridged = NetworkPatch(mode=NetworkMode.BRIDGE, bridge="br0")
    there = merge_network(MACVTAP, bridged)
    assert read_network(there).mode is NetworkMode.BRIDGE
    assert '<forward mode="bridge" future="1">' in there
    assert "interface" not in there
    back = NetworkPatch(mode=NetworkMode.MACVTAP, direct_mode="private", forward_devs=("e0", "e1"))
    again = merge_network(there, back)
    assert network_differences(read_network(again), back) == ()
    assert "br0" not in again
    assert again.count("<!--") == MACVTAP.count("<!--")


def test_a_nat_network_has_one_link_at_most() -> None:
    read = read_network(merge_network(MACVTAP, NetworkPatch(mode=NetworkMode.ROUTED)))
    assert (read.mode, read.forward_devs, read.direct_mode) == (NetworkMode.ROUTED, (), None)
    kept = read_network(merge_network(ONE, NetworkPatch(mode=NetworkMode.ROUTED)))
    assert kept.forward_devs == ("e0",)


def test_other_modes_have_no_macvtaps() -> None:
    with pytest.raises(VnetError, match="a network of the mode nat has no macvtaps"):
        merge_network(NAT, NetworkPatch(direct_mode="vepa"))
