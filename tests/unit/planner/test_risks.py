"""What a change may cut off is marked, whoever asks for it."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import (
    CONFIG,
    domain,
    domain_xml,
    network,
    nic_xml,
    observed,
    plan,
    want,
    within,
)
from tests.unit.planner.networks.builders import document, lab
from vnetmgr.model.desired import Desired, NicWant, Policy
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import NetworkWant
from vnetmgr.model.options.network_patch import build_network_patch
from vnetmgr.model.plan import Action
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import HostRoutes, Observed
from vnetmgr.planner import make_plan, scope_of

ONLY = "the only nic of vm1, which runs"
LINK = "link eth0 carries this host's default route"
DETACH_LAN = want(Intent.REMOVE, nic="lan")
DETACH = want(Intent.REMOVE, nic="lan", bridge="br0")
MOVE = want(Intent.UPDATE, nic="lan", bridge="br1")
DOWN = want(Intent.UPDATE, nic="lan", link="down")


def nics(*names: str, target: str | None = None) -> list[str]:
    each = enumerate(names, 1)
    return [nic_xml(name, mac=f"52:54:00:00:00:0{n}", bus=n, target=target) for n, name in each]


def running(*names: str) -> Observed:
    """vm1 runs with these nics, on a host whose way out is eth0."""
    config, live = domain_xml(*nics(*names)), domain_xml(*nics(*names, target="vnet0"))
    routes = HostRoutes(default_links=("eth0",))
    return replace(observed(domain(config, live)), routes=routes)


@pytest.mark.parametrize(
    ("wanted", "names", "risk"),
    [
        pytest.param(DETACH, ["lan"], ONLY, id="it goes"),
        pytest.param(MOVE, ["lan"], ONLY, id="it moves"),
        pytest.param(DOWN, ["lan"], ONLY, id="its link goes down"),
        pytest.param(DETACH, ["lan", "wan"], None, id="there is another"),
        pytest.param(within(DETACH, CONFIG), ["lan"], None, id="the running domain keeps it"),
    ],
)
def test_a_command_marks_the_only_nic_of_a_running_domain(
    wanted: NicWant, names: list[str], risk: str | None
) -> None:
    (change,) = plan(running(*names), wanted).changes
    assert change.risk == risk


def test_a_command_marks_the_link_with_the_default_route() -> None:
    beside = want(Intent.CREATE, direct="eth0", name="wan")
    assert scope_of(Desired(nics=(beside,))).routes
    assert not scope_of(Desired(nics=(MOVE,))).routes
    (change,) = plan(running("lan"), beside).changes
    assert change.risk == LINK


def on_eth0(xml: str) -> Observed:
    """The network lab as it is there, off, on a host whose way out is eth0."""
    return replace(running(), networks=(lab(xml),))


def moved(**values: str) -> Desired:
    patch = build_network_patch(values)
    return Desired(
        networks=(NetworkWant(name="lab", intent=Intent.UPDATE, patch=patch, running=None),)
    )


REMOVED = Desired(networks=(NetworkWant(name="lab", intent=Intent.REMOVE),))
FORWARDED = document().replace("mode='nat'", "mode='nat' dev='eth0'")
BRIDGED = "<network><name>lab</name><forward mode='bridge'/><bridge name='eth0'/></network>"
POOL = (
    "<network><name>lab</name><forward mode='hostdev' managed='yes'><pf dev='eth0'/></forward>"
    "</network>"
)


@pytest.mark.parametrize(
    ("wanted", "xml", "risk"),
    [
        pytest.param(REMOVED, FORWARDED, LINK, id="what it leaves by"),
        pytest.param(REMOVED, BRIDGED, LINK, id="its bridge"),
        pytest.param(REMOVED, POOL, LINK, id="the card it hands out"),
        pytest.param(REMOVED, document(), None, id="another link"),
        pytest.param(moved(forward_dev="none"), FORWARDED, LINK, id="it leaves by any"),
        pytest.param(moved(bridge="br1"), BRIDGED, LINK, id="it moves to another bridge"),
        pytest.param(moved(dns_domain="a.test"), FORWARDED, None, id="it stays there"),
    ],
)
def test_a_network_that_leaves_the_link_is_marked(
    wanted: Desired, xml: str, risk: str | None
) -> None:
    (change,) = make_plan(wanted, on_eth0(xml), Policy()).changes
    assert change.risk == risk


def test_a_link_that_only_the_running_network_is_on() -> None:
    there = lab(FORWARDED.replace("eth0", "eth1"), FORWARDED)
    wanted = moved(forward_dev="none")
    (change,) = make_plan(wanted, replace(running(), networks=(there,)), Policy()).changes
    assert change.risk == LINK


def test_what_is_only_called_like_the_link_is_not_marked() -> None:
    named = network("eth0")
    there = replace(running("lan", "wan"), networks=(named,))
    for wanted in (
        want(Intent.UPDATE, nic="lan", network="eth0"),
        want(Intent.CREATE, network="eth0", name="new"),
    ):
        (change,) = plan(there, wanted).changes
        assert change.risk is None


def test_what_may_leave_the_link_has_the_routes_looked_at_where_a_nic_is_on_one() -> None:
    for wanted in (DETACH_LAN, MOVE):
        assert scope_of(Desired(nics=(wanted,))).routes_of_these
    kept = want(Intent.UPDATE, nic="lan", link="down")
    assert not scope_of(Desired(nics=(kept,))).routes_of_these


def test_a_nic_that_leaves_the_link_is_marked_where_routes_are_known() -> None:
    source = "<source dev='eth0' mode='bridge'/>"
    macvtap = nic_xml("lan", kind="direct", source=source)
    there = replace(observed(domain(domain_xml(macvtap))), routes=running().routes)
    for wanted in (DETACH_LAN, MOVE):
        (change,) = plan(there, wanted).changes
        assert change.risk == LINK


def test_so_does_one_of_networks() -> None:
    want_it = NetworkWant(
        name="lab", intent=Intent.UPDATE, patch=build_network_patch({"forward_dev": "eth0"})
    )
    wanted = Desired(networks=(want_it,))
    assert scope_of(wanted).routes
    there = replace(running(), networks=(lab(document()),))
    changes = make_plan(wanted, there, Policy()).changes
    assert [(change.action, change.risk) for change in changes] == [
        (Action.UPDATE, LINK),
        (Action.START, None),
    ]
