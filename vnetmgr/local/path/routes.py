"""Neighbours, routes and policy rules, from `ip -j` (iproute2's ipneigh.c, iproute.c, iprule.c)."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from vnetmgr.model.path.links import Neighbour
from vnetmgr.model.path.routes import NextHop, RouteFacts, RouteRule
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.dhcp import IpAddress, IpNetwork

NEIGHBOURS = ("ip", "-j", "neighbour", "show")


def routes_command(version: int) -> tuple[str, ...]:
    """What lists all tables of an IP version; -d adds the kind and the table's name."""
    return ("ip", "-j", "-d", f"-{version}", "route", "show", "table", "all")


def rules_command(version: int) -> tuple[str, ...]:
    """What lists the policy rules of an IP version."""
    return ("ip", "-j", f"-{version}", "rule", "show")


def parse_neighbours(objects: Iterable[dict[str, Any]]) -> tuple[Neighbour, ...]:
    """The entries; a MAC of another length (InfiniBand) is none."""
    return tuple(
        Neighbour(
            address=ip_address(each["dst"]),
            link=each["dev"],
            mac=_mac(each.get("lladdr")),
            state=str(next(iter(each.get("state", ())), "none")).lower(),
        )
        for each in objects
        if each
    )


def parse_routes(objects: Iterable[dict[str, Any]], version: int) -> tuple[RouteFacts, ...]:
    """The routes of all tables."""
    return tuple(
        RouteFacts(
            destination=_network(each["dst"], version),
            table=str(each.get("table", "main")),
            kind=each.get("type", "unicast"),
            hops=tuple(_hops(each)),
            source=ip_address(each["prefsrc"]) if "prefsrc" in each else None,
            metric=each.get("metric", 0),
            protocol=each.get("protocol"),
        )
        for each in objects
        if each
    )


def _hops(entry: dict[str, Any]) -> Iterator[NextHop]:
    for each in entry.get("nexthops", (entry,)):
        via = each.get("gateway") or each.get("via", {}).get("host")
        link = each.get("dev")
        if link is not None or via is not None:
            flags = each.get("flags", ())
            yield NextHop(
                link=link,
                via=_address(via),
                dead="dead" in flags or "linkdown" in flags,
            )


_KNOWN = frozenset(
    {
        *("priority", "src", "srclen", "dst", "dstlen", "table", "protocol"),
        *("iif", "oif", "not", "action"),
    }
)


def parse_rules(objects: Iterable[dict[str, Any]], version: int) -> tuple[RouteRule, ...]:
    """The policy rules, in the order in which they are tried."""
    return tuple(
        RouteRule(
            version=version,
            priority=each["priority"],
            action=each.get("action", "table"),
            table=str(each["table"]) if "table" in each else None,
            source=_prefix(each, "src", version),
            destination=_prefix(each, "dst", version),
            incoming=each.get("iif"),
            outgoing=each.get("oif"),
            inverted="not" in each,
            other=tuple(sorted(each.keys() - _KNOWN)),
        )
        for each in objects
        if each
    )


def _prefix(entry: dict[str, Any], side: str, version: int) -> IpNetwork | None:
    """`all`, an address, or an address with a length beside it."""
    text = entry.get(side, "all")
    if text == "all":
        return None
    length = entry.get(f"{side}len")
    return _network(text if length is None else f"{text}/{length}", version)


def _network(text: str, version: int) -> IpNetwork:
    if text == "default":
        return ip_network("0.0.0.0/0" if version == 4 else "::/0")
    return ip_network(text, strict=False)


def _address(text: str | None) -> IpAddress | None:
    return None if text is None else ip_address(text)


def _mac(text: str | None) -> Mac | None:
    try:
        return None if text is None else Mac.normalise(text)
    except ValueError:
        return None
