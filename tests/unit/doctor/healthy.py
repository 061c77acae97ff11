"""Some hundred hosts on which nothing is wrong, each in its own way."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from itertools import product
from typing import TYPE_CHECKING

from tests.unit.doctor import hosts
from tests.unit.doctor.hosts import (
    MAC,
    OTHER_MAC,
    bridge_host,
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
from tests.unit.doctor.overlay_hosts import overlay_host, with_chassis, with_overlays
from tests.unit.doctor.rulesets import loaded
from vnetmgr.model.dhcp import Reservation, Route
from vnetmgr.model.forward import Forward, Protocol
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.path.domains import DomainState, GuestAddress, GuestLink
from vnetmgr.model.path.links import LinkFacts, Neighbour
from vnetmgr.model.path.networks import FilterFacts, FilterRule, NetworkFacts
from vnetmgr.model.path.overlays import Tunnel
from vnetmgr.model.path.routes import RouteRule
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import Listener

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.path.facts import PathFacts

# Whoever has rules beside libvirt, where they let a NAT network through.
_FIREWALLS = {
    "libvirt alone": ("libvirt",),
    "on nftables": ("libvirt_nftables",),
    "with Docker": ("docker_libvirt",),
    "with ufw": ("ufw_libvirt",),
    "with ufw and its allows": ("ufw_allowed", "libvirt_nftables"),
    "with firewalld": ("firewalld", "libvirt_nftables"),
}
# The same for what is bridged, and whether br_netfilter may be on.
_BRIDGE_FIREWALLS = {
    "no rules": ((), True),
    "Docker, no br_netfilter": (("docker",), False),
    "Docker with a rule in DOCKER-USER": (("docker_user",), True),
    "ufw with a route": (("ufw_allowed",), True),
    "ufw, no br_netfilter": (("ufw",), False),
    "firewalld, no br_netfilter": (("firewalld_without_zone",), False),
    "somebody's, no br_netfilter": (("corp",), False),
}


def healthy() -> Iterator[tuple[str, PathFacts]]:
    """Each with a name that says what it is."""
    yield from _nat()
    yield from _other_networks()
    yield from _lan()
    yield from _filtering()
    yield from _past_bridges()
    yield from _single_networks()
    yield from _overlays()
    yield from _single_bridges()
    yield from _single_guests()


def _overlays() -> Iterator[tuple[str, PathFacts]]:
    yield "overlay", overlay_host()
    yield (
        "overlay, in the kernel",
        with_chassis(with_nic(overlay_host(), extra=None), userspace=False),
    )
    yield "overlay, larger packets between hosts", with_chassis(overlay_host(), underlay_mtu=9000)
    yield (
        "overlay, watched tunnels",
        with_overlays(
            overlay_host(), tunnels=(Tunnel(name="ovn-kvm2-0", remote="10.99.1.12", alive=True),)
        ),
    )


def by_iptables(facts: PathFacts) -> PathFacts:
    """With br_netfilter on."""
    for program in ("iptables", "ip6tables"):
        facts = with_sysctl(facts, f"net/bridge/bridge-nf-call-{program}", 1)
    return facts


def _nat() -> Iterator[tuple[str, PathFacts]]:
    for (what, names), named, agent, is_bridged in product(
        _FIREWALLS.items(), (True, False), (True, False), (True, False)
    ):
        facts = replace(nat_host(named=named, agent=agent), rulesets=loaded(*names))
        marks = f"named={named} agent={agent} br_netfilter={is_bridged}"
        yield f"NAT, {what}, {marks}", by_iptables(facts) if is_bridged else facts
    for what in ("libvirt alone", "on nftables", "with firewalld"):
        facts = nat_host(ipv6=True)
        yield f"NAT with IPv6, {what}", replace(facts, rulesets=loaded(*_FIREWALLS[what]))


def _other_networks() -> Iterator[tuple[str, PathFacts]]:
    modes = (NetworkMode.ROUTED, NetworkMode.OPEN, NetworkMode.ISOLATED)
    subnets = {
        "IPv4": ("10.9.0.0/16",),
        "both": ("10.9.0.0/24", "2001:db8:9::/64"),
        "IPv6": ("2001:db8:9::/64",),
    }
    for mode, (what, nets), agent, mtu in product(
        modes, subnets.items(), (True, False), (1400, 1500, 9000)
    ):
        network = network_of(mode, subnets=nets, bridge_name="virbr7", mtu=mtu)
        facts = network_host(network, agent=agent, mtu=mtu)
        yield f"{mode}, {what}, agent={agent}, MTU {mtu}", facts


def _lan() -> Iterator[tuple[str, PathFacts]]:
    for (what, (names, calls)), addressed, agent, network in product(
        _BRIDGE_FIREWALLS.items(), (True, False), (True, False), (True, False)
    ):
        facts = bridge_host(address_on_bridge=addressed, agent=agent, network=network)
        facts = replace(facts, rulesets=loaded(*names))
        marks = f"address={addressed} agent={agent} network={network}"
        yield f"LAN, {what}, {marks}", by_iptables(facts) if calls else facts
    for mtu, stp in product((1400, 1500, 9000), (True, False)):
        if (mtu, stp) != (1500, False):
            yield f"LAN, MTU {mtu}, STP {stp}", bridge_host(mtu=mtu, stp=stp)


def _filtering() -> Iterator[tuple[str, PathFacts]]:
    for tag in (None, 2, 30, 4094):
        yield f"VLAN-filtering bridge, VLAN {tag}", filtering_host(tag)
        docker = replace(filtering_host(tag), rulesets=loaded("docker"))
        yield f"VLAN-filtering bridge, VLAN {tag}, Docker, no br_netfilter", docker
    facts = filtering_host()
    yield "a trunk that its guest tags", with_nic(facts, vlan=(10, 20))


def _past_bridges() -> Iterator[tuple[str, PathFacts]]:
    for mode in ("bridge", "vepa", "private", "passthrough"):
        yield f"macvtap, {mode}", direct_host(mode)
        yield f"macvtap, {mode}, no agent", with_domain(direct_host(mode), agent=None)
    yield "user mode", user_host()
    yield "user mode, no agent", with_domain(user_host(), agent=None)
    qemu = Listener(
        protocol=Protocol.TCP, address=ip_address("0.0.0.0"), port=8080, program="qemu-system-x86"
    )
    forward = Forward(nic="lan", host_port=8080, guest_port=80)
    yield "user mode with a forward", replace(user_host(forwards=(forward,)), listeners=(qemu,))
    yield "Open vSwitch", switch_host()
    yield "Open vSwitch with a tag", with_nic(switch_host(), vlan=(7,))
    yield "Open vSwitch, no agent", with_domain(switch_host(), agent=None)
    pool = network_of(NetworkMode.BRIDGE, name="pool", bridge_name="", subnets=(), mac=None)
    pool = replace(pool, bridge=None)
    nic = hosts.nic(Source(Mode.NETWORK, "pool"), target="macvtap0")
    facts = hosts.with_domains(direct_host(), hosts.domain("web1", nic, agent="192.0.2.20/24"))
    network = NetworkFacts(name="pool", config=pool, live=pool, autostart=True)
    yield "a network of macvtaps", replace(facts, networks=(network,))
    for mode in (Mode.HOSTDEV, Mode.VHOSTUSER, Mode.VDPA, Mode.ETHERNET):
        nic = hosts.nic(Source(mode, "x"))
        facts = hosts.with_domains(hosts.empty_host(), hosts.domain("web1", nic))
        yield f"a nic of kind {mode}", facts


def _single_networks() -> Iterator[tuple[str, PathFacts]]:
    facts = nat_host()
    (network,) = facts.networks
    yield "a transient network", replace(facts, networks=(replace(network, config=None),))
    yield "a network without DHCP", with_network(replace(facts, leases=()), dhcp_ranges=())
    yield "an address of the guest's own", replace(facts, leases=())
    led = Route(subnet=ip_network("10.9.0.0/16"), via=ip_address("192.168.150.2"))
    there = route("10.9.0.0/16", "virbr0", via="192.168.150.2", metric=1)
    ways = replace(facts, routes=(*(facts.routes or ()), there))
    yield "a network's route to what is behind a guest", with_network(ways, routes=(led,))
    reserved = Reservation(mac=MAC, address=ip_address("192.168.150.20"))
    yield "a reserved address", with_network(facts, reservations=(reserved,))
    yield (
        "rp_filter, and the way back is the same",
        with_sysctl(facts, "net/ipv4/conf/all/rp_filter", 1),
    )
    wider = route("192.168.0.0/16", "wg0")
    yield "a VPN that has more", replace(facts, routes=(*(facts.routes or ()), wider))
    loose = with_sysctl(
        replace(facts, routes=(*(facts.routes or ())[:2], wider)), "net/ipv4/conf/all/rp_filter", 2
    )
    yield "loose rp_filter, and another way back", loose
    rule = RouteRule(version=4, priority=50, table="52", other=("fwmark",))
    yield "a VPN's policy routing", replace(facts, route_rules=(*(facts.route_rules or ()), rule))
    elsewhere = RouteRule(
        version=4, priority=50, table="52", destination=ip_network("100.64.0.0/10")
    )
    yield (
        "policy routing of somewhere else",
        replace(facts, route_rules=(*(facts.route_rules or ()), elsewhere)),
    )
    stale = Neighbour(address=ip_address("192.168.150.20"), link="virbr0", mac=MAC, state="stale")
    yield "a neighbour that is stale", replace(facts, neighbours=(stale,))
    gone = Neighbour(address=ip_address("192.168.150.20"), link="virbr0", mac=None, state="failed")
    yield (
        "a lease of a guest that has left",
        with_domain(replace(facts, neighbours=(gone,)), agent=None),
    )
    yield (
        "forward device that works",
        with_network(facts, forward_devs=("eth0",)),
    )


def _single_bridges() -> Iterator[tuple[str, PathFacts]]:
    facts = bridge_host()
    for mode in ("active-backup", "802.3ad", "balance-xor"):
        bond = replace(hosts.port("bond0", "br0", kind="bond"), bond_mode=mode)
        cards = tuple(
            LinkFacts(name=name, up=True, carrier=True, master="bond0") for name in ("eth0", "eth1")
        )
        yield f"a bond, {mode}", bridge_host(uplink=bond, below=cards)
    tagged = replace(hosts.port("eth0.30", "br0", kind="vlan"), parent="eth0", vlan=30)
    card = LinkFacts(name="eth0", up=True, carrier=True)
    yield "a VLAN link", bridge_host(uplink=tagged, below=(card,))
    tunnel = hosts.port("vxlan9", "br0", kind="vxlan")
    yield "a tunnel", bridge_host(uplink=tunnel)
    container = replace(hosts.port("veth7", "br0", kind="veth"), far_parent=True)
    yield "a container beside", with_links(facts, container)
    yield "a container with its link down", with_links(facts, replace(container, carrier=False))
    near = replace(hosts.port("veth0", "br0", kind="veth"), parent="veth1")
    far = replace(hosts.port("veth1", "br1", kind="veth"), parent="veth0")
    eth0 = hosts.port("eth0", "br1", kind=None)
    yield (
        "two bridges",
        bridge_host(uplink=near, below=(far, hosts.bridge("br1"), eth0)),
    )
    over = replace(hosts.port("br1.5", "br0", kind="vlan"), parent="br1", vlan=5)
    yield (
        "a bridge over a VLAN of a bridge",
        bridge_host(uplink=over, below=(hosts.bridge("br1"), eth0)),
    )
    yield "no uplink", without_link(facts, "eth0")
    yield "an isolated port", with_port(facts, "vnet0", isolated=True)
    yield "a card of a hypervisor that lets it through", with_link(facts, "eth0", driver="vmxnet3")
    yield (
        "a card of a hypervisor, and nobody to ask",
        with_link(with_domain(facts, agent=None), "eth0", driver="virtio_net"),
    )
    yield "an access point's link", with_link(facts, "eth0", wireless=True)
    yield "an uplink that is wider", with_link(facts, "eth0", mtu=9000)
    local = hosts.address("fe80::1/64")
    yield "a link-local address on the uplink", with_link(facts, "eth0", addresses=(local,))
    yield "a slow limit", with_nic(facts, inbound=_rate(8))


def _single_guests() -> Iterator[tuple[str, PathFacts]]:
    facts = bridge_host()
    yield "a guest that has been silent for minutes", replace(facts, fdb=())
    yield "a guest that has not booted yet", with_domain(with_count(facts, 0), agent=None)
    yield "no hot-plug slot", with_domain(facts, free_slots=0)
    silent = with_agent(
        facts,
        GuestLink(
            name="eth0",
            mac=MAC,
            addresses=(GuestAddress(address=ip_address("192.0.2.20"), prefix=24),),
        ),
    )
    yield "a guest without IPv6", silent
    yield (
        "a guest with IPv6 on its loopback alone",
        with_agent(
            facts,
            GuestLink(
                name="lo",
                mac=None,
                addresses=(GuestAddress(address=ip_address("::1"), prefix=128),),
            ),
            *(silent.domains[0].agent or ()),
        ),
    )
    yield (
        "a guest that has its own bridge on the nic",
        with_agent(
            facts,
            GuestLink(name="eth0", mac=MAC),
            GuestLink(
                name="br0",
                mac=MAC,
                addresses=(GuestAddress(address=ip_address("192.0.2.20"), prefix=24),),
            ),
        ),
    )
    yield "a guest that uses another MAC", with_agent(facts, GuestLink(name="b", mac=OTHER_MAC))
    yield "a nic of a transient domain", with_domain(facts, persistent=False)
    (domain,) = facts.domains
    (nic,) = domain.nics
    yield "a nic that is live alone", with_domain(facts, nics=(replace(nic, config=None),))
    off = with_domain(
        facts,
        state=DomainState.OFF,
        nics=(replace(nic, live=None, tx_packets=None),),
        agent=None,
        free_slots=None,
    )
    yield "a domain that is off", without_link(off, "vnet0")
    by_name = bridge_host(network=True)
    yield "no count of frames", with_count(by_name, None)
    clean = FilterFacts(
        name="clean-traffic",
        rules=(FilterRule(action="drop", direction="out", protocol="arp"),),
        refs=("no-mac-spoofing",),
    )
    spoof = FilterFacts(
        name="no-mac-spoofing",
        rules=(FilterRule(action="drop", direction="out", protocol="mac"),),
        refs=("clean-traffic",),
    )
    yield (
        "a filter of the bridge's own",
        replace(with_nic(facts, filter="clean-traffic"), filters=(clean, spoof)),
    )
    ports = FilterFacts(
        name="ports", rules=(FilterRule(action="accept", direction="in", protocol="tcp"),)
    )
    yield (
        "a filter that is heard",
        by_iptables(replace(with_nic(facts, filter="ports"), filters=(ports,))),
    )


def _rate(kilobytes: int) -> object:
    from vnetmgr.model.values import Bandwidth, Rate

    return Bandwidth(Rate(kilobytes))
