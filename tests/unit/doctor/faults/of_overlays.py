"""Faults of OVN, and of the host as a part of it."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, Any

from tests.unit.doctor.faults.fault import Fault
from tests.unit.doctor.hosts import OTHER_MAC, with_links, with_network, with_nic
from tests.unit.doctor.overlay_hosts import (
    NETWORK,
    OTHER_PORT,
    PORT,
    overlay_host,
    with_chassis,
    with_northbound,
    with_overlays,
    with_own_port,
    with_southbound,
)
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.overlay.southbound import Binding, SeenChassis
from vnetmgr.model.path.finding import Status
from vnetmgr.model.path.links import LinkAddress, LinkFacts
from vnetmgr.model.path.networks import NetworkFacts
from vnetmgr.model.path.overlays import Tunnel
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from vnetmgr.model.path.facts import PathFacts

_OTHER = Binding(port=OTHER_PORT, chassis="kvm2")
_KVM2 = SeenChassis(name="kvm2", hostname="kvm2", encaps=(("geneve", "10.99.1.12"),), followed=7)
_STATUS = "ovn-appctl -t ovn-controller connection-status"
_PLUG = "vnetmgr update-nic web1 lan --network blue"
_INTERFACES = "ovs-vsctl --columns=name,options,error list Interface"
_BINDING = f"ovn-sbctl find Port_Binding logical_port={PORT}"


def _twin(facts: PathFacts) -> PathFacts:
    """A copy of the domain, with another MAC and the same interfaceid."""
    (domain,) = facts.domains
    (nic,) = domain.nics
    assert nic.live is not None
    live = replace(nic.live, mac=OTHER_MAC, target="vnet1")
    copy = replace(domain, name="web2", uuid="8e1c7a52-0000-4000-a000-000000000002")
    return replace(facts, domains=(domain, replace(copy, nics=(replace(nic, live=live),))))


def with_green(facts: PathFacts, *, address: str, **blue: Any) -> PathFacts:
    """Both overlays have a way out, by one physical network; the router's address of each."""
    assert facts.overlays.northbound is not None
    (overlay,) = facts.overlays.northbound.overlays
    own = {
        "external": "physnet",
        "external_addresses": (ip_interface("10.10.0.9/24"),),
        "external_hosts": ("kvm1", "kvm2"),
    }
    other = {"name": "green", "external_addresses": (ip_interface(address),)}
    both = [replace(overlay.network, **own | more) for more in (blue, other)]
    overlays = tuple(replace(overlay, network=network) for network in both)
    facts = with_network(facts, **own | blue)
    return with_northbound(facts, overlays=overlays)


def _has_router_address(facts: PathFacts) -> PathFacts:
    """The host has the router's address on the bridge to that physical network."""
    facts = with_green(facts, address="10.10.0.8/24", subnets=(ip_network("10.67.0.0/24"),))
    facts = with_chassis(facts, bridge_mappings=(("physnet", "br-ex"),))
    address = LinkAddress(address=ip_address("10.10.0.9"), prefix=24)
    return with_links(facts, LinkFacts(name="br-ex", up=True, carrier=True, addresses=(address,)))


def _leads_out(facts: PathFacts, *mappings: str) -> PathFacts:
    """It has a way out by two hosts, which have these bridges to physical networks."""
    facts = with_green(facts, address="10.10.0.8/24", subnets=(ip_network("10.67.0.0/24"),))
    found = facts.overlays.southbound
    assert found is not None
    hosts = zip(found.chassis, mappings, strict=False)
    chassis = tuple(replace(each, bridge_mappings=said) for each, said in hosts)
    return with_southbound(facts, chassis=(*chassis, *found.chassis[len(chassis) :]))


def _elsewhere(facts: PathFacts) -> PathFacts:
    """The router is to be on a host that OVN does not have."""
    return with_green(
        facts,
        address="10.10.0.8/24",
        subnets=(ip_network("10.67.0.0/24"),),
        external_hosts=("kvm9",),
    )


def _on_two(facts: PathFacts) -> PathFacts:
    """The guest has a nic on a NAT network as well, whose subnet is in the overlay's."""
    nat = replace(NETWORK, name="lab", mode=NetworkMode.NAT, subnets=(ip_network("10.66.0.0/25"),))
    (domain,) = facts.domains
    (lan,) = domain.nics
    assert lan.config is not None
    config = replace(lan.config, name="mgmt", mac=OTHER_MAC, source=Source(Mode.NETWORK, "lab"))
    domain = replace(domain, nics=(lan, replace(lan, live=None, config=config)))
    lab = NetworkFacts(name="lab", config=nat, live=nat, autostart=True)
    return replace(facts, domains=(domain,), networks=(*facts.networks, lab))


FAULTS: dict[str, Fault] = {
    "an overlay that has gone from this host": Fault(
        overlay_host,
        lambda facts: replace(facts, networks=()),
        "network-missing",
        "libvirt",
        "vnetmgr create-network blue --mode overlay",
    ),
    "a host that has not joined": Fault(
        overlay_host,
        lambda facts: with_chassis(facts, southbound=None),
        "overlay-not-joined",
        "Open vSwitch",
        "vnetmgr join-overlay --southbound tcp:HOST:6642  # OVN's southbound database",
    ),
    "a host without OVN's bridge": Fault(
        overlay_host,
        lambda facts: with_chassis(facts, userspace=None),
        "overlay-no-bridge",
        "Open vSwitch",
        "vnetmgr join-overlay",
    ),
    "a host that OVN does not know": Fault(
        overlay_host,
        lambda facts: with_southbound(facts, chassis=(_KVM2,)),
        "overlay-host-unknown",
        "ovn-controller",
        "systemctl restart ovn-controller",
    ),
    "a controller that is cut off": Fault(
        overlay_host,
        lambda facts: with_overlays(facts, controller=False),
        "overlay-controller-off",
        "ovn-controller",
        "vnetmgr join-overlay",
    ),
    "a host that does not follow": Fault(
        overlay_host,
        lambda facts: with_southbound(facts, asked=8),
        "overlay-host-behind",
        "ovn-controller",
        _STATUS,
        status=Status.WARNING,
    ),
    "a logical switch that is gone": Fault(
        overlay_host,
        lambda facts: with_northbound(facts, overlays=()),
        "overlay-no-switch",
        "OVN's northbound database",
        "vnetmgr apply SPEC  # all that the switch was stood there",
    ),
    "two routers with one address": Fault(
        overlay_host,
        lambda facts: with_green(facts, address="10.10.0.9/24"),
        "overlay-address-taken",
        "OVN's northbound database",
        "vnetmgr update-network blue --external-address ADDRESS/PREFIX  # that nobody else has",
    ),
    "a router with an address of the host's": Fault(
        overlay_host,
        _has_router_address,
        "overlay-address-here",
        "network blue",
        "vnetmgr update-network blue --external-address ADDRESS/PREFIX  # that nobody else has",
    ),
    "a router on hosts without a bridge to its physical network": Fault(
        overlay_host,
        lambda facts: _leads_out(facts, "", "other:br-ex"),
        "overlay-no-way-out",
        "Open vSwitch on kvm1, kvm2",
        "vnetmgr join-overlay --bridge-mapping physnet:BRIDGE  # there, with the bridge that leads "
        "to it",
    ),
    "a router on a host that is none of OVN's": Fault(
        overlay_host,
        _elsewhere,
        "overlay-no-way-out",
        "OVN's southbound database",
        "vnetmgr update-network blue --external-host HOST  # one that has joined OVN",
    ),
    "a guest on two networks with the same addresses": Fault(
        overlay_host,
        _on_two,
        "overlay-subnet-taken",
        "network blue",
        None,
        status=Status.WARNING,
    ),
    "a logical port that is gone": Fault(
        overlay_host,
        lambda facts: with_northbound(facts, ports=()),
        "overlay-no-port",
        "OVN's northbound database",
        _PLUG,
        fixable=True,
    ),
    "a logical port for another MAC": Fault(
        overlay_host,
        lambda facts: with_own_port(facts, mac=OTHER_MAC),
        "overlay-port-differs",
        "OVN's northbound database",
        _PLUG,
        fixable=True,
    ),
    "a logical port without DHCP": Fault(
        overlay_host,
        lambda facts: with_own_port(facts, flaws=("no DHCP options",)),
        "overlay-port-differs",
        "OVN's northbound database",
        _PLUG,
        fixable=True,
        status=Status.WARNING,
    ),
    "a copied domain": Fault(
        overlay_host,
        _twin,
        "overlay-port-shared",
        "domain web1",
        "vnetmgr reconcile SPEC  # the copy gets its own at its next start",
    ),
    "a logical port on no host": Fault(
        overlay_host,
        lambda facts: with_southbound(facts, bindings=(Binding(port=PORT), _OTHER)),
        "overlay-port-unbound",
        "OVN's southbound database",
        _BINDING,
    ),
    "a logical port on another host": Fault(
        overlay_host,
        lambda facts: with_southbound(facts, bindings=(Binding(port=PORT, chassis="kvm2"), _OTHER)),
        "overlay-port-unbound",
        "OVN's southbound database",
        _BINDING,
    ),
    "no tunnel": Fault(
        overlay_host,
        lambda facts: with_overlays(facts, tunnels=()),
        "overlay-tunnel",
        "Open vSwitch",
        _INTERFACES,
    ),
    "a tunnel that Open vSwitch cannot make": Fault(
        overlay_host,
        lambda facts: with_overlays(
            facts, tunnels=(Tunnel(name="ovn-kvm2-0", remote="10.99.1.12", error="no such device"),)
        ),
        "overlay-tunnel",
        "Open vSwitch",
        _INTERFACES,
    ),
    "a tunnel that BFD finds down": Fault(
        overlay_host,
        lambda facts: with_overlays(
            facts, tunnels=(Tunnel(name="ovn-kvm2-0", remote="10.99.1.12", alive=False),)
        ),
        "overlay-tunnel",
        "Open vSwitch",
        _INTERFACES,
    ),
    "packets that do not fit into tunnels": Fault(
        overlay_host,
        lambda facts: with_network(with_nic(facts, mtu=None), mtu=1500),
        "overlay-mtu",
        "the link with 10.99.1.11",
        "vnetmgr update-network blue --mtu 1442",
    ),
    "checksums that nobody makes": Fault(
        overlay_host,
        lambda facts: with_nic(facts, extra=None),
        "overlay-checksums",
        "domain web1",
        "vnetmgr update-nic web1 lan --extra driver.name=qemu --extra driver.host.csum=off",
    ),
    "checksums that nobody makes before the next start": Fault(
        overlay_host,
        lambda facts: with_nic(facts, config=False, extra=None),
        "overlay-checksums",
        "domain web1",
        "virsh shutdown web1",
    ),
    "a model without TCP": Fault(
        overlay_host,
        lambda facts: with_nic(facts, model="vmxnet3"),
        "overlay-checksums",
        "domain web1",
        "vnetmgr update-nic web1 lan --model virtio --extra driver.name=qemu "
        "--extra driver.host.csum=off",
    ),
}
