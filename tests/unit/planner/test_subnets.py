"""Free subnets, and what wanted ones overlap."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from tests.unit.planner.networks.builders import lab
from vnetmgr.errors import RefusedError
from vnetmgr.model.network import Network, NetworkMode, SeenNetwork
from vnetmgr.model.seen.observed import HostRoute, HostRoutes
from vnetmgr.planner.subnets import free_subnet, overlap_problems
from vnetmgr.problem import About, Problem


def _network(name: str, *subnets: str, bridge: str | None = None) -> Network:
    return Network(
        name=name,
        mode=NetworkMode.NAT,
        bridge=bridge,
        subnets=tuple(ip_network(subnet) for subnet in subnets),
    )


def _seen(name: str, *subnets: str, bridge: str | None = None) -> SeenNetwork:
    network = _network(name, *subnets, bridge=bridge)
    return SeenNetwork(key=name, autostart=False, config=network)


def _routes(*texts: str) -> HostRoutes:
    """Each `NETWORK LINK` or `ADDRESS LINK`; `-` for no link."""
    routes = []
    for text in texts:
        network, link = text.split()
        routes.append(
            HostRoute(
                network=ip_network(network),
                link=None if link == "-" else link,
                is_address="/" not in network,
            )
        )
    return HostRoutes(routes=tuple(routes))


def texts(problems: list[Problem]) -> list[str]:
    """In words; each is about the subnets, and has the one that is in the way."""
    assert {each.about for each in problems} <= {About("network", field="subnets")}
    assert all(str(each.values[-1]) in each.text for each in problems)
    return [each.text for each in problems]


@pytest.mark.parametrize(
    ("networks", "routes", "free"),
    [
        ([], [], "192.168.122.0/24"),
        (["192.168.122.0/24"], [], "192.168.123.0/24"),
        ([], ["192.168.122.0/24 virbr0"], "192.168.123.0/24"),
        ([], ["192.168.122.7 lo"], "192.168.123.0/24"),
        ([], ["192.168.122.192/26 eth0"], "192.168.123.0/24"),
        (["192.168.122.0/24"], ["192.168.123.0/24 eth0"], "192.168.124.0/24"),
        (["192.168.120.0/22"], [], "192.168.124.0/24"),
        (["fd00::/64"], ["fd00:1::/64 eth0"], "192.168.122.0/24"),
        (["192.168.0.0/16"], [], "10.122.0.0/24"),
        (["192.168.0.0/16"], ["10.122.5.0/24 eth0"], "10.122.0.0/24"),
        (["192.168.0.0/16"], ["10.0.0.0/8 tun0"], "172.16.0.0/24"),
        (["192.168.0.0/16"], ["10.0.0.0/8 tun0", "172.16.0.0/16 -"], "172.17.0.0/24"),
        (["192.168.0.0/16", "192.168.122.0/24"], ["10.0.0.0/9 tun0"], "10.128.0.0/24"),
    ],
)
def test_the_first_free_subnet(networks: list[str], routes: list[str], free: str) -> None:
    seen = [_seen(f"net{number}", subnet) for number, subnet in enumerate(networks)]

    assert str(free_subnet(seen, _routes(*routes))) == free


def test_a_live_subnet_is_taken_too() -> None:
    seen = SeenNetwork(
        key="lab",
        autostart=False,
        config=_network("lab", "192.168.122.0/24"),
        live=_network("lab", "192.168.123.0/24"),
    )

    assert str(free_subnet([seen], HostRoutes())) == "192.168.124.0/24"


def test_where_the_routes_of_a_network_lead_is_not_free() -> None:
    routes = (
        f"<route address='{address}' prefix='{prefix}' gateway='10.0.0.2'/>"
        for address, prefix in (("192.168.122.0", 23), ("0.0.0.0", 0), ("128.0.0.0", 1))
    )
    xml = f"<network><name>a</name><ip address='10.0.0.1' prefix='24'/>{''.join(routes)}</network>"
    assert str(free_subnet([lab(xml)], HostRoutes())) == "192.168.124.0/24"


def test_no_free_subnet_asks_for_one() -> None:
    routes = _routes("10.0.0.0/8 tun0", "172.16.0.0/12 tun0", "192.168.0.0/16 tun0")

    with pytest.raises(RefusedError, match="no free subnet") as caught:
        free_subnet([], routes)

    assert caught.value.hint == "give one with --subnet"


WANTED = "10.10.0.0/24"
ROUTE = f"subnet {WANTED} overlaps this host's route"
ADDRESS = f"subnet {WANTED} contains this host's address"


@pytest.mark.parametrize(
    ("routes", "problems"),
    [
        ([], []),
        (["10.11.0.0/24 br0", "10.11.0.2 br0"], []),
        (["10.10.0.0/24 br0"], [f"{ROUTE} 10.10.0.0/24 (br0)"]),
        (["10.10.0.0/16 -"], [f"{ROUTE} 10.10.0.0/16"]),
        (["10.10.0.64/26 br0"], [f"{ROUTE} 10.10.0.64/26 (br0)"]),
        (["10.10.0.2 br0"], [f"{ADDRESS} 10.10.0.2 (br0)"]),
        (["10.10.0.2 -"], [f"{ADDRESS} 10.10.0.2"]),
        # The route says it all, wherever it stands.
        (["10.10.0.2 br0", "10.10.0.0/24 br0"], [f"{ROUTE} 10.10.0.0/24 (br0)"]),
        # An address on another link is news.
        (
            ["10.10.0.0/24 br0", "10.10.0.2 eth1"],
            [f"{ROUTE} 10.10.0.0/24 (br0)", f"{ADDRESS} 10.10.0.2 (eth1)"],
        ),
        (["10.10.0.0/24 virbr7", "10.10.0.1 virbr7"], []),
        (["fd00::/8 br0"], []),
    ],
)
def test_overlaps_with_this_host(routes: list[str], problems: list[str]) -> None:
    found = overlap_problems(
        [ip_network(WANTED)],
        name="new",
        networks=[],
        routes=_routes(*routes),
        own_bridges=["virbr7"],
    )

    assert texts(found) == problems


def test_ipv6() -> None:
    found = overlap_problems(
        [ip_network("fd00:0:0:1::/64"), ip_network("fd00:0:0:2::/64")],
        name="new",
        networks=[_seen("lab", "10.0.0.0/8", "fd00:0:0:2::/64")],
        routes=_routes("fd00:0:0:1::1 br0", "0.0.0.0/2 tun0"),
        own_bridges=(),
    )

    assert texts(found) == [
        "subnet fd00:0:0:1::/64 contains this host's address fd00:0:0:1::1 (br0)",
        "subnet fd00:0:0:2::/64 overlaps fd00:0:0:2::/64 of network lab",
    ]


def test_another_network_is_named_once_and_its_bridge_not() -> None:
    both = _network("lab", "10.10.0.0/16", bridge="virbr1")
    seen = SeenNetwork(key="lab", autostart=True, config=both, live=both)

    found = overlap_problems(
        [ip_network(WANTED)],
        name="new",
        networks=[seen, _seen("far", "10.20.0.0/16", bridge="virbr2")],
        routes=_routes("10.10.0.0/16 virbr1", "10.10.0.1 virbr1", "10.10.0.0/25 virbr2"),
        own_bridges=(),
    )

    assert texts(found) == [
        f"subnet {WANTED} overlaps 10.10.0.0/16 of network lab",
        # A static route of a network whose own subnet is elsewhere.
        f"{ROUTE} 10.10.0.0/25 (virbr2)",
    ]


def test_config_and_live_that_differ_are_both_named() -> None:
    seen = SeenNetwork(
        key="lab",
        autostart=False,
        config=_network("lab", "10.10.0.0/25"),
        live=_network("lab", "10.10.0.128/25"),
    )

    found = overlap_problems(
        [ip_network(WANTED)], name="new", networks=[seen], routes=None, own_bridges=()
    )

    assert texts(found) == [
        f"subnet {WANTED} overlaps 10.10.0.0/25 of network lab",
        f"subnet {WANTED} overlaps 10.10.0.128/25 of network lab",
    ]


def test_a_network_does_not_overlap_itself() -> None:
    found = overlap_problems(
        [ip_network(WANTED)],
        name="lab",
        networks=[_seen("lab", WANTED, bridge="virbr1")],
        routes=_routes("10.10.0.0/24 virbr1", "10.10.0.1 virbr1"),
        own_bridges={"virbr1"},
    )

    assert texts(found) == []
