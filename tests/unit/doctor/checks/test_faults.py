"""One fault on an otherwise healthy path: it is named first, with whose it is and what mends it."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.unit.doctor import hosts
from tests.unit.doctor.hosts import (
    LAN_MAC,
    MAC,
    NOW_S,
    OTHER_MAC,
    bridge_host,
    chained,
    direct_host,
    filtering_host,
    nat_host,
    network_host,
    network_of,
    route,
    switch_host,
    user_host,
    with_agent,
    with_count,
    with_domain,
    with_link,
    with_links,
    with_network,
    with_nic,
    with_port,
    with_sysctl,
    without_link,
)
from vnetmgr.doctor.walk import walk
from vnetmgr.model.dhcp import DhcpRange, Lease
from vnetmgr.model.forward import Forward, Protocol
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.path.domains import DomainState, GuestAddress, GuestLink
from vnetmgr.model.path.finding import Finding, Status
from vnetmgr.model.path.links import FdbEntry, LinkFacts, Neighbour, PortVlan
from vnetmgr.model.path.networks import FilterFacts, FilterRule
from vnetmgr.model.path.probe import ArpAnswer, DhcpOffer, ProbeFacts, ProbePlace
from vnetmgr.model.path.routes import NextHop, RouteFacts
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import Listener

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.path.facts import PathFacts


class Fault(NamedTuple):
    """What is done to a host, and what doctor has to say of web1/lan."""

    host: Callable[[], PathFacts]
    change: Callable[[PathFacts], PathFacts]
    check: str
    owner: str
    remedy: str | None
    fixable: bool = False
    status: Status = Status.BROKEN


def broken(facts: PathFacts) -> Finding:
    """The first cause of the one nic."""
    (path,) = (each for each in walk(facts) if each.findings[0].domain == "web1")
    assert path.first_cause is not None, [
        (each.check, each.status) for each in path.findings if each.status is not Status.OK
    ]
    return path.first_cause


def down(name: str) -> Callable[[PathFacts], PathFacts]:
    return lambda facts: with_link(facts, name, up=False, carrier=False)


def off(facts: PathFacts) -> PathFacts:
    """The network stopped: libvirt took the bridge, and left the guest's tap alone."""
    (network,) = facts.networks
    facts = replace(facts, networks=(replace(network, live=None),), dnsmasqs=())
    return with_link(without_link(facts, "virbr0"), "vnet0", master=None, port=None)


def shut_off(facts: PathFacts) -> PathFacts:
    """The domain is off, and its nic is in the config alone."""
    (domain,) = facts.domains
    (nic,) = domain.nics
    nics = (replace(nic, live=None, tx_packets=None),)
    facts = with_domain(facts, state=DomainState.OFF, nics=nics, agent=None, free_slots=None)
    return without_link(facts, "vnet0")


def twin(facts: PathFacts) -> PathFacts:
    """A copy of the domain, with its MAC, on the same bridge."""
    (domain,) = facts.domains
    (nic,) = domain.nics
    assert nic.live is not None
    there = replace(nic, live=replace(nic.live, target="vnet1"))
    other = replace(domain, name="web2", uuid="8e1c7a52-0000-4000-a000-000000000002", nics=(there,))
    facts = with_links(facts, replace(hosts.port("vnet1", nic.live.bridge or "")))
    return replace(facts, domains=(domain, other))


def leased_out(facts: PathFacts) -> PathFacts:
    """Everybody else has a lease."""
    leases = tuple(
        Lease(
            network="lab",
            address=ip_address(f"192.168.150.{at}"),
            prefix=24,
            mac=OTHER_MAC,
            expires_s=NOW_S + 60,
        )
        for at in range(2, 101)
    )
    return replace(with_domain(facts, agent=None), leases=leases)


def named(facts: PathFacts, *rules: FilterRule, name: str = "mine") -> PathFacts:
    """The nic has a filter with these rules."""
    facts = with_nic(facts, filter=name)
    return replace(facts, filters=(FilterFacts(name="mine", rules=rules),))


def nested(facts: PathFacts) -> PathFacts:
    """The host is a guest itself, and its own gave up on DHCP."""
    told = GuestAddress(address=ip_address("169.254.7.8"), prefix=16)
    facts = with_agent(facts, GuestLink(name="eth0", mac=MAC, addresses=(told,)))
    return with_link(facts, "eth0", driver="hv_netvsc")


def wifi(facts: PathFacts) -> PathFacts:
    return with_link(with_domain(facts, agent=None), "eth0", wireless=True)


def taken(facts: PathFacts) -> PathFacts:
    facts = with_domain(facts, forwards=(Forward(nic="lan", host_port=8080, guest_port=80),))
    nginx = Listener(
        protocol=Protocol.TCP, address=ip_address("0.0.0.0"), port=8080, program="nginx"
    )
    return replace(facts, listeners=(nginx,))


def bonded() -> PathFacts:
    """br0 on a bond of two cards."""
    bond = replace(hosts.port("bond0", "br0", kind="bond"), kind="bond", bond_mode="active-backup")
    cards = tuple(
        LinkFacts(name=name, up=True, carrier=True, master="bond0") for name in ("eth0", "eth1")
    )
    return bridge_host(uplink=bond, below=cards)


def vlan_link() -> PathFacts:
    """br0 on a VLAN of a card."""
    up = replace(hosts.port("eth0.30", "br0", kind="vlan"), parent="eth0", vlan=30)
    return bridge_host(uplink=up, below=(LinkFacts(name="eth0", up=True, carrier=True),))


def two_bridges() -> PathFacts:
    """br0 joined to br1 by a veth; br1 has the card."""
    near = replace(hosts.port("veth0", "br0", kind="veth"), parent="veth1")
    far = replace(hosts.port("veth1", "br1", kind="veth"), parent="veth0")
    return bridge_host(
        uplink=near, below=(far, hosts.bridge("br1"), hosts.port("eth0", "br1", kind=None))
    )


ROUTER = ip_address("192.0.2.1")
OFFER = DhcpOffer(
    server=ROUTER, mac=LAN_MAC, address=ip_address("192.0.2.77"), prefix=24, routers=(ROUTER,)
)
OTHER_OFFER = replace(
    OFFER, server=ip_address("192.0.2.9"), mac=OTHER_MAC, routers=(ip_address("192.0.2.9"),)
)
NAT, LAN = nat_host, bridge_host
RESTART = "vnetmgr restart-network lab"
PLUG_NAT = "vnetmgr update-nic web1 lan --network lab"
PLUG_LAN = "vnetmgr update-nic web1 lan --bridge br0"
TCP_IN = FilterRule(action="accept", direction="in", protocol="tcp")

FAULTS: dict[str, Fault] = {
    # The domain and its nic.
    "paused": Fault(
        LAN,
        lambda facts: with_domain(facts, state=DomainState.PAUSED, reason="I/O error"),
        "domain-not-running",
        "whoever",
        "virsh resume web1",
    ),
    "crashed, whatever else is wrong": Fault(
        NAT,
        chained(lambda facts: with_domain(facts, state=DomainState.CRASHED), down("virbr0")),
        "domain-not-running",
        "whoever",
        "virsh reset web1",
    ),
    "link down in the domain": Fault(
        LAN,
        lambda facts: with_nic(facts, link="down"),
        "link-down",
        "domain web1",
        "vnetmgr update-nic web1 lan --link up",
        fixable=True,
    ),
    "nic in the config alone": Fault(
        LAN,
        lambda facts: shut_off_nic(facts),
        "nic-in-config-only",
        "domain web1",
        "virsh shutdown web1",
        status=Status.WARNING,
    ),
    "a MAC that waits for the next start": Fault(
        LAN,
        lambda facts: with_nic(facts, config=False, mac=OTHER_MAC),
        "nic-pending",
        "domain web1",
        None,
        status=Status.WARNING,
    ),
    # The guest, by its agent.
    "no driver in the guest": Fault(
        LAN,
        lambda facts: with_agent(with_count(facts, 0), GuestLink(name="lo", mac=None)),
        "guest-no-driver",
        "the guest of domain web1",
        "modprobe virtio_net  # in the guest",
    ),
    "link down in the guest from its start on": Fault(
        LAN,
        lambda facts: with_agent(with_count(facts, 0), GuestLink(name="eth0", mac=MAC)),
        "guest-link-down",
        "the guest of domain web1",
        "ip link set eth0 up  # in the guest",
    ),
    "link down in a guest that had an address": Fault(
        NAT,
        lambda facts: silenced(facts),
        "guest-link-down",
        "the guest of domain web1",
        "ip link set eth0 up  # in the guest",
    ),
    "link down in a guest that has sent something": Fault(
        LAN,
        lambda facts: with_agent(
            facts,
            GuestLink(
                name="lo",
                mac=None,
                addresses=(GuestAddress(address=ip_address("::1"), prefix=128),),
            ),
            GuestLink(name="eth0", mac=MAC),
        ),
        "guest-no-address",
        "the guest of domain web1",
        "ip link set eth0 up  # in the guest",
    ),
    "a guest that gave up on DHCP": Fault(
        LAN,
        lambda facts: with_agent(
            facts,
            GuestLink(
                name="eth0",
                mac=MAC,
                addresses=(
                    GuestAddress(address=ip_address("169.254.7.8"), prefix=16),
                    GuestAddress(address=ip_address("fe80::1"), prefix=64),
                ),
            ),
        ),
        "guest-no-address",
        "the guest of domain web1",
        "dhclient eth0  # in the guest",
        status=Status.WARNING,
    ),
    # Networks.
    "network inactive under a running guest": Fault(
        NAT,
        off,
        "network-inactive",
        "libvirt's network lab",
        "vnetmgr start-network lab",
        fixable=True,
    ),
    "nic of a stopped network, the domain off": Fault(
        NAT,
        chained(off, shut_off),
        "network-inactive",
        "libvirt's network lab",
        "vnetmgr start-network lab",
        fixable=True,
    ),
    "network that is not there": Fault(
        NAT,
        chained(shut_off, lambda facts: replace(facts, networks=())),
        "network-missing",
        "libvirt",
        "vnetmgr create-network lab",
    ),
    "network not autostarted": Fault(
        NAT,
        lambda facts: replace(facts, networks=(replace(facts.networks[0], autostart=False),)),
        "network-no-autostart",
        "libvirt's network lab",
        "vnetmgr update-network lab --autostart",
        fixable=True,
        status=Status.WARNING,
    ),
    "subnet on another link of the host": Fault(
        NAT,
        lambda facts: replace(facts, routes=(*routes(facts), route("192.168.150.0/24", "eth0"))),
        "subnet-overlap",
        "route to 192.168.150.0/24 by eth0",
        "vnetmgr update-network lab --subnet 192.168.X.0/24 --allow restart  # one that is free",
    ),
    "a part of the subnet by a VPN": Fault(
        NAT,
        lambda facts: replace(facts, routes=(*routes(facts), route("192.168.150.64/26", "wg0"))),
        "subnet-overlap",
        "route to 192.168.150.64/26 by wg0",
        "vnetmgr update-network lab --subnet 192.168.X.0/24 --allow restart  # one that is free",
    ),
    "network that cannot start for an overlap": Fault(
        NAT,
        chained(
            off,
            lambda facts: replace(
                facts, routes=(*routes(facts), route("192.168.150.0/24", "eth0"))
            ),
        ),
        "subnet-overlap",
        "route to 192.168.150.0/24 by eth0",
        "vnetmgr update-network lab --subnet 192.168.X.0/24 --allow restart  # one that is free",
    ),
    "gateway's address lost": Fault(
        NAT,
        lambda facts: with_link(facts, "virbr0", addresses=()),
        "gateway-address-lost",
        "libvirt's network lab",
        RESTART,
        fixable=True,
    ),
    # Tap and bridge.
    "orphaned tap": Fault(
        NAT,
        lambda facts: with_link(facts, "vnet0", master=None, port=None),
        "tap-not-on-bridge",
        "link vnet0",
        PLUG_NAT,
        fixable=True,
    ),
    "a repair that was cut short": Fault(
        NAT,
        lambda facts: with_nic(
            with_link(facts, "vnet0", master=None, port=None),
            config=False,
            source=Source(Mode.NETWORK, "vnetmgr-hop-lab"),
            bridge="vnetmgr-hop0",
        ),
        "tap-not-on-bridge",
        "link vnet0",
        PLUG_NAT,
        fixable=True,
    ),
    "orphaned tap of a bridge": Fault(
        LAN,
        lambda facts: with_link(facts, "vnet0", master=None, port=None),
        "tap-not-on-bridge",
        "link vnet0",
        PLUG_LAN,
        fixable=True,
    ),
    "orphaned port of Open vSwitch": Fault(
        switch_host,
        lambda facts: replace(facts, switch_ports={}),
        "tap-not-on-bridge",
        "link vnet0",
        "vnetmgr update-nic web1 lan --bridge ovsbr0",
        fixable=True,
    ),
    "tap on the wrong bridge": Fault(
        LAN,
        lambda facts: with_links(facts, hosts.bridge("br9"), hosts.port("vnet0", "br9")),
        "tap-on-wrong-bridge",
        "link vnet0",
        PLUG_LAN,
        fixable=True,
    ),
    "no such bridge": Fault(
        LAN,
        chained(shut_off, lambda facts: without_link(facts, "br0")),
        "bridge-missing",
        "the host's network configuration",
        "ip link add br0 up type bridge",
    ),
    "bridge of a network deleted": Fault(
        NAT,
        chained(
            lambda facts: without_link(facts, "virbr0"),
            lambda facts: with_link(facts, "vnet0", master=None, port=None),
        ),
        "bridge-missing",
        "libvirt's network lab",
        RESTART,
        fixable=True,
    ),
    "tap gone": Fault(
        LAN,
        lambda facts: without_link(facts, "vnet0"),
        "tap-missing",
        "domain web1",
        "virsh shutdown web1",
    ),
    "tap down": Fault(LAN, down("vnet0"), "tap-down", "link vnet0", "ip link set vnet0 up"),
    "tap that nobody holds": Fault(
        LAN,
        lambda facts: with_link(facts, "vnet0", carrier=False),
        "tap-no-carrier",
        "domain web1",
        "virsh shutdown web1",
    ),
    "bridge down": Fault(
        NAT, down("virbr0"), "bridge-down", "link virbr0", "ip link set virbr0 up"
    ),
    "bridge down, so that DHCP is silent": Fault(
        LAN,
        chained(down("br0"), lambda facts: with_agent(facts, GuestLink(name="eth0", mac=MAC))),
        "bridge-down",
        "link br0",
        "ip link set br0 up",
    ),
    "port blocked": Fault(
        LAN,
        lambda facts: with_port(facts, "vnet0", state="blocking"),
        "port-blocked",
        "bridge br0",
        "bridge link set dev vnet0 state 3",
    ),
    "port that learns yet": Fault(
        LAN,
        lambda facts: with_port(facts, "vnet0", state="learning"),
        "port-blocked",
        "bridge br0",
        "ip link set br0 type bridge forward_delay 200",
        status=Status.WARNING,
    ),
    "tap and uplink isolated": Fault(
        LAN,
        chained(
            lambda facts: with_port(facts, "vnet0", isolated=True),
            lambda facts: with_port(facts, "eth0", isolated=True),
        ),
        "port-isolated",
        "bridge br0, port eth0",
        "bridge link set dev eth0 isolated off",
    ),
    "port that neither learns nor floods": Fault(
        LAN,
        lambda facts: with_port(facts, "vnet0", learning=False, flood=False),
        "port-deaf",
        "bridge br0, port vnet0",
        "bridge link set dev vnet0 learning on flood on",
    ),
    "duplicate MAC of two domains": Fault(
        LAN,
        twin,
        "mac-duplicate",
        "web2/lan",
        "vnetmgr update-nic web2 lan --mac 52:54:00:6d:97:df --allow replug",
    ),
    "MAC of the host's own card": Fault(
        LAN,
        lambda facts: with_link(facts, "eth0", mac=MAC),
        "mac-of-host",
        "link eth0",
        "vnetmgr update-nic web1 lan --mac 52:54:00:b7:8d:3a --allow replug",
    ),
    "MAC behind another port": Fault(
        LAN,
        lambda facts: replace(facts, fdb=(FdbEntry(mac=MAC, link="eth0", bridge="br0"),)),
        "mac-elsewhere",
        "whoever is behind eth0",
        f"bridge fdb show br br0 | grep {MAC}",
    ),
    # VLANs.
    "tap in no VLAN": Fault(
        filtering_host,
        lambda facts: replace(
            facts, vlans=tuple(each for each in facts.vlans or () if each.link != "vnet0")
        ),
        "vlan-none",
        "bridge br0, port vnet0",
        "bridge vlan add dev vnet0 vid 1 pvid untagged",
    ),
    "tap in another VLAN": Fault(
        lambda: filtering_host(30),
        lambda facts: with_nic(facts, vlan=(40,)),
        "vlan-other",
        "bridge br0, port vnet0",
        "bridge vlan add dev vnet0 vid 40 pvid untagged",
    ),
    "VLAN that the uplink lacks": Fault(
        lambda: filtering_host(30),
        lambda facts: replace(
            facts,
            vlans=(
                *(each for each in facts.vlans or () if each.link != "eth0"),
                PortVlan(link="eth0", first=1, last=29),
            ),
        ),
        "vlan-not-on-uplink",
        "bridge br0, port eth0",
        "bridge vlan add dev eth0 vid 30",
    ),
    "VLAN that nobody applies": Fault(
        LAN,
        lambda facts: with_nic(facts, vlan=(30,)),
        "vlan-not-applied",
        "bridge br0",
        "ip link set br0 type bridge vlan_filtering 1",
        status=Status.WARNING,
    ),
    # Uplinks.
    "uplink without carrier": Fault(
        LAN,
        lambda facts: with_link(facts, "eth0", carrier=False),
        "uplink-no-carrier",
        "link eth0",
        "ethtool eth0",
    ),
    "uplink down": Fault(LAN, down("eth0"), "uplink-down", "link eth0", "ip link set eth0 up"),
    "card below a VLAN without carrier": Fault(
        vlan_link,
        chained(
            lambda facts: with_link(facts, "eth0.30", carrier=False),
            lambda facts: with_link(facts, "eth0", carrier=False),
        ),
        "uplink-no-carrier",
        "link eth0",
        "ethtool eth0",
    ),
    "all cards of a bond without carrier": Fault(
        bonded,
        chained(
            *(
                lambda facts, name=name: with_link(facts, name, carrier=False)
                for name in ("bond0", "eth0", "eth1")
            )
        ),
        "uplink-no-carrier",
        "link eth1",
        "ethtool eth1",
    ),
    "one card of a bond without carrier": Fault(
        bonded,
        lambda facts: with_link(facts, "eth1", carrier=False),
        "bond-degraded",
        "bond bond0",
        "cat /proc/net/bonding/bond0",
        status=Status.WARNING,
    ),
    "bond that answers ARP with its cards' MACs": Fault(
        bonded,
        lambda facts: with_link(facts, "bond0", bond_mode="balance-alb"),
        "bond-degraded",
        "bond bond0",
        "ip link set bond0 type bond mode active-backup  # with the bond down",
        status=Status.WARNING,
    ),
    "the next bridge down": Fault(
        two_bridges, down("br1"), "uplink-down", "link br1", "ip link set br1 up"
    ),
    "the next bridge's card without carrier": Fault(
        two_bridges,
        lambda facts: with_link(facts, "eth0", carrier=False),
        "uplink-no-carrier",
        "link eth0",
        "ethtool eth0",
    ),
    "macvtap on a card without carrier": Fault(
        direct_host,
        lambda facts: with_link(facts, "eth0", carrier=False),
        "uplink-no-carrier",
        "link eth0",
        "ethtool eth0",
    ),
    "macvtap on a link that is gone": Fault(
        direct_host,
        lambda facts: without_link(facts, "eth0"),
        "direct-link-missing",
        "the host's network configuration",
        None,
    ),
    "macvtap on Wi-Fi": Fault(
        direct_host,
        wifi,
        "uplink-foreign-mac",
        "link eth0: the access point",
        "vnetmgr update-nic web1 lan --nat",
    ),
    "bridge on Wi-Fi": Fault(
        LAN,
        wifi,
        "uplink-foreign-mac",
        "link eth0: the access point",
        "vnetmgr update-nic web1 lan --nat",
    ),
    "nested uplink that takes no foreign MAC": Fault(
        LAN,
        nested,
        "uplink-foreign-mac",
        "link eth0: Hyper-V",
        "vnetmgr update-nic web1 lan --nat",
    ),
    "host's address left on the uplink": Fault(
        LAN,
        lambda facts: with_link(facts, "eth0", addresses=(hosts.address("192.0.2.10/24"),)),
        "uplink-has-address",
        "the host's network configuration",
        "ip address del 192.0.2.10/24 dev eth0 && ip address add 192.0.2.10/24 dev br0",
        status=Status.WARNING,
    ),
    "LAN's router silent to the host": Fault(
        LAN,
        lambda facts: replace(
            facts,
            neighbours=(
                Neighbour(address=ip_address("192.0.2.1"), link="br0", mac=None, state="failed"),
            ),
        ),
        "router-no-answer",
        "the LAN behind br0",
        "arping -c 3 -I br0 192.0.2.1",
        status=Status.WARNING,
    ),
    # Filters of libvirt's.
    "filter that is not there": Fault(
        NAT,
        lambda facts: named(facts, name="other"),
        "filter-missing",
        "libvirt",
        "vnetmgr update-nic web1 lan --filter none",
    ),
    "void filter, br_netfilter off": Fault(
        LAN,
        lambda facts: with_sysctl(named(facts, TCP_IN), "net/bridge/bridge-nf-call-iptables", 0),
        "filter-void",
        "sysctl net.bridge.bridge-nf-call-iptables",
        "modprobe br_netfilter && sysctl -w net.bridge.bridge-nf-call-iptables=1",
        status=Status.WARNING,
    ),
    "void filter, br_netfilter not loaded": Fault(
        LAN,
        lambda facts: named(
            facts, FilterRule(action="drop", direction="inout", protocol="tcp-ipv6")
        ),
        "filter-void",
        "sysctl net.bridge.bridge-nf-call-ip6tables",
        "modprobe br_netfilter && sysctl -w net.bridge.bridge-nf-call-ip6tables=1",
        status=Status.WARNING,
    ),
    # The host as a router.
    "dnsmasq dead": Fault(
        NAT,
        lambda facts: replace(facts, dnsmasqs=(replace((facts.dnsmasqs or ())[0], pid=None),)),
        "dnsmasq-dead",
        "libvirt's network lab",
        RESTART,
        fixable=True,
    ),
    "DHCP pool exhausted": Fault(
        NAT,
        leased_out,
        "dhcp-pool-exhausted",
        "libvirt's network lab",
        "vnetmgr update-network lab --dhcp-range FIRST-LAST  # a longer one",
    ),
    "DHCP pool of reservations and the gateway": Fault(
        NAT,
        lambda facts: with_network(
            replace(with_domain(facts, agent=None), leases=()),
            dhcp_ranges=(
                DhcpRange(start=ip_address("192.168.150.1"), end=ip_address("192.168.150.1")),
            ),
        ),
        "dhcp-pool-exhausted",
        "libvirt's network lab",
        "vnetmgr update-network lab --dhcp-range FIRST-LAST  # a longer one",
    ),
    "ip_forward off": Fault(
        NAT,
        lambda facts: with_sysctl(facts, "net/ipv4/ip_forward", 0),
        "no-ip-forward",
        "sysctl net.ipv4.ip_forward",
        "sysctl -w net.ipv4.ip_forward=1",
    ),
    "forwarding off at the bridge": Fault(
        lambda: network_host(network_of(NetworkMode.ROUTED, bridge_name="virbr0.1")),
        lambda facts: with_sysctl(facts, "net/ipv4/conf/virbr0.1/forwarding", 0),
        "no-ip-forward",
        "sysctl net.ipv4.conf.virbr0.1.forwarding",
        "sysctl -w net/ipv4/conf/virbr0.1/forwarding=1",
    ),
    "IPv6 forwarding off": Fault(
        lambda: nat_host(ipv6=True),
        lambda facts: with_sysctl(facts, "net/ipv6/conf/all/forwarding", 0),
        "no-ip-forward",
        "sysctl net.ipv6.conf.all.forwarding",
        "sysctl -w net.ipv6.conf.all.forwarding=1",
    ),
    "table of connections full": Fault(
        NAT,
        lambda facts: with_sysctl(facts, "net/netfilter/nf_conntrack_count", 65536),
        "conntrack-full",
        "sysctl net.netfilter.nf_conntrack_max",
        "sysctl -w net.netfilter.nf_conntrack_max=131072",
    ),
    "rp_filter drop": Fault(
        NAT,
        lambda facts: with_sysctl(
            replace(facts, routes=(*routes(facts)[:2], route("192.168.0.0/16", "wg0"))),
            "net/ipv4/conf/all/rp_filter",
            1,
        ),
        "rp-filter-drops",
        "sysctl net.ipv4.conf.all.rp_filter",
        "sysctl -w net.ipv4.conf.all.rp_filter=2",
    ),
    "default route by a link that is down": Fault(
        NAT,
        lambda facts: replace(
            facts,
            routes=tuple(
                route("0.0.0.0/0", "eth0", via="192.0.2.1", dead=True)
                if not x.destination.prefixlen
                else x
                for x in routes(facts)
            ),
        ),
        "no-default-route",
        "the host's network configuration",
        "ip link set eth0 up",
        status=Status.WARNING,
    ),
    "default route that refuses": Fault(
        NAT,
        lambda facts: replace(
            facts,
            routes=(
                *(x for x in routes(facts) if x.destination.prefixlen),
                RouteFacts(destination=ip_network("0.0.0.0/0"), kind="unreachable"),
            ),
        ),
        "no-default-route",
        "the host's network configuration",
        "ip route add default via GATEWAY  # the LAN's router",
        status=Status.WARNING,
    ),
    "forward device that is gone": Fault(
        lambda: network_host(network_of(forward_dev="eth7")),
        lambda facts: facts,
        "forward-dev-down",
        "libvirt's network lab",
        "vnetmgr update-network lab --forward-dev none",
    ),
    "guest that answers no ARP": Fault(
        NAT,
        lambda facts: replace(
            facts,
            neighbours=(
                Neighbour(
                    address=ip_address("192.168.150.20"), link="virbr0", mac=None, state="failed"
                ),
            ),
        ),
        "guest-no-answer",
        "the guest of domain web1",
        None,
        status=Status.WARNING,
    ),
    # IPv6.
    "IPv6 off at the bridge": Fault(
        lambda: nat_host(ipv6=True),
        lambda facts: with_sysctl(facts, "net/ipv6/conf/virbr0/disable_ipv6", 1),
        "ipv6-disabled",
        "sysctl net.ipv6.conf.virbr0.disable_ipv6",
        "sysctl -w net.ipv6.conf.virbr0.disable_ipv6=0",
    ),
    "host that forwards and goes by routers": Fault(
        lambda: nat_host(ipv6=True),
        lambda facts: replace(
            facts,
            routes=(*routes(facts), route("::/0", "eth0", via="fe80::9", protocol="ra")),
            sysctls={
                **(facts.sysctls or {}),
                "net/ipv6/conf/eth0/accept_ra": 1,
                "net/ipv6/conf/eth0/forwarding": 1,
            },
        ),
        "ipv6-host-ignores-routers",
        "sysctl net.ipv6.conf.eth0.accept_ra",
        "sysctl -w net.ipv6.conf.eth0.accept_ra=2",
        status=Status.WARNING,
    ),
    # MTU.
    "MTU of guest and tap": Fault(
        LAN,
        lambda facts: with_nic(facts, mtu=9000),
        "mtu-guest-tap",
        "link vnet0",
        "ip link set vnet0 mtu 9000",
    ),
    "MTU of tap and guest that was told nothing": Fault(
        LAN,
        lambda facts: with_link(facts, "vnet0", mtu=1400),
        "mtu-guest-tap",
        "link vnet0",
        "ip link set vnet0 mtu 1500",
    ),
    "MTU of tap and bridge": Fault(
        LAN,
        lambda facts: with_link(facts, "br0", mtu=1400),
        "mtu-tap-bridge",
        "bridge br0",
        "ip link set br0 mtu 1500",
    ),
    "MTU of bridge and a smaller tap": Fault(
        lambda: bridge_host(mtu=9000),
        lambda facts: with_nic(with_link(facts, "vnet0", mtu=1500), mtu=1500),
        "mtu-tap-bridge",
        "link vnet0",
        "vnetmgr update-nic web1 lan --mtu 9000 --allow replug",
        status=Status.WARNING,
    ),
    "MTU of the uplink, which its bridge has taken over": Fault(
        lambda: bridge_host(mtu=9000),
        lambda facts: with_link(with_link(facts, "eth0", mtu=1500), "br0", mtu=1500),
        "mtu-uplink",
        "link eth0",
        "vnetmgr update-nic web1 lan --mtu 1500 --allow replug",
    ),
    "MTU of tap and uplink": Fault(
        lambda: bridge_host(mtu=9000),
        lambda facts: with_link(facts, "eth0", mtu=1500),
        "mtu-uplink",
        "link eth0",
        "vnetmgr update-nic web1 lan --mtu 1500 --allow replug",
    ),
    # What a probe saw.
    "duplicate address on the LAN": Fault(
        LAN,
        lambda facts: probed(
            facts, arp=(ArpAnswer(address=ip_address("192.0.2.20"), macs=(MAC, OTHER_MAC)),)
        ),
        "duplicate-address",
        f"whoever has MAC {OTHER_MAC}",
        f"bridge fdb show br br0 | grep {OTHER_MAC}",
    ),
    "two DHCP servers": Fault(
        LAN,
        lambda facts: probed(facts, offers=(OFFER, OTHER_OFFER)),
        "several-dhcp-servers",
        f"whoever has MAC {OTHER_MAC}",
        f"bridge fdb show br br0 | grep {OTHER_MAC}",
    ),
    "no DHCP server on the LAN": Fault(
        LAN,
        lambda facts: probed(with_domain(facts, agent=None), offers=()),
        "no-dhcp-server",
        "the network behind br0",
        "tcpdump -eni br0 'port 67 or port 68'",
    ),
    "no DHCP server on a network": Fault(
        NAT,
        lambda facts: probed(
            replace(with_domain(facts, agent=None), leases=()), bridge="virbr0", offers=()
        ),
        "no-dhcp-server",
        "network lab",
        RESTART,
    ),
    "gateway that nobody has": Fault(
        LAN,
        lambda facts: probed(
            facts, arp=(ArpAnswer(address=ip_address("192.0.2.20"), macs=(MAC,)),)
        ),
        "gateway-silent",
        f"the DHCP server 192.0.2.1 ({LAN_MAC})",
        "arping -I br0 192.0.2.1",
    ),
    # User mode.
    "user-mode forward whose port is taken": Fault(
        user_host,
        taken,
        "user-forward-port-taken",
        "nginx",
        "vnetmgr remove-forward web1 8080/tcp  # then add it with another port of the host",
    ),
    "user-mode forward that a start has lost": Fault(
        user_host,
        lambda facts: replace(taken(facts), listeners=()),
        "user-forward-lost",
        "domain web1",
        "vnetmgr add-forward web1 8080:80/tcp --allow taint",
    ),
}


def probed(facts: PathFacts, bridge: str = "br0", **seen: Any) -> PathFacts:
    """A probe stood beside the guest."""
    place = ProbePlace(bridge=bridge)
    found = {"offers": (OFFER,), "no_sender": "no address was free", **seen}
    return replace(facts, probes=(ProbeFacts(place=place, **found),))


def routes(facts: PathFacts) -> tuple[RouteFacts, ...]:
    return facts.routes or ()


def shut_off_nic(facts: PathFacts) -> PathFacts:
    """The domain runs without it."""
    (domain,) = facts.domains
    (nic,) = domain.nics
    return without_link(with_domain(facts, nics=(replace(nic, live=None),)), "vnet0")


def silenced(facts: PathFacts) -> PathFacts:
    """`ip link set eth0 down` in the guest: the kernel keeps its IPv4 address, and the agent tells
    it; of IPv6 nothing is left. The host has asked since."""
    facts = with_agent(
        facts,
        GuestLink(
            name="lo",
            mac=None,
            addresses=(GuestAddress(address=ip_address("::1"), prefix=128),),
        ),
        GuestLink(
            name="eth0",
            mac=MAC,
            addresses=(GuestAddress(address=ip_address("192.168.150.20"), prefix=24),),
        ),
    )
    near = Neighbour(address=ip_address("192.168.150.20"), link="virbr0", mac=None, state="failed")
    return replace(facts, neighbours=(near,))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_named_first(fault: Fault) -> None:
    cause = broken(fault.change(fault.host()))
    assert (cause.check, cause.status) == (fault.check, fault.status), cause
    assert cause.owner is not None
    assert fault.owner in cause.owner
    assert (cause.remedy, cause.fixable) == (fault.remedy, fault.fixable)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_without_the_fault_nothing_is_to_be_mended(fault: Fault) -> None:
    for path in walk(fault.host()):
        if fault.check != "forward-dev-down":  # a host that is broken from its start on
            assert path.first_cause is None


def test_what_is_broken_comes_before_what_is_to_be_warned_of() -> None:
    facts = with_link(bridge_host(), "eth0", addresses=(hosts.address("192.0.2.10/24"),))
    facts = with_link(facts, "br0", mtu=1400)
    assert broken(facts).check == "mtu-tap-bridge"


def test_a_host_may_be_meant_to_have_no_default_route() -> None:
    facts = nat_host()
    near = tuple(each for each in routes(facts) if each.destination.prefixlen)
    (path,) = walk(replace(facts, routes=near))
    (found,) = [each for each in path.findings if each.check == "no-default-route"]
    assert (found.status, path.first_cause) == (Status.INFO, None)
    assert found.remedy == "ip route add default via GATEWAY  # the LAN's router"


def test_a_bridge_with_another_uplink_goes_on() -> None:
    facts = with_links(bridge_host(), hosts.port("eth1", "br0", kind=None))
    cause = broken(with_link(facts, "eth0", carrier=False))
    assert (cause.check, cause.status) == ("uplink-no-carrier", Status.WARNING)


def test_a_guest_on_another_vlan_may_have_the_same_mac() -> None:
    facts = twin(bridge_host())
    first, second = facts.domains
    live = second.nics[0].live
    assert live is not None
    other = replace(second, nics=(replace(second.nics[0], live=replace(live, vlan=(7,))),))
    (path,) = walk(replace(facts, domains=(first, other)))
    assert path.first_cause is None


def test_macs_clash_across_bridges_that_are_joined() -> None:
    facts = twin(two_bridges())
    first, second = facts.domains
    live = second.nics[0].live
    assert live is not None
    moved = replace(live, bridge="br1", source=Source(Mode.BRIDGE, "br1"))
    other = replace(second, nics=(replace(second.nics[0], live=moved),))
    facts = replace(facts, domains=(first, other))
    assert broken(with_links(facts, hosts.port("vnet1", "br1"))).check == "mac-duplicate"


def test_rp_filter_is_not_judged_past_policy_routing() -> None:
    """Which table a packet is looked up in may depend on what cannot be known."""
    from vnetmgr.model.path.routes import RouteRule

    facts = with_sysctl(nat_host(), "net/ipv4/conf/virbr0/rp_filter", 1)
    rule = RouteRule(version=4, priority=100, table="51820", other=("fwmark",))
    (path,) = walk(replace(facts, route_rules=(*(facts.route_rules or ()), rule)))
    found = {each.check: each for each in path.findings}
    assert found["rp-filter-drops"].status is Status.NOT_CHECKED
    assert path.first_cause is None


def test_a_reply_by_several_links_is_not_judged() -> None:
    hops = (NextHop(link="virbr0"), NextHop(link="eth0"))
    facts = with_sysctl(nat_host(), "net/ipv4/conf/virbr0/rp_filter", 1)
    both = RouteFacts(destination=ip_network("192.168.150.0/25"), hops=hops)
    (path,) = walk(replace(facts, routes=(*routes(facts), both)))
    found = {each.check: each for each in path.findings}
    assert found["rp-filter-drops"].status is Status.NOT_CHECKED


def test_two_faults_on_two_nics_are_each_named() -> None:
    """And neither on the other's."""
    facts = bridge_host()
    (web1,) = facts.domains
    nat = nat_host()
    mgmt = replace(nat.domains[0].nics[0])
    assert mgmt.live is not None
    assert mgmt.config is not None
    own = {"name": "mgmt", "mac": OTHER_MAC}
    there = replace(
        mgmt,
        live=replace(mgmt.live, target="vnet1", **own),
        config=replace(mgmt.config, **own),
    )
    nat_links = [each for each in nat.links or () if each.name == "virbr0"]
    facts = replace(
        with_links(facts, *nat_links, replace(hosts.port("vnet1", "virbr0"), up=False)),
        domains=(replace(web1, nics=(*web1.nics, there), agent=None),),
        networks=nat.networks,
        dnsmasqs=nat.dnsmasqs,
    )
    facts = with_link(facts, "eth0", carrier=False)
    causes = {
        path.nic: path.first_cause.check for path in walk(facts) if path.first_cause is not None
    }
    assert causes == {"lan": "uplink-no-carrier", "mgmt": "tap-down"}


def test_a_lease_that_has_run_out_takes_no_address() -> None:
    facts = leased_out(nat_host())
    expired = tuple(replace(each, expires_s=NOW_S - 1) for each in facts.leases or ())
    (path,) = walk(replace(facts, leases=expired))
    assert path.first_cause is None


def test_a_full_pool_is_no_trouble_for_who_has_an_address() -> None:
    facts = leased_out(nat_host())
    mine = replace((facts.leases or ())[0], mac=MAC)
    cause = broken(replace(facts, leases=(mine, *(facts.leases or ())[1:])))
    assert (cause.check, cause.status) == ("dhcp-pool-exhausted", Status.WARNING)


def test_the_machine_that_answers_is_no_link_of_the_hosts() -> None:
    """The bridge's own MAC is that of one of its ports, as a rule."""
    facts = with_link(bridge_host(), "br0", mac=LAN_MAC)
    (path,) = walk(facts)
    assert path.first_cause is None
