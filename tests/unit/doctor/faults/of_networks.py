"""Faults of libvirt's networks, and of the host as their router."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from tests.unit.doctor.faults.fault import (
    LAN,
    NAT,
    OFFER,
    OTHER_OFFER,
    RESTART,
    TCP_IN,
    Fault,
    leased_out,
    named,
    off,
    probed,
    routes,
    shut_off,
)
from tests.unit.doctor.hosts import (
    LAN_MAC,
    MAC,
    OTHER_MAC,
    chained,
    nat_host,
    network_host,
    network_of,
    route,
    with_domain,
    with_link,
    with_network,
    with_sysctl,
)
from vnetmgr.model.dhcp import DhcpRange, Route
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.path.finding import Status
from vnetmgr.model.path.links import Neighbour
from vnetmgr.model.path.networks import FilterRule
from vnetmgr.model.path.probe import ArpAnswer
from vnetmgr.model.path.routes import RouteFacts
from vnetmgr.model.record import replace

BEHIND = Route(subnet=ip_network("10.9.0.0/16"), via=ip_address("192.168.150.2"))

FAULTS: dict[str, Fault] = {
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
    "a network's route lost": Fault(
        NAT,
        lambda facts: with_network(facts, routes=(BEHIND,)),
        "network-route-lost",
        "libvirt's network lab",
        "ip route replace 10.9.0.0/16 via 192.168.150.2 dev virbr0 metric 1",
        status=Status.WARNING,
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
        lambda: network_host(network_of(forward_devs=("eth7",))),
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
}
