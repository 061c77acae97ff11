"""A logical port's row to a value and back, and what other rows say of it. Pure."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from vnetmgr.model.overlay.migration import REQUESTED, STRATEGY, Migration
from vnetmgr.model.overlay.northbound import LogicalPort, Owner
from vnetmgr.model.overlay.options import parse_revision
from vnetmgr.model.overlay.row_names import INSIDE, LOCALNET, OUTSIDE
from vnetmgr.model.record import replace
from vnetmgr.model.values import Mac
from vnetmgr.ovn import marks
from vnetmgr.ovn.columns import map_of, some_of, text_of, texts_of
from vnetmgr.ovn.rows import has_dhcp
from vnetmgr.printable import brief, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.model.network import Network
    from vnetmgr.ovn.rows import Value


def columns_of(port: LogicalPort) -> dict[str, Value]:
    """A port's columns, but for those that refer to other rows."""
    return {
        "name": port.name,
        "type": "",
        **_addressing(port),
        "options": dict(port.migration.options) if port.migration is not None else {},
        "external_ids": _external_ids(port),
    }


def _addressing(port: LogicalPort) -> dict[str, frozenset[str]]:
    texts = [str(port.mac), *map(str, port.addresses)] if port.mac else []
    secure = [*texts, *map(str, port.own_choice)] if port.port_security else []
    return {
        "addresses": frozenset({" ".join(texts)} if texts else ()),
        "port_security": frozenset({" ".join(secure)} if secure else ()),
    }


def _external_ids(port: LogicalPort) -> dict[str, str]:
    owner = port.owner
    if owner is None:
        return {}
    found = marks.of_row(port.switch, owner.fleet, owner.revision, marks.NIC)
    values = {key: getattr(owner, field) for field, key in marks.OWNER_KEYS.items()}
    values[marks.DNS_NAME] = port.dns_name
    values[marks.OWN_CHOICE] = " ".join(map(str, port.own_choice))
    values[marks.MIGRATION] = None if port.migration is None else port.migration.text
    return found | {key: str(value) for key, value in values.items() if value}


def port_of(row: Any, switch: str) -> LogicalPort | None:
    """The port that a row is, without what other rows say; None: it is no nic's."""
    texts = map_of(row, "external_ids")
    role = texts.get(marks.ROLE)
    owned = marks.FLEET in texts and role == marks.NIC
    # One that says to be a router's is no nic's, whatever its type.
    router_s = marks.FLEET in texts and role in (INSIDE, OUTSIDE, LOCALNET)
    if not owned and (router_s or text_of(row, "type")):
        return None
    options = map_of(row, "options")
    mac, addresses = _addresses(texts_of(row, "addresses"))
    choice = _own_choice(texts.get(marks.OWN_CHOICE, "")) if owned else ()
    if not owned and (dynamic := some_of(row, "dynamic_addresses")):
        mac, addresses = _addresses([dynamic])
    port = LogicalPort(
        name=text_of(row, "name"),
        switch=switch,
        mac=mac,
        addresses=addresses,
        own_choice=choice,
        port_security=bool(texts_of(row, "port_security")),
        dns_name=texts.get(marks.DNS_NAME) if owned else None,
        requested_chassis=_chassis(options),
        migration=Migration.parse(texts.get(marks.MIGRATION, "")) if owned else None,
        owner=_owner(texts) if owned else None,
        up=some_of(row, "up"),
    )
    flaws = tuple(map(brief, _differences(row, port))) if owned else ()
    return replace(port, flaws=flaws) if flaws else port


def _differences(row: Any, port: LogicalPort) -> Iterator[str]:
    """What no field of the port tells."""
    for column, want in _addressing(port).items():
        have = texts_of(row, column)
        if have != want:
            yield f"{column}: {printable(', '.join(sorted(have)) or 'none')}"
    if kind := text_of(row, "type"):
        yield f"type: {printable(kind)}"
    if port.migration is not None:
        yield from _other_options(map_of(row, "options"), port.migration)


def _other_options(have: Mapping[str, str], migration: Migration) -> Iterable[str]:
    """What somebody has changed of a migration; what they do without one is their affair."""
    for key in (REQUESTED, STRATEGY):
        if have.get(key) != migration.options.get(key):
            yield f"options:{key}: {printable(have.get(key, 'none'))}"


def _addresses(texts: Iterable[str]) -> tuple[Mac | None, tuple[IpAddress, ...]]:
    """Of `addresses`: the first that says a MAC; others may say anything there."""
    for text in sorted(texts):
        first, *rest = text.split() or [""]
        try:
            return Mac.normalise(first), tuple(known_addresses(rest))
        except ValueError:
            continue
    return None, ()


def known_addresses(words: Iterable[str]) -> Iterator[IpAddress]:
    """The addresses among words that anybody may have written."""
    for word in words:
        try:
            yield ip_address(word)
        except ValueError:
            continue


def _own_choice(text: str) -> tuple[IpNetwork, ...]:
    try:
        return tuple(map(ip_network, text.split()))
    except ValueError:
        return ()


def _chassis(options: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(filter(None, options.get(REQUESTED, "").split(",")))


def _owner(texts: Mapping[str, str]) -> Owner:
    revision = texts.get(marks.REVISION, "")
    return Owner(
        fleet=texts[marks.FLEET],
        revision=read_revision(revision),
        **{field: texts.get(key) for field, key in marks.OWNER_KEYS.items()},
    )


def read_revision(text: str | None) -> int | None:
    """A revision that somebody wrote; None: it is none."""
    try:
        return None if text is None else parse_revision(text)
    except ValueError:
        return None


def dhcp_subnets(network: Network, port: LogicalPort) -> dict[str, IpNetwork]:
    """The column -> the subnet whose DHCP options a port refers to there."""
    found: dict[str, IpNetwork] = {}
    for address in port.addresses:
        for subnet in network.subnets:
            if subnet.version == address.version and address in subnet:
                if has_dhcp(network, subnet):
                    found.setdefault(f"dhcpv{subnet.version}_options", subnet)
                break
    return found


def names_of(network: Network, ports: Iterable[LogicalPort]) -> dict[str, str]:
    """The names with which a switch's DNS answers for guests, for what is reserved, and for
    records' names in its domain; and the other way round."""
    found: dict[str, set[IpAddress]] = {}
    for port in ports:
        if port.dns_name:
            found.setdefault(port.dns_name.lower(), set()).update(port.addresses)
    for name, address in _networks_own(network):
        found.setdefault(name.lower(), set()).add(address)
    records = {each.name.lower() for each in network.records}
    answers = {
        name: _joined(addresses)
        for name, addresses in found.items()
        if addresses and name not in records
    }
    for name, addresses in sorted(found.items()):
        for address in addresses:
            answers.setdefault(address.reverse_pointer, name)
    return answers


def _networks_own(network: Network) -> Iterable[tuple[str, IpAddress]]:
    domain = f".{network.dns_domain}" if network.dns_domain else ""
    for each in network.reservations:
        if each.hostname:
            yield f"{each.hostname}{domain}", each.address
    for record in network.records:
        if record.address is not None and domain and "." not in record.name:
            yield f"{record.name}{domain}", record.address


def _joined(addresses: Iterable[IpAddress]) -> str:
    return " ".join(str(each) for each in sorted(addresses, key=lambda a: (a.version, int(a))))
