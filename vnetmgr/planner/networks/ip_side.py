"""What a network's routes and boot files meet on its host, as far as that is seen beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.network_want import network_problem
from vnetmgr.model.options.ip_parsers import is_url
from vnetmgr.model.seen.served import Access

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Set

    from vnetmgr.model.dhcp import Route
    from vnetmgr.model.network import Network
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.networks.context import NetworkContext
    from vnetmgr.problem import Problem

# dnsmasq ends with "TFTP directory ... inaccessible", and the network's start fails (9.0).
_NO_ROOT = {Access.MISSING: "does not exist", Access.OTHER: "is no directory"}
_MTU_OPTIONS = ("option:mtu", "26")
_NO_FILE = {
    Access.MISSING: "is not there",
    Access.OTHER: "is no file",
    Access.CLOSED: "may not be read by everybody",
    Access.UNSEEN: "may not be looked at from here: whether it is there was not checked",
}


def host_problems(
    after: Network, changed: Collection[str], context: NetworkContext, *, starts: bool
) -> Iterator[Problem]:
    """What on this host is in the way of a network's routes, and of what it serves."""
    if starts or "routes" in changed:
        for route in after.routes:
            for text in _taken(route, after, context):
                yield network_problem("routes", f"route {route}: {text}", route)
    judged = starts or "tftp_root" in changed
    served = (context.observed.served or {}).get(after.tftp_root or "") if judged else None
    if served is not None and served.access in _NO_ROOT:
        text = f"directory {after.tftp_root} {_NO_ROOT[served.access]}"
        yield network_problem("tftp_root", text, after.tftp_root)


def _taken(route: Route, after: Network, context: NetworkContext) -> Iterator[str]:
    """libvirt refuses to start a network with a route that the host has by any other link ("Route
    address ... conflicts"); it looks at IPv4 alone."""
    observed = context.observed
    for other in observed.networks:
        states = (other.config, other.live) if other.name != after.name else ()
        if any(state is not None and route.subnet in state.subnets for state in states):
            yield f"that is network {other.name}'s own subnet"
            return
    if observed.routes is None or route.subnet.version == 6:
        return
    own = _own_bridges(after, context)
    if route.subnet.prefixlen == 0:
        for link in observed.routes.default_links:
            if link not in own:
                yield f"this host has a default route already ({link})"
                return
    for each in observed.routes.routes:
        if each.network == route.subnet and each.link not in own and not each.is_address:
            yield f"this host has one already{f' ({each.link})' if each.link else ''}"
            return


def _own_bridges(after: Network, context: NetworkContext) -> frozenset[str]:
    seen = context.observed.network(after.name)
    mine = frozenset() if after.bridge is None else frozenset({after.bridge})
    return mine if seen is None else mine | seen.own_bridges


def host_notes(after: Network, changed: Set[str], observed: Observed) -> Iterator[str]:
    """What of it is not as it should be without being in the way, and what was not looked at."""
    if after.routes and "routes" in changed and observed.routes is None:
        yield f"its routes are those of {observed.host}, which were not looked at"
    if after.nat_address is not None and "nat_address" in changed and observed.routes is not None:
        here = (each.network[0] for each in observed.routes.routes if each.is_address)
        if not any(address in after.nat_address for address in here):
            yield (
                f"packets leave with {after.nat_address}, and this host has no address there: "
                "answers come back only where somebody leads them to it"
            )
    if after.mtu is not None and changed & {"mtu", "dhcp_options"}:
        for option in after.dhcp_options:
            if option.partition(",")[0] in _MTU_OPTIONS:
                # dnsmasq goes by the later line, which is not libvirt's own
                yield f"DHCP tells guests not {after.mtu} but what dhcp_options says: {option}"
    if changed & {"bootp", "tftp_root"}:
        yield from _boot_notes(after, observed)


def _boot_notes(after: Network, observed: Observed) -> Iterator[str]:
    bootp, root = after.bootp, after.tftp_root
    here = bootp is not None and bootp.server is None and not is_url(bootp.file)
    if here and root is None:
        yield f"guests ask it for {bootp}, and it serves nothing: give tftp_root, or bootp a server"
    if root is None:
        return
    served = None if observed.served is None else observed.served.get(root)
    if served is None:
        yield f"{root} is a directory of {observed.host}, which was not looked at"
    elif served.access is Access.CLOSED:
        yield (
            f"{root} may not be read by everybody, and dnsmasq runs without root's rights: "
            "unless its user may, the network does not start"
        )
    elif served.access is Access.UNSEEN:
        yield f"{root} may not be looked at from here: whether it can be served was not checked"
    elif here and bootp is not None:
        access = served.files.get(bootp.file)  # one that a template has was not looked for
        if access in _NO_FILE:
            yield f"{bootp.file} {_NO_FILE[access]} in {root}"


def mtu_note(after: Network, guests: Iterable[str]) -> Iterator[str]:
    """Who goes on with another MTU: neither a new bridge nor a tap that is plugged in again brings
    a nic another one (measured on 9.0)."""
    names = ", ".join(guests)
    if names:
        told = (
            "; DHCP and router advertisements tell guests of the new one when they ask again"
            if after.mtu is not None and after.subnets
            else ""
        )
        yield f"nics that are plugged in keep their MTU until their next start: {names}{told}"
