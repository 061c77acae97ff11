"""The bridges of Open vSwitch and their ports, from what ovs-vsctl 3.1 prints."""

from __future__ import annotations

import pytest

from vnetmgr.local.openvswitch import read_switches
from vnetmgr.model.seen.observed import Links

SEVERAL = """\
{"data":[["ovs0",["set",[["uuid","a"],["uuid","b"],["uuid","c"],["uuid","d"]]]],\
["ovs1",["uuid","e"]],["ovs2",["set",[]]]],"headings":["name","ports"]}
{"data":[[["uuid","a"],"ovs0",false],[["uuid","b"],"vnet0",false],[["uuid","e"],"ovs1",false],\
[["uuid","c"],"vlan10",true],[["uuid","d"],"vnet1",false]],\
"headings":["_uuid","name","fake_bridge"]}
"""


def test_bridges_and_ports() -> None:
    switches, ports = read_switches(SEVERAL)
    assert switches == {"ovs0", "ovs1", "ovs2", "vlan10"}
    assert ports == {
        **dict.fromkeys(("ovs0", "vnet0", "vlan10", "vnet1"), "ovs0"),
        "ovs1": "ovs1",
        "ovs2": "ovs2",
    }


@pytest.mark.parametrize(
    ("tap", "bridge", "there"),
    [
        ("vnet0", "ovs0", True),
        ("vnet0", "vlan10", True),  # which of its VLANs, the port's tag says
        ("vnet0", "ovs1", False),
        ("vnet9", "ovs0", False),
        ("vnet9", "ovs9", False),
    ],
)
def test_where_a_tap_is(*, tap: str, bridge: str, there: bool) -> None:
    switches, ports = read_switches(SEVERAL)
    links = Links(bridges=frozenset(), switches=switches, ports=ports)
    assert links.is_port(tap, bridge, virtualport="openvswitch") is there


def test_what_cannot_be_seen_is_not_said() -> None:
    links = Links(bridges=frozenset({"br0"}), ports={"vnet0": "br0"})
    assert links.is_port("vnet1", "ovs0", virtualport="openvswitch") is None
    assert links.is_port("vnet1", "br0", virtualport=None) is False


@pytest.mark.parametrize("text", ["", "{}", "[]\n[]", "no json", '{"data":[]}\n{"rows":[]}'])
def test_anything_else_is_no_answer(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_switches(text)
