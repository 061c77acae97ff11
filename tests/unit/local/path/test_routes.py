"""Neighbours, routes and rules as ip prints them."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from tests.unit.local.path.recorded import recorded
from vnetmgr.local.path.routes import parse_neighbours, parse_routes, parse_rules
from vnetmgr.model.path.links import Neighbour
from vnetmgr.model.path.routes import NextHop, RouteFacts, RouteRule
from vnetmgr.model.values import Mac

ROUTES = parse_routes(recorded("route4"), 4)
ROUTES6 = parse_routes(recorded("route6"), 6)


def test_neighbours_that_answer_and_one_that_does_not() -> None:
    found = parse_neighbours(recorded("neighbour"))
    assert found[0] == Neighbour(
        address=ip_address("192.168.150.22"), link="virbr0", state="failed"
    )
    assert found[1] == Neighbour(
        address=ip_address("fe80::5054:ff:feb0:7a7f"),
        link="br0",
        mac=Mac("52:54:00:b0:7a:7f"),
        state="stale",
    )
    infiniband = [{"dst": "10.0.0.1", "dev": "ib0", "lladdr": "80:00:" * 9 + "80:00"}, {}]
    assert parse_neighbours(infiniband) == (Neighbour(address=ip_address("10.0.0.1"), link="ib0"),)


def route(destination: str, routes: tuple[RouteFacts, ...] = ROUTES) -> list[RouteFacts]:
    return [each for each in routes if each.destination == ip_network(destination)]


def test_routes_of_all_tables_and_kinds() -> None:
    assert route("10.10.0.0/24") == [
        RouteFacts(
            destination=ip_network("10.10.0.0/24"),
            hops=(NextHop(link="br0"),),
            source=ip_address("10.10.0.2"),
            protocol="kernel",
        )
    ]
    (local,) = route("10.10.0.2/32")
    assert (local.table, local.kind) == ("local", "local")
    (blackhole,) = route("10.66.0.0/16")
    assert (blackhole.kind, blackhole.hops) == ("blackhole", ())
    (elsewhere,) = route("10.67.0.0/16")
    assert (elsewhere.table, elsewhere.kind) == ("55", "unreachable")
    (over6,) = route("10.68.0.0/16")
    assert over6.hops == (NextHop(link="v1", via=ip_address("fe80::1")),)
    (default,) = route("::/0", ROUTES6)
    assert default.metric == 100
    assert default.hops == (NextHop(link="v1", via=ip_address("fe80::1")),)


def test_a_default_route_of_several_ways_one_dead() -> None:
    listed = {
        "dst": "default",
        "nexthops": [
            {"gateway": "10.0.0.1", "dev": "eth0", "weight": 1, "flags": []},
            {"gateway": "10.1.0.1", "dev": "eth1", "weight": 1, "flags": ["dead", "linkdown"]},
        ],
    }
    (found,) = parse_routes([listed], 4)
    assert found.destination == ip_network("0.0.0.0/0")
    assert found.hops == (
        NextHop(link="eth0", via=ip_address("10.0.0.1")),
        NextHop(link="eth1", via=ip_address("10.1.0.1"), dead=True),
    )


def test_rules() -> None:
    found = parse_rules(recorded("rule4"), 4)
    assert found[0] == RouteRule(version=4, priority=0, table="local")
    assert found[1] == RouteRule(
        version=4, priority=100, table="55", source=ip_network("10.1.0.0/16"), incoming="v1"
    )
    assert found[2] == RouteRule(
        version=4,
        priority=101,
        action="prohibit",
        destination=ip_network("10.2.0.0/16"),
        other=("fwmark", "fwmask"),
    )
    assert found[3].inverted
    assert found[3].other == ("ipproto", "sport")
