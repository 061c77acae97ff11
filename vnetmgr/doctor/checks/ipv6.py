"""IPv6 of a network of libvirt's: its bridge takes part, and the host keeps its own way out."""

from __future__ import annotations

from ipaddress import IPv6Network
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row
from vnetmgr.doctor.checks.routing import is_routed
from vnetmgr.doctor.remedies import set_sysctl
from vnetmgr.doctor.segment import own_network
from vnetmgr.model.path.finding import Layer, Status

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject

_ULA = IPv6Network("fc00::/7")
_EVEN_IF_FORWARDING = 2


def _has_ipv6(subject: Subject) -> bool:
    network = own_network(subject)
    return is_routed(subject) and any(
        each.version == 6 for each in (network.subnets if network is not None else ())
    )


def _disabled(subject: Subject) -> Found | None:
    path = f"net/ipv6/conf/{subject.bridge_name}/disable_ipv6"
    if not (subject.facts.sysctls or {}).get(path):
        return None
    return Found(
        cause=f"IPv6 is switched off on bridge {subject.bridge_name}: its guests hear no router",
        owner=f"sysctl {path.replace('/', '.')}",
        remedy=set_sysctl(path, 0),
    )


def _deaf_host(subject: Subject) -> Found | None:
    """A kernel that forwards takes no router's advertisements, unless it is told to by a 2: its own
    default route, which came by one, runs out. Where a program takes them (accept_ra 0), that one
    keeps it."""
    sysctls = subject.facts.sysctls or {}
    for route in subject.facts.routes or ():
        if route.destination != IPv6Network("::/0") or route.protocol not in ("ra", "kernel"):
            continue
        for link in (hop.link for hop in route.hops if hop.link):
            path = f"net/ipv6/conf/{link}/accept_ra"
            forwards = sysctls.get(f"net/ipv6/conf/{link}/forwarding")
            if forwards and sysctls.get(path) == 1:
                return Found(
                    cause=f"the host's IPv6 default route by {link} will run out: it forwards, and "
                    "so takes no router's advertisements",
                    owner=f"sysctl {path.replace('/', '.')}",
                    remedy=set_sysctl(path, _EVEN_IF_FORWARDING),
                )
    return None


def _untranslated(subject: Subject) -> Found | None:
    network = own_network(subject)
    if network is None or not network.mode.kind.translated or network.nat_ipv6:
        return None
    local = next(
        (each for each in network.subnets if each.version == 6 and each.subnet_of(_ULA)), None
    )
    if local is None:
        return None
    return Found(
        cause=f"{local} of network {network.name} is not translated: by IPv6 its guests reach no "
        "further than routes to it lead back",
        owner=f"libvirt's network {network.name}",
        remedy=Remedy(
            command=str(Command("update-network", network.name, "--nat-ipv6")) + " --allow restart"
        ),
    )


ROWS = (
    Row(
        "ipv6-disabled",
        Layer.IPV6,
        Status.BROKEN,
        _disabled,
        "IPv6 is on at its bridge",
        needs=("sysctls",),
        applies=_has_ipv6,
    ),
    Row(
        "ipv6-host-ignores-routers",
        Layer.IPV6,
        Status.WARNING,
        _deaf_host,
        "the host keeps its IPv6 default route",
        needs=("sysctls", "routes"),
        applies=_has_ipv6,
    ),
)

LATER_ROWS = (
    Row(
        "ipv6-untranslated",
        Layer.NAT,
        Status.INFO,
        _untranslated,
        "its IPv6 is translated, or need not be",
        applies=_has_ipv6,
    ),
)
