"""The spec's JSON Schema, made from the tables that read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_options import NETWORK_OPTIONS
from vnetmgr.model.nic_options import NIC_OPTIONS, REPEATABLE, SOURCE_OPTIONS
from vnetmgr.model.record_options import RECORD_OPTIONS
from vnetmgr.spec.networks import OTHER_KEYS, VALUE_KEYS
from vnetmgr.spec.nics import NIC_KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, object]

# Scalars are read as text and typed by the tables: a number, a word or a switch may be written
# with quotes or without.
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_SWITCH: Schema = {"enum": [True, False, "yes", "no", "on", "off", "true", "false"]}
_FLAGS = frozenset({"nat", "user"})
_SWITCHES = frozenset({"isolated_port", "isolated_ports", "nat_ipv6"})


def json_schema() -> Schema:
    """Draft 2020-12. It says what may be written where; `validate` says what is wrong in it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "vnetmgr spec",
        **_object(
            {
                "version": {"enum": [1, "1"], "description": "The version of the format."},
                "prune": {**_SWITCH, "description": "Take away what the spec has no more."},
                "networks": _map(_network(), "Virtual networks by name."),
                "domains": _map(_domain(), "Domains by name."),
            }
        ),
        "required": ["version"],
    }


def _object(properties: Mapping[str, object]) -> Schema:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}


def _map(values: Schema, description: str) -> Schema:
    return {"type": "object", "additionalProperties": values, "description": description}


def _list(values: Schema) -> Schema:
    return {"anyOf": [{"type": "array", "items": values}, values]}


def _network() -> Schema:
    properties: dict[str, object] = {}
    for key, known in VALUE_KEYS.items():
        option = NETWORK_OPTIONS[known.option]
        value = _list(_SCALAR) if known.several else _SCALAR
        if key == "mode":
            value = {"enum": [mode for mode in NetworkMode if mode is not NetworkMode.OTHER]}
        elif key in _SWITCHES:
            value = _SWITCH
        properties[key] = {**value, "description": option.help}
    portgroup = _object(
        {
            "vlan": _list(_SCALAR),
            "inbound": _SCALAR,
            "outbound": _SCALAR,
            "default": _SWITCH,
        }
    )
    address = _object({"address": _SCALAR, "hostname": _SCALAR})
    record = _object(
        {key: {**_SCALAR, "description": option.help} for key, option in RECORD_OPTIONS.items()}
    )
    others: dict[str, object] = {
        "portgroups": _or_none(_map({"anyOf": [portgroup, {"type": "null"}]}, "By name.")),
        "dhcp": {"enum": ["none"], "description": "No DHCP."},
        "autostart": {**_SWITCH, "description": "Whether it starts with the host."},
        "addresses": _or_none(_map({"anyOf": [_SCALAR, address]}, "MAC or DUID -> address.")),
        "records": _or_none({"type": "array", "items": record}),
    }
    return _object({**properties, **{key: others[key] for key in OTHER_KEYS}})


def _or_none(value: Schema) -> Schema:
    return {"anyOf": [value, {"const": "none"}]}


def _domain() -> Schema:
    return _object(
        {
            "prune": {**_SWITCH, "description": "The same for this domain's nics."},
            "nics": _map(_nic(), "Nics by name."),
        }
    )


def _nic() -> Schema:
    properties: dict[str, object] = {}
    for key, option in {**SOURCE_OPTIONS, **NIC_OPTIONS}.items():
        if key not in NIC_KEYS:
            continue
        value = _SCALAR
        if key in _FLAGS:
            value = {"anyOf": [_SWITCH, {"type": ["object", "null"], "maxProperties": 0}]}
        elif key in _SWITCHES:
            value = _SWITCH
        elif key in REPEATABLE:
            value = {"anyOf": [*_alternatives(), {"type": "object"}]}
        properties[key] = {**value, "description": option.help}
    properties["address"] = {**_SCALAR, "description": "A DHCP reservation on its network."}
    return {**_object(properties), "oneOf": [{"required": [key]} for key in SOURCE_OPTIONS]}


def _alternatives() -> list[Schema]:
    return [{"type": "array", "items": _SCALAR}, _SCALAR]
