"""Make a picture of what was seen. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.graph import Edge, EdgeKind, Graph, GraphFinding, Node, NodeKind
from vnetmgr.model.nic import Mode
from vnetmgr.model.path.finding import Layer, Status
from vnetmgr.topology.links import HostLinks, addresses_of, link_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.nic import Nic
    from vnetmgr.model.path.domains import DomainFacts, NicFacts
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.finding import Finding
    from vnetmgr.model.path.networks import NetworkFacts

# Where a finding is shown: at the domain, at the nic, at a way out; all else where the nic leads.
_AT_DOMAIN = frozenset({Layer.DOMAIN})
_AT_NIC = frozenset(
    {Layer.DEVICE, Layer.GUEST, Layer.LINK, Layer.TAP, Layer.FILTER, Layer.ADDRESS, Layer.FORWARD}
)
_SAID = frozenset({Status.INFO, Status.WARNING, Status.BROKEN})
_TAPS = {Mode.DIRECT: EdgeKind.MACVTAP, Mode.HOSTDEV: EdgeKind.ASSIGNED, Mode.USER: EdgeKind.USER}


def build_graph(
    facts: PathFacts, findings: Iterable[Finding] = (), *, everything: bool = True
) -> Graph:
    """The domains that were asked for and all that their packets come by. `everything`: also the
    networks and bridges that nobody is on."""
    builder = _Builder(facts)
    for name in facts.asked:
        domain = facts.domain(name)
        if domain is not None:
            builder.domain(domain)
    if everything:
        for network in facts.networks:
            builder.network(network.name)
        for bridge in builder.links.bridges():
            builder.bridge(bridge)
    return builder.graph(findings)


def domain_id(domain: str) -> str:
    """A domain's node."""
    return f"domain:{domain}"


def nic_id(domain: str, nic: str) -> str:
    """A nic's node."""
    return f"nic:{domain}/{nic}"


class _Builder:
    def __init__(self, facts: PathFacts) -> None:
        self.links = HostLinks(facts)
        self._facts = facts
        self._nodes: dict[str, Node] = {}
        self._edges: dict[Edge, None] = {}
        self._first: dict[str, str] = {}
        """Node -> the first that it leads to."""
        self._own = {
            network.network.bridge: network.name
            for network in facts.networks
            if network.active and network.network.has_own_bridge and network.network.bridge
        }

    def graph(self, findings: Iterable[Finding]) -> Graph:
        shown = [each for each in map(self._placed, findings) if each is not None]
        return Graph(
            uri=self._facts.uri,
            host=self._facts.host,
            nodes=tuple(self._nodes.values()),
            edges=tuple(self._edges),
            findings=tuple(shown),
            is_whole=not self._facts.unread,
            notes=tuple(dict.fromkeys(f"not all checked: {x.why}" for x in self._facts.unseen)),
        )

    def domain(self, domain: DomainFacts) -> None:
        """A domain, its nics, and all that they lead to."""
        key = domain_id(domain.name)
        self._add(Node(id=key, kind=NodeKind.DOMAIN, name=domain.name, state=str(domain.state)))
        for nic in domain.nics:
            node = _nic_node(domain, nic, self._facts)
            self._add(node)
            self._edge(key, node.id, EdgeKind.HAS)
            self._edge(node.id, self._source(nic), _lead(nic))

    def network(self, name: str) -> str:
        """A network and its ways out."""
        key = f"network:{name}"
        if key in self._nodes:
            return key
        found = self._facts.network(name)
        if found is None:
            return self._add(Node(id=key, kind=NodeKind.NETWORK, name=name, state="missing"))
        ports = self.links.other_ports(found.network.bridge) if found.network.bridge else 0
        self._add(_network_node(found, self._facts, other_ports=ports))
        network = found.network
        if network.has_own_bridge:
            self._lead_out(key, network.bridge)
            self._route_out(key, found)
        elif network.bridge:
            self._edge(key, self.bridge(network.bridge), EdgeKind.BRIDGE)
        for link in (network.pf, *network.forward_devs):
            if link and not network.has_own_bridge:
                self._edge(key, self._link(link), EdgeKind.PARENT)
        return key

    def bridge(self, name: str) -> str:
        """A bridge by name: the network's that it is of, where it is one's."""
        return self.network(self._own[name]) if name in self._own else self._link(name)

    def _link(self, name: str) -> str:
        key = link_id(name)
        if key not in self._nodes:
            self._add(self.links.node(name))
            self._lead_out(key, name)
        return key

    def _lead_out(self, key: str, name: str | None) -> None:
        for kind, onward in self.links.onward(name) if name else ():
            self._edge(key, self._link(onward), kind)

    def _route_out(self, key: str, found: NetworkFacts) -> None:
        network = found.network
        if not (found.active and network.mode.kind.routed):
            return
        kind = EdgeKind.NAT if network.mode.kind.translated else EdgeKind.ROUTED
        ways = network.forward_devs or self.links.default_routes
        for link in ways:
            if link != network.bridge:
                self._edge(key, self._link(link), kind)

    def _source(self, nic: NicFacts) -> str:
        """The node that a nic's packets go to first."""
        source = _meant(nic).source
        if source.mode is Mode.NETWORK and source.name:
            return self.network(source.name)
        if source.mode is Mode.BRIDGE and source.name:
            return self.bridge(source.name)
        if source.mode is Mode.DIRECT and source.name:
            return self._link(source.name)
        kinds = {Mode.USER: NodeKind.USER, Mode.HOSTDEV: NodeKind.DEVICE}
        kind = kinds.get(source.mode, NodeKind.OTHER)
        name = source.name or ("user mode" if kind is NodeKind.USER else str(source.mode))
        return self._add(Node(id=f"{source.mode}:{source.name or ''}", kind=kind, name=name))

    def _add(self, node: Node) -> str:
        self._nodes.setdefault(node.id, node)
        return node.id

    def _edge(self, source: str, target: str, kind: EdgeKind) -> None:
        self._edges[Edge(source=source, target=target, kind=kind)] = None
        self._first.setdefault(source, target)

    def _placed(self, finding: Finding) -> GraphFinding | None:
        if finding.status not in _SAID:
            return None
        key = self._place(finding)
        return GraphFinding(node=key, finding=finding) if key in self._nodes else None

    def _place(self, finding: Finding) -> str:
        domain = domain_id(finding.domain)
        nic = nic_id(finding.domain, finding.nic or "")
        if finding.layer in _AT_DOMAIN or nic not in self._nodes:
            return domain
        if finding.layer in _AT_NIC:
            return nic
        segment = self._first[nic]
        return self._first.get(segment, segment) if finding.layer is Layer.UPLINK else segment


def _meant(nic: NicFacts) -> Nic:
    """Live, but for a nic of a pool of devices, which is shown as the one it got."""
    if nic.live and nic.config and nic.live.source.mode is Mode.HOSTDEV:
        return nic.config
    return nic.nic


def _lead(nic: NicFacts) -> EdgeKind:
    if nic.live is None:
        return EdgeKind.SOURCE
    return _TAPS.get(nic.live.source.mode, EdgeKind.TAP)


def _nic_node(domain: DomainFacts, facts: NicFacts, around: PathFacts) -> Node:
    nic = facts.nic
    if facts.live is None:
        state = "next start" if domain.running else "off"
    else:
        state = facts.live.link or "up"
    return Node(
        id=nic_id(domain.name, facts.key),
        kind=NodeKind.NIC,
        name=facts.key,
        state=state,
        mode=nic.direct_mode or str(nic.source.mode),
        addresses=tuple(dict.fromkeys(_addresses(domain, nic, around))),
        mac=str(nic.mac) if nic.mac else None,
        model=nic.model,
        target=nic.target,
        mtu=nic.mtu,
        vlan=nic.vlan or (),
        inbound=str(nic.inbound) if nic.inbound else None,
        outbound=str(nic.outbound) if nic.outbound else None,
        filter=nic.filter,
        forwards=tuple(each.text for each in domain.forwards if each.nic == facts.key),
    )


def _addresses(domain: DomainFacts, nic: Nic, facts: PathFacts) -> Iterator[str]:
    """What the guest says that it has; else what was leased to it and what its neighbours know."""
    if nic.mac is None:
        return
    said = [link for link in domain.agent or () if link.mac == nic.mac]
    if said:
        yield from (f"{each.address}/{each.prefix}" for link in said for each in link.addresses)
        return
    leased = [lease for lease in facts.leases_of(nic.mac) if _is_of(lease.network, nic)]
    yield from (f"{lease.address}/{lease.prefix}" for lease in leased)
    known = {lease.address for lease in leased}
    for each in facts.neighbours_of(nic.mac):
        if each.link == nic.bridge and each.address not in known:
            yield str(each.address)


def _is_of(network: str, nic: Nic) -> bool:
    return nic.source.mode is not Mode.NETWORK or nic.source.name == network


def _network_node(found: NetworkFacts, facts: PathFacts, *, other_ports: int) -> Node:
    network = found.network
    own = network.has_own_bridge
    link = facts.link(network.bridge) if own else None
    pairs = zip(network.gateways, network.subnets, strict=False)
    written = tuple(f"{gateway}/{subnet.prefixlen}" for gateway, subnet in pairs)
    return Node(
        id=f"network:{found.name}",
        kind=NodeKind.NETWORK,
        name=found.name,
        state="active" if found.active else "inactive",
        mode=str(network.mode),
        addresses=(addresses_of(link) if link else ()) or written,
        bridge=network.bridge if own else None,
        mac=str(network.mac) if network.mac and own else None,
        mtu=link.mtu if link else network.mtu,
        other_ports=other_ports if own else 0,
    )
