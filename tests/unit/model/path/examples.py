"""A host with one of everything, so that what is saved and read has no blind spot."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network

from vnetmgr.model.dhcp import (
    AddressRange,
    Bootp,
    DhcpRange,
    Lease,
    PortRange,
    Reservation,
    Route,
)
from vnetmgr.model.dns import DnsForwarder, DnsRecord, RecordKind
from vnetmgr.model.forward import Forward, Protocol
from vnetmgr.model.network import Network, NetworkMode, Portgroup
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.overlay.migration import Migration
from vnetmgr.model.overlay.northbound import LogicalPort, Northbound, Overlay, Owner
from vnetmgr.model.overlay.southbound import Binding, SeenChassis, Southbound
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
from vnetmgr.model.path.networks import DnsmasqFacts, FilterFacts, FilterRule, NetworkFacts
from vnetmgr.model.path.overlays import Flow, OverlayFacts, Tunnel
from vnetmgr.model.path.probe import (
    ArpAnswer,
    Attempt,
    DhcpOffer,
    Outcome,
    ProbeFacts,
    ProbePlace,
    Router6,
    Step,
)
from vnetmgr.model.path.routes import NextHop, RouteFacts, RouteRule
from vnetmgr.model.path.rulesets import Rulesets
from vnetmgr.model.path.unseen import Need, Unseen
from vnetmgr.model.seen.rules import Listener
from vnetmgr.model.values import Bandwidth, Burst, Mac, PciAddress, Rate

MAC = Mac("52:54:00:00:00:01")
ROUTER = ip_address("10.0.0.1")

NIC = Nic(
    source=Source(Mode.NETWORK, "lab"),
    name="lan",
    mac=MAC,
    model="virtio",
    vlan=(10, 20),
    pci_address=PciAddress(0, 1, 0, 0),
    inbound=Bandwidth(Rate(1250)),
    filter_param=(("IP", "10.0.0.5"),),
    isolated_port=True,
    target="vnet0",
    bridge="virbr1",
)
NETWORK = Network(
    name="lab",
    mode=NetworkMode.NAT,
    bridge="virbr1",
    mac=Mac("52:54:00:aa:00:01"),
    subnets=(ip_network("10.0.0.0/24"), ip_network("fd00::/64")),
    gateways=(ip_address("10.0.0.1"), ip_address("fd00::1")),
    dhcp_ranges=(DhcpRange(start=ip_address("10.0.0.2"), end=ip_address("10.0.0.9")),),
    bootp=Bootp(file="pxe", server=ip_address("10.0.0.3")),
    tftp_root="/srv",
    routes=(Route(subnet=ip_network("10.9.0.0/16"), via=ip_address("10.0.0.2"), metric=7),),
    nat_address=AddressRange(start=ip_address("192.0.2.1"), end=ip_address("192.0.2.9")),
    nat_port=PortRange(first=2000, last=2999),
    portgroups=(Portgroup(name="slow", default=True, outbound=Bandwidth(Rate(1), burst=Burst(8))),),
    reservations=(Reservation(address=ip_address("10.0.0.5"), mac=MAC),),
    dns_forwarders=(DnsForwarder(address=ip_address("10.0.0.2"), domain="corp.test"),),
    records=(DnsRecord(kind=RecordKind.HOST, name="nas", address=ip_address("10.0.0.3")),),
)
WEB1 = DomainFacts(
    name="web1",
    uuid="8e1c7a52-0000-0000-0000-000000000001",
    state=DomainState.RUNNING,
    nics=(NicFacts(config=NIC, live=NIC, tx_packets=7),),
    free_slots=2,
    agent_channel=True,
    agent=(
        GuestLink(
            name="eth0",
            mac=MAC,
            addresses=(GuestAddress(address=ip_address("10.0.0.5"), prefix=24),),
        ),
    ),
    forwards=(Forward(nic="lan", host_port=8080, guest_port=80),),
)
TAP = LinkFacts(
    name="vnet0",
    kind="tun",
    mac=Mac("fe:54:00:00:00:01"),
    up=True,
    carrier=True,
    master="virbr1",
    port=PortFacts(bridge="virbr1", state="forwarding", isolated=True),
)
BRIDGE = LinkFacts(
    name="virbr1",
    kind="bridge",
    up=True,
    carrier=True,
    bridge=BridgeFacts(stp=True, forward_delay_s=2.0),
    addresses=(LinkAddress(address=ip_address("10.0.0.1"), prefix=24),),
)

BLUE = Network(
    name="blue",
    mode=NetworkMode.OVERLAY,
    fleet="default",
    subnets=(ip_network("10.66.0.0/24"), ip_network("fd66::/64")),
    external="physnet",
    external_addresses=(ip_interface("192.0.2.10/24"), ip_interface("2001:db8::10/64")),
)
OVERLAYS = OverlayFacts(
    chassis=Chassis(system_id="kvm1", bridge_mappings=(("physnet", "br-ex"),), userspace=True),
    controller=True,
    tunnels=(Tunnel(name="ovn-kvm2-0", remote="10.0.0.3"),),
    northbound=Northbound(
        at="tcp:10.0.0.1:6641",
        overlays=(Overlay(network=BLUE, fleet="default", hosts=frozenset({"kvm2", "kvm1"})),),
        ports=(
            LogicalPort(
                name="7f9740c8",
                switch="blue",
                mac=MAC,
                addresses=(ip_address("10.66.0.10"),),
                migration=Migration(source="kvm1", target="kvm2", since_s=1_700_000_000),
                owner=Owner(fleet="default", domain_name="web1"),
            ),
        ),
    ),
    southbound=Southbound(
        at="tcp:10.0.0.1:6642",
        chassis=(SeenChassis(name="kvm1", hostname="hostA", encaps=(("geneve", "10.0.0.2"),)),),
        bindings=(Binding(port="7f9740c8", chassis="kvm1", additional=("kvm2",)),),
    ),
    flows=(Flow(switch="blue", packet="ip4", actions=('output("a");',), outputs=("a",)),),
)
FACTS = PathFacts(
    uri="qemu:///system",
    host="hostA",
    taken_s=1_700_000_000,
    domains=(WEB1,),
    asked=("web1",),
    networks=(
        NetworkFacts(name="lab", config=NETWORK, live=NETWORK, ports=frozenset({"b", "a"})),
        NetworkFacts(name="off", config=NETWORK),
    ),
    filters=(
        FilterFacts(
            name="clean-traffic",
            rules=(FilterRule(action="drop", direction="in", protocol="mac"),),
            refs=("no-arp-spoofing",),
        ),
    ),
    leases=(Lease(network="lab", address=ip_address("10.0.0.5"), prefix=24, mac=MAC),),
    links=(TAP, BRIDGE),
    fdb=(FdbEntry(mac=MAC, link="vnet0", bridge="virbr1"),),
    vlans=(PortVlan(link="vnet0", first=1, last=1, pvid=True, untagged=True),),
    neighbours=(Neighbour(address=ip_address("10.0.0.5"), link="virbr1", mac=MAC, state="stale"),),
    routes=(
        RouteFacts(
            destination=ip_network("0.0.0.0/0"),
            hops=(NextHop(link="eth0", via=ip_address("192.0.2.1")),),
        ),
    ),
    route_rules=(RouteRule(version=4, priority=32766, table="main"),),
    sysctls={"net/ipv4/ip_forward": 1},
    rulesets=Rulesets(
        nft=({"table": {"family": "ip", "name": "nat", "handle": 1}},),
        dormant=("inet mine",),
        iptables_legacy="",
    ),
    listeners=(Listener(protocol=Protocol.UDP, address=ip_address("0.0.0.0"), port=67),),
    dnsmasqs=(DnsmasqFacts(network="lab", pid=12),),
    switches=frozenset(),
    overlays=OVERLAYS,
    probes=(
        ProbeFacts(
            place=ProbePlace(bridge="virbr1", isolated=True),
            offers=(DhcpOffer(server=ROUTER, mac=MAC, address=ip_address("10.0.0.7")),),
            arp=(ArpAnswer(address=ROUTER, macs=(MAC,)),),
            routers6=(Router6(address=ip_address("fe80::1"), mac=MAC, lifetime_s=1800),),
            attempts=(Attempt(step=Step.TCP, target=ROUTER, outcome=Outcome.ANSWERED, port=443),),
        ),
    ),
    unseen=(Unseen(part="rulesets.ip6tables_legacy", needs=Need.ROOT, why="needs root"),),
)
