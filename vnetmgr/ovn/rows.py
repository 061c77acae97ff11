"""The rows that an overlay is made of: one function of its fields, which the writer makes so, and
with whose result the reader compares what is there. Pure.

    Logical_Switch blue ── DHCP_Options of each subnet (its guests' ports refer to them)
      ├ DNS records, DNS names
      ├ Logical_Switch_Port inside ┄ Logical_Router_Port inside ┐
      └ Port_Group isolated ── ACL                              Logical_Router ── NAT, static routes
    Logical_Switch outside                                      │
      ├ Logical_Switch_Port outside ┄ Logical_Router_Port outside ┘ ── Gateway_Chassis
      └ Logical_Switch_Port localnet ┄ the hosts' bridge to the physical network
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.model.dhcp import INFINITE_S
from vnetmgr.model.overlay.dhcp_options import OWN, address_list, as_said, options_of
from vnetmgr.model.overlay.migration import REQUESTED, STRATEGY
from vnetmgr.model.overlay.mtu import guest_mtu
from vnetmgr.model.overlay.row_names import INSIDE, LOCALNET, OUTSIDE, mac_of, row_name
from vnetmgr.model.record import Row
from vnetmgr.ovn import marks
from vnetmgr.ovn.fields import is_own, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.model.network import Network
    from vnetmgr.model.overlay.northbound import Overlay

Key: TypeAlias = tuple[str, str]
"""A row's table, and what it is for its network."""
Value: TypeAlias = str | int | frozenset[str] | dict[str, str]
"""A column's: one, several, or a map."""

_DEFAULT_LEASE_S, _FOR_EVER_S = 3600, 4294967295
_ISOLATION_PRIORITY = 1000


class Wanted(Row):
    """A row as it is to be."""

    columns: dict[str, Value]
    parent: Key | None = None
    """The row that refers to it, or has to."""
    column: str = ""
    """In which column."""


SWITCH: Key = ("Logical_Switch", marks.SWITCH)
OUTSIDE_SWITCH: Key = ("Logical_Switch", OUTSIDE)
ROUTER: Key = ("Logical_Router", marks.ROUTER)
_INSIDE_PORT: Key = ("Logical_Router_Port", INSIDE)
_OUTSIDE_PORT: Key = ("Logical_Router_Port", OUTSIDE)
_RECORDS: Key = ("DNS", marks.RECORDS)
NAMES: Key = ("DNS", marks.NAMES)
GROUP: Key = ("Port_Group", marks.ISOLATED)

_RA = frozenset({"address_mode", "send_periodic", "mtu"})
_PORT_OPTIONS = frozenset({"router-port", "network_name", REQUESTED, STRATEGY})

_OWNED: dict[tuple[str, str], Callable[[str], bool]] = {
    ("DHCP_Options", "options"): lambda key: key in OWN or as_said(key, "") is not None,
    ("DNS", "records"): lambda _: True,
    ("Logical_Router_Port", "ipv6_ra_configs"): _RA.__contains__,
    ("Logical_Switch_Port", "options"): _PORT_OPTIONS.__contains__,
}


def owns(table: str, column: str, key: str) -> bool:
    """Whether a key of a column that is a map is vnetmgr's, in a row that is."""
    if column == "external_ids":
        return key in marks.KEYS or key.startswith(marks.HOST) or is_own(key)
    return _OWNED[table, column](key)


def has_dhcp(network: Network, subnet: IpNetwork) -> bool:
    """Whether DHCP answers in a subnet: where it has a range, or an address reserved."""
    return any(each.start in subnet for each in network.dhcp_ranges) or any(
        each.address in subnet for each in network.reservations
    )


def rows_of(overlay: Overlay) -> dict[Key, Wanted]:
    """The rows of an overlay, but for the ports of nics. Raises ValueError for what OVN has nothing
    for."""
    network, fleet = overlay.network, overlay.fleet or ""
    texts = written(network) | {f"{marks.HOST}{host}": "true" for host in overlay.hosts}
    found: dict[Key, Wanted] = {}
    for (table, role), wanted in _rows(network, fleet):
        own = marks.of_row(network.name, fleet, overlay.revision, role)
        external_ids = own | texts if (table, role) == SWITCH else own
        called = row_name(table, role, network.name)
        named: dict[str, Value] = {"name": called} if called else {}
        columns = named | wanted.columns | {"external_ids": external_ids}
        found[table, role] = Wanted(columns, wanted.parent, wanted.column)
    return found


def _rows(network: Network, fleet: str) -> Iterator[tuple[Key, Wanted]]:
    yield SWITCH, Wanted({})
    for subnet in network.subnets:
        options = _dhcp_v4 if subnet.version == 4 else _dhcp_v6
        columns: dict[str, Value] = {
            "cidr": str(subnet),
            "options": options(network, subnet, fleet),
        }
        yield ("DHCP_Options", str(subnet)), Wanted(columns)
    yield _RECORDS, Wanted({"records": _records(network)}, SWITCH, "dns_records")
    yield NAMES, Wanted({}, SWITCH, "dns_records")
    if any(gateway_in(network, subnet) for subnet in network.subnets):
        yield from _inner_router(network, fleet)
        if network.external is not None and network.external_addresses:
            yield from _outer_router(network, fleet)
    if network.isolated_ports:
        yield GROUP, Wanted({})
        rule: dict[str, Value] = {
            "priority": _ISOLATION_PRIORITY,
            "direction": "to-lport",
            "match": _isolating(network, fleet),
            "action": "drop",
        }
        yield ("ACL", marks.ISOLATED), Wanted(rule, GROUP, "acls")


def _isolating(network: Network, fleet: str) -> str:
    """What does not get to a guest: all but what its router sends, and of that what comes from
    another guest by way of the router.

    The sender's MAC tells: where a packet gets to another host, ovn-controller there knows of the
    ports of a group only its own (measured with 23.03: `inport == @group` isolates on one host).
    """
    group = row_name(*GROUP, network.name)
    if not any(gateway_in(network, subnet) for subnet in network.subnets):
        return f"outport == @{group}"
    router = mac_of(INSIDE, network.name, fleet)
    guests = f"ip4.src == ${group}_ip4 || ip6.src == ${group}_ip6"
    return f"outport == @{group} && (eth.src != {router} || {guests})"


def _inner_router(network: Network, fleet: str) -> Iterator[tuple[Key, Wanted]]:
    name = network.name
    yield ROUTER, Wanted({})
    port: dict[str, Value] = {
        "mac": mac_of(INSIDE, name, fleet),
        "networks": frozenset(
            f"{each}/{net.prefixlen}"
            for each in network.gateways
            for net in network.subnets
            if each.version == net.version and each in net
        ),
        "ipv6_ra_configs": _advertised(network),
    }
    yield _INSIDE_PORT, Wanted(port, ROUTER, "ports")
    yield _switch_port(INSIDE, name, SWITCH, router=True)


def _switch_port(side: str, name: str, switch: Key, *, router: bool) -> tuple[Key, Wanted]:
    columns: dict[str, Value] = {
        "type": "router" if router else "localnet",
        "addresses": frozenset({"router" if router else "unknown"}),
    }
    if router:
        columns["options"] = {"router-port": row_name("Logical_Router_Port", side, name)}
    return ("Logical_Switch_Port", side), Wanted(columns, switch, "ports")


def _outer_router(network: Network, fleet: str) -> Iterator[tuple[Key, Wanted]]:
    name = network.name
    yield OUTSIDE_SWITCH, Wanted({})
    yield _switch_port(OUTSIDE, name, OUTSIDE_SWITCH, router=True)
    key, localnet = _switch_port(LOCALNET, name, OUTSIDE_SWITCH, router=False)
    localnet.columns["options"] = {"network_name": network.external or ""}
    yield key, localnet
    port: dict[str, Value] = {
        "mac": mac_of(OUTSIDE, name, fleet),
        "networks": frozenset(map(str, network.external_addresses)),
    }
    yield _OUTSIDE_PORT, Wanted(port, ROUTER, "ports")
    for index, host in enumerate(network.external_hosts):
        chassis: dict[str, Value] = {"chassis_name": host, "priority": max(0, 100 - index)}
        yield ("Gateway_Chassis", host), Wanted(chassis, _OUTSIDE_PORT, "gateway_chassis")
    yield from _ways_out(network)


def _ways_out(network: Network) -> Iterator[tuple[Key, Wanted]]:
    """With what guests' packets leave, and where to."""
    for subnet in network.subnets:
        for outside in network.external_addresses:
            if outside.version == subnet.version:
                nat: dict[str, Value] = {
                    "type": "snat",
                    "external_ip": str(outside.ip),
                    "logical_ip": str(subnet),
                }
                yield ("NAT", str(subnet)), Wanted(nat, ROUTER, "nat")
    for gateway in network.external_gateways:
        prefix = "0.0.0.0/0" if gateway.version == 4 else "::/0"
        route: dict[str, Value] = {
            "ip_prefix": prefix,
            "nexthop": str(gateway),
            "output_port": row_name(*_OUTSIDE_PORT, network.name),
        }
        yield ("Logical_Router_Static_Route", prefix), Wanted(route, ROUTER, "static_routes")


def gateway_in(network: Network, subnet: IpNetwork) -> IpAddress | None:
    """The router's address in a subnet."""
    for each in network.gateways:
        if each.version == subnet.version and each in subnet:
            return each
    return None


def _resolvers(network: Network, subnet: IpNetwork) -> list[IpAddress]:
    """Whom guests ask for names; OVN answers those that it knows, whoever is asked."""
    forwarders = [each.address for each in network.dns_forwarders if each.address is not None]
    found = [each for each in forwarders if each.version == subnet.version]
    gateway = gateway_in(network, subnet)
    if not forwarders and gateway is not None and (network.dns_domain or network.records):
        return [gateway]
    return found


def _dhcp_v4(network: Network, subnet: IpNetwork, fleet: str) -> dict[str, str]:
    gateway = gateway_in(network, subnet)
    lease = _DEFAULT_LEASE_S if network.lease_time is None else network.lease_time
    found = {
        "server_id": str(gateway or subnet[1]),
        "server_mac": mac_of(INSIDE, network.name, fleet),
        "lease_time": str(_FOR_EVER_S if lease == INFINITE_S else lease),
        "mtu": str(guest_mtu(network.mtu, None)),
    }
    # As of libvirt's isolated networks: no way out, no route.
    if gateway is not None and network.external is not None:
        found["router"] = str(gateway)
    if resolvers := _resolvers(network, subnet):
        found["dns_server"] = address_list(resolvers)
    if network.dns_domain:
        found["domain_name"] = f'"{network.dns_domain}"'
    return found | dict(options_of(network.dhcp_options))


def _dhcp_v6(network: Network, subnet: IpNetwork, fleet: str) -> dict[str, str]:
    found = {"server_id": mac_of(INSIDE, network.name, fleet)}
    if resolvers := _resolvers(network, subnet):
        found["dns_server"] = address_list(resolvers)
    if network.dns_domain:
        found["domain_search"] = f'"{network.dns_domain}"'
    return found


def _advertised(network: Network) -> dict[str, str]:
    """What the router tells of IPv6."""
    subnets = [each for each in network.subnets if each.version == 6]
    if not any(gateway_in(network, each) for each in subnets):
        return {}
    stateful = any(has_dhcp(network, each) for each in subnets)
    return {
        "address_mode": "dhcpv6_stateful" if stateful else "slaac",
        "send_periodic": "true",
        "mtu": str(guest_mtu(network.mtu, None)),
    }


def _records(network: Network) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for each in network.records:
        if each.address is None:
            raise ValueError(f"OVN's DNS has no records like {each}")
        found.setdefault(each.name.lower(), []).append(str(each.address))
    return {name: " ".join(sorted(addresses)) for name, addresses in found.items()}
