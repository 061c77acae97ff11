"""This machine's side of a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.local.links import has_switches
from vnetmgr.local.path import bridges, routes
from vnetmgr.local.path import links as link_reader
from vnetmgr.local.path.asking import Asked, objects
from vnetmgr.local.path.dnsmasqs import read_dnsmasqs
from vnetmgr.local.path.rulesets import read_rulesets
from vnetmgr.local.path.sysctls import read_sysctls
from vnetmgr.local.sockets import read_listeners
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.links import LinkFacts
    from vnetmgr.model.path.routes import RouteFacts, RouteRule

_IPV6 = Path("/proc/net/if_inet6")
# Without which a network's dnsmasq cannot serve: DNS, DHCP, DHCPv6.
_SERVICES = (53, 67, 547)


def with_machine(facts: PathFacts) -> PathFacts:
    """A snapshot of libvirt's side, with this machine's."""
    asked = Asked()
    links = asked.part("links", "ip", _links)
    switches = asked.part("switches", "ovs-vsctl", _switches)
    own = [
        each.name for each in facts.networks if each.live is not None and each.live.has_own_bridge
    ]
    return replace(
        facts,
        links=links,
        fdb=asked.part("fdb", "bridge", lambda: bridges.parse_fdb(objects(bridges.FDB))),
        vlans=asked.part("vlans", "bridge", lambda: bridges.parse_vlans(objects(bridges.VLANS))),
        neighbours=asked.part(
            "neighbours", "ip", lambda: routes.parse_neighbours(objects(routes.NEIGHBOURS))
        ),
        routes=asked.part("routes", "ip", _routes),
        route_rules=asked.part("route_rules", "ip", _rules),
        sysctls=read_sysctls(_routing(links or ())),
        rulesets=read_rulesets(asked),
        listeners=read_listeners({*_SERVICES, *_forwarded(facts)}),
        dnsmasqs=read_dnsmasqs(own),
        switches=None if switches is None else switches[0],
        switch_ports={} if switches is None else switches[1],
        unseen=(*facts.unseen, *asked.unseen),
    )


def _links() -> tuple[LinkFacts, ...]:
    listed = objects(link_reader.COMMAND)
    if not listed:
        raise ValueError("not even lo")
    return link_reader.with_cards(link_reader.parse_links(listed))


def _versions() -> tuple[int, ...]:
    """The IP versions that this kernel has."""
    return (4, 6) if _IPV6.exists() else (4,)


def _routes() -> tuple[RouteFacts, ...]:
    return tuple(
        route
        for version in _versions()
        for route in routes.parse_routes(objects(routes.routes_command(version)), version)
    )


def _rules() -> tuple[RouteRule, ...]:
    return tuple(
        rule
        for version in _versions()
        for rule in routes.parse_rules(objects(routes.rules_command(version)), version)
    )


def _switches() -> tuple[frozenset[str], dict[str, str]]:
    """The bridges of Open vSwitch, and what is on them."""
    if not has_switches():
        return frozenset(), {}
    from vnetmgr.local.openvswitch import ask_switches

    return ask_switches()


def _routing(links: Iterable[LinkFacts]) -> list[str]:
    """The links that take part in routing: a port of a bridge has no address."""
    return [each.name for each in links if each.port is None]


def _forwarded(facts: PathFacts) -> Iterable[int]:
    """The ports of the host that forwards need."""
    return (
        port for domain in facts.domains for each in domain.forwards for port in each.host_ports
    )
