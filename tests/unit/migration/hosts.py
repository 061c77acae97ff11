"""A guest on one host, and another host that has all that it needs; and what can be changed."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from vnetmgr.migration.called import Called
from vnetmgr.migration.facts import Facts, Side
from vnetmgr.model.dhcp import DhcpRange, Lease, Reservation
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.forward import Forward
from vnetmgr.model.network import Network, NetworkMode, Portgroup, SeenNetwork
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.path.networks import FilterBody
from vnetmgr.model.record import replace
from vnetmgr.model.seen.machine import GuestMachine, HostMachines
from vnetmgr.model.seen.observed import Links, Observed
from vnetmgr.model.state import Seen
from vnetmgr.model.values import Mac

MAC, OTHER_MAC = Mac("52:54:00:00:00:01"), Mac("52:54:00:00:00:02")
UUID, OTHER_UUID = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
ADDRESS = ip_address("192.168.150.10")
LAB = Network(
    name="lab",
    mode=NetworkMode.NAT,
    bridge="virbr1",
    subnets=(ip_network("192.168.150.0/24"),),
    gateways=(ip_address("192.168.150.1"),),
    dhcp_ranges=(DhcpRange(start=ip_address("192.168.150.2"), end=ip_address("192.168.150.254")),),
)
LAN = Network(name="lan", mode=NetworkMode.BRIDGE, bridge="br0")
PORTS = Network(
    name="ports",
    mode=NetworkMode.BRIDGE,
    bridge="ovsbr0",
    virtualport="openvswitch",
    portgroups=(Portgroup(name="guests", vlan=(10,)), Portgroup(name="all", default=True)),
)
POOL = Network(name="pool", mode=NetworkMode.HOSTDEV, pf="eth1")
LEVELS = Network(name="levels", mode=NetworkMode.MACVTAP, forward_devs=("eth1",))
NETWORKS = (LAB, LAN, PORTS, POOL, LEVELS)
RESERVED = replace(LAB, reservations=(Reservation(address=ADDRESS, mac=MAC),))
WEB = Forward(nic="net0", host_port=8080, guest_port=80)
Q35 = GuestMachine("x86_64", "pc-q35-7.2", "/usr/bin/qemu-system-x86_64", "kvm")
FILTERS = {"mine": FilterBody("<mine/>", ("base",)), "base": FilterBody("<base/>")}
LINKS = Links(
    bridges=frozenset({"br0"}),
    switches=frozenset({"ovsbr0"}),
    names=frozenset({"br0", "ovsbr0", "eth0", "eth1"}),
)
MTUS = dict.fromkeys(LINKS.names or (), 1500)
REMOTE_LINKS = Links(bridges=frozenset({"br0"}))


def nic(mode: Mode = Mode.NETWORK, on: str | None = "lab", **fields: Any) -> Nic:
    """A nic that is called net0."""
    given = {"name": "net0", "mac": MAC, "model": "virtio"} | fields
    return Nic(source=Source(mode, on), **given)


def seen_nic(config: Nic | None, live: Nic | None) -> Seen[Nic]:
    return Seen(key=(config or live or nic()).key, config=config, live=live)


def domain(
    *nics: Nic, name: str = "web1", uuid: str = UUID, on: bool = True, **fields: Any
) -> SeenDomain:
    """A domain whose nics run as its config has them."""
    return SeenDomain(
        name=name,
        uuid=uuid,
        config_xml="<domain/>",
        live_xml="<domain id='1'/>" if on else None,
        nics=tuple(seen_nic(each, each if on else None) for each in nics),
        **fields,
    )


def seen(network: Network, *, on: bool = True, autostart: bool = True) -> SeenNetwork:
    return SeenNetwork(
        key=network.name, config=network, live=network if on else None, autostart=autostart
    )


def lease(mac: Mac | None = MAC, **fields: Any) -> Lease:
    """Of the guest's address."""
    given = {"network": "lab", "address": ADDRESS, "prefix": 24, "mac": mac} | fields
    return Lease(**given)


def facts(guest: SeenDomain, **fields: Any) -> Facts:
    """A guest on kvm1 that is to go to kvm2, which is this machine and has the same networks."""
    machines = HostMachines(
        machines=frozenset({(Q35.arch, Q35.machine)}),
        virt_types=frozenset({(Q35.arch, "kvm"), (Q35.arch, "qemu")}),
        runs=True,
    )
    networks = tuple(map(seen, NETWORKS))
    source = Side(
        called=Called("kvm1", ("--host", "kvm1"), "qemu+ssh://kvm1/system"),
        observed=Observed(uri="", host="kvm1.lan", domains=(guest,), networks=networks),
        machines=replace(machines, uuid="1111"),
        filters=FILTERS,
        links=MTUS,
    )
    destination = replace(
        source,
        called=Called("kvm2", ("--host", "kvm2"), "qemu+ssh://kvm2/system"),
        observed=Observed(uri="", host="kvm2.lan", networks=networks, links=LINKS),
        machines=replace(machines, uuid="2222"),
    )
    return replace(
        Facts(domain=guest, machine=Q35, source=source, destination=destination), **fields
    )


def there(known: Facts, **fields: Any) -> Facts:
    """With other things on the other host."""
    return replace(known, destination=replace(known.destination, **fields))


def seen_there(known: Facts, **fields: Any) -> Facts:
    """With other things of libvirt's on the other host."""
    return there(known, observed=replace(known.destination.observed, **fields))


def seen_here(known: Facts, **fields: Any) -> Facts:
    """With other things of libvirt's on the host that the guest is on."""
    observed = replace(known.source.observed, **fields)
    return replace(known, source=replace(known.source, observed=observed))


def with_network(known: Facts, network: Network, *, on: bool = True) -> Facts:
    """With another network of its name there."""
    others = (each for each in known.destination.observed.networks if each.name != network.name)
    return seen_there(known, networks=(*others, seen(network, on=on)))


def with_network_here(known: Facts, network: Network) -> Facts:
    """With another network of its name here."""
    others = (each for each in known.source.observed.networks if each.name != network.name)
    return seen_here(known, networks=(*others, seen(network)))


def without_network(known: Facts, name: str) -> Facts:
    """Without a network there."""
    others = (each for each in known.destination.observed.networks if each.name != name)
    return seen_there(known, networks=tuple(others))


def over_libvirt(known: Facts, *links: str) -> Facts:
    """With the other host far away: it tells Linux bridges, and links that are asked for."""
    return there(seen_there(known, links=REMOTE_LINKS), links=dict.fromkeys(links))
