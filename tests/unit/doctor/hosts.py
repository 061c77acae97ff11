"""Hosts whose guests have a network: one for each kind of path, and what can be changed of them.

Every part of the facts has been seen, as root on the host itself; the rules are in rulesets.py.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, Any

from tests.unit.doctor.rulesets import NOTHING, loaded, of_network
from vnetmgr.model.dhcp import DhcpRange, Lease
from vnetmgr.model.network import Network, NetworkMode
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.path.domains import (
    DomainFacts,
    DomainState,
    GuestAddress,
    GuestLink,
    NicFacts,
)
from vnetmgr.model.path.facts import PathFacts
from vnetmgr.model.path.links import (
    BridgeFacts,
    FdbEntry,
    LinkAddress,
    LinkFacts,
    Neighbour,
    PortFacts,
    PortVlan,
)
from vnetmgr.model.path.networks import DnsmasqFacts, NetworkFacts
from vnetmgr.model.path.routes import NextHop, RouteFacts, RouteRule
from vnetmgr.model.record import replace
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Callable

MAC = Mac("52:54:00:00:00:01")
OTHER_MAC = Mac("52:54:00:00:00:02")
LAN_MAC = Mac("52:55:00:00:00:fe")
HOST_MAC = Mac("3c:ec:ef:00:00:01")
NOW_S = 1_700_000_000

# The host's own card, and the route by which it gets out.
CARD = LinkFacts(name="eth0", mac=HOST_MAC, up=True, carrier=True)
LOOPBACK = LinkFacts(
    name="lo",
    kind=None,
    up=True,
    carrier=True,
    mtu=65536,
    addresses=(LinkAddress(address=ip_address("127.0.0.1"), prefix=8, scope="host"),),
)
SYSCTLS = {
    "net/ipv4/ip_forward": 1,
    "net/ipv4/conf/all/rp_filter": 0,
    "net/ipv4/conf/all/forwarding": 1,
    "net/ipv6/conf/all/forwarding": 1,
    "net/ipv6/conf/all/accept_ra": 1,
    "net/ipv6/conf/all/disable_ipv6": 0,
    "net/netfilter/nf_conntrack_count": 17,
    "net/netfilter/nf_conntrack_max": 65536,
}
USUAL_RULES = tuple(
    RouteRule(version=version, priority=priority, table=table)
    for version in (4, 6)
    for priority, table in ((0, "local"), (32766, "main"), (32767, "default"))
)


def empty_host() -> PathFacts:
    """A host with a card, a LAN, and nothing else."""
    facts = PathFacts(
        uri="qemu:///system",
        host="hostA",
        taken_s=NOW_S,
        filters=(),
        leases=(),
        links=(LOOPBACK,),
        fdb=(),
        vlans=(),
        neighbours=(
            Neighbour(address=ip_address("192.0.2.1"), link="eth0", mac=LAN_MAC, state="reachable"),
        ),
        routes=(
            route("0.0.0.0/0", "eth0", via="192.0.2.1"),
            route("192.0.2.0/24", "eth0"),
        ),
        route_rules=USUAL_RULES,
        sysctls=SYSCTLS,
        rulesets=NOTHING,
        listeners=(),
        dnsmasqs=(),
        switches=frozenset(),
    )
    return with_links(facts, replace(CARD, addresses=(address("192.0.2.10/24"),)))


def address(text: str) -> LinkAddress:
    """An address of a link."""
    found = ip_interface(text)
    return LinkAddress(
        address=found.ip,
        prefix=found.network.prefixlen,
        scope="link" if found.ip.is_link_local else "global",
    )


def route(
    destination: str, link: str, *, via: str | None = None, dead: bool = False, **fields: Any
) -> RouteFacts:
    """A route by one link."""
    hop = NextHop(link=link, via=None if via is None else ip_address(via), dead=dead)
    return RouteFacts(destination=ip_network(destination), hops=(hop,), **fields)


def bridge(name: str, *addresses: str, mtu: int = 1500, **own: Any) -> LinkFacts:
    """A bridge that is up."""
    return LinkFacts(
        name=name,
        kind="bridge",
        mac=Mac("52:54:00:bb:00:01"),
        up=True,
        carrier=True,
        mtu=mtu,
        bridge=BridgeFacts(**own),
        addresses=tuple(map(address, addresses)),
    )


def port(name: str, bridge_name: str, *, mtu: int = 1500, kind: str | None = "tun") -> LinkFacts:
    """A forwarding port of a bridge; a tap, where nothing else is said."""
    return LinkFacts(
        name=name,
        kind=kind,
        mac=Mac("fe:54:00:00:00:01") if kind == "tun" else HOST_MAC,
        up=True,
        carrier=True,
        mtu=mtu,
        master=bridge_name,
        port=PortFacts(bridge=bridge_name, state="forwarding"),
    )


def with_links(facts: PathFacts, *links: LinkFacts) -> PathFacts:
    """With these links, in the place of those of the same name."""
    names = {each.name for each in links}
    kept = tuple(each for each in facts.links or () if each.name not in names)
    return replace(facts, links=(*kept, *links))


def nic(source: Source, **fields: Any) -> NicFacts:
    """A nic that has sent something, in config and live."""
    live = Nic(**{"source": source, "name": "lan", "mac": MAC, "model": "virtio", **fields})
    config = replace(live, target=None, bridge=None)
    return NicFacts(config=config, live=live, tx_packets=1234)


def domain(name: str, *nics: NicFacts, agent: str | None = None, **fields: Any) -> DomainFacts:
    """A running domain; `agent`: the address that its agent tells, beside a link-local one."""
    links = None
    if agent is not None:
        told = tuple(ip_interface(each) for each in (agent, "fe80::5054:ff:fe00:1/64"))
        links = (
            GuestLink(
                name="lo",
                mac=None,
                addresses=(GuestAddress(address=ip_address("::1"), prefix=128),),
            ),
            GuestLink(
                name="eth0",
                mac=nics[0].nic.mac,
                addresses=tuple(
                    GuestAddress(address=each.ip, prefix=each.network.prefixlen) for each in told
                ),
            ),
        )
    return DomainFacts(
        **{
            "name": name,
            "uuid": f"8e1c7a52-0000-4000-a000-{sum(name.encode()):012d}",
            "state": DomainState.RUNNING,
            "nics": nics,
            "free_slots": 2,
            "agent_channel": agent is not None,
            "agent": links,
            **fields,
        }
    )


def with_domains(facts: PathFacts, *domains: DomainFacts) -> PathFacts:
    """With these domains, all of which are asked for."""
    return replace(facts, domains=domains, asked=tuple(each.name for each in domains))


def network_of(
    mode: NetworkMode = NetworkMode.NAT,
    *,
    name: str = "lab",
    bridge_name: str = "virbr0",
    subnets: tuple[str, ...] = ("192.168.150.0/24",),
    **fields: Any,
) -> Network:
    """A network that gives addresses by DHCP in its IPv4 subnets."""
    nets = tuple(map(ip_network, subnets))
    ranges = tuple(
        DhcpRange(start=net.network_address + 2, end=net.network_address + 100)
        for net in nets
        if net.version == 4
    )
    return Network(
        **{
            "name": name,
            "mode": mode,
            "bridge": bridge_name,
            "mac": Mac("52:54:00:bb:00:01"),
            "subnets": nets,
            "gateways": tuple(net.network_address + 1 for net in nets),
            "dhcp_ranges": ranges,
            **fields,
        }
    )


def network_host(
    network: Network, *, named: bool = True, agent: bool = True, mtu: int = 1500, **own: Any
) -> PathFacts:
    """A guest on a network of libvirt's; `named`: by the network's name, not just its bridge."""
    name = network.bridge or "virbr0"
    source = Source(Mode.NETWORK, network.name) if named else Source(Mode.BRIDGE, name)
    told = None if mtu == 1500 else mtu
    lan = nic(source, target="vnet0", bridge=name, mtu=told)
    lan = replace(lan, config=replace(lan.config, mtu=None) if lan.config else None)
    nets = list(zip(network.subnets, network.gateways, strict=True))
    addresses = [f"{gateway}/{net.prefixlen}" for net, gateway in nets]
    guest = next((net.network_address + 20 for net in network.subnets), None)
    has_agent = agent and guest is not None
    told_address = f"{guest}/{network.subnets[0].prefixlen}" if has_agent else None
    facts = with_links(
        empty_host(),
        bridge(name, *addresses, mtu=mtu, **{"stp": True, "forward_delay_s": 2.0, **own}),
        port("vnet0", name, mtu=mtu),
    )
    facts = with_domains(facts, domain("web1", lan, agent=told_address))
    leases = tuple(
        Lease(
            network=network.name,
            address=net.network_address + 20,
            prefix=net.prefixlen,
            mac=MAC,
            expires_s=NOW_S + 1800,
        )
        for net in network.subnets
        if net.version == 4 and network.dhcp_ranges
    )
    return replace(
        facts,
        networks=(NetworkFacts(name=network.name, config=network, live=network, autostart=True),),
        leases=leases,
        fdb=(FdbEntry(mac=MAC, link="vnet0", bridge=name),),
        neighbours=(
            *(facts.neighbours or ()),
            *(
                Neighbour(address=each.address, link=name, mac=MAC, state="reachable")
                for each in leases
            ),
        ),
        routes=(
            *(facts.routes or ()),
            *(route(str(net), name, protocol="kernel") for net in network.subnets),
            *(route("fe80::/64", name) for net in network.subnets if net.version == 6),
        ),
        dnsmasqs=(DnsmasqFacts(network=network.name, pid=4711),),
        rulesets=of_network(network),
        sysctls={
            **SYSCTLS,
            f"net/ipv4/conf/{name}/forwarding": 1,
            f"net/ipv4/conf/{name}/rp_filter": 0,
            f"net/ipv6/conf/{name}/disable_ipv6": 0,
            f"net/ipv6/conf/{name}/forwarding": 1,
        },
    )


def nat_host(*, ipv6: bool = False, **options: Any) -> PathFacts:
    """The commonest: a guest on a NAT network."""
    subnets = ("192.168.150.0/24", *(("fd00:150::/64",) if ipv6 else ()))
    facts = network_host(network_of(subnets=subnets), **options)
    return replace(facts, rulesets=loaded("libvirt"))


def bridge_host(
    *,
    address_on_bridge: bool = True,
    uplink: LinkFacts | None = None,
    below: tuple[LinkFacts, ...] = (),
    mtu: int = 1500,
    agent: bool = True,
    network: bool = False,
    stp: bool = False,
) -> PathFacts:
    """A guest on the LAN, by a bridge of the host's whose uplink is a card, or another link."""
    up = uplink or replace(port("eth0", "br0", mtu=mtu, kind=None))
    source = Source(Mode.NETWORK, "lan") if network else Source(Mode.BRIDGE, "br0")
    lan = nic(source, target="vnet0", bridge="br0", mtu=None if mtu == 1500 else mtu)
    addresses = ("192.0.2.10/24",) if address_on_bridge else ()
    facts = with_links(
        empty_host(),
        bridge("br0", *addresses, mtu=mtu, stp=stp),
        port("vnet0", "br0", mtu=mtu),
        up,
        *below,
    )
    if not any(each.name == "eth0" for each in (up, *below)):
        facts = replace(facts, links=tuple(x for x in facts.links or () if x.name != "eth0"))
    told = "192.0.2.20/24" if agent else None
    facts = with_domains(facts, domain("web1", lan, agent=told))
    moved = {"eth0": "br0"} if address_on_bridge else {}
    lan_network = network_of(
        NetworkMode.BRIDGE, name="lan", bridge_name="br0", subnets=(), mac=None
    )
    return replace(
        facts,
        networks=(NetworkFacts(name="lan", config=lan_network, live=lan_network, autostart=True),)
        if network
        else (),
        fdb=(
            FdbEntry(mac=MAC, link="vnet0", bridge="br0"),
            FdbEntry(mac=LAN_MAC, link=up.name, bridge="br0"),
            FdbEntry(mac=Mac("fe:54:00:00:00:01"), link="vnet0", bridge="br0", own=True),
        ),
        neighbours=tuple(
            replace(each, link=moved.get(each.link, each.link)) for each in facts.neighbours or ()
        ),
        routes=tuple(
            replace(
                each,
                hops=tuple(
                    replace(hop, link=moved.get(hop.link or "", hop.link)) for hop in each.hops
                ),
            )
            for each in facts.routes or ()
        )
        if address_on_bridge
        else (),
    )


def filtering_host(tag: int | None = None) -> PathFacts:
    """The same, where the bridge filters VLANs; the guest is in one, or in the default one."""
    facts = bridge_host()
    found = facts.link("br0")
    assert found is not None
    assert found.bridge is not None
    number = tag or 1
    own = replace(found.bridge, vlan_filtering=True)
    vlans = (
        PortVlan(link="vnet0", first=number, last=number, pvid=True, untagged=True),
        PortVlan(link="eth0", first=1, last=1, pvid=True, untagged=True),
        PortVlan(link="eth0", first=2, last=4094),
        PortVlan(link="br0", first=1, last=1, pvid=True, untagged=True),
    )
    facts = with_links(replace(facts, vlans=vlans), replace(found, bridge=own))
    return with_nic(facts, vlan=None if tag is None else (tag,))


def direct_host(mode: str = "bridge") -> PathFacts:
    """A guest on macvtap."""
    lan = nic(Source(Mode.DIRECT, "eth0"), direct_mode=mode, target="macvtap0")
    tap = LinkFacts(
        name="macvtap0",
        kind="macvtap",
        mac=MAC,
        up=True,
        carrier=True,
        parent="eth0",
        direct_mode=mode,
    )
    return with_domains(with_links(empty_host(), tap), domain("web1", lan, agent="192.0.2.20/24"))


def user_host(**fields: Any) -> PathFacts:
    """A guest in user mode."""
    lan = nic(Source(Mode.USER))
    return with_domains(empty_host(), domain("web1", lan, agent="10.0.2.15/24", **fields))


def switch_host() -> PathFacts:
    """A guest on a bridge of Open vSwitch."""
    lan = nic(
        Source(Mode.BRIDGE, "ovsbr0"), target="vnet0", bridge="ovsbr0", virtualport="openvswitch"
    )
    tap = replace(port("vnet0", "ovs-system"), port=None)
    switch = LinkFacts(name="ovsbr0", kind="openvswitch", up=True, carrier=True)
    facts = with_domains(
        with_links(empty_host(), tap, switch), domain("web1", lan, agent="192.0.2.20/24")
    )
    return replace(
        facts, switches=frozenset({"ovsbr0"}), switch_ports={"vnet0": "ovsbr0", "eth0": "ovsbr0"}
    )


# Changes


def with_nic(facts: PathFacts, *, config: bool = True, **changes: Any) -> PathFacts:
    """With another live nic of the first domain, and the same in its config."""
    (first, *others) = facts.domains
    (lan, *rest) = first.nics
    both = {
        "live": None if lan.live is None else replace(lan.live, **changes),
        "config": lan.config
        if lan.config is None or not config
        else replace(lan.config, **{k: v for k, v in changes.items() if k != "target"}),
    }
    changed = replace(first, nics=(replace(lan, **both), *rest))
    return replace(facts, domains=(changed, *others))


def with_domain(facts: PathFacts, **changes: Any) -> PathFacts:
    """With another first domain."""
    (first, *others) = facts.domains
    return replace(facts, domains=(replace(first, **changes), *others))


def with_count(facts: PathFacts, count: int | None) -> PathFacts:
    """With so many frames that the guest has sent."""
    (first, *_) = facts.domains
    (lan, *rest) = first.nics
    return with_domain(facts, nics=(replace(lan, tx_packets=count), *rest))


def with_agent(facts: PathFacts, *links: GuestLink) -> PathFacts:
    """With an agent that names these links."""
    return with_domain(facts, agent=links, agent_channel=True)


def with_link(facts: PathFacts, name: str, **changes: Any) -> PathFacts:
    """With a link that is otherwise."""
    found = facts.link(name)
    assert found is not None, name
    return with_links(facts, replace(found, **changes))


def with_port(facts: PathFacts, name: str, **changes: Any) -> PathFacts:
    """With a port that is otherwise."""
    found = facts.link(name)
    assert found is not None, name
    assert found.port is not None, name
    return with_links(facts, replace(found, port=replace(found.port, **changes)))


def without_link(facts: PathFacts, name: str) -> PathFacts:
    """Without a link."""
    return replace(facts, links=tuple(each for each in facts.links or () if each.name != name))


def with_network(facts: PathFacts, **changes: Any) -> PathFacts:
    """With another first network, in both states."""
    (first, *others) = facts.networks
    both = {
        state: None if value is None else replace(value, **changes)
        for state, value in (("config", first.config), ("live", first.live))
    }
    return replace(facts, networks=(replace(first, **both), *others))


def with_sysctl(facts: PathFacts, path: str, value: int) -> PathFacts:
    """With a setting of the kernel's."""
    return replace(facts, sysctls={**(facts.sysctls or {}), path: value})


def chained(*changes: Callable[[PathFacts], PathFacts]) -> Callable[[PathFacts], PathFacts]:
    """One change after another."""

    def change(facts: PathFacts) -> PathFacts:
        for each in changes:
            facts = each(facts)
        return facts

    return change
