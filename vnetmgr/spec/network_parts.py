"""Reads what a network of a spec has in maps: portgroups, reservations, DNS records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.dhcp import Reservation, parse_duid
from vnetmgr.model.names import check_object_name
from vnetmgr.model.network import Portgroup
from vnetmgr.model.options.network_parsers import PORTGROUP
from vnetmgr.model.options.nics import CLEAR
from vnetmgr.model.options.parsers import check_dns_name, parse_address
from vnetmgr.model.options.records import RECORD_OPTIONS, lacking, read_record
from vnetmgr.model.values import Mac
from vnetmgr.problem import Option
from vnetmgr.spec.compounds import read_compound

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.dns import DnsRecord
    from vnetmgr.problem import Problem
    from vnetmgr.spec.nodes import Document, Node

ADDRESS_KEYS = ("address", "hostname")
_NAMED_CLIENT = "name:"
# What DUIDs begin with (RFC 8415, section 11): nothing else tells a short one from a MAC.
_DUID_TYPES = ("00:01:", "00:02:", "00:03:", "00:04:")
_MAC_BYTES = 6


class NetworkParts:
    """The parts of the networks of one file."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def _is_cleared(self, node: Node, what: str, wanted: str) -> bool:
        """Whether a key has `none` or nothing right in place of a map or list."""
        text = self._document.text(node, what)
        if text is not None and text.lower() != CLEAR:
            self._document.problem(node, f"{what} has to be {wanted}, or {CLEAR}")
        return text is not None and text.lower() == CLEAR

    def portgroups(self, at: Node, node: Node) -> tuple[Portgroup, ...] | None:
        """The portgroups of the network whose key is `at`."""
        document = self._document
        if not document.is_map(node) and not document.is_list(node):
            self._is_cleared(node, "portgroups", "a map of their names")
            return None
        found = []
        for name, (key, value) in document.pairs(node, "portgroups").items():
            try:
                check_object_name(name, what="portgroup")
            except ValueError as error:
                document.problem(key, str(error))
                continue
            if document.is_null(value):  # the name is all that a portgroup needs
                group: object = Portgroup(name=name)
            else:
                group = read_compound(document, PORTGROUP, value, "portgroups", {"name": [name]})
            if isinstance(group, Portgroup):
                document.places[document.origin(at), group] = document.origin(key)
                found.append(group)
        return tuple(found)

    def addresses(self, at: Node, node: Node) -> tuple[Reservation, ...] | None:
        """The reservations of the network whose key is `at`."""
        document = self._document
        if not document.is_map(node) and not document.is_list(node):
            self._is_cleared(node, "addresses", "a map, MAC: ADDRESS")
            return None
        found = []
        for client, (key, several) in document.pairs(node, "addresses").items():
            for value in document.items(several, client):
                reservation = self._reservation(client, key, value)
                if reservation is not None:
                    found.append(reservation)
                    document.places[document.origin(at), reservation] = document.origin(value)
        return tuple(found)

    def _reservation(self, client: str, key: Node, node: Node) -> Reservation | None:
        document, hostname = self._document, None
        if document.is_map(node):
            pairs = document.pairs(node, client)
            known = dict(document.known(pairs, ADDRESS_KEYS, "an address"))
            if "hostname" in known:
                hostname = self._hostname(known["hostname"])
            if "address" not in known:
                document.problem(key, f"{client}: address is missing")
                return None
            node = known["address"]
        text = document.text(node, client)
        try:
            address = None if text is None else parse_address(text)
        except ValueError as error:
            document.problem(node, f"{client}: {error}")
            address = None
        try:
            return None if address is None else _reservation(client, address, hostname)
        except ValueError as error:
            document.problem(key, str(error))
            return None

    def _hostname(self, node: Node) -> str | None:
        text = self._document.text(node, "hostname")
        try:
            return None if text is None else check_dns_name(text, what="hostname")
        except ValueError as error:
            self._document.problem(node, str(error))
            return None

    def records(self, node: Node) -> tuple[DnsRecord, ...] | None:
        """The DNS records of a network."""
        document = self._document
        if not document.is_list(node):
            if document.is_map(node):
                document.problem(node, "records has to be a list of maps, not a map")
            else:
                self._is_cleared(node, "records", "a list of maps")
            return None
        found: dict[tuple[object, ...], tuple[DnsRecord, Node]] = {}
        for item in document.items(node, "records"):
            record = self._record(item)
            if record is None:
                continue
            if record.identity in found:
                first = document.origin(found[record.identity][1])
                document.problem(item, f"{record} stands twice; first at {first}")
            found.setdefault(record.identity, (record, item))
        return tuple(record for record, _ in found.values())

    def _record(self, node: Node) -> DnsRecord | None:
        document = self._document
        pairs = document.pairs(node, "a record")
        values: dict[str, str] = {}
        bad = not document.is_map(node) or not RECORD_OPTIONS.keys() >= pairs.keys()
        for key, value in document.known(pairs, RECORD_OPTIONS, "a record"):
            text = document.text(value, key)
            if text is None:
                bad = True
            else:
                values[key] = text
        if bad:
            return None
        problems: list[Problem] = []
        record = read_record(values, problems, say=str)
        for problem in problems:
            if isinstance(problem.origin, Option):
                key = problem.origin.key
                document.problem(pairs[key][1], f"{key}: {problem.text}")
            else:
                document.problem(node, problem.text)
        if (lack := lacking(values)) is not None:
            key, needed = lack
            document.problem(pairs[key][1], f"{key}: needs {needed}")
        return record


def _reservation(client: str, address: IpAddress, hostname: str | None) -> Reservation:
    """A client is a MAC, a DUID (which has more bytes), or `name:HOSTNAME`."""
    if client.startswith(_NAMED_CLIENT):
        name = check_dns_name(client.removeprefix(_NAMED_CLIENT), what="name")
        if hostname is not None:
            raise ValueError(f"{client} has a hostname already")
        return Reservation(address=address, hostname=name)
    if client.count(":") >= _MAC_BYTES or client.lower().startswith(_DUID_TYPES):
        if address.version == 6:
            return Reservation(address=address, duid=parse_duid(client), hostname=hostname)
        if client.count(":") >= _MAC_BYTES:
            raise ValueError(f"{client}: an IPv4 client is known by its MAC or {_NAMED_CLIENT}NAME")
    return Reservation(address=address, mac=Mac.parse(client), hostname=hostname)
