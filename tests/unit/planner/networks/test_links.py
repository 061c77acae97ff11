"""The links that networks forward to or have guests on: what is refused, what a change does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.planner.builders import domain, domain_xml, nic_xml
from tests.unit.planner.networks.builders import host, lab, writes
from vnetmgr.api.network_wants import network_creation, network_update
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.local.templates import read_template
from vnetmgr.model.desired import Policy
from vnetmgr.model.network import NetworkMode, SeenNetwork
from vnetmgr.model.record import replace
from vnetmgr.model.seen.hostdev import HostDevices, LinkUse
from vnetmgr.model.writes import DefineNetwork
from vnetmgr.planner import make_plan
from vnetmgr.planner.scope import scope_of

if TYPE_CHECKING:
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import Network
    from vnetmgr.model.plan import Plan
    from vnetmgr.model.seen.observed import Observed

POOL = (
    "<network><name>lab</name><forward mode='bridge' dev='eth0'><interface dev='eth0'/>"
    "<interface dev='eth1'/></forward></network>"
)
WHOLE = POOL.replace("lab", "other").replace("'bridge'", "'passthrough'")
NAT = (
    "<network><name>lab</name><forward mode='nat' dev='eth0'/><bridge name='virbr7'/>"
    "<ip address='10.0.0.1' prefix='24'/></network>"
)
BRIDGED = "<network><name>lab</name><forward mode='bridge'/><bridge name='br0'/></network>"


def on_macvtap(link: str) -> SeenDomain:
    """A running guest whose nic is on lab, at a link."""
    config = nic_xml(kind="network", source="<source network='lab'/>")
    source = f"<source network='lab' portid='x' dev='{link}' mode='bridge'/>"
    live = nic_xml(kind="direct", source=source, target="macvtap0")
    return domain(domain_xml(config), domain_xml(live))


def on_bridge(bridge: str, more: str = "") -> SeenDomain:
    """A running guest whose nic is on lab, at a bridge."""
    config = nic_xml(kind="network", source=f"<source network='lab' {more}/>")
    source = f"<source network='lab' {more} portid='x' bridge='{bridge}'/>"
    return domain(
        domain_xml(config),
        domain_xml(nic_xml(kind="network", source=source, target="vnet0")),
    )


def seen(
    *networks: SeenNetwork,
    guest: SeenDomain | None = None,
    uses: dict[str, LinkUse] | None = None,
    link: str = "eth0",
) -> Observed:
    """A host with the links eth0 (or another) to eth3, of which eth2 is a port of br0 and eth3
    down."""
    found = host(*networks, domain=guest)
    assert found.links is not None
    links = replace(
        found.links,
        names=frozenset({"lo", "br0", "br1", link, "eth1", "eth2", "eth3", "vnet0", "macvtap0"}),
        ports={"eth2": "br0", "vnet0": "virbr7"},
        down=frozenset({"eth3"}),
    )
    names = ("macvtap", "nat", "bridge")
    return replace(
        found,
        links=links,
        templates={f"network/{name}.xml": read_template(f"network/{name}.xml") for name in names},
        host_devices=HostDevices(links=uses) if uses else None,
    )


def create(found: Observed, **values: str | list[str]) -> Plan:
    """What create-network plans."""
    desired = network_creation("lab", values, autostart=None, start=True, template=None)
    return make_plan(desired, found, Policy())


def defined(plan: Plan) -> Network:
    """What it defines first."""
    write = plan.steps[0].ops[0].do
    assert isinstance(write, DefineNetwork)
    return read_network(write.xml)


def update(found: Observed, *, allow: tuple[str, ...] = (), **values: str | list[str]) -> Plan:
    """What update-network plans."""
    desired = network_update(
        "lab", values, removed_portgroups=(), autostart=None, renew=False, states=frozenset()
    )
    return make_plan(desired, found, Policy(allow=frozenset(allow)))


def test_a_macvtap_network_is_made() -> None:
    plan = create(seen(), mode="macvtap", forward_dev=["eth0", "eth1"], direct_mode="vepa")
    made = defined(plan)
    assert (made.mode, made.direct_mode) == (NetworkMode.MACVTAP, "vepa")
    assert made.forward_devs == ("eth0", "eth1")
    (change,) = plan.changes
    assert change.links == {"eth0", "eth1"}


def test_bridge_is_the_usual_mode_of_macvtaps() -> None:
    plan = create(seen(), mode="macvtap", forward_dev=["eth3"])
    assert defined(plan).direct_mode == "bridge"
    assert plan.notes == (
        "network lab: eth3 is down, and guests there reach nothing: ip link set eth3 up",
    )


REFUSED: list[tuple[dict[str, str | list[str]], str]] = [
    ({"mode": "macvtap"}, "network lab: --mode macvtap needs --forward-dev"),
    ({"forward_dev": ["lo"]}, "link lo is the host's loopback"),
    (
        {"mode": "nat", "forward_dev": ["lo"], "subnet": ["10.1.0.0/24"]},
        "link lo is the host's loopback",
    ),
    ({"forward_dev": ["eth7"]}, "link eth7 does not exist. Did you mean eth"),
    ({"forward_dev": ["eth0", "eth0"]}, "--forward-dev: eth0 is given twice"),
    ({"forward_dev": ["eth2"]}, "link eth2 is a port of bridge br0, and takes no macvtaps"),
    ({"forward_dev": ["eth0"], "subnet": ["10.1.0.0/24"]}, "--subnet: a macvtap network has none"),
    ({"forward_dev": ["eth0"], "bridge": "br0"}, "--bridge: a macvtap network has none"),
    ({"forward_dev": ["eth0"], "direct_mode": "x"}, "mode 'x' is not one of bridge, vepa"),
    (
        {"mode": "nat", "forward_dev": ["eth0", "eth1"]},
        "--forward-dev: a nat network forwards to one link, not to eth0 and eth1",
    ),
    ({"mode": "nat", "direct_mode": "vepa"}, "--direct-mode: a nat network has none"),
    ({"mode": "isolated", "forward_dev": ["eth0"]}, "--forward-dev: an isolated network has none"),
]


@pytest.mark.parametrize(("values", "said"), REFUSED)
def test_what_cannot_be_is_refused(values: dict[str, str | list[str]], said: str) -> None:
    with pytest.raises(VnetError) as refused:
        create(seen(), **{"mode": "macvtap", **values})
    assert said in str(refused.value)


def test_a_link_that_was_not_given_is_one_problem() -> None:
    with pytest.raises(VnetError) as refused:
        create(seen(link="eth9"), mode="macvtap")
    assert str(refused.value) == "network lab: --mode macvtap needs --forward-dev"


@pytest.mark.parametrize(
    ("direct_mode", "other", "said"),
    [
        ("bridge", WHOLE, "network other has link eth0, and passthrough shares it with nobody"),
        (
            "passthrough",
            WHOLE.replace("passthrough", "vepa"),
            "network other is on link eth0, and passthrough shares it with nobody",
        ),
        ("vepa", WHOLE.replace("passthrough", "bridge"), None),
    ],
)
def test_passthrough_is_alone_on_its_link(direct_mode: str, other: str, said: str | None) -> None:
    there = replace(lab(other, other), key="other")
    values: dict[str, str | list[str]] = {
        "mode": "macvtap",
        "forward_dev": ["eth0"],
        "direct_mode": direct_mode,
    }
    if said is None:
        assert create(seen(there), **values).steps
        return
    with pytest.raises(VnetError) as refused:
        create(seen(there), **values)
    assert said in str(refused.value)
    off = replace(there, live=None, live_xml=None)
    assert create(seen(off), **values).steps


def test_passthrough_takes_no_link_that_the_host_needs() -> None:
    values: dict[str, str | list[str]] = {
        "mode": "macvtap",
        "forward_dev": ["eth0"],
        "direct_mode": "passthrough",
    }
    desired = network_creation("lab", values, autostart=None, start=True, template=None)
    assert scope_of(desired).host_devices
    assert scope_of(desired).under_guests == ("eth0",)
    use = LinkUse(uppers=("eth0.5",), routes=("default",))
    with pytest.raises(VnetError) as refused:
        create(seen(uses={"eth0": use}), **values)
    assert "the host would lose its default route (link eth0)" in str(refused.value)
    assert "link eth0 is in use by eth0.5" in str(refused.value)


def test_its_own_macvtaps_are_in_no_ones_way() -> None:
    there = seen(
        lab(POOL, POOL),
        guest=on_macvtap("eth0"),
        uses={"eth0": LinkUse(uppers=("macvtap0",)), "eth1": LinkUse()},
    )
    assert update(there, direct_mode="passthrough", allow=("restart",)).steps


def test_links_come_and_go_while_it_runs() -> None:
    plan = update(seen(lab(POOL, POOL), guest=on_macvtap("eth0")), forward_dev=["eth1", "eth3"])
    assert writes(plan) == [
        "config+live: delete forward-interface <interface dev='eth0'/>",
        "config+live: add forward-interface <interface dev='eth3'/>",
    ]
    assert plan.notes == (
        "network lab: eth3 is down, and guests there reach nothing: ip link set eth3 up",
        "network lab: on link eth0 until their next start: vm1/lan",
    )
    (change,) = plan.changes
    assert change.disruption == "none"
    assert [each.field for each in change.fields] == ["forward_devs"]


def test_a_running_network_is_never_left_without_links() -> None:
    with pytest.raises(VnetError, match="--mode macvtap needs --forward-dev"):
        update(seen(lab(POOL, POOL)), forward_dev=["none"])


def test_another_mode_of_macvtaps_takes_a_restart() -> None:
    there = seen(lab(POOL, POOL), guest=on_macvtap("eth0"))
    with pytest.raises(VnetError, match=r"direct_mode bridge -> vepa \[restart\] needs a restart"):
        update(there, direct_mode="vepa")
    plan = update(there, direct_mode="vepa", allow=("restart",))
    assert writes(plan) == ["define", "CreateNetwork", "StopNetwork", "StartNetwork", "ReplugTaps"]
    assert plan.notes == ("network lab: on macvtap in mode bridge until their next start: vm1/lan",)


def test_guests_stay_on_macvtaps_and_on_bridges_of_the_hosts() -> None:
    """What they are plugged into does not go with the network."""
    away = seen(lab(POOL, POOL), guest=on_macvtap("eth0"))
    plan = update(away, mode="bridge", bridge="br0", allow=("restart",))
    assert plan.notes == ("network lab: on what macvtap gave until their next start: vm1/lan",)
    there = seen(lab(BRIDGED, BRIDGED), guest=on_bridge("br0"))
    plan = update(there, mode="macvtap", forward_dev=["eth0"], allow=("restart",))
    assert plan.notes == ("network lab: on bridge br0 until their next start: vm1/lan",)


def test_no_guest_is_cut_off_by_another_mode() -> None:
    there = seen(lab(NAT, NAT), guest=on_bridge("virbr7"))
    with pytest.raises(VnetError, match=r"mode macvtap has no bridge.*cut off would be vm1/lan"):
        update(there, mode="macvtap", allow=("restart",))
    assert update(seen(lab(NAT, NAT)), mode="macvtap", allow=("restart",)).steps


def test_a_network_without_a_bridge_of_its_own_has_no_dhcp_anyway() -> None:
    plan = create(seen(), mode="macvtap", forward_dev=["eth0"], no_dhcp="yes")
    assert defined(plan).forward_devs == ("eth0",)


def test_a_portgroup_that_goes_is_told_with_who_is_in_it() -> None:
    groups = BRIDGED.replace(
        "</network>", "<portgroup name='fast'/><portgroup name='slow'/></network>"
    )
    inside = on_bridge("br0", "portgroup='slow'")
    plan = update(seen(lab(groups, groups), guest=inside), portgroup=["none"])
    assert plan.notes == (
        "network lab: still in portgroup slow, which is gone: vm1/lan; what it gave them ends with "
        "their next start",
    )
