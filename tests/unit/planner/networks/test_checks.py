"""What is refused of networks before they are touched, and what follows from what is asked."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

import pytest

from tests.unit.planner.networks.builders import document, host, lab
from vnetmgr.api.network_wants import network_creation, network_update
from vnetmgr.errors import ExitCode, RefusedError, VnetError
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.local.templates import read_template
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import NetworkWant, network_problem
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import HostRoute, HostRoutes
from vnetmgr.model.show import show
from vnetmgr.model.writes import DefineNetwork
from vnetmgr.planner import make_plan
from vnetmgr.planner.networks.context import named_problems
from vnetmgr.planner.vlans import OTHER_WAYS
from vnetmgr.problem import About, Option, Problem, Worded
from vnetmgr.spec.networks import NETWORK_KEYS

if TYPE_CHECKING:
    from vnetmgr.model.network import Network
    from vnetmgr.model.seen.observed import Observed

BRIDGE = "<network><name>lab</name><forward mode='bridge'/><bridge name='br0'/></network>"
OVS = BRIDGE.replace("</network>", "<virtualport type='openvswitch'/></network>")
MODES = ("nat", "isolated", "bridge", "hostdev")


def empty() -> Observed:
    """A host without networks; it reaches the first /24 that would be chosen."""
    routes = (HostRoute(network=ip_network("192.168.122.0/24"), link="br1"),)
    return replace(
        host(),
        routes=HostRoutes(routes=routes),
        templates={f"network/{mode}.xml": read_template(f"network/{mode}.xml") for mode in MODES},
    )


def made(**values: str | list[str]) -> Network:
    """The network that create-network would define."""
    desired = network_creation("lab", values, autostart=None, start=True, template=None)
    return _defined(make_plan(desired, empty(), Policy()).steps[0].ops[0].do)


def updated(xml: str, **values: str | list[str]) -> Network:
    """The config that update-network would define of a network that is off."""
    desired = network_update(
        "lab", values, removed_portgroups=(), autostart=None, renew=False, states=frozenset()
    )
    return _defined(make_plan(desired, host(lab(xml)), Policy()).steps[0].ops[0].do)


@pytest.mark.parametrize("word", ["none", "None"])
def test_a_network_without_any_address_of_the_hosts(word: str) -> None:
    new = made(mode="isolated", subnet=word)
    assert (new.subnets, new.dhcp_ranges) == ((), ())
    for mode in ("nat", "bridge"):
        with pytest.raises(VnetError, match=r"needs --(subnet|bridge)"):
            made(mode=mode, subnet=word)


def test_reservations_do_not_go_with_a_subnet_unasked() -> None:
    host = "<host mac='52:54:00:00:00:09' ip='10.0.0.9'/>"
    there = (
        "<network><name>lab</name><bridge name='virbr7'/><ip address='10.0.0.1' prefix='24'>"
        f"<dhcp>{host}</dhcp></ip></network>"
    )
    with pytest.raises(
        VnetError, match=r"reserved address 10.0.0.9 .*release-address lab 10.0.0.9"
    ):
        updated(there, subnet="none")
    assert updated(there.replace(host, ""), subnet="none").subnets == ()


@pytest.mark.parametrize(
    "values",
    [{"subnet": "none"}, {"gateway": ["10.0.0.9"]}],
)
def test_a_reservation_in_the_way_is_one_of_the_addresses(
    values: dict[str, str | list[str]],
) -> None:
    there = (
        "<network><name>lab</name><bridge name='virbr7'/><ip address='10.0.0.1' prefix='24'>"
        "<dhcp><host mac='52:54:00:00:00:09' ip='10.0.0.9'/></dhcp></ip></network>"
    )
    with pytest.raises(VnetError) as caught:
        updated(there, **values)
    fields = {each.about.field for each in caught.value.problems if each.about is not None}
    assert "addresses" in fields
    assert fields <= NETWORK_KEYS


def _defined(write: object) -> Network:
    assert isinstance(write, DefineNetwork)
    return read_network(write.xml)


@pytest.mark.parametrize(
    ("values", "code", "problems"),
    [
        (
            {"dhcp_range": ["10.9.0.5-10.9.0.9"], "gateway": ["10.9.0.1"]},
            ExitCode.USAGE,
            [
                "gateway 10.9.0.1 is in none of the subnets (192.168.123.0/24)",
                "DHCP range 10.9.0.5-10.9.0.9 is in none of the subnets (192.168.123.0/24)",
                "--subnet was not given: then it is one that is free",
            ],
        ),
        (
            {"subnet": ["fd00:1::/64"], "lease_time": "1h", "bridge": "eth0"},
            ExitCode.USAGE,
            [
                "--lease-time: it is that of a DHCP range, and there is none",
                "bridge eth0 is the name of a link that the host has already",
            ],
        ),
        (
            {"mode": "bridge", "portgroup": ["a,vlan=5"]},
            ExitCode.USAGE,
            [
                "--mode bridge needs --bridge",
                "portgroup a has a VLAN, and bridge br0 is a Linux bridge, where this host tags "
                f"none; {OTHER_WAYS}",
            ],
        ),
        (
            {"mode": "bridge", "bridge": "eth0"},
            ExitCode.REFUSED,
            [
                "eth0 is a link of the host, and no Linux bridge; a bridge of Open vSwitch takes "
                "--virtualport openvswitch"
            ],
        ),
        (
            {"mode": "bridge", "bridge": "br9"},
            ExitCode.REFUSED,
            [
                "bridge br9 does not exist on the host. Did you mean br1? It is the "
                "administrator's: make it on the host, with an uplink, by what manages its "
                "links there (netplan, NetworkManager, systemd-networkd, ifupdown); `ip link add "
                "br9 type bridge` makes one without, that is gone at the next boot"
            ],
        ),
    ],
)
def test_every_problem_of_a_new_network_is_listed(
    values: dict[str, str | list[str]], code: ExitCode, problems: list[str]
) -> None:
    with pytest.raises(VnetError) as caught:
        made(**values)
    assert caught.value.exit_code is code
    assert listed(caught.value) == problems


def listed(error: VnetError) -> list[str]:
    """The problems of network lab that an error lists."""
    lines = error.message.removeprefix("network lab: ").split("\n  - network lab: ")
    return lines[1:] or lines


@pytest.mark.parametrize(
    ("xml", "values", "problems"),
    [
        (
            document(),
            {"dhcp_range": ["10.9.0.5-10.9.0.9"], "gateway": ["10.9.0.1"], "nat_ipv6": "yes"},
            [
                "gateway 10.9.0.1 is in none of the subnets (10.0.0.0/24, 10.0.1.0/24, fd00::/64)",
                "DHCP range 10.9.0.5-10.9.0.9 is in none of the subnets "
                "(10.0.0.0/24, 10.0.1.0/24, fd00::/64)",
            ],
        ),
        (
            document(),
            {"gateway": ["10.0.0.2", "10.0.0.3", "10.0.1.9"]},
            ["gateways 10.0.0.2 and 10.0.0.3 are both in 10.0.0.0/24"],
        ),
        (
            document(ranges=False),
            {"lease_time": "1h"},
            ["--lease-time: it is that of a DHCP range, and there is none"],
        ),
        (
            BRIDGE,
            {"mtu": "1400", "dhcp_range": ["10.9.0.5-10.9.0.9"], "portgroup": ["a,vlan=5"]},
            [
                "--dhcp-range: a bridge network has none",
                "--mtu: a bridge network has none",
                "portgroup a has a VLAN, and bridge br0 is a Linux bridge, where this host tags "
                f"none; {OTHER_WAYS}",
            ],
        ),
    ],
)
def test_every_problem_of_a_change_is_listed(
    xml: str, values: dict[str, str | list[str]], problems: list[str]
) -> None:
    with pytest.raises(VnetError) as caught:
        updated(xml, **values)
    assert caught.value.exit_code is ExitCode.USAGE
    assert listed(caught.value) == problems


@pytest.mark.parametrize(
    ("xml", "values", "field", "in_the_way"),
    [
        (document(), {"gateway": ["10.0.0.255"]}, "gateways", "10.0.0.255"),
        (document(), {"gateway": ["10.9.0.1"]}, "gateways", "10.9.0.1"),
        (BRIDGE, {"portgroup": ["a,vlan=5"]}, "portgroups", "a,vlan=5"),
        (BRIDGE, {"bridge": "br9"}, "bridge", "br9"),
    ],
)
def test_a_problem_keeps_the_value_that_is_in_the_way(
    xml: str, values: dict[str, str | list[str]], field: str, in_the_way: str
) -> None:
    with pytest.raises(VnetError) as caught:
        updated(xml, **values)
    (problem,) = caught.value.problems
    assert problem.about == About("network", "lab", field=field)
    assert show(problem.values[-1]) == in_the_way


def test_a_problem_of_a_network_is_told_once_and_loses_nothing() -> None:
    lan = About("nic", "lan", "vm1")
    found = Problem(None, "no", "do", Option("mtu"), also=(lan,), values=(9000,))
    about = About("network", "lab", field="mtu")
    mtu = found._replace(about=About("network", field="mtu"))
    other = mtu._replace(values=(9001,))
    told = mtu._replace(about=about, text="network lab: --mtu: no", origin=None)
    assert named_problems("lab", [mtu, other, mtu]) == [told, told._replace(values=(9001,))]
    assert named_problems("lab", [found])[0].about == about.object


def test_open_vswitch_tags_vlans() -> None:
    (group,) = updated(OVS, portgroup=["a,vlan=5"]).portgroups
    assert group.vlan == (5,)


@pytest.mark.parametrize(
    ("gateways", "expected"),
    [
        (["fd00:1::f", "10.9.0.254"], ["10.9.0.254", "fd00:1::f"]),
        (["fd00:1::f"], ["10.9.0.1", "fd00:1::f"]),
        (["10.9.0.254"], ["10.9.0.254", "fd00:1::1"]),
    ],
)
def test_each_subnet_gets_its_gateway_in_whatever_order_they_are_given(
    gateways: list[str], expected: list[str]
) -> None:
    network = made(subnet=["10.9.0.0/24", "fd00:1::/64"], gateway=gateways)
    assert [str(each) for each in network.gateways] == expected


def test_a_gateway_of_one_subnet_leaves_those_of_the_others() -> None:
    network = updated(document(), gateway=["10.0.1.9"])
    assert [str(each) for each in network.gateways] == ["10.0.0.1", "10.0.1.9", "fd00::1"]


@pytest.mark.parametrize("name", ["", " ", "a/b", "a\nb", "a\x01b", "x" * 201])
def test_a_name_that_cannot_be_one(name: str) -> None:
    with pytest.raises(VnetError, match="name") as caught:
        make_plan(
            network_creation(name, {}, autostart=None, start=True, template=None), empty(), Policy()
        )
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("xml", "values", "expected"),
    [
        (BRIDGE, {"mode": "nat", "subnet": ["10.9.0.0/24"]}, ["10.9.0.2-10.9.0.254"]),
        (
            BRIDGE,
            {"mode": "nat", "subnet": ["10.9.0.0/24"], "gateway": ["10.9.0.254"]},
            ["10.9.0.1-10.9.0.253"],
        ),
        (document(ranges=False), {"subnet": ["10.9.0.0/24"]}, []),
        (
            document(),
            {"subnet": ["10.9.0.0/24"]},
            ["10.9.0.100-10.9.0.199", "fd00::1000-fd00::1fff"],
        ),
        (
            document(),
            {"dhcp_range": ["fd00::20-fd00::29"]},
            ["10.0.0.100-10.0.0.199", "fd00::20-fd00::29"],
        ),
        (
            document(),
            {"subnet": ["10.9.0.0/24"], "dhcp_range": ["fd00::20-fd00::29"]},
            ["10.9.0.100-10.9.0.199", "fd00::20-fd00::29"],
        ),
        (
            document(),
            {"dhcp_range": ["10.0.0.20-10.0.0.29"]},
            ["10.0.0.20-10.0.0.29", "fd00::1000-fd00::1fff"],
        ),
    ],
)
def test_dhcp_follows_the_subnets(
    xml: str, values: dict[str, str | list[str]], expected: list[str]
) -> None:
    """A first one is given out; where there was none on purpose, there is none afterwards."""
    assert [str(each) for each in updated(xml, **values).dhcp_ranges] == expected


STARTS = {
    "its bridge is there": ("<forward mode='bridge'/><bridge name='br0'/>", None),
    "its bridge is gone": (
        "<forward mode='bridge'/><bridge name='br7'/>",
        "bridge br7 does not exist on the host",
    ),
    "a link that is no bridge": ("<forward mode='bridge'/><bridge name='eth0'/>", "eth0 is a link"),
    "macvtap": ("<forward mode='bridge'><interface dev='eth0'/></forward>", None),
    "macvtap without its link": (
        "<forward mode='bridge'><interface dev='eth7'/></forward>",
        "link eth7 does not exist",
    ),
    "a switch that is gone": (
        "<forward mode='bridge'/><bridge name='ovs7'/><virtualport type='openvswitch'/>",
        "bridge ovs7 does not exist on the host",
    ),
}


@pytest.mark.parametrize(("inner", "says"), STARTS.values(), ids=STARTS.keys())
@pytest.mark.parametrize("restart", [False, True])
def test_a_start_needs_what_the_network_stands_on(
    inner: str,
    says: str | None,
    restart: bool,  # noqa: FBT001
) -> None:
    xml = f"<network><name>lab</name>{inner}</network>"
    seen = lab(xml, xml if restart else None)
    wanted = NetworkWant(name="lab", intent=Intent.UPDATE, restart=restart, guests=True)
    desired = Desired(networks=(wanted,))
    if says is None:
        assert make_plan(desired, host(seen), Policy()).changes
    else:
        with pytest.raises(RefusedError, match=says):
            make_plan(desired, host(seen), Policy())


def test_an_option_is_called_by_its_key_where_a_spec_was_read() -> None:
    text = Worded("say --subnet", "say subnet")
    found = network_problem("dns_forwarders", text).at(Option("dns_forwarder"))
    (named,) = named_problems("lab", [found])
    assert named.text == "network lab: --dns-forwarder: say --subnet"
    assert named.in_keys().text == "network lab: dns_forwarders: say subnet"
