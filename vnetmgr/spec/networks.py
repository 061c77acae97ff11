"""Reads a network of a spec. Its keys are the options of create-network: those that can be
repeated are plurals with lists, and a singular is short for a list of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import NetworkPatch, NetworkWant
from vnetmgr.model.options.networks import NETWORK_OPTIONS, OPTION_OF
from vnetmgr.model.options.nics import CLEAR
from vnetmgr.model.options.parsers import Kind, parse_boolean
from vnetmgr.spec.compounds import read_compound
from vnetmgr.spec.hosts import read_hosts
from vnetmgr.spec.network_checks import NetworkCheck
from vnetmgr.spec.network_parts import NetworkParts

if TYPE_CHECKING:
    from vnetmgr.model.options.compound import Compound
    from vnetmgr.model.options.networks import NetworkOption
    from vnetmgr.spec.nodes import Document, Node, Pairs


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
        if known.kind.repeatable:
            keys[known.field] = _Key(option, several=True)
    return keys


VALUE_KEYS = _keys()
OTHER_KEYS = ("hosts", "portgroups", "dhcp", "autostart", "addresses", "records")
SPEC_KEY_OF = {
    field: field if NETWORK_OPTIONS[option].kind.repeatable else option
    for field, option in OPTION_OF.items()
}
"""Field -> the key that says all of it."""
NETWORK_KEYS = frozenset({*VALUE_KEYS, *OTHER_KEYS})


class NetworkReader:
    """Reads the networks of one file."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._parts = NetworkParts(document)

    def read(self, key: Node, node: Node) -> NetworkWant:
        """A network, without what is wrong, which is told."""
        document = self._document
        pairs = document.pairs(node, f"network {key.value}")
        fields: dict[str, object] = {}
        keys: dict[str, str] = {}
        for name, value in document.known(pairs, NETWORK_KEYS, "a network"):
            if name in VALUE_KEYS:
                self._value(key, name, value, fields, keys)
        if "portgroups" in pairs:
            fields["portgroups"] = self._parts.portgroups(key, pairs["portgroups"][1])
            keys["portgroups"] = "portgroups"
        if "dhcp" in pairs:
            self._dhcp(pairs, keys, fields)
        if "addresses" in pairs:
            fields["reservations"] = self._parts.addresses(key, pairs["addresses"][1])
            keys["addresses"] = "addresses"
        if "records" in pairs:
            fields["records"] = self._parts.records(pairs["records"][1])
            keys["records"] = "records"
        patch = NetworkPatch(**fields)  # type: ignore[arg-type]  # the table's parsers fit
        NetworkCheck(document, key, pairs, keys).tell(patch)
        return NetworkWant(
            name=key.value,
            intent=Intent.PRESENT,
            patch=patch,
            autostart=self._autostart(pairs),
            guests=True,
            hosts=read_hosts(document, pairs["hosts"][1]) if "hosts" in pairs else None,
            origin=document.origin(key),
        )

    def _value(
        self, at: Node, name: str, node: Node, fields: dict[str, object], keys: dict[str, str]
    ) -> None:
        """Read a key into `fields`; `keys` has the key that each field is from."""
        document, known = self._document, VALUE_KEYS[name]
        field = NETWORK_OPTIONS[known.option].field
        if field in keys:
            document.problem(node, f"{name}: {keys[field]} says that already; give one of them")
            return
        keys[field] = name
        if NETWORK_OPTIONS[known.option].kind is Kind.PAIRS and document.is_map(node):
            pairs = self._pairs(at, name, node, NETWORK_OPTIONS[known.option])
            if len(pairs) == len(node.value):
                fields[field] = tuple(pairs) or None
            return
        items = document.items(node, name) if known.several else [node]
        option = NETWORK_OPTIONS[known.option]
        texts = [None if self._parts_of(option, item) else item.value for item in items]
        if not items or CLEAR in (text.lower() for text in texts if isinstance(text, str)):
            if not option.clearable:
                document.problem(node, f"{name} cannot be cleared")
            elif len(items) > 1:
                document.problem(node, f"{name}: {CLEAR} clears it, and goes with nothing else")
            else:
                fields[field] = None
            return
        parsed = self._parsed(at, name, items, option)
        if len(parsed) == len(items):
            fields[field] = tuple(parsed) if option.kind.repeatable else parsed[0]

    def _parts_of(self, option: NetworkOption, node: Node) -> Compound | None:
        """What reads a value that is given as a map of its parts; None where it is not."""
        return option.compound if self._document.is_map(node) else None

    def _parsed(
        self, at: Node, name: str, items: list[Node], option: NetworkOption
    ) -> list[object]:
        """The values that can be read; what is wrong with the others is told."""
        origin = self._document.origin(at)
        found: list[object] = []
        for item in items:
            value = self._parse(name, item, option)
            if value is not None:
                found.append(value)
                self._document.places[origin, value] = self._document.origin(item)
        return found

    def _pairs(self, at: Node, name: str, node: Node, option: NetworkOption) -> list[object]:
        """The pairs of a map that can be read; what is wrong with the others is told."""
        document, origin = self._document, self._document.origin(at)
        found: list[object] = []
        for key, (_, value) in document.pairs(node, name).items():
            text = document.text(value, f"{name}: {key}")
            if text is None:
                continue
            try:
                pair = option.parse(f"{key}={text}")
            except ValueError as error:
                document.wrong(value, name, error, option.field)
            else:
                found.append(pair)
                document.places[origin, pair] = document.origin(value)
        return found

    def _parse(self, name: str, node: Node, option: NetworkOption) -> object | None:
        document = self._document
        compound = self._parts_of(option, node)
        if compound is not None:
            return read_compound(document, compound, node, option.field)
        text = document.text(node, name)
        if text is None:
            return None
        try:
            return option.parse(text)
        except ValueError as error:
            document.wrong(node, name, error, option.field)
            return None

    def _dhcp(self, pairs: Pairs, keys: dict[str, str], fields: dict[str, object]) -> None:
        document, node = self._document, pairs["dhcp"][1]
        text = document.text(node, "dhcp")
        if text is None:
            return
        if text.lower() != CLEAR:
            document.problem(node, "dhcp is none, or left out; dhcp_ranges has what it gives out")
        elif "dhcp_ranges" in keys:
            document.problem(node, f"dhcp: none does not go with {keys['dhcp_ranges']}")
        else:
            fields["dhcp_ranges"] = None
            keys["dhcp_ranges"] = "dhcp"

    def _autostart(self, pairs: Pairs) -> bool | None:
        if "autostart" not in pairs:
            return None
        node = pairs["autostart"][1]
        text = self._document.text(node, "autostart")
        try:
            return None if text is None else parse_boolean(text)
        except ValueError as error:
            self._document.problem(node, f"autostart: {error}")
            return None
