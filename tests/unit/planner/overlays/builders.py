"""Hosts with overlays, and what OVN has of them, for planner tests."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from tests.unit.planner.builders import LINKS, domain_xml, nic_xml
from vnetmgr.host.pair import pair
from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.libvirt_xml.metadata import VNETMGR
from vnetmgr.model.dhcp import DhcpRange, Reservation
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.network import Network, NetworkMode, SeenNetwork
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.overlay.northbound import LogicalPort, Northbound, Overlay, Owner
from vnetmgr.model.overlay.port_id import overlay_port_id
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.values import Mac
from vnetmgr.planner.overlays.merge import with_northbound

UUIDS = {
    name: f"{n}1111111-2222-3333-4444-555555555555" for n, name in enumerate(("vm1", "vm2"), 1)
}
MAC = "52:54:00:00:00:01"
OWN = overlay_port_id(UUIDS["vm1"], MAC)
"""The id that is derived for a nic of vm1."""
OTHER = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
USERSPACE = Chassis(
    system_id="host",
    southbound="tcp:10.0.0.9:6642",
    encap_ip="10.0.0.1",
    userspace=True,
    underlay_mtu=1500,
)
KERNEL = replace(USERSPACE, userspace=False)


def overlay_nic(
    port_id: str | None = None, network: str = "blue", *, mac: str = MAC, **more: Any
) -> str:
    """A nic on an overlay, as libvirt has it; live with a target."""
    live = "target" in more
    port = ""
    if port_id is not None:
        port = (
            f"<virtualport type='openvswitch'><parameters interfaceid='{port_id}'/></virtualport>"
        )
    shown = f"<source network='{network}' portid='{OTHER}' bridge='br-int'/>"
    source = shown if live else f"<source network='{network}'/>"
    kind = "bridge" if live else "network"
    extra = port + more.pop("extra", "")
    return nic_xml(mac=mac, source=source, kind=kind, extra=extra, **more)


def guest(
    config: str | None, live: str | None = None, *, name: str = "vm1", **more: Any
) -> SeenDomain:
    """A domain with these nics."""
    texts = [None if nic is None else _named(domain_xml(nic), name) for nic in (config, live)]
    documents = [read_domain(xml).nics if xml else () for xml in texts]
    return SeenDomain(
        name=name,
        uuid=UUIDS[name],
        config_xml=texts[0],
        live_xml=texts[1],
        nics=pair(name, *documents),
        **more,
    )


def _named(document: str, name: str) -> str:
    return document.replace("vm1", name).replace("11111111-2222", f"{UUIDS[name][:8]}-2222")


def network(name: str = "blue", **fields: Any) -> Network:
    """An overlay, as it is with what OVN has of it."""
    values: dict[str, Any] = {
        "subnets": (ip_network("10.66.0.0/24"),),
        "gateways": (ip_address("10.66.0.1"),),
        "dhcp_ranges": (addresses("10.66.0.2", "10.66.0.254"),),
        "dns_domain": "lab.internal",
        "fleet": "default",
        "bridge": "br-int",
        "virtualport": "openvswitch",
    }
    return Network(name=name, mode=NetworkMode.OVERLAY, **(values | fields))


def addresses(first: str, last: str) -> DhcpRange:
    """A range."""
    return DhcpRange(start=ip_address(first), end=ip_address(last))


def reservation(address: str, mac: str = MAC) -> Reservation:
    """What is reserved for a nic."""
    return Reservation(address=ip_address(address), mac=Mac(mac))


def seen(found: Network, *, active: bool = True) -> SeenNetwork:
    """It, as libvirt has it."""
    bare = Network(
        name=found.name,
        mode=found.mode,
        fleet=found.fleet,
        bridge=found.bridge,
        virtualport=found.virtualport,
    )
    document = (
        f"<network><name>{found.name}</name><metadata><vnetmgr:network "
        f"xmlns:vnetmgr='{VNETMGR}' overlay='{found.fleet}'/></metadata>"
        "<forward mode='bridge'/><bridge name='br-int'/><virtualport type='openvswitch'/></network>"
    )
    return SeenNetwork(
        key=found.name,
        autostart=True,
        config=bare,
        live=bare if active else None,
        config_xml=document,
        live_xml=document if active else None,
    )


def port(name: str = OWN, address: str = "10.66.0.10", **fields: Any) -> LogicalPort:
    """The port of vm1's nic, as vnetmgr makes it."""
    owner: dict[str, Any] = {
        "fleet": "default",
        "domain": UUIDS["vm1"],
        "domain_name": "vm1",
        "nic": "lan",
        "host": "host",
        "revision": None,
    }
    for key in owner.keys() & fields.keys():
        owner[key] = fields.pop(key)
    values: dict[str, Any] = {
        "switch": "blue",
        "mac": Mac(MAC),
        "addresses": (ip_address(address),),
        "dns_name": "vm1.lab.internal",
        "owner": Owner(**owner),
        "up": False,
    }
    return LogicalPort(name=name, **(values | fields))


def host(
    *domains: SeenDomain,
    ports: tuple[LogicalPort, ...] = (),
    overlays: tuple[Network, ...] = (),
    chassis: Chassis | None = KERNEL,
    **northbound: Any,
) -> Observed:
    """A host with overlays, and what OVN has of them."""
    found = overlays or (network(),)
    revision = northbound.pop("stamped", None)
    database = Northbound(
        at="unix:/nb",
        overlays=tuple(Overlay(network=each, fleet="default", revision=revision) for each in found),
        ports=ports,
        **northbound,
    )
    links = replace(
        LINKS,
        switches=frozenset({"br-int"}),
        names=frozenset({"br0", "br-int", "vnet0", "vnet1"}),
        ports={"vnet0": "br-int", "vnet1": "br-int", "br-int": "br-int"},
    )
    observed = Observed(
        uri="qemu:///system",
        host="host",
        domains=domains,
        networks=tuple(map(seen, found)),
        links=links,
        chassis=chassis,
        templates={
            "nic/network.xml": (
                "<interface type='network'><source/><model type='virtio'/></interface>"
            )
        },
    )
    return with_northbound(observed, database)
