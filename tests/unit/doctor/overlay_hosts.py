"""A guest on an overlay, and another host that has one there as well."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from tests.unit.doctor.hosts import (
    MAC,
    OTHER_MAC,
    domain,
    empty_host,
    nic,
    port,
    with_domains,
    with_links,
)
from vnetmgr.model.network import Network, NetworkMode
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.overlay.northbound import LogicalPort, Northbound, Overlay, Owner
from vnetmgr.model.overlay.southbound import Binding, SeenChassis, Southbound
from vnetmgr.model.path.links import LinkFacts
from vnetmgr.model.path.networks import NetworkFacts
from vnetmgr.model.path.overlays import OverlayFacts, Tunnel
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from vnetmgr.model.path.facts import PathFacts

PORT, OTHER_PORT = (f"aaaaaaaa-0000-4000-8000-00000000000{n}" for n in (1, 2))
NETWORK = Network(
    name="blue",
    mode=NetworkMode.OVERLAY,
    bridge="br-int",
    virtualport="openvswitch",
    fleet="default",
    subnets=(ip_network("10.66.0.0/24"),),
)


def overlay_host() -> PathFacts:
    """Nothing is wrong with it."""
    lan = nic(
        Source(Mode.NETWORK, "blue"),
        target="vnet0",
        bridge="br-int",
        virtualport="openvswitch",
        interface_id=PORT,
        mtu=1442,
        extra=(("driver.name", "qemu"), ("driver.host.csum", "off")),
    )
    tap = replace(port("vnet0", "ovs-system", mtu=1442), port=None)
    switch = LinkFacts(name="br-int", kind="openvswitch", up=True, carrier=True, mtu=1500)
    facts = with_domains(
        with_links(empty_host(), tap, switch), domain("web1", lan, agent="10.66.0.10/24")
    )
    return replace(
        facts,
        networks=(NetworkFacts(name="blue", config=NETWORK, live=NETWORK, autostart=True),),
        switches=frozenset({"br-int"}),
        switch_ports={"vnet0": "br-int"},
        overlays=_overlays(),
    )


def _overlays() -> OverlayFacts:
    owner = Owner(fleet="default", domain_name="web1", nic="lan", host="kvm1")
    ports = (
        LogicalPort(
            name=PORT,
            switch="blue",
            mac=MAC,
            addresses=(ip_address("10.66.0.10"),),
            owner=owner,
            up=True,
        ),
        LogicalPort(name=OTHER_PORT, switch="blue", mac=OTHER_MAC, up=True),
    )
    return OverlayFacts(
        chassis=Chassis(
            system_id="kvm1",
            southbound="tcp:10.99.0.1:6642",
            encap_type="geneve",
            encap_ip="10.99.1.11",
            userspace=True,
            underlay_mtu=1500,
        ),
        controller=True,
        tunnels=(Tunnel(name="ovn-kvm2-0", remote="10.99.1.12"),),
        northbound=Northbound(
            at="tcp:10.99.0.1:6641",
            overlays=(Overlay(network=NETWORK, fleet="default"),),
            ports=ports,
        ),
        southbound=Southbound(
            at="tcp:10.99.0.1:6642",
            asked=7,
            chassis=tuple(
                SeenChassis(
                    name=name,
                    hostname=name,
                    encaps=(("geneve", f"10.99.1.1{n}"),),
                    bridge_mappings="physnet:br-ex",
                    followed=7,
                )
                for n, name in ((1, "kvm1"), (2, "kvm2"))
            ),
            bindings=(
                Binding(port=PORT, chassis="kvm1"),
                Binding(port=OTHER_PORT, chassis="kvm2"),
            ),
        ),
    )


def with_overlays(facts: PathFacts, **changes: Any) -> PathFacts:
    """With other parts of what OVN has, or of what the host is to it."""
    return replace(facts, overlays=replace(facts.overlays, **changes))


def with_chassis(facts: PathFacts, **changes: Any) -> PathFacts:
    """As another chassis."""
    found = facts.overlays.chassis
    assert found is not None
    return with_overlays(facts, chassis=replace(found, **changes))


def with_southbound(facts: PathFacts, **changes: Any) -> PathFacts:
    """With something else in the southbound database."""
    found = facts.overlays.southbound
    assert found is not None
    return with_overlays(facts, southbound=replace(found, **changes))


def with_northbound(facts: PathFacts, **changes: Any) -> PathFacts:
    """With something else in the northbound database."""
    found = facts.overlays.northbound
    assert found is not None
    return with_overlays(facts, northbound=replace(found, **changes))


def with_own_port(facts: PathFacts, **changes: Any) -> PathFacts:
    """With the guest's logical port otherwise."""
    found = facts.overlays.northbound
    assert found is not None
    own, *others = found.ports
    return with_northbound(facts, ports=(replace(own, **changes), *others))
