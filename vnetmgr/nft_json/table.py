"""vnetmgr's own table: what is the same in it whatever is forwarded.

Forwards are elements of maps, so that a packet is looked up once, however many there are. A key
is (source network, host address, protocol, port); a forward for everybody on every address has
0.0.0.0/0 for both. A range that leads to the same ports is one element: nft 1.0.6 needs 1.7 s
for 4,096 elements, and minutes for all ports. What leads to other ports needs one each.

What vnetmgr writes is marked by a comment, so that what others put into the table can be told from
it, and stays.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = dict[str, Any]

FAMILY, TABLE = "inet", "vnetmgr"
HERE: Json = {"family": FAMILY, "table": TABLE}

VERSIONS = (4, 6)
ADDRESSES = {4: "address4", 6: "address6"}
"""Key -> the guest's address. Counts connections: NAT chains see the first packet of each."""
PORTS = {4: "port4", 6: "port6"}
SAME = {4: "same4", 6: "same6"}
"""Key with a range of ports -> the guest's address, where the ports stay as they are."""
MASQUERADED = {4: "masquerade4", 6: "masquerade6"}
"""(bridge, source network) of connections that get the bridge's own address."""
LOOPBACK = "loopback"
"""(protocol, port) that are forwarded from 127.0.0.1 as well."""
LOOPBACK_RANGES = "loopback_ranges"
"""The same of ranges of ports."""
LOCALNET = "localnet"
"""Bridges that 127.0.0.0/8 can be sent to, and whose guests must not get at it."""

MARK = "vnetmgr"
"""The comment of what is vnetmgr's and no domain's."""

_IP = {4: "ip", 6: "ip6"}
_ADDRESS_TYPE = {4: "ipv4_addr", 6: "ipv6_addr"}
_NFPROTO = {4: "ipv4", 6: "ipv6"}
_LOCALHOST = {"prefix": {"addr": "127.0.0.0", "len": 8}}

# Priorities: dstnat for what comes in and -100 for what this host sends, as everybody's DNAT;
# before libvirt's own masquerading (srcnat, 100), which leaves the bridge's own subnet alone.
_NAT_HOOKS = {"prerouting": -100, "output": -100, "postrouting": 99}


class OwnTable(Record):
    """What is there of the table, as far as a transaction has to know."""

    present: frozenset[str] = frozenset()
    """The maps, sets and chains of vnetmgr's that are there."""
    handles: Mapping[str, tuple[int, ...]] = MappingProxyType({})
    """Chain -> vnetmgr's rules in it."""
    shared: frozenset[str] = frozenset()
    """Chains of vnetmgr's in which somebody else has rules."""
    halves: tuple[tuple[str, str], ...] = ()
    """Elements of vnetmgr's that lack their other half: (map, key as JSON)."""
    unmarked: bool = False
    """Whether it is from a version that marked neither rules nor the elements of sets."""
    others: bool = False
    """Whether anything in it is somebody else's, so that it has to stay."""
    whole: bool = False
    """Whether the part that is always the same is there."""
    dormant: bool = False
    """Whether it does nothing until it is woken up."""


def sets_and_maps() -> list[tuple[str, Json]]:
    """What the table's elements are in: (map or set, what it is)."""
    found = []
    for version in VERSIONS:
        address = _ADDRESS_TYPE[version]
        found += [
            ("map", _map(ADDRESSES[version], version, address, counted=True)),
            ("map", _map(PORTS[version], version, "inet_service")),
            ("map", _map(SAME[version], version, address, counted=True)),
            ("set", _set(MASQUERADED[version], ["ifname", address], interval=True)),
        ]
    service = ["inet_proto", "inet_service"]
    found += [
        ("set", _set(LOOPBACK, service)),
        ("set", _set(LOOPBACK_RANGES, service, interval=True)),
        ("set", _set(LOCALNET, "ifname")),
    ]
    return found


def chains() -> list[Json]:
    """The base chains."""
    hooks = {name: ("nat", name, priority) for name, priority in _NAT_HOOKS.items()}
    hooks["guard"] = ("filter", "prerouting", -300)
    return [
        {**HERE, "name": name, "type": kind, "hook": hook, "prio": priority, "policy": "accept"}
        for name, (kind, hook, priority) in hooks.items()
    ]


def fixed_part(table: OwnTable | None = None) -> list[Json]:
    """The commands that make the table, and make it whole again: what is there stays, elements
    and their counters too, and what others put there."""
    table = table or OwnTable()
    commands: list[Json] = [{"add": {"table": {"family": FAMILY, "name": TABLE}}}]
    commands += [
        {"add": {kind: each}} for kind, each in sets_and_maps() if each["name"] not in table.present
    ]
    for chain in chains():
        name = chain["name"]
        if name not in table.present:
            commands.append({"add": {"chain": chain}})
        if name not in table.shared:
            commands.append({"flush": {"chain": {**HERE, "name": name}}})
            commands += [{"add": {"rule": each}} for each in _rules(name)]
        else:  # somebody else's rules stay, below
            handles = table.handles.get(name, ())
            commands += [
                {"delete": {"rule": {**HERE, "chain": name, "handle": each}}} for each in handles
            ]
            commands += [{"insert": {"rule": each}} for each in reversed(_rules(name))]
    return commands


def _rules(chain: str) -> list[Json]:
    return [{**HERE, "chain": chain, "expr": each, "comment": MARK} for each in RULES[chain]]


def _map(name: str, version: int, to: str, *, counted: bool = False) -> Json:
    address = _ADDRESS_TYPE[version]
    made: Json = {
        **HERE,
        "name": name,
        "type": [address, address, "inet_proto", "inet_service"],
        "map": to,
        "flags": ["interval"],
    }
    return made | ({"stmt": [{"counter": None}]} if counted else {})


def _set(name: str, kind: str | list[str], *, interval: bool = False) -> Json:
    made: Json = {**HERE, "name": name, "type": kind}
    return made | ({"flags": ["interval"]} if interval else {})


def _match(left: Json, right: object, operator: str = "==") -> Json:
    return {"match": {"op": operator, "left": left, "right": right}}


def _payload(protocol: str, field: str) -> Json:
    return {"payload": {"protocol": protocol, "field": field}}


def _meta(key: str) -> Json:
    return {"meta": {"key": key}}


_PORT = _payload("th", "dport")
_HAS_PORTS = _match(_meta("l4proto"), {"set": ["tcp", "udp"]})
_SERVICE: Json = {"concat": [_meta("l4proto"), _PORT]}


def _to_forward(version: int) -> list[Json]:
    return [
        _match(_meta("nfproto"), _NFPROTO[version]),
        _HAS_PORTS,
        _match({"fib": {"result": "type", "flags": ["daddr"]}}, "local"),
    ]


def _forward(version: int) -> list[Json]:
    protocol = _IP[version]
    addresses = [_payload(protocol, "saddr"), _payload(protocol, "daddr")]
    key: Json = {"concat": [*addresses, _meta("l4proto"), _PORT]}
    return [
        *_to_forward(version),
        {
            "dnat": {
                "family": protocol,
                "addr": {"map": {"key": key, "data": f"@{ADDRESSES[version]}"}},
                "port": {"map": {"key": key, "data": f"@{PORTS[version]}"}},
            }
        },
    ]


def _same(version: int) -> list[Json]:
    protocol = _IP[version]
    addresses = [_payload(protocol, "saddr"), _payload(protocol, "daddr")]
    key: Json = {"concat": [*addresses, _meta("l4proto"), _PORT]}
    found: Json = {"map": {"key": key, "data": f"@{SAME[version]}"}}
    return [*_to_forward(version), {"dnat": {"family": protocol, "addr": found}}]


def _masquerade(version: int) -> list[Json]:
    key: Json = {"concat": [_meta("oifname"), _payload(_IP[version], "saddr")]}
    return [
        _match({"ct": {"key": "status"}}, "dnat", "in"),
        _match(key, f"@{MASQUERADED[version]}"),
        {"masquerade": None},
    ]


RULES: dict[str, list[list[Json]]] = {
    "prerouting": [_forward(4), _forward(6), _same(4), _same(6)],
    "output": [
        # The host's own 127.0.0.1 only where that is asked for.
        [
            _match(_payload("ip", "daddr"), _LOCALHOST),
            _HAS_PORTS,
            _match(_SERVICE, f"@{LOOPBACK}", "!="),
            _match(_SERVICE, f"@{LOOPBACK_RANGES}", "!="),
            {"return": None},
        ],
        # What comes from ::1 never leaves the host (RFC 4291, 2.5.3; net/ipv6/ip6_output.c).
        [_match(_payload("ip6", "daddr"), "::1"), {"return": None}],
        _forward(4),
        _forward(6),
        _same(4),
        _same(6),
    ],
    "postrouting": [_masquerade(4), _masquerade(6)],
    "guard": [
        [
            _match(_meta("iifname"), f"@{LOCALNET}"),
            _match(_payload("ip", "daddr"), _LOCALHOST),
            {"drop": None},
        ],
    ],
}
"""Chain -> its rules."""
