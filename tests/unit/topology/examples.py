"""Hosts to draw: one of each kind of path, and one with two hundred guests."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from vnetmgr.model.dhcp import Lease
from vnetmgr.model.forward import Forward
from vnetmgr.model.network import Network, NetworkMode
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.path.domains import DomainFacts, DomainState, NicFacts
from vnetmgr.model.path.facts import PathFacts
from vnetmgr.model.path.finding import Finding, Layer, Status
from vnetmgr.model.path.links import BridgeFacts, LinkAddress, LinkFacts, PortFacts
from vnetmgr.model.path.networks import NetworkFacts
from vnetmgr.model.path.routes import NextHop, RouteFacts
from vnetmgr.model.path.unseen import Need, Unseen
from vnetmgr.model.record import replace
from vnetmgr.model.values import Bandwidth, Mac, Rate


def mac(number: int) -> Mac:
    """A guest's MAC."""
    return Mac(f"52:54:00:00:{number // 256:02x}:{number % 256:02x}")


def link(name: str, kind: str | None = None, **more: Any) -> LinkFacts:
    """A link that is well."""
    values: dict[str, Any] = {"up": True, "carrier": True, **more}
    if kind == "bridge":
        values.setdefault("bridge", BridgeFacts())
    if kind == "port" and isinstance(master := more.get("master"), str):
        kind, values["port"] = None, PortFacts(bridge=master, state="forwarding")
    return LinkFacts(name=name, kind=kind, **values)


def nic(name: str, number: int, mode: Mode, to: str | None, **more: Any) -> NicFacts:
    """A running nic, alike in config."""
    values: dict[str, Any] = {"name": name, "mac": mac(number), "model": "virtio", **more}
    config = Nic(source=Source(mode, to), **values)
    taps = mode in (Mode.BRIDGE, Mode.NETWORK)
    bridge = {"lab": "virbr1"}.get(to or "", to) if taps else None
    return NicFacts(
        config=config,
        live=replace(config, target=f"vnet{number}" if taps else None, bridge=bridge),
    )


def guest(name: str, *nics: NicFacts, running: bool = True, **more: Any) -> DomainFacts:
    """A domain."""
    state = DomainState.RUNNING if running else DomainState.OFF
    if not running:
        nics = tuple(replace(each, live=None) for each in nics)
    return DomainFacts(name=name, uuid=f"uuid of {name}", state=state, nics=nics, **more)


LAB = Network(
    name="lab",
    mode=NetworkMode.NAT,
    bridge="virbr1",
    subnets=(ip_network("192.168.150.0/24"),),
    gateways=(ip_address("192.168.150.1"),),
)
LINKS = (
    link("eth0", "port", master="bond0"),
    link("eth1", "port", master="bond0", carrier=False),
    link("bond0", "bond", bond_mode="802.3ad"),
    link("bond0.10", "vlan", parent="bond0", vlan=10, master="br0"),
    link("br0", "bridge", mtu=9000),
    link(
        "virbr1",
        "bridge",
        addresses=(LinkAddress(address=ip_address("192.168.150.1"), prefix=24),),
    ),
    link("uplink", addresses=(LinkAddress(address=ip_address("10.0.0.2"), prefix=24),)),
    link("veth7", "veth", master="br0"),
    link("lan9", up=False),
)
HOST = PathFacts(
    uri="qemu:///system",
    host="kvm1",
    taken_s=0,
    networks=(NetworkFacts(name="lab", config=LAB, live=LAB, autostart=True),),
    links=LINKS,
    routes=(
        RouteFacts(destination=ip_network("0.0.0.0/0"), hops=(NextHop(link="uplink"),)),
        RouteFacts(destination=ip_network("10.0.0.0/24"), hops=(NextHop(link="uplink"),)),
    ),
    leases=(Lease(network="lab", address=ip_address("192.168.150.10"), prefix=24, mac=mac(2)),),
)
SMALL = replace(
    HOST,
    domains=(
        guest(
            "web1",
            nic("lan", 1, Mode.BRIDGE, "br0", mtu=9000, vlan=(10, 20)),
            nic("mgmt", 2, Mode.NETWORK, "lab"),
            forwards=(Forward(nic="mgmt", host_port=8080, guest_port=80),),
        ),
        guest(
            "db1", nic("lan", 3, Mode.BRIDGE, "br0", inbound=Bandwidth(Rate(12500)), filter="clean")
        ),
        guest(
            "old",
            nic("n0", 4, Mode.USER, None),
            nic("n1", 5, Mode.DIRECT, "lan9", direct_mode="vepa"),
            nic("n2", 6, Mode.HOSTDEV, "0000:03:10.1"),
            nic("n3", 7, Mode.NETWORK, "gone"),
            running=False,
        ),
        guest("bare", running=False),
    ),
    asked=("web1", "db1", "old", "bare"),
    unseen=(Unseen(part="rulesets.nft", needs=Need.ROOT, why="needs root"),),
)
FINDINGS = (
    Finding(
        domain="db1",
        nic="lan",
        check="tap-not-on-bridge",
        layer=Layer.TAP,
        status=Status.BROKEN,
        cause="tap vnet3 is on no bridge; it should be on br0",
        remedy="vnetmgr reconcile",
        fixable=True,
    ),
    Finding(
        domain="web1",
        nic="lan",
        check="uplink-no-carrier",
        layer=Layer.UPLINK,
        status=Status.WARNING,
        cause="eth1 has no carrier",
    ),
    Finding(
        domain="web1",
        nic="mgmt",
        check="dhcp-server",
        layer=Layer.DHCP,
        status=Status.OK,
        cause="dnsmasq answers",
    ),
)


def many(count: int) -> PathFacts:
    """A host with so many guests: most are on one bridge, some on a network, a few differ."""
    domains = []
    for number in range(1, count + 1):
        if number % 20 == 7:
            nics = [
                nic("lan", number, Mode.BRIDGE, "br0", vlan=(number,)),
                nic("mgmt", 1000 + number, Mode.NETWORK, "lab"),
            ]
        elif number % 3:
            nics = [nic("lan", number, Mode.BRIDGE, "br0")]
        else:
            nics = [nic("lan", number, Mode.NETWORK, "lab")]
        domains.append(guest(f"vm{number}", *nics, running=number % 10 != 4))
    return replace(HOST, domains=tuple(domains), asked=tuple(each.name for each in domains))


def hostile(name: str) -> PathFacts:
    """A host on which everything that can have a name has this one."""
    domain = guest(name, nic("lan", 1, Mode.BRIDGE, name), nic("n1", 2, Mode.NETWORK, name))
    network = replace(LAB, name=name, bridge="virbr1")
    return replace(
        HOST,
        host=name,
        domains=(domain,),
        asked=(name,),
        networks=(NetworkFacts(name=name, config=network, live=network),),
        links=(*LINKS, link(name, "bridge")),
    )
