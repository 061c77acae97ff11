"""The tables and columns of OVN's databases that vnetmgr uses; nothing else is asked for.

They are written down here, so that connecting does not begin with fetching the whole schema: a
server that has not one of them says so.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NORTHBOUND, SOUTHBOUND = "OVN_Northbound", "OVN_Southbound"

_TEXT: Any = {"type": "string"}
_NUMBER: Any = {"type": "integer"}
_TEXTS: Any = {"type": {"key": "string", "min": 0, "max": "unlimited"}}
_SOME_TEXT: Any = {"type": {"key": "string", "min": 0, "max": 1}}
_SOME_TRUTH: Any = {"type": {"key": "boolean", "min": 0, "max": 1}}
_MAP: Any = {"type": {"key": "string", "value": "string", "min": 0, "max": "unlimited"}}


def _rows(table: str, *, weak: bool = False, most: int | str = "unlimited") -> Any:
    kind = "weak" if weak else "strong"
    return {
        "type": {
            "key": {"type": "uuid", "refTable": table, "refType": kind},
            "min": 0,
            "max": most,
        }
    }


_COLUMNS: dict[str, dict[str, dict[str, Any]]] = {
    NORTHBOUND: {
        "NB_Global": {
            "nb_cfg": _NUMBER,
            "nb_cfg_timestamp": _NUMBER,
            "sb_cfg": _NUMBER,
            "hv_cfg": _NUMBER,
        },
        "Logical_Switch": {
            "name": _TEXT,
            "ports": _rows("Logical_Switch_Port"),
            "dns_records": _rows("DNS", weak=True),
            "external_ids": _MAP,
        },
        "Logical_Switch_Port": {
            "name": _TEXT,
            "type": _TEXT,
            "options": _MAP,
            "addresses": _TEXTS,
            "dynamic_addresses": _SOME_TEXT,
            "port_security": _TEXTS,
            "up": _SOME_TRUTH,
            "dhcpv4_options": _rows("DHCP_Options", weak=True, most=1),
            "dhcpv6_options": _rows("DHCP_Options", weak=True, most=1),
            "external_ids": _MAP,
        },
        "DHCP_Options": {"cidr": _TEXT, "options": _MAP, "external_ids": _MAP},
        "DNS": {"records": _MAP, "external_ids": _MAP},
        "Port_Group": {
            "name": _TEXT,
            "ports": _rows("Logical_Switch_Port", weak=True),
            "acls": _rows("ACL"),
            "external_ids": _MAP,
        },
        "ACL": {
            "priority": _NUMBER,
            "direction": _TEXT,
            "match": _TEXT,
            "action": _TEXT,
            "external_ids": _MAP,
        },
        "Logical_Router": {
            "name": _TEXT,
            "ports": _rows("Logical_Router_Port"),
            "static_routes": _rows("Logical_Router_Static_Route"),
            "nat": _rows("NAT"),
            "external_ids": _MAP,
        },
        "Logical_Router_Port": {
            "name": _TEXT,
            "mac": _TEXT,
            "networks": {"type": {"key": "string", "min": 1, "max": "unlimited"}},
            "gateway_chassis": _rows("Gateway_Chassis"),
            "ipv6_ra_configs": _MAP,
            "external_ids": _MAP,
        },
        "Gateway_Chassis": {
            "name": _TEXT,
            "chassis_name": _TEXT,
            "priority": _NUMBER,
            "external_ids": _MAP,
        },
        "NAT": {"type": _TEXT, "external_ip": _TEXT, "logical_ip": _TEXT, "external_ids": _MAP},
        "Logical_Router_Static_Route": {
            "ip_prefix": _TEXT,
            "nexthop": _TEXT,
            "output_port": _SOME_TEXT,
            "external_ids": _MAP,
        },
    },
    SOUTHBOUND: {
        "SB_Global": {"nb_cfg": _NUMBER},
        "Chassis": {
            "name": _TEXT,
            "hostname": _TEXT,
            "encaps": _rows("Encap"),
            "other_config": _MAP,
        },
        "Chassis_Private": {"name": _TEXT, "nb_cfg": _NUMBER},
        "Encap": {"type": _TEXT, "ip": _TEXT, "options": _MAP},
        "Port_Binding": {
            "logical_port": _TEXT,
            "chassis": _rows("Chassis", weak=True, most=1),
            "additional_chassis": _rows("Chassis", weak=True),
        },
    },
}


class Reference(NamedTuple):
    """A column in which a table's rows refer to another's."""

    table: str
    column: str
    to: str
    is_strong: bool
    """Whether what is referred to stays for that."""
    is_one: bool
    """Whether it is one row at most."""


def _references(database: str) -> Iterator[Reference]:
    for table, columns in _COLUMNS[database].items():
        for column, said in columns.items():
            kind = said["type"]
            if isinstance(kind, dict) and isinstance(key := kind["key"], dict):
                is_strong = key["refType"] == "strong"
                yield Reference(table, column, key["refTable"], is_strong, kind["max"] == 1)


_REFERENCES = {database: tuple(_references(database)) for database in _COLUMNS}
_HELD = frozenset(each.to for found in _REFERENCES.values() for each in found if each.is_strong)
"""Tables whose rows are gone as soon as no other refers to them."""


def schema_of(database: str) -> Mapping[str, Any]:
    """What is asked of a database, in the form of its schema (RFC 7047, section 3.2)."""
    tables = {
        name: {"columns": columns, "isRoot": is_root(name)}
        for name, columns in _COLUMNS[database].items()
    }
    return {"name": database, "version": "1.0.0", "tables": tables}


@lru_cache(maxsize=8)
def lacking(database: str, schema: str) -> str | None:
    """What a server's schema, as it says it, has not of what is asked for: the server would refuse
    that as a whole, and the library keeps that to itself."""
    tables = json.loads(schema)["tables"]
    for table in sorted(_COLUMNS[database].keys() - tables.keys()):
        return f"table {table}"
    for table, columns in _COLUMNS[database].items():
        for column in sorted(columns.keys() - tables[table]["columns"].keys()):
            return f"column {column} of {table}"
    return None


def is_root(table: str) -> bool:
    """Whether its rows stay when no other refers to them."""
    return table not in _HELD


def sets_of(table: str) -> Iterator[Reference]:
    """The northbound database's columns that have several rows of a table."""
    return (each for each in _REFERENCES[NORTHBOUND] if each.to == table and not each.is_one)
