"""The kernel's decision on a route, by policy rules and tables."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.unit.doctor.hosts import USUAL_RULES, empty_host, route
from vnetmgr.model.path.routes import RouteRule
from vnetmgr.model.record import replace
from vnetmgr.trace.routing import decide

TARGET, SOURCE = ip_address("198.51.100.7"), ip_address("10.0.0.5")


def rule(priority: int, **fields: Any) -> RouteRule:
    return RouteRule(version=4, priority=priority, **{"table": "other", **fields})


def decided(*routes: Any, rules: tuple[RouteRule, ...] = (), source: Any = SOURCE) -> str:
    """The link that it leaves by, or the kind of another decision."""
    facts = replace(empty_host(), routes=routes, route_rules=(*reversed(rules), *USUAL_RULES))
    found = decide(facts, TARGET, source, "br0")
    return found.link or found.kind


DEFAULT = route("0.0.0.0/0", "eth0", via="192.0.2.1")
OTHER = route("0.0.0.0/0", "wg0", table="other")


@pytest.mark.parametrize(
    ("routes", "link"),
    [
        ((), "refused"),
        ((DEFAULT,), "eth0"),
        ((DEFAULT, route("198.51.100.0/24", "eth1")), "eth1"),
        ((route("198.51.100.0/24", "a", metric=5), route("198.51.100.0/24", "b")), "b"),
        ((DEFAULT, route("198.51.100.0/24", "eth1", dead=True)), "eth0"),
        ((DEFAULT, route("198.51.100.0/24", "lo", kind="blackhole")), "refused"),
        ((DEFAULT, route("198.51.100.0/24", "lo", kind="throw")), "refused"),
        ((DEFAULT, route("198.51.100.7/32", "lo", kind="local", table="local")), "local"),
        ((DEFAULT, OTHER), "eth0"),
    ],
)
def test_tables(routes: tuple[Any, ...], link: str) -> None:
    assert decided(*routes) == link


@pytest.mark.parametrize(
    ("rules", "link"),
    [
        ((rule(100),), "wg0"),
        ((rule(40000),), "eth0"),
        ((rule(100, source=ip_network("10.0.0.0/24")),), "wg0"),
        ((rule(100, source=ip_network("10.9.0.0/24")),), "eth0"),
        ((rule(100, source=ip_network("10.9.0.0/24"), inverted=True),), "wg0"),
        ((rule(100, destination=ip_network("198.51.100.0/24")),), "wg0"),
        ((rule(100, incoming="br0"),), "wg0"),
        ((rule(100, incoming="br1"),), "eth0"),
        ((rule(100, outgoing="eth0"),), "eth0"),
        ((rule(100, table="empty"),), "eth0"),
        ((rule(100, action="unreachable", table=None),), "refused"),
        ((rule(100, other=("fwmark",)),), "unknown"),
        ((rule(100, other=("fwmark",), incoming="br1"),), "eth0"),
        ((rule(100, other=("fwmark",), table="main"),), "eth0"),
        ((rule(90), rule(100, other=("fwmark",))), "wg0"),
    ],
)
def test_policy_rules(rules: tuple[RouteRule, ...], link: str) -> None:
    assert decided(DEFAULT, OTHER, rules=rules) == link


def test_a_source_that_is_not_known() -> None:
    rules = (rule(100, source=ip_network("10.0.0.0/24")),)
    assert decided(DEFAULT, OTHER, rules=rules, source=None) == "unknown"


def test_the_hosts_own_address() -> None:
    assert decide(empty_host(), ip_address("192.0.2.10"), SOURCE, "br0").kind == "local"
