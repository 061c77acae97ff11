"""What depends on something that a change takes away goes with it, and is shown."""

from __future__ import annotations

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
)
from vnetmgr.errors import UsageError
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.writes import AttachDevice, UpdateDevice

UPDATE = Intent.UPDATE

FILTER = "<filterref filter='clean-traffic'><parameter name='IP' value='10.0.0.5'/></filterref>"
VIRTIO = "<driver name='vhost' queues='4' rx_queue_size='512'><host csum='off'/></driver>"
SHAPED = (
    "<bandwidth><inbound average='1250' peak='5000' burst='100'/><outbound average='10'/>"
    "</bandwidth>"
)
LAB = "<source network='lab' portgroup='guests'/>"


def off(extra: str, *, kind: str = "bridge", source: str = "<source bridge='br0'/>") -> Observed:
    xml = domain_xml(nic_xml(extra=extra, kind=kind, source=source))
    switch = network("switch", NetworkMode.BRIDGE)
    on = replace(switch.any, bridge="ovs0", virtualport="openvswitch")
    networks = (network("lab"), replace(switch, config=on, live=on))
    return observed(domain(xml), networks=networks)


@pytest.mark.parametrize(
    ("here", "options", "gone"),
    [
        (off(FILTER), {"filter": "none"}, {"filter", "filter_param"}),
        (off(VIRTIO), {"model": "e1000e"}, {"model", "queues", "extra"}),
        (off(VIRTIO), {"model": "rtl8139", "extra": "acpi.index=7"}, {"model", "queues", "extra"}),
        # What did not fit before either stays.
        (off("<script path='/x'/>"), {"bridge": "br1"}, {"source"}),
        (off("<port isolated='yes'/>"), {"user": "yes"}, {"source", "isolated_port"}),
        (off("<port isolated='yes'/>"), {"direct": "eth0"}, {"source", "isolated_port"}),
        (off("<port isolated='yes'/>" + FILTER), {"network": "lab"}, {"source"}),
        (
            off("<port isolated='yes'/>" + FILTER),
            {"network": "switch"},
            {"source", "isolated_port", "filter", "filter_param"},
        ),
        (
            off("<port isolated='yes'/>"),
            {"network": "switch", "virtualport": "none"},
            {"source", "isolated_port"},
        ),
        (
            off(SHAPED + FILTER + "<mtu size='1400'/><tune><sndbuf>0</sndbuf></tune>"),
            {"user": "yes"},
            {"source", "inbound", "outbound", "filter", "filter_param", "mtu", "extra"},
        ),
        (off("<mtu size='1400'/>"), {"direct": "eth0"}, {"source", "mtu"}),
        (off("", kind="network", source=LAB), {"bridge": "br0"}, {"source", "portgroup"}),
        (
            off("<ip address='10.0.9.0'/><ip address='fd00::'/>", kind="user", source=""),
            {"bridge": "br0"},
            {"source", "extra"},
        ),
        (
            off("", kind="direct", source="<source dev='eth0' mode='private'/>"),
            {"bridge": "br0"},
            {"source", "direct_mode"},
        ),
        (off("<driver tx_queue_size='256'/>"), {"bridge": "br1"}, {"source"}),
    ],
)
def test_off(here: Observed, options: dict[str, str], gone: set[str]) -> None:
    made = plan(here, want(UPDATE, nic="lan", **options))
    (change,) = made.changes
    shown = {field.field for field in change.fields} - {"virtualport"}
    assert shown == gone | ({"direct_mode"} if "direct" in options else set())
    (op,) = made.steps[0].ops
    assert isinstance(op.do, UpdateDevice)
    after = read_nic(op.do.xml)
    for field in gone - {"source", "model", "extra"}:
        assert getattr(after, field) is None
    if "extra" in gone:
        assert {key for key, _ in after.extra or ()} <= {"acpi.index"}


@pytest.mark.parametrize(
    ("here", "options", "says"),
    [
        (off(""), {"filter_param": "IP=10.0.0.1"}, "--filter-param needs --filter"),
        (off(VIRTIO), {"model": "e1000e", "queues": "2"}, "only virtio has queues"),
        (off(""), {"user": "yes", "isolated_port": "yes"}, "only a bridge's port"),
        (off(""), {"network": "switch", "isolated_port": "yes"}, "on Open vSwitch"),
        (off(""), {"network": "switch", "filter": "clean-traffic"}, "on Open vSwitch"),
        # The virtualport may be the network's alone:
        (
            off("", kind="network", source="<source network='switch'/>"),
            {"isolated_port": "yes"},
            "on Open vSwitch",
        ),
        (
            off("", kind="network", source="<source network='switch'/>"),
            {"filter": "clean-traffic"},
            "on Open vSwitch",
        ),
        (off(VIRTIO), {"model": "pcnet", "extra": "driver.packed=on"}, "only virtio has driver"),
        # What it has already, and is asked to keep:
        (off(VIRTIO), {"model": "e1000e", "queues": "4"}, "only virtio has queues"),
        (off("<port isolated='yes'/>"), {"network": "switch", "isolated_port": "yes"}, "on Open"),
        (off("<mtu size='1400'/>"), {"direct": "eth0", "mtu": "1400"}, "an MTU on bridges"),
        (off(VIRTIO), {"model": "pcnet", "extra": "driver.name=vhost"}, "only virtio has driver"),
    ],
)
def test_what_is_asked_for_by_name_is_judged(
    here: Observed, options: dict[str, str], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        plan(here, want(UPDATE, nic="lan", **options))


def test_what_was_there_before_is_not_judged() -> None:
    odd = FILTER.replace(" filter='clean-traffic'", "")
    assert plan(off(odd), want(UPDATE, nic="lan", link="down")).steps


def test_a_running_nic_loses_it_in_both_states() -> None:
    isolated = "<port isolated='yes'/>"
    seen = domain(
        domain_xml(nic_xml(extra=isolated)), domain_xml(nic_xml(extra=isolated, target="vnet0"))
    )
    made = plan(observed(seen), want(UPDATE, nic="lan", user="yes"), allow=("replug",))
    writes = [op.do for step in made.steps for op in step.ops]
    new = [w for w in writes if isinstance(w, AttachDevice | UpdateDevice)]
    assert {w.state for w in new} == {LIVE, CONFIG}
    assert all(read_nic(w.xml).isolated_port is None for w in new)


class TestWhatNoFieldSays:
    """It goes, and is told."""

    def test_a_rate_that_is_given_is_complete(self) -> None:
        made = plan(off(SHAPED), want(UPDATE, nic="lan", inbound="20mbit"))
        (op,) = made.steps[0].ops
        assert isinstance(op.do, UpdateDevice)
        assert '<inbound average="2500"/>' in op.do.xml
        (change,) = made.changes
        assert [(each.before, each.after) for each in change.fields] == [
            ("10mbit,peak=40mbit,burst=100KiB", "20mbit")
        ]
        assert made.notes == ()

    @pytest.mark.parametrize(
        ("options", "stays"), [({"bridge": "br0"}, False), ({"network": "switch"}, False)]
    )
    def test_a_guaranteed_rate(self, options: dict[str, str], *, stays: bool) -> None:
        floor = "<bandwidth><inbound average='1250' floor='500'/></bandwidth>"
        here = off(floor, kind="network", source="<source network='lab'/>")
        made = plan(here, want(UPDATE, nic="lan", **options))
        (op,) = made.steps[0].ops
        assert isinstance(op.do, UpdateDevice)
        assert ("floor" in op.do.xml) is stays
        (change,) = made.changes
        (shown,) = (each for each in change.fields if each.field == "inbound")
        assert (shown.before, shown.after) == ("10mbit,floor=4mbit", "10mbit")
