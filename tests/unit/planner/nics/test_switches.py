"""Linux bridge or Open vSwitch: what a nic needs goes by the kind of its bridge."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.planner.builders import (
    CONFIG,
    LIVE,
    domain,
    domain_xml,
    network,
    nic_xml,
    observed,
    plan,
    want,
    within,
)
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import NetworkMode, SeenNetwork
from vnetmgr.model.nic import Nic
from vnetmgr.model.plan import Disruption, Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.state import State
from vnetmgr.model.writes import AttachDevice, PlugSwitchPort, UpdateDevice

CREATE, UPDATE = Intent.CREATE, Intent.UPDATE
ID, OTHER_ID = "00000000-0000-4000-a000-000000000001", "00000000-0000-4000-a000-000000000002"


def switched(name: str, bridge: str, virtualport: str | None = None) -> SeenNetwork:
    """A network on a bridge of the host."""
    seen = network(name, NetworkMode.BRIDGE)
    found = replace(seen.any, bridge=bridge, virtualport=virtualport)
    return replace(seen, config=found, live=found)


NETWORKS = (
    network("nat"),
    switched("blue", "ovs0", "openvswitch"),
    switched("plain", "ovs1"),
    switched("linux", "br1"),
    switched("broken", "br1", "openvswitch"),
)


def ovs_nic(source: str = "<source bridge='ovs0'/>", *, interface_id: str = ID, **more: Any) -> str:
    extra = (
        "<virtualport type='openvswitch'>"
        f"<parameters interfaceid='{interface_id}'/></virtualport>" + more.pop("extra", "")
    )
    return nic_xml(source=source, extra=extra, **more)


def host(seen: SeenDomain, ports: dict[str, str] | None = None) -> Observed:
    here = observed(seen, networks=NETWORKS)
    assert here.links is not None
    plugged = {**(here.links.ports or {}), **(ports or {"vnet0": "ovs0"})}
    return replace(here, links=replace(here.links, ports=plugged))


def running(config: str, live: str, ports: dict[str, str] | None = None) -> Observed:
    return host(domain(domain_xml(config), domain_xml(live)), ports)


ON_OVS = running(ovs_nic(), ovs_nic(target="vnet0"))
ON_LINUX = running(nic_xml(), nic_xml(target="vnet0"), {"vnet0": "br0"})
EMPTY = host(domain(domain_xml(), domain_xml()))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"bridge": "br0", "virtualport": "openvswitch"}, "br0 is a Linux bridge"),
        ({"bridge": "ovs1"}, "ovs1 is a bridge of Open vSwitch"),
        ({"bridge": "eth0", "virtualport": "openvswitch"}, "eth0 is no bridge of Open vSwitch"),
        ({"network": "nat", "virtualport": "openvswitch"}, "nat .* is not on Open vSwitch"),
        ({"network": "linux", "virtualport": "openvswitch"}, "br1, a Linux bridge, and the nic"),
        ({"network": "broken"}, "br1, a Linux bridge, and the network itself"),
        ({"network": "plain"}, "ovs1, a bridge of Open vSwitch, without"),
    ],
)
@pytest.mark.parametrize("states", [(), (CONFIG,)])
def test_what_could_not_start_is_refused(
    options: dict[str, str], says: str, states: tuple[State, ...]
) -> None:
    with pytest.raises(VnetError, match=says):
        plan(EMPTY, within(want(CREATE, **options), *states))
    with pytest.raises(VnetError, match=says):
        plan(ON_LINUX, within(want(UPDATE, nic="lan", **options), *states))


@pytest.mark.parametrize(
    ("here", "virtualport", "says"),
    [
        (ON_OVS, "none", "ovs0 is a bridge of Open vSwitch"),
        (ON_LINUX, "openvswitch", "br0 is a Linux bridge"),
    ],
)
def test_a_virtualport_alone_is_judged_by_the_bridge_that_is_there(
    here: Observed, virtualport: str, says: str
) -> None:
    with pytest.raises(VnetError, match=says):
        plan(here, want(UPDATE, nic="lan", virtualport=virtualport))


def plugged(made: Plan) -> tuple[Nic, Nic]:
    """A nic as it is plugged in, and as its config is left."""
    writes = [op.do for step in made.steps for op in step.ops]
    (live,) = [w.xml for w in writes if isinstance(w, AttachDevice) and w.state is LIVE]
    (config,) = [
        w.xml for w in writes if isinstance(w, AttachDevice | UpdateDevice) and w.state is CONFIG
    ]
    return read_nic(live), read_nic(config)


@pytest.mark.parametrize(
    "options", [{"bridge": "ovs0", "virtualport": "openvswitch"}, {"network": "blue"}]
)
def test_an_interfaceid_is_chosen_beforehand_and_equal_in_both_states(
    options: dict[str, str],
) -> None:
    live, config = plugged(plan(EMPTY, want(CREATE, **options)))
    assert live.virtualport == config.virtualport == "openvswitch"
    assert live.interface_id
    assert live.interface_id == config.interface_id
    again, _ = plugged(plan(EMPTY, want(CREATE, **options)))
    other, _ = plugged(plan(EMPTY, want(CREATE, name="other", **options)))
    assert again.interface_id == live.interface_id != other.interface_id


def test_an_interfaceid_that_another_nic_has_is_not_given_twice() -> None:
    first, _ = plugged(plan(EMPTY, want(CREATE, network="blue", name="lan")))
    assert first.interface_id is not None
    renamed = ovs_nic(
        "<source network='blue'/>", kind="network", name="old", interface_id=first.interface_id
    )
    here = host(domain(domain_xml(renamed), domain_xml(renamed)))
    second, _ = plugged(plan(here, want(CREATE, network="blue", name="lan")))
    assert second.interface_id != first.interface_id


@pytest.mark.parametrize("options", [{"bridge": "ovs1"}, {"bridge": "br0"}, {"network": "nat"}])
def test_libvirt_moves_no_running_nic_from_open_vswitch(options: dict[str, str]) -> None:
    made = plan(ON_OVS, want(UPDATE, nic="lan", **options))
    (op,) = made.steps[0].ops
    assert isinstance(op.do, UpdateDevice)
    assert op.do.state is CONFIG
    assert [change.disruption for change in made.waiting] == [Disruption.NEXT_START]
    leaves = "ovs" not in str(options)
    live, config = plugged(plan(ON_OVS, want(UPDATE, nic="lan", **options), allow=("replug",)))
    for nic in (live, config):
        assert nic.virtualport == (None if leaves else "openvswitch")
        assert nic.interface_id == (None if leaves else ID)


@pytest.mark.parametrize(
    "options", [{"bridge": "ovs0", "virtualport": "openvswitch"}, {"network": "blue"}]
)
def test_nor_to_it(options: dict[str, str]) -> None:
    made = plan(ON_LINUX, want(UPDATE, nic="lan", **options))
    assert [change.disruption for change in made.waiting] == [Disruption.NEXT_START]
    live, config = plugged(plan(ON_LINUX, want(UPDATE, nic="lan", **options), allow=("replug",)))
    assert live.interface_id
    assert live.interface_id == config.interface_id


def test_a_replug_gives_the_running_nic_its_configs_interfaceid() -> None:
    here = running(ovs_nic(), ovs_nic(interface_id=OTHER_ID, target="vnet0"))
    live, config = plugged(
        plan(here, want(UPDATE, nic="lan", bridge="ovs1", mtu="1400"), allow=("replug",))
    )
    assert live.interface_id == config.interface_id == ID


def test_a_vlan_is_not_dropped_in_silence_on_the_way_to_a_linux_bridge() -> None:
    tagged = ovs_nic(extra="<vlan><tag id='10'/></vlan>")
    here = running(tagged, tagged.replace("<model", "<target dev='vnet0'/><model"))
    with pytest.raises(VnetError, match="tags no VLANs there") as caught:
        plan(here, want(UPDATE, nic="lan", bridge="br0"))
    assert "--vlan none" in (caught.value.hint or "")
    assert plan(here, want(UPDATE, nic="lan", bridge="br0", vlan="none")).steps


class TestATapThatLostItsBridge:
    LOST = running(
        ovs_nic(), ovs_nic(target="vnet0", extra="<vlan><tag id='10'/></vlan>"), {"vnet8": "ovs0"}
    )

    def test_is_plugged_in_again_where_the_nic_is_asked_onto_it(self) -> None:
        made = plan(self.LOST, want(UPDATE, nic="lan", bridge="ovs0"))
        (op,) = made.steps[0].ops
        assert op.do == PlugSwitchPort(
            bridge="ovs0",
            port="vnet0",
            mac="52:54:00:00:00:01",
            vm_id="11111111-2222-3333-4444-555555555555",
            interface_id=ID,
            vlan=(10,),
        )

    def test_and_said_where_it_is_not(self) -> None:
        made = plan(self.LOST, want(UPDATE, nic="lan", link="up"))
        assert made.steps == ()
        assert "update-nic vm1 lan --bridge ovs0" in made.notes[0]

    def test_on_a_linux_bridge_too(self) -> None:
        lost = running(nic_xml(), nic_xml(target="vnet0"), {"vnet0": "br1"})
        made = plan(lost, want(UPDATE, nic="lan", bridge="br0"))
        assert [change.action for change in made.changes] == ["repair"]
