"""The host's side of a picture: bridges, VLANs, bonds and cards, and how one leads to the next."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from vnetmgr.model.graph import EdgeKind, Node, NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.links import LinkFacts

_KINDS = {"bridge": NodeKind.BRIDGE, "bond": NodeKind.BOND, "vlan": NodeKind.VLAN}
# What leads into another network namespace or a process, and never out of the host.
_INWARD = frozenset({"tun", "veth", "macvtap", "dummy", "ifb"})


def link_id(name: str) -> str:
    """A link's node."""
    return f"link:{name}"


class HostLinks:
    """What is known of the links of one host."""

    def __init__(self, facts: PathFacts) -> None:
        self._facts = facts

    def node(self, name: str) -> Node:
        """A link, whether it is there or not."""
        facts, link = self._facts, self._facts.link(name)
        if name in (facts.switches or ()):
            kind = NodeKind.SWITCH
        else:
            kind = _KINDS.get(link.kind or "", NodeKind.LINK) if link else NodeKind.LINK
        if link is None:
            missing = facts.links is not None and kind is not NodeKind.SWITCH
            return Node(
                id=link_id(name), kind=kind, name=name, state="missing" if missing else None
            )
        return Node(
            id=link_id(name),
            kind=kind,
            name=name,
            state=_state(link),
            mode="wireless" if link.wireless else link.bond_mode,
            addresses=addresses_of(link),
            mac=str(link.mac) if link.mac else None,
            mtu=link.mtu,
            vlan=() if link.vlan is None else (link.vlan,),
            other_ports=self.other_ports(name),
        )

    def onward(self, name: str) -> Iterator[tuple[EdgeKind, str]]:
        """Where packets go from a link, outwards."""
        link = self._facts.link(name)
        for port in self._facts.ports(name) if link and link.kind == "bridge" else ():
            if port.kind not in _INWARD:
                yield EdgeKind.PORT, port.name
        for port_name, switch in self._facts.switch_ports.items():
            found = self._facts.link(port_name)
            if switch == name and found and found.kind not in _INWARD | {"openvswitch"}:
                yield EdgeKind.PORT, port_name
        if link and link.kind == "bond":
            for member in self._facts.links or ():
                if member.master == name:
                    yield EdgeKind.MEMBER, member.name
        if link and link.kind == "vlan" and link.parent and not link.far_parent:
            yield EdgeKind.PARENT, link.parent

    def bridges(self) -> Iterator[str]:
        """All bridges, of the kernel and of Open vSwitch."""
        yield from (link.name for link in self._facts.links or () if link.kind == "bridge")
        yield from sorted(self._facts.switches or ())

    @cached_property
    def default_routes(self) -> tuple[str, ...]:
        """The links by which the host reaches the rest of the world."""
        best: dict[int, tuple[int, tuple[str, ...]]] = {}
        for route in self._facts.routes or ():
            default = route.destination.prefixlen == 0 and route.kind == "unicast"
            links = tuple(hop.link for hop in route.hops if hop.link and not hop.dead)
            if default and route.table == "main" and links:
                version = route.destination.version
                best[version] = min(best.get(version, (route.metric, links)), (route.metric, links))
        return tuple(dict.fromkeys(link for _, links in best.values() for link in links))

    def other_ports(self, bridge: str) -> int:
        """How many ports of a bridge are no guest's, and no way out."""
        guests = self._taps
        ports = self._facts.ports(bridge)
        return sum(port.kind in _INWARD and port.name not in guests for port in ports)

    @cached_property
    def _taps(self) -> frozenset[str]:
        nics = (nic.live for domain in self._facts.domains for nic in domain.nics)
        return frozenset(nic.target for nic in nics if nic and nic.target)


def addresses_of(link: LinkFacts) -> tuple[str, ...]:
    """Its addresses that more than the link itself can reach."""
    found = (each for each in link.addresses if each.scope != "link")
    return tuple(f"{each.address}/{each.prefix}" for each in found)


def _state(link: LinkFacts) -> str:
    if not link.up:
        return "down"
    # A bridge without a port that has one has none, and does all that it is for.
    return "up" if link.carrier or link.kind == "bridge" else "no carrier"
