"""What a nic gets from its network stays there when the nic leaves; what is behind a network
decides whether a running nic can go there."""

from __future__ import annotations

from itertools import product

import pytest

from tests.unit.planner.builders import domain, domain_xml, nic_xml, observed, plan, want
from tests.unit.planner.builders import network as plain_network
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import SeenNetwork
from vnetmgr.model.writes import AttachDevice, UpdateDevice

RATE = "<bandwidth><inbound average='1250'/></bandwidth>"
ISOLATED = "<port isolated='yes'/>"
LAB = (
    f"<network><name>lab</name><bridge name='virbr7'/>{ISOLATED}"
    f"<portgroup name='slow' default='yes'>{RATE}</portgroup><portgroup name='fast'/></network>"
)
ON_LAB = "<source network='lab' portid='p' bridge='virbr7'/>"


def network(xml: str) -> SeenNetwork:
    found = read_network(xml)
    return SeenNetwork(
        key=found.name, autostart=True, config=found, live=found, config_xml=xml, live_xml=xml
    )


# What moves it; what its config says; what its live element has after that.
LEFT = {
    "to a bridge": ({"bridge": "br0"}, "", (False, False)),
    "to another network": ({"network": "other"}, "", (False, False)),
    "its own rate stays": ({"bridge": "br0"}, RATE, (True, False)),
    "its own isolation stays": ({"bridge": "br0"}, ISOLATED, (False, True)),
    "a new rate": ({"bridge": "br0", "inbound": "3mbit"}, "", (True, False)),
    "to another portgroup": ({"portgroup": "fast"}, "", (False, False)),
    "nowhere": ({"link": "down"}, "", (True, True)),
}


@pytest.mark.parametrize(("options", "own", "expected"), LEFT.values(), ids=LEFT.keys())
def test_what_the_network_gave_stays_behind(
    options: dict[str, str], own: str, expected: tuple[bool, bool]
) -> None:
    config = nic_xml(kind="network", source="<source network='lab'/>", extra=own)
    live = nic_xml(kind="network", source=ON_LAB, target="vnet7", extra=RATE + ISOLATED)
    seen = domain(domain_xml(config), domain_xml(live))
    there = observed(seen, networks=(network(LAB), plain_network("other")))
    made = plan(there, want(Intent.UPDATE, nic="lan", **options), allow=("replug",))
    written = [
        op.do.xml
        for step in made.steps
        for op in step.ops
        if isinstance(op.do, UpdateDevice | AttachDevice) and op.do.state == "live"
    ]
    assert {("<bandwidth>" in xml, "isolated" in xml) for xml in written} == {expected}


OTHER = "<bandwidth><inbound average='500'/></bandwidth>"
BOTH = "<bandwidth><inbound average='1250'/><outbound average='9'/></bandwidth>"
# What its config and its live element say; what of it is written when its inbound is taken away.
CLEARED = {
    "a rate of its own": (OTHER, OTHER, {"live", "config"}),
    "the portgroup's": ("", RATE, set()),
    "its own in the config alone": (OTHER, RATE, {"config"}),
    "its own in the live element alone": ("", OTHER, {"live"}),
    "a second one of its own": (BOTH, BOTH, {"live", "config"}),
}


@pytest.mark.parametrize(("own", "live", "written"), CLEARED.values(), ids=CLEARED.keys())
def test_a_rate_that_is_taken_away_leaves_the_portgroups(
    own: str, live: str, written: set[str]
) -> None:
    config = nic_xml(kind="network", source="<source network='lab'/>", extra=own)
    running = nic_xml(kind="network", source=ON_LAB, target="vnet7", extra=live)
    seen = domain(domain_xml(config), domain_xml(running))
    there = observed(seen, networks=(network(LAB),))
    made = plan(there, want(Intent.UPDATE, nic="lan", inbound="none"))
    ops = [op.do for step in made.steps for op in step.ops]
    assert {op.state for op in ops if isinstance(op, UpdateDevice)} == written


KINDS = {
    "nat": ("<forward mode='nat'/><bridge name='virbr7'/>", "network", ON_LAB),
    "isolated": ("<bridge name='virbr7'/>", "network", ON_LAB),
    "bridge": (
        "<forward mode='bridge'/><bridge name='br0'/>",
        "bridge",
        "<source network='lab' portid='p' bridge='br0'/>",
    ),
    "macvtap": (
        "<forward mode='bridge'><interface dev='eth0'/></forward>",
        "direct",
        "<source network='lab' portid='p' dev='eth0' mode='bridge'/>",
    ),
    "passthrough": (
        "<forward mode='passthrough'><interface dev='eth0'/></forward>",
        "direct",
        "<source network='lab' portid='p' dev='eth0' mode='passthrough'/>",
    ),
    "hostdev": (
        "<forward mode='hostdev'><pf dev='eth0'/></forward>",
        "hostdev",
        "<source network='lab' portid='p'><address type='pci' domain='0x0000' bus='0x05' "
        "slot='0x10' function='0x0'/></source>",
    ),
}
TAPS = {"nat", "isolated", "bridge"}


@pytest.mark.parametrize(("old", "new"), list(product(KINDS, KINDS)))
def test_a_running_nic_goes_by_what_the_networks_are(old: str, new: str) -> None:
    inner, kind, source = KINDS[old]
    config = nic_xml(kind="network", source="<source network='lab'/>")
    live = nic_xml(kind=kind, source=source, target="vnet7")
    seen = domain(domain_xml(config), domain_xml(live))
    lab = network(f"<network><name>lab</name>{inner}</network>")
    other = network(f"<network><name>other</name>{KINDS[new][0]}</network>")
    made = plan(
        observed(seen, networks=(lab, other)), want(Intent.UPDATE, nic="lan", network="other")
    )
    in_place = any(change.scope == ("config", "live") for change in made.changes)
    assert in_place == ({old, new} <= TAPS)
    assert bool(made.waiting) != in_place
