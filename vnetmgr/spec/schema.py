"""The spec's JSON Schema, made from the tables that read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.model.dns import RecordKind
from vnetmgr.model.forward import Protocol
from vnetmgr.model.names import HOST_NAME, NO_HOST_NAME
from vnetmgr.model.options.forwards import FORWARD_OPTIONS, parse_protocol
from vnetmgr.model.options.network_parsers import PORTGROUP
from vnetmgr.model.options.networks import NETWORK_OPTIONS
from vnetmgr.model.options.nics import CLEAR, SOURCE_OPTIONS
from vnetmgr.model.options.parsers import Kind, parse_boolean
from vnetmgr.model.options.records import RECORD_OPTIONS
from vnetmgr.model.overlay.options import OVN_KEYS
from vnetmgr.spec import networks, nics
from vnetmgr.spec.network_parts import ADDRESS_KEYS
from vnetmgr.spec.read import DOMAIN_KEYS, TOP_KEYS, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vnetmgr.model.options.compound import Compound, Part
    from vnetmgr.model.options.networks import NetworkOption
    from vnetmgr.model.options.nics import NicOption
    from vnetmgr.model.overlay.options import OvnKey

Schema = dict[str, object]

# Scalars are read as text and typed by the tables: a number, a word or a switch may be written
# with quotes or without.
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_SWITCH: Schema = {"enum": [True, False, "yes", "no", "true", "false", "on", "off"]}
_NONE: Schema = {"const": CLEAR}
_NULL: Schema = {"type": "null"}
_EMPTY: Schema = {"type": "object", "maxProperties": 0}
# By the metavar, which says what kind of value an option takes. A pattern only judges strings.
_PATTERNS = {
    "MAC": r"^[0-9A-Fa-f]{1,4}([:.-]?[0-9A-Fa-f]{1,4}){2,5}$",
    "N": r"^[0-9]+$",
    "BYTES": r"^[0-9]+$",
    "RATE": r"^[0-9]+(\.[0-9]+)? *[A-Za-z/]+$",
    "NETWORK/LEN": r"^[0-9A-Fa-f.:]+/[0-9]+$",
    "START-END": r"^[0-9A-Fa-f.:]+ *- *[0-9A-Fa-f.:]+$",
    "K=V": r"^[^=]+=.+$",
    "REMOTE": r"^ *(tcp|ssl|unix):.+$",
}
# YAML 1.1 makes numbers of some MACs that have no quotes.
_NUMBERS = frozenset({"N", "BYTES", "MAC"})
_FORWARD = r"^(\[?[0-9A-Fa-f.:]+\]?:)?[0-9-]+:[0-9-]+(/(tcp|udp|TCP|UDP))?$"
_HOST: Schema = {"type": "string", "pattern": f"^(?!{NO_HOST_NAME}$){HOST_NAME}$"}
_IP: Schema = {"type": "string", "pattern": r"^[0-9A-Fa-f.:]+$"}
_TOP_HELP = {
    "version": "The version of the format.",
    "prune": "Take away what vnetmgr made from a spec, and this one has no more.",
    "ovn": "Where OVN's northbound database is, for networks that reach over several hosts.",
    "networks": "Virtual networks by name.",
    "domains": "Domains by name.",
    "host": "Its host, by the name in the hosts file; left out: wherever it is.",
    "nics": "A domain's nics by name.",
    "forwards": "Ports of the host that lead to the domain's, all of them; as maps, or 8080:80.",
}
_OTHER_HELP = {
    "hosts": "The hosts that it is on, by their names in the hosts file; left out: on every one.",
    "portgroups": "Portgroups by name.",
    "dhcp": "none: no DHCP.",
    "autostart": "Whether it starts with the host.",
    "addresses": "DHCP reservations: MAC, DUID or name:HOSTNAME -> address, or several.",
    "records": "DNS records.",
}


def json_schema() -> dict[str, object]:
    """Draft 2020-12. It says what may be written where; `validate` says what is wrong in it."""
    values: dict[str, Schema] = {
        "version": {"enum": [int(VERSION), VERSION]},
        "prune": _SWITCH,
        "ovn": _ovn(),
        "networks": _map(_network()),
        "domains": _map(_domain()),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "vnetmgr spec",
        **_object({key: _helped(values[key], _TOP_HELP[key]) for key in TOP_KEYS}),
        "required": ["version"],
    }


def _helped(value: Schema, text: str) -> Schema:
    return {**value, "description": text}


def _object(properties: Mapping[str, object]) -> Schema:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _one_or_list(item: Schema) -> Schema:
    """As Document.items reads it: one alone needs no list around it."""
    return _any(_list(item), item)


def _any(*choices: Schema) -> Schema:
    return choices[0] if len(choices) == 1 else {"anyOf": list(choices)}


def _or_none(value: Schema, *, clearable: bool = True) -> Schema:
    return _any(value, _NONE) if clearable else value


def _pairs(pair: Schema) -> Schema:
    """K=V, several of them, or a map."""
    return _any(_map(_SCALAR), _list(pair), pair)


def _one_of(keys: Iterable[str]) -> Schema:
    return {"oneOf": [{"required": [key]} for key in keys]}


def _value(option: NicOption | NetworkOption) -> Schema:
    """One value of an option, without `none`."""
    if option.choices:
        return {"enum": list(option.choices)}
    if option.compound is not None:
        return _in_parts(option.compound)
    return _by_metavar(option)


def _in_parts(compound: Compound) -> Schema:
    """A value of several parts: a text as a command line has it, or a map."""
    pattern = _PATTERNS.get(compound.parts[compound.first].metavar)
    text: Schema = _SCALAR
    if pattern is not None:
        words = "|".join(map(re.escape, compound.settable))
        text = {"type": "string", "pattern": f"{pattern.removesuffix('$')}(,.+)?$|^({words})=.+$"}
    return _any(text, _compound(compound))


def _by_metavar(option: NicOption | NetworkOption | Part | OvnKey) -> Schema:
    """What kind of value it is, as far as its metavar says."""
    if option.parse is parse_boolean:
        return _SWITCH
    pattern = _PATTERNS.get(option.metavar)
    if pattern is None:
        return _SCALAR
    kinds = ["integer", "string"] if option.metavar in _NUMBERS else ["string"]
    return {"type": kinds, "pattern": pattern}


def _ovn() -> Schema:
    properties: dict[str, object] = {}
    for key, known in OVN_KEYS.items():
        value = _by_metavar(known)
        properties[key] = _helped(_one_or_list(value) if known.several else value, known.help)
    return _object(properties)


def _network() -> Schema:
    properties: dict[str, object] = {}
    for key, known in networks.VALUE_KEYS.items():
        option = NETWORK_OPTIONS[known.option]
        value = _value(option)
        if option.kind is Kind.PAIRS:
            value = _pairs(value)
        elif known.several:
            value = _one_or_list(value)
        properties[key] = _helped(_or_none(value, clearable=option.clearable), option.help)
    address = {**_object(dict.fromkeys(ADDRESS_KEYS, _SCALAR)), "required": ["address"]}
    record = {
        **_object({key: _helped(_SCALAR, each.help) for key, each in RECORD_OPTIONS.items()}),
        **_one_of(map(str, RecordKind)),
    }
    others: dict[str, Schema] = {
        "hosts": _one_or_list(_HOST),
        "portgroups": _or_none(_map(_any(_compound(PORTGROUP, without="name"), _NULL))),
        "dhcp": _NONE,
        "autostart": _SWITCH,
        "addresses": _or_none(_map(_one_or_list(_any(_IP, address)))),
        "records": _or_none(_one_or_list(record)),
    }
    for key in networks.OTHER_KEYS:
        properties[key] = _helped(others[key], _OTHER_HELP[key])
    return _object(properties)


def _compound(compound: Compound, without: str = "") -> Schema:
    """A map of a value's parts, but for one that stands before it."""
    properties: dict[str, object] = {}
    for key, part in compound.settable.items():
        if key != without:
            value = _by_metavar(part) if part.inner is None else _in_parts(part.inner)
            properties[key] = _one_or_list(value) if part.several else _or_none(value)
    needed = [key for key in compound.needs if key != without]
    return {**_object(properties), **({"required": needed} if needed else {})}


def _domain() -> Schema:
    forwards = _or_none(_one_or_list(_forward()))
    values = {"host": _HOST, "nics": _map(_nic()), "forwards": forwards, "prune": _SWITCH}
    return _object({key: _helped(values[key], _TOP_HELP[key]) for key in DOMAIN_KEYS})


def _forward() -> Schema:
    properties: dict[str, object] = {}
    for key, option in FORWARD_OPTIONS.items():
        if option.parse is parse_boolean:
            value = _SWITCH
        elif option.parse is parse_protocol:
            value = {"enum": list(map(str, Protocol))}
        else:
            value = _SCALAR
        value = _one_or_list(value) if option.kind.repeatable else value
        properties[key] = _helped(value, option.help)
    whole = {**_object(properties), "required": ["host_port", "guest_port"]}
    # Some are numbers in base 60 to YAML 1.1, as 8080:22.
    return _any(whole, {"type": ["string", "integer"], "pattern": _FORWARD})


def _nic() -> Schema:
    properties: dict[str, object] = {}
    for key, option in {**SOURCE_OPTIONS, **nics.VALUE_KEYS}.items():
        value = _SCALAR if key == "vlan" else _value(option)
        if option.kind is Kind.FLAG:
            value = _any(value, _EMPTY, _NULL)
        elif option.kind is Kind.PAIRS:
            value = _pairs(value)
        elif option.kind.repeatable:
            value = _one_or_list(value)
        clearable = option.clearable and key not in SOURCE_OPTIONS
        properties[key] = _helped(_or_none(value, clearable=clearable), option.help)
    properties[nics.MATCH] = _helped(
        {"enum": list(nics.MATCHES)},
        "Where no nic has its name or MAC: source takes the one nic on the same source that the "
        "spec does not name.",
    )
    properties["address"] = _helped(_IP, "A DHCP reservation on the nic's network.")
    return {**_object(properties), **_one_of(SOURCE_OPTIONS)}
