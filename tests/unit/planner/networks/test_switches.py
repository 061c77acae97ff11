"""VLANs and virtual ports of networks: where they are of use, and what is refused elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.planner.builders import domain, domain_xml, nic_xml, want
from tests.unit.planner.builders import plan as nic_plan
from tests.unit.planner.networks.builders import host, lab
from tests.unit.planner.networks.test_links import create, defined, seen, update
from tests.unit.planner.nics.test_attach import OFF
from vnetmgr.errors import UsageError, VnetError
from vnetmgr.model.desired import Desired
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import Portgroup
from vnetmgr.model.record import replace
from vnetmgr.model.seen.hostdev import HostDevice, HostDevices, LinkUse
from vnetmgr.model.seen.observed import BridgeVlans, Features
from vnetmgr.model.values import PciAddress
from vnetmgr.planner.scope import scope_of

if TYPE_CHECKING:
    from vnetmgr.model.plan import Plan
    from vnetmgr.model.seen.observed import Observed

BRIDGED = (
    "<network><name>lab</name><forward mode='bridge'/><bridge name='br0'/>{}"
    "<portgroup name='a'/></network>"
)
SWITCHED = BRIDGED.replace("br0", "ovs0").replace(
    "{}",
    "<vlan trunk='yes'><tag id='10' nativeMode='untagged'/><tag id='20'/></vlan>"
    "<virtualport type='openvswitch'/>",
)


def tagging(bridge: BridgeVlans | None = None, xml: str = BRIDGED.format("")) -> Observed:
    """A host whose libvirt tags on Linux bridges; what its br0 does with VLANs."""
    found = seen(lab(xml, xml))
    assert found.links is not None
    vlans = {"br0": bridge} if bridge is not None else {}
    return replace(
        found,
        features=Features(vlan_on_linux_bridge=True),
        links=replace(found.links, bridge_vlans=vlans),
    )


def test_a_network_of_open_vswitch() -> None:
    made = defined(
        create(
            switch_host(),
            mode="bridge",
            bridge="ovs0",
            vlan=["10", "20"],
            native_vlan="10",
            virtualport="openvswitch",
            portgroup=["name=b,vlan=30,vlan=31,native-vlan=31,virtualport=openvswitch"],
        )
    )
    assert (made.vlan, made.native_vlan, made.virtualport) == ((10, 20), 10, "openvswitch")
    group = Portgroup(name="b", vlan=(30, 31), native_vlan=31, virtualport="openvswitch")
    assert made.portgroups == (group,)


def switch_host(*documents: str) -> Observed:
    """A host with bridges of Open vSwitch."""
    found = seen(*(lab(each, each) for each in documents))
    assert found.links is not None
    names = (found.links.names or frozenset()) | {"ovs0"}
    return replace(found, links=replace(found.links, names=names))


REFUSED: list[tuple[dict[str, str | list[str]], str]] = [
    (
        {"vlan": ["5"]},
        "bridge br0 is a Linux bridge, where this host tags none; use an",
    ),
    (
        {"portgroup": ["b,vlan=5"]},
        "portgroup b has a VLAN, and bridge br0 is a Linux bridge, where this host tags none; use",
    ),
    ({"virtualport": "openvswitch"}, "br0 is a Linux bridge, where no guest starts with openvsw"),
    (
        {"portgroup": ["a,virtualport=openvswitch"]},
        "portgroup a: br0 is a Linux bridge, where no guest starts with openvswitch",
    ),
    ({"virtualport": "802.1Qbh"}, "a bridge network has virtual ports of midonet or openvswitch"),
    ({"virtualport": "openswitch"}, "is not one of openvswitch, 802.1Qbg, 802.1Qbh, midonet. Did"),
    ({"vlan": ["5", "5"]}, "--vlan: 5 is given twice"),
    ({"vlan": ["0"]}, "VLAN '0'"),
    ({"vlan": ["4095"]}, "VLAN '4095'"),
    ({"vlan": ["5"], "native_vlan": "6"}, "--native-vlan: native VLAN 6 is none of the VLANs (5)"),
    ({"native_vlan": "6"}, "--native-vlan: native VLAN 6 is none of the VLANs (-)"),
    ({"vlan": "none", "native_vlan": "6"}, "native VLAN 6 is none of the VLANs (-)"),
    ({"portgroup": ["b,vlan=5,native-vlan=6"]}, "native VLAN 6 is none of the VLANs (5)"),
    ({"portgroup": ["b,virtualport=802.1Qbg"]}, "b: a bridge network has virtual ports of"),
    (
        {"portgroup": ["b,virtualport=midonet"], "virtualport": "openvswitch"},
        "b has virtual port midonet, and the network openvswitch",
    ),
    ({"mode": "nat", "vlan": ["5"]}, "--vlan: a nat network has none"),
    ({"mode": "isolated", "virtualport": "openvswitch"}, "an isolated network has none"),
    (
        {"mode": "nat", "portgroup": ["b,virtualport=openvswitch"]},
        "b: a nat network has virtual ports of no kind, not openvswitch",
    ),
    (
        {"mode": "macvtap", "forward_dev": ["eth0"], "vlan": ["5"]},
        "macvtap tags VLANs in mode passthrough alone",
    ),
]


@pytest.mark.parametrize(("values", "said"), REFUSED)
def test_what_is_refused_of_a_new_network(values: dict[str, str | list[str]], said: str) -> None:
    on = {} if "mode" in values else {"mode": "bridge", "bridge": "br0"}
    with pytest.raises(VnetError) as refused:
        create(seen(), **on, **values)
    assert said in str(refused.value)


def test_a_change_takes_a_restart_and_no_native_vlan_goes_unasked() -> None:
    there = switch_host(SWITCHED)
    with pytest.raises(VnetError, match=r"vlan 10,20 -> 10,30 \[restart\] needs a restart"):
        update(there, vlan=["10", "30"])
    assert update(there, vlan=["10", "30"], allow=("restart",)).steps
    missing = "the native VLAN 10 is not among 30: give another, or no"
    with pytest.raises(UsageError, match=missing) as caught:
        update(there, vlan=["30"], allow=("restart",))
    assert caught.value.hint == "vnetmgr update-network --help shows every option"
    assert update(there, vlan=["30"], native_vlan="none", allow=("restart",)).steps
    assert update(there, vlan="none", allow=("restart",)).steps


@pytest.mark.parametrize(
    ("values", "config", "stays"),
    [
        ({"vlan": ["10", "30"]}, "", True),
        ({"native_vlan": "20"}, "", True),
        ({"vlan": ["10", "30"]}, "<vlan><tag id='7'/></vlan>", False),
        ({"portgroup": ["a,vlan=5"]}, "", False),
        ({"portgroup": ["a,vlan=5,default"]}, "", True),
    ],
)
def test_guests_keep_the_vlans_that_they_have(
    values: dict[str, str | list[str]],
    config: str,
    stays: bool,  # noqa: FBT001
) -> None:
    on: dict[str, Any] = {"kind": "network", "source": "<source network='lab'/>"}
    guest = domain(
        domain_xml(nic_xml(extra=config, **on)), domain_xml(nic_xml(target="vnet0", **on))
    )
    there = replace(switch_host(SWITCHED), domains=(guest,))
    said = "network lab: on the VLANs that they have until their next start: vm1/lan"
    assert (said in update(there, allow=("restart",), **values).notes) is stays


def test_what_is_there_is_never_refused() -> None:
    there = seen(lab(SWITCHED.replace("ovs0", "br0"), SWITCHED.replace("ovs0", "br0")))
    assert update(there, portgroup=["b"]).steps


@pytest.mark.parametrize(
    ("bridge", "said"),
    [
        (None, None),  # not seen
        (
            BridgeVlans(filters=False),
            "bridge br0 does not filter VLANs, and so tags none: "
            "ip link set br0 type bridge vlan_filtering 1",
        ),
        (BridgeVlans(filters=True), None),  # the program bridge is not there
        (BridgeVlans(filters=True, uplinks={}), None),
        (BridgeVlans(filters=True, uplinks={"eth0": ((1, 1), (5, 9))}), None),
        (BridgeVlans(filters=True, uplinks={"eth1": (), "eth0": ((5, 5),)}), None),
        (
            BridgeVlans(filters=True, uplinks={"eth0": ((1, 1), (6, 9)), "eth1": ()}),
            "VLAN 5 is on no port by which frames leave bridge br0 (eth0, eth1): "
            "bridge vlan add dev eth0 vid 5",
        ),
    ],
)
@pytest.mark.parametrize("what", ["network", "portgroup", "nic", "nic of a bridge"])
def test_vlans_on_a_linux_bridge(bridge: BridgeVlans | None, said: str | None, what: str) -> None:
    there = tagging(bridge)
    if said is None:
        assert _tagged(there, what).steps
        return
    with pytest.raises(VnetError) as refused:
        _tagged(there, what)
    problem, _, command = said.partition(": ")
    told = f"{refused.value} {refused.value.hint}"
    assert problem in told
    assert command in told


def _tagged(there: Observed, what: str) -> Plan:
    if what == "network":
        return update(there, vlan=["5"], allow=("restart",))
    if what == "portgroup":
        return update(there, portgroup=["b,vlan=5"])
    on = {"network": "lab"} if what == "nic" else {"bridge": "br0"}
    return nic_plan(replace(there, domains=(OFF,)), want(Intent.CREATE, vlan="5", **on))


def test_a_card_tags_for_macvtap() -> None:
    values: dict[str, str | list[str]] = {
        "mode": "macvtap",
        "direct_mode": "passthrough",
        "forward_dev": ["eth0"],
        "vlan": ["5"],
    }
    address = PciAddress.parse("0000:03:10.0")
    card = HostDevice(address=address, vendor="8086", product="1520", links=("eth0",), is_vf=True)
    devices = HostDevices(network=(card,), links={"eth0": LinkUse()})
    assert create(replace(seen(), host_devices=devices), **values).steps
    with pytest.raises(VnetError, match="takes one VLAN, it carries no trunk"):
        create(replace(seen(), host_devices=devices), **{**values, "vlan": ["5", "6"]})
    plain = replace(devices, network=(replace(card, is_vf=False),))
    with pytest.raises(VnetError, match="link eth0 is no virtual function of an SR-IOV card"):
        create(replace(seen(), host_devices=plain), **values)


@pytest.mark.parametrize("what", ["network", "portgroup", "nic", "nic of a bridge"])
def test_what_cannot_be_seen_is_said(what: str) -> None:
    there = tagging()
    assert there.links is not None
    assert not any("filters VLANs" in note for note in _tagged(there, what).notes)
    afar = replace(there, links=replace(there.links, names=None, ports=None))
    (said,) = (note for note in _tagged(afar, what).notes if "filters VLANs" in note)
    whose = "domain vm1" if what.startswith("nic") else "network lab"
    assert said.startswith(f"{whose}: whether bridge br0 of host filters VLANs")
    assert said.endswith("cannot be seen from here; it was not checked")


def test_bridges_are_looked_at_where_something_is_tagged() -> None:
    def scope(**values: str) -> bool:
        wanted = want(Intent.CREATE, bridge="br0", **values)
        return scope_of(Desired(nics=(wanted,))).tags

    assert scope(vlan="5")
    assert not scope()


@pytest.mark.parametrize(
    ("xml", "portgroup", "refused"),
    [
        (SWITCHED, None, None),  # a nic's own VLAN takes the place of its network's
        (SWITCHED.replace("<vlan", "<x").replace("</vlan>", "</x>"), None, None),
        (
            BRIDGED.replace("br0", "ovs0")
            .format("")
            .replace("'a'/>", "'a'><virtualport type='openvswitch'/></portgroup>"),
            "a",
            None,
        ),
        (BRIDGED.format(""), None, "network lab is on a Linux bridge, and this host tags no VLANs"),
        (
            "<network><name>lab</name><forward mode='vepa' dev='eth0'/></network>",
            None,
            "network lab is on macvtap, and this host tags no VLANs there",
        ),
        (
            "<network><name>lab</name><forward mode='passthrough' dev='eth0'/></network>",
            None,
            None,
        ),
    ],
)
def test_a_nics_own_vlan_on_such_a_network(
    xml: str, portgroup: str | None, refused: str | None
) -> None:
    there = replace(host(lab(xml, xml)), domains=(OFF,))
    more = {"portgroup": portgroup} if portgroup else {}
    wanted = want(Intent.CREATE, network="lab", vlan="7", **more)
    if refused is None:
        assert nic_plan(there, wanted).steps
        return
    with pytest.raises(VnetError, match=refused):
        nic_plan(there, wanted)
