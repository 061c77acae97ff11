"""Reads a network of a spec. Its keys are the options of create-network: those that can be
repeated are plurals with lists, and a singular is short for a list of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from vnetmgr.errors import VnetError
from vnetmgr.model.addressing import addressing_problems, default_ranges, first_host, holder
from vnetmgr.model.desired import Intent
from vnetmgr.model.dhcp import Reservation, parse_duid
from vnetmgr.model.network import NetworkMode, Portgroup
from vnetmgr.model.network_options import (
    NETWORK_OPTIONS,
    REPEATABLE_NETWORK_OPTIONS,
    mode_problems,
)
from vnetmgr.model.network_parsers import parse_portgroup
from vnetmgr.model.network_want import NetworkPatch, NetworkWant
from vnetmgr.model.nic_options import CLEAR
from vnetmgr.model.parsers import check_dns_name, parse_address, parse_boolean
from vnetmgr.model.patch import UNSET, Unset
from vnetmgr.model.record_options import RECORD_OPTIONS, build_record
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.dns import DnsRecord
    from vnetmgr.spec.nodes import Document, Node, Pairs


T = TypeVar("T")


class _Key(NamedTuple):
    """A key of a network: the option that reads it, and whether it is a list."""

    option: str
    several: bool = False


def _keys() -> dict[str, _Key]:
    keys: dict[str, _Key] = {}
    for option, known in NETWORK_OPTIONS.items():
        if option == "no_dhcp" or known.field == "portgroups":
            continue
        keys[option] = _Key(option)
        if option in REPEATABLE_NETWORK_OPTIONS:
            keys[known.field] = _Key(option, several=True)
    return keys


VALUE_KEYS = _keys()
OTHER_KEYS = ("portgroups", "dhcp", "autostart", "addresses", "records")
NETWORK_KEYS = frozenset({*VALUE_KEYS, *OTHER_KEYS})
_NAMED_CLIENT = "name:"


class NetworkReader:
    """Reads the networks of one file."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def read(self, key: Node, node: Node) -> NetworkWant:
        """A network, without what is wrong, which is told."""
        document = self._document
        pairs = document.pairs(node, f"network {key.value}")
        fields: dict[str, object] = {}
        for name, value in document.known(pairs, NETWORK_KEYS, "a network"):
            if name in VALUE_KEYS:
                self._value(name, value, fields)
        if "portgroups" in pairs:
            fields["portgroups"] = self._portgroups(pairs["portgroups"][1])
        if "dhcp" in pairs:
            self._dhcp(pairs["dhcp"][1], fields)
        if "addresses" in pairs:
            fields["reservations"] = self._addresses(pairs["addresses"][1])
        if "records" in pairs:
            fields["records"] = self._records(pairs["records"][1])
        patch = NetworkPatch(**fields)  # type: ignore[arg-type]  # the table's parsers fit
        self._check(key, pairs, patch)
        return NetworkWant(
            name=key.value,
            intent=Intent.PRESENT,
            patch=patch,
            autostart=self._autostart(pairs),
            guests=True,
            origin=document.origin(key),
        )

    def _value(self, name: str, node: Node, fields: dict[str, object]) -> None:
        document, key = self._document, VALUE_KEYS[name]
        option = NETWORK_OPTIONS[key.option]
        repeatable = key.option in REPEATABLE_NETWORK_OPTIONS
        if option.field in fields:
            document.problem(node, f"{name}: {option.field} stands there already")
        items = document.items(node) if key.several else [node]
        texts = [document.text(item, name) for item in items]
        if texts == [CLEAR] or (key.several and not items):
            if option.clearable:
                fields[option.field] = None
            else:
                document.problem(node, f"{name} cannot be cleared")
            return
        parsed = []
        for item, text in zip(items, texts, strict=True):
            if text is not None:
                try:
                    parsed.append(option.parse(text))
                except ValueError as error:
                    document.problem(item, f"{name}: {error}")
        if len(parsed) == len(items):
            fields[option.field] = tuple(parsed) if repeatable else parsed[0]

    def _dhcp(self, node: Node, fields: dict[str, object]) -> None:
        if self._document.text(node, "dhcp") != CLEAR:
            self._document.problem(node, "dhcp: `none`, or dhcp_ranges with what it gives out")
        elif "dhcp_ranges" in fields:
            self._document.problem(node, "dhcp: none does not go with dhcp_ranges")
        else:
            fields["dhcp_ranges"] = None

    def _autostart(self, pairs: Pairs) -> bool | None:
        if "autostart" not in pairs:
            return None
        node = pairs["autostart"][1]
        return self._boolean(node, "autostart")

    def _boolean(self, node: Node, what: str) -> bool | None:
        text = self._document.text(node, what)
        try:
            return None if text is None else parse_boolean(text)
        except ValueError as error:
            self._document.problem(node, f"{what}: {error}")
            return None

    def _portgroups(self, node: Node) -> tuple[Portgroup, ...] | None:
        document = self._document
        if not document.is_map(node):
            if document.text(node, "portgroups") != CLEAR:
                document.problem(node, "portgroups: a map of names, or none")
            return None
        found = []
        for name, (key, value) in document.pairs(node, "portgroups").items():
            words = [f"name={name}"]
            if not document.is_empty(value):
                words += self._portgroup_words(name, value)
            try:
                found.append(parse_portgroup(",".join(words)))
            except ValueError as error:
                document.problem(key, f"portgroup {name}: {error}")
        defaults = [group.name for group in found if group.default]
        if len(defaults) > 1:
            document.problem(node, f"a network has one default portgroup, not {defaults}")
        return tuple(found)

    def _portgroup_words(self, name: str, node: Node) -> list[str]:
        document = self._document
        words = []
        keys = ("vlan", "inbound", "outbound", "default")
        for key, value in document.known(document.pairs(node, name), keys, "a portgroup"):
            for item in document.items(value) if key == "vlan" else [value]:
                text = document.text(item, key)
                words += [f"{key}={text}"] if text is not None else []
        return words

    def _addresses(self, node: Node) -> tuple[Reservation, ...] | None:
        document = self._document
        if not document.is_map(node):
            if document.text(node, "addresses") != CLEAR:
                document.problem(node, "addresses: a map of MAC: ADDRESS, or none")
            return None
        found = []
        for client, (key, value) in document.pairs(node, "addresses").items():
            reservation = self._reservation(client, key, value)
            if reservation is not None:
                found.append(reservation)
        return tuple(found)

    def _reservation(self, client: str, key: Node, node: Node) -> Reservation | None:
        document, hostname = self._document, None
        if document.is_map(node):
            pairs = document.pairs(node, client)
            known = dict(document.known(pairs, ("address", "hostname"), "an address"))
            if "address" not in known:
                document.problem(key, f"{client}: address is missing")
                return None
            node = known["address"]
            if "hostname" in known:
                hostname = document.text(known["hostname"], "hostname")
        text = document.text(node, client)
        if text is None:
            return None
        try:
            if hostname is not None:
                check_dns_name(hostname, what="hostname")
            return _reservation(client, parse_address(text), hostname)
        except ValueError as error:
            document.problem(node, str(error))
            return None

    def _records(self, node: Node) -> tuple[DnsRecord, ...] | None:
        document = self._document
        if document.is_empty(node):
            return None
        items = document.items(node)
        if len(items) == 1 and not document.is_map(items[0]):
            if document.text(items[0], "records") != CLEAR:
                document.problem(node, "records: a list of maps, or none")
            return None
        found = []
        for item in items:
            pairs = document.pairs(item, "a record")
            known = document.known(pairs, RECORD_OPTIONS, "a record")
            values = {key: document.text(value, key) for key, value in known}
            try:
                found.append(build_record({k: v for k, v in values.items() if v is not None}))
            except VnetError as error:
                document.problem(item, error.message.replace("--", ""))
        return tuple(found)

    def _check(self, key: Node, pairs: Pairs, patch: NetworkPatch) -> None:
        """What is wrong between the values, told where the first of them stands."""
        document = self._document
        mode = patch.mode
        if not isinstance(mode, Unset):
            for problem in mode_problems(mode, patch, complete=False):
                document.problem(key, problem.replace("--", ""))
            if mode is NetworkMode.BRIDGE and patch.bridge is UNSET:
                document.problem(key, "mode bridge needs bridge: the host's bridge")
        for problem in _addressing(patch):
            document.problem(_place_of(pairs, key), problem)


def _place_of(pairs: Pairs, key: Node) -> Node:
    for name in ("subnets", "subnet", "dhcp_ranges", "dhcp_range", "addresses"):
        if name in pairs:
            return pairs[name][1]
    return key


def _addressing(patch: NetworkPatch) -> list[str]:
    subnets = _given(patch.subnets)
    if not subnets:
        return []
    gateways = _given(patch.gateways)
    homeless = [each for each in subnets if not any(holder([each], at) for at in gateways)]
    all_gateways = (*gateways, *map(first_host, homeless))
    ranges = patch.dhcp_ranges
    return addressing_problems(
        subnets=subnets,
        gateways=all_gateways,
        dhcp_ranges=default_ranges(subnets, all_gateways)
        if isinstance(ranges, Unset)
        else ranges or (),
        reservations=_given(patch.reservations),
    )


def _given(setting: Sequence[T] | Unset | None) -> tuple[T, ...]:
    return () if isinstance(setting, Unset) or setting is None else tuple(setting)


def _reservation(client: str, address: IpAddress, hostname: str | None) -> Reservation:
    """A client is a MAC, a DUID (which has more bytes), or `name:HOSTNAME`."""
    if client.startswith(_NAMED_CLIENT):
        name = check_dns_name(client.removeprefix(_NAMED_CLIENT), what="name")
        return Reservation(address=address, hostname=name)
    if client.count(":") > 5 or address.version == 6:
        if address.version == 4:
            raise ValueError(f"{client}: an IPv4 client is known by its MAC")
        return Reservation(address=address, duid=parse_duid(client), hostname=hostname)
    return Reservation(address=address, mac=Mac.parse(client), hostname=hostname)
