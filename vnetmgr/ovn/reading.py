"""What the northbound database has of overlays, from its rows to values.

Each overlay's fields are first taken as its switch's external_ids say them; then the rows that this
makes (rows.py) are compared with those that are there. Where these differ they are right: what a
field says is read from there, and what none does is a flaw.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_interface
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from vnetmgr.model.dns import DnsForwarder, DnsRecord, RecordKind
from vnetmgr.model.network import Network, NetworkMode
from vnetmgr.model.overlay.dhcp_options import as_said, name_of, parse_address_list
from vnetmgr.model.overlay.northbound import LogicalPort, Northbound, Overlay
from vnetmgr.model.overlay.row_names import INSIDE, LOCALNET, OUTSIDE, row_name
from vnetmgr.model.record import replace
from vnetmgr.ovn import fields, marks
from vnetmgr.ovn.columns import map_of, some_of, text_of, texts_of
from vnetmgr.ovn.finding import find, look_alikes, on_several
from vnetmgr.ovn.ports import dhcp_subnets, known_addresses, names_of, port_of, read_revision
from vnetmgr.ovn.rows import GROUP, NAMES, OUTSIDE_SWITCH, ROUTER, SWITCH, owns, rows_of
from vnetmgr.printable import brief, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from uuid import UUID

    from vnetmgr.ovn.copying import Tables
    from vnetmgr.ovn.finding import Whose
    from vnetmgr.ovn.rows import Key, Value, Wanted

Known: TypeAlias = "dict[UUID, tuple[str, LogicalPort | None]]"
"""What ports' rows are that have not changed since, and on which switch: of 10,000 ports the next
reading is of those few that have."""


_LONGEST_NAME = 253
"""Of DNS."""


class Difference(NamedTuple):
    """One place that is not as it is to be."""

    key: Key
    column: str
    """Empty: it is the whole row."""
    part: str | None
    """The key in a map."""
    want: Value | None
    have: Any
    """None: there is no such row, or no such key."""


def read(tables: Tables, at: str, known: Known) -> Northbound:
    """All overlays, and the ports on them."""
    found, several = find(tables), on_several(tables)
    alike = look_alikes(tables, found)
    outside = {rows[OUTSIDE_SWITCH].uuid for rows in found.values() if OUTSIDE_SWITCH in rows}
    overlays: list[Overlay] = []
    ports: list[LogicalPort] = []
    for row in sorted(tables["Logical_Switch"].rows.values(), key=lambda row: (row.name, row.uuid)):
        texts = row.external_ids
        if row.uuid in outside or (marks.FLEET in texts and texts.get(marks.ROLE) == OUTSIDE):
            continue
        whose = (texts.get(marks.FLEET, ""), texts.get(marks.NETWORK, ""))
        rows = found.get(whose, {})
        name: str = row.name
        own = {each.uuid for each in rows.values()}
        nics = [
            each
            for each in _ports(row, tables)
            if each.uuid not in own and _is_home(row, each, several)
        ]
        if rows.get(SWITCH) is row:
            overlay, its = _own(row, whose, rows, nics, known)
            flaws = (*overlay.flaws, *_strays(rows, several))
            overlay = replace(overlay, flaws=flaws, look_alikes=_alike(whose[1], alike))
            if name != whose[1]:  # nobody else can have that name now
                overlays.append(_somebody_s(name))
        else:
            each_port = (_port(each, name, known) for each in nics)
            its = [port for port in each_port if port is not None]
            overlay = _somebody_s(name)
        others = sum(1 for each in nics if _is_others(each))
        overlays.append(replace(overlay, others=others) if others else overlay)
        ports += its
    ports.sort(key=lambda port: port.name)
    if several:
        ports = list(_with_strays(ports, tables, several))
    return Northbound(at=at, overlays=tuple(overlays), ports=tuple(ports))


def _alike(network: str, alike: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    own_names = (row_name(*key, network) for key in (ROUTER, OUTSIDE_SWITCH))
    return tuple(line for each in own_names for line in alike.get(each, ()))


def _is_home(switch: Any, port: Any, several: Mapping[UUID, list[Any]]) -> bool:
    """Whether a port is read as one of that switch's. Each of vnetmgr's is of one."""
    if port.uuid not in several or marks.FLEET not in map_of(port, "external_ids"):
        return True
    return several[port.uuid][0] is switch


def _with_strays(
    ports: Iterable[LogicalPort], tables: Tables, several: Mapping[UUID, list[Any]]
) -> Iterator[LogicalPort]:
    rows = tables["Logical_Switch_Port"].rows
    others = {text_of(rows[uuid], "name"): on[1:] for uuid, on in several.items() if uuid in rows}
    for port in ports:
        if port.owner is None or port.name not in others:
            yield port
            continue
        said = (f"Logical_Switch {printable(each.name)} has it too" for each in others[port.name])
        yield replace(port, flaws=(*port.flaws, *said))


def _strays(rows: Mapping[Key, Any], several: Mapping[UUID, list[Any]]) -> Iterator[str]:
    """The ports of an overlay's own that somebody has put on other switches as well."""
    if several:
        for (table, role), row in rows.items():
            if table == "Logical_Switch_Port" and row.uuid in several:
                yield f"{table} {role}: on several switches"


def _somebody_s(name: str) -> Overlay:
    return Overlay(network=Network(name=name, mode=NetworkMode.OVERLAY))


def _ports(switch: Any, tables: Tables) -> list[Any]:
    known = tables["Logical_Switch_Port"].rows
    return [known[uuid] for uuid in texts_of(switch, "ports") if uuid in known]


def _port(row: Any, switch: str, known: Known) -> LogicalPort | None:
    found = known.get(row.uuid)
    if found is None or found[0] != switch:
        found = known[row.uuid] = (switch, port_of(row, switch))
    return found[1]


def _is_others(row: Any) -> bool:
    return bool(text_of(row, "type")) and marks.FLEET not in map_of(row, "external_ids")


def _own(
    row: Any, whose: Whose, rows: Mapping[Key, Any], its: Iterable[Any], known: Known
) -> tuple[Overlay, list[LogicalPort]]:
    fleet, name = whose
    texts = row.external_ids
    said, wrong = fields.read(texts)
    network = Network(name=name, mode=NetworkMode.OVERLAY, **_with_records(said, rows))
    network, flaws = _as_it_is(network, fleet, rows)
    links = _Links(network, rows)
    ports = [
        links.judged(port, each) for each in its if (port := _port(each, name, known)) is not None
    ]
    overlay = Overlay(
        network=network,
        fleet=fleet,
        revision=read_revision(texts.get(marks.REVISION)),
        hosts=_hosts(texts),
        flaws=tuple(map(brief, (*wrong, *flaws, *_wrong_names(network, ports, rows)))),
    )
    return overlay, ports


def _hosts(texts: Mapping[str, str]) -> frozenset[str]:
    keys = (key for key in texts if key.startswith(marks.HOST) and key != marks.HOST)
    return frozenset(key.removeprefix(marks.HOST) for key in keys)


def _with_records(said: dict[str, Any], rows: Mapping[Key, Any]) -> dict[str, Any]:
    row = rows.get(("DNS", marks.RECORDS))
    if row is None:
        return said
    records = [
        DnsRecord(kind=RecordKind.HOST, name=name, address=address)
        for name, text in sorted(map_of(row, "records").items())
        for address in known_addresses(text.replace(",", " ").split())
    ]
    return said | {"records": tuple(records)}


def _as_it_is(
    network: Network, fleet: str, rows: Mapping[Key, Any]
) -> tuple[Network, tuple[str, ...]]:
    """The network as its rows are, and what of them no field says."""
    try:
        wanted = rows_of(Overlay(network=network, fleet=fleet))
    except ValueError as error:
        return network, (printable(str(error)),)
    found = tuple(differences(wanted, rows))
    if not found:
        return network, ()
    for each in found:
        network = _claimed(network, fleet, each) if each.key in rows else network
    # A field may say a place in part, or several places that differ.
    left = differences(rows_of(Overlay(network=network, fleet=fleet)), rows)
    said = [each for each in left if each.column != "external_ids" or each in found]
    return network, tuple(dict.fromkeys(map(_said, said)))


def _claimed(network: Network, fleet: str, each: Difference) -> Network:
    """The network as a place says it, where that can be said and written as well."""
    table, role = each.key
    # The closest counts: of this row, of any of its table, of any key of the map.
    known = ((role, each.part), ("", each.part), ("", ""))
    claims = (_CLAIMS.get((table, of, each.column, part)) for of, part in known)
    claim = next(filter(None, claims), None)
    try:
        read = None if claim is None else claim(network, each)
        after = network if read is None else replace(network, **read)
        rows_of(Overlay(network=after, fleet=fleet))
    except ValueError:
        return network
    return network if fields.read(fields.written(after))[1] else after


def differences(wanted: Mapping[Key, Wanted], rows: Mapping[Key, Any]) -> Iterator[Difference]:
    """What is not as it is to be, in an order of its own."""
    for key, want in wanted.items():
        row = rows.get(key)
        if row is None:
            yield _missing(key)
            continue
        for column, value in want.columns.items():
            yield from _column_differences(key, column, value, getattr(row, column))
        parent = None if want.parent is None else rows.get(want.parent)
        if parent is not None and row.uuid not in texts_of(parent, want.column):
            yield _missing(key)
    for key in sorted(rows.keys() - wanted.keys()):
        yield _not_wanted(key)


def _missing(row: Key) -> Difference:
    return Difference(row, "", None, want="", have=None)


def _not_wanted(row: Key) -> Difference:
    return Difference(row, "", None, want=None, have="")


def _column_differences(key: Key, column: str, want: Value, have: Any) -> Iterator[Difference]:
    if isinstance(want, dict):
        own = {part for part in have if owns(key[0], column, part)}
        for part in sorted(want.keys() | own):
            if marks.is_revision(column, part) or part.startswith(marks.HOST):
                continue
            if want.get(part) != have.get(part):
                yield Difference(key, column, part, want.get(part), have.get(part))
    elif isinstance(want, frozenset):
        if want != frozenset(have):
            yield Difference(key, column, None, want, have)
    elif want != (have[0] if isinstance(have, list) and have else have):
        yield Difference(key, column, None, want, have)


def _said(each: Difference) -> str:
    table, role = each.key
    what = f"{table} {printable(role)}"
    if not each.column:
        return f"{what}: {'missing' if each.have is None else 'not wanted'}"
    place = f"{each.column}:{printable(each.part)}" if each.part else each.column
    have = "none" if each.have is None else printable(str(each.have))
    return f"{what}: {place}: {have}"


Claim: TypeAlias = "Callable[[Network, Difference], dict[str, Any] | None]"


def _number(field: str) -> Claim:
    return lambda _, each: None if each.have is None else {field: int(each.have)}


def _domain(_: Network, each: Difference) -> dict[str, Any] | None:
    if each.have is None:
        return {"dns_domain": None}
    name = each.have.strip().strip('"')
    fits = name.isprintable() and len(name) <= _LONGEST_NAME and not set(name) & set(' "\\')
    return {"dns_domain": name} if fits else None


def _forwarders(network: Network, each: Difference) -> dict[str, Any]:
    version = 6 if ":" in each.key[1] else 4
    kept = [
        one
        for one in network.dns_forwarders
        if one.address is not None and one.address.version != version
    ]
    found = [DnsForwarder(address=ip_address(t)) for t in parse_address_list(each.have or "")]
    return {"dns_forwarders": (*kept, *found)}


def _dhcp_option(network: Network, each: Difference) -> dict[str, Any] | None:
    name = each.part or ""
    kept = [text for text in network.dhcp_options if name_of(text) != name]
    if each.have is not None:
        text = as_said(name, each.have)
        if text is None:
            return None
        kept.append(text)
    return {"dhcp_options": tuple(kept)}


def _gateways(network: Network, each: Difference) -> dict[str, Any] | None:
    found = [ip_interface(text).ip for text in each.have]
    places = [network.subnet_index(address) for address in found]
    if None in places:
        return None
    ordered = sorted(zip(places, found, strict=True))
    return {"gateways": tuple(address for _, address in ordered)}


def _external_addresses(_: Network, each: Difference) -> dict[str, Any]:
    found = map(ip_interface, each.have)
    return {"external_addresses": tuple(sorted(found, key=lambda one: (one.version, one)))}


def _external_gateway(network: Network, each: Difference) -> dict[str, Any]:
    address = ip_address(each.have)
    return {
        "external_gateways": tuple(
            address if one.version == address.version else one for one in network.external_gateways
        )
    }


_CLAIMS: dict[tuple[str, str, str, str | None], Claim] = {
    ("DHCP_Options", "", "options", "lease_time"): _number("lease_time"),
    ("DHCP_Options", "", "options", "mtu"): _number("mtu"),
    ("DHCP_Options", "", "options", "domain_name"): _domain,
    ("DHCP_Options", "", "options", "dns_server"): _forwarders,
    ("DHCP_Options", "", "options", "server_id"): lambda *_: None,
    ("DHCP_Options", "", "options", "server_mac"): lambda *_: None,
    ("DHCP_Options", "", "options", ""): _dhcp_option,
    ("Logical_Router_Port", INSIDE, "networks", None): _gateways,
    ("Logical_Router_Port", OUTSIDE, "networks", None): _external_addresses,
    ("Logical_Router_Static_Route", "", "nexthop", None): _external_gateway,
    ("Logical_Switch_Port", LOCALNET, "options", "network_name"): lambda _, each: (
        {"external": each.have} if each.have else None
    ),
}
"""Which field a place says, and how it is read from there."""


class _Links:
    """What an overlay's ports refer to, and what refers to them."""

    def __init__(self, network: Network, rows: Mapping[Key, Any]) -> None:
        self._network = network
        self._options = {
            role: row.uuid for (table, role), row in rows.items() if table == "DHCP_Options"
        }
        group = rows.get(GROUP) if network.isolated_ports else None
        self._members = None if group is None else texts_of(group, "ports")

    def judged(self, port: LogicalPort, row: Any) -> LogicalPort:
        """A port, with what is wrong of these."""
        if port.owner is None:
            return port
        flaws = []
        subnets = dhcp_subnets(self._network, port)
        for column in ("dhcpv4_options", "dhcpv6_options"):
            subnet = subnets.get(column)
            want = None if subnet is None else self._options.get(str(subnet))
            if some_of(row, column) != want:
                flaws.append(f"{column}: {'no DHCP options' if want else 'not wanted'}")
        if self._members is not None and row.uuid not in self._members:
            flaws.append(f"not in {GROUP[0]} {marks.ISOLATED}")
        return replace(port, flaws=(*port.flaws, *flaws)) if flaws else port


def _wrong_names(
    network: Network, ports: Iterable[LogicalPort], rows: Mapping[Key, Any]
) -> Iterator[str]:
    row = rows.get(NAMES)
    if row is None:
        return  # said already
    want, have = names_of(network, ports), map_of(row, "records")
    if want == have:
        return
    for name in sorted(want.keys() | have.keys()):
        wanted, found = want.get(name), have.get(name)
        if wanted != found:
            what = "none" if found is None else printable(found)
            wrong = "not wanted" if wanted is None else f"not {wanted}"
            yield f"DNS {marks.NAMES}: {printable(name)}: {what}, {wrong}"
