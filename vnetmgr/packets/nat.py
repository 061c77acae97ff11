"""What rules do to a connection: translate its addresses, or keep it from being followed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, TypeAlias

from vnetmgr.packets.constants import STATES
from vnetmgr.packets.fields import ABSENT
from vnetmgr.packets.packet import IPV6
from vnetmgr.packets.rules import Decision
from vnetmgr.packets.world import DNAT, SNAT, readable

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.packets.rules import Step
    from vnetmgr.packets.surroundings import Surroundings
    from vnetmgr.packets.world import World

_End: TypeAlias = "tuple[int | None, int | None]"
FOLLOWED_STATUS = 0x30
"""The flags of a connection that are known here: snat and dnat."""
_LOOPBACK = {4: int(IPv4Address("127.0.0.1")), 6: int(IPv6Address("::1"))}


def untrack(world: World) -> bool:
    """Connection tracking does not see it. What it has seen already it keeps."""
    if world.place.before_conntrack:
        world.tracked, world.state = False, STATES["untracked"]
    return True


def translation(
    kind: str,
    address: Callable[[World], Any] | None,
    port: Callable[[World], Any] | None,
    around: Surroundings,
) -> Step:
    """dnat, snat, masquerade or redirect: it ends the chain."""
    is_dnat = kind in ("dnat", "redirect")
    is_own = kind in ("redirect", "masquerade")

    def step(world: World) -> bool | Decision:
        old = (world.target, world.dport) if is_dnat else (world.source, world.sport)
        new: Any = old[0] if address is None else address(world)
        new_port = old[1] if port is None else port(world)
        if is_own:
            new = _own_address(kind, world, around)
        if ABSENT in (new, new_port):
            return False
        if isinstance(new, tuple):  # a map has both
            new, new_port = new
        _translate(world, (new, new_port), old, is_dnat=is_dnat)
        return Decision("accept", said=_said(kind, world, (new, new_port), old))

    return step


def _translate(world: World, new: _End, old: _End, *, is_dnat: bool) -> None:
    if is_dnat:
        (world.target, world.dport), world.dst_done = new, True
    else:
        (world.source, world.sport), world.src_done = new, True
    if new != old or None in new[:1]:  # what is translated to itself is not said to be
        world.status |= DNAT if is_dnat else SNAT


def _said(kind: str, world: World, new: _End, old: _End) -> str:
    """`dnat to 10.0.0.2:80`, with what has become another."""
    address = readable(new[0], world.ethertype)
    if new == old or address is None:
        return kind
    if new[1] == old[1] or new[1] is None:
        return f"{kind} to {address}"
    return (
        f"{kind} to [{address}]:{new[1]}"
        if address.version == 6
        else f"{kind} to {address}:{new[1]}"
    )


def _own_address(kind: str, world: World, around: Surroundings) -> int | None:
    version = 6 if world.ethertype == IPV6 else 4
    if kind == "redirect" and not world.place.iif:
        return _LOOPBACK[version]
    link = world.place.iif if kind == "redirect" else world.place.oif
    found = around.address_of(link, version)
    return None if found is None else int(found)
