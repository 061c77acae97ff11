"""vnetmgr's own table: what is the same in it whatever is forwarded.

Forwards are elements of maps, so that a packet is looked up once, however many there are. A key
is (source network, host address, protocol, port); a forward for everybody on every address has
0.0.0.0/0 for both.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

FAMILY, TABLE = "inet", "vnetmgr"
HERE: Json = {"family": FAMILY, "table": TABLE}

VERSIONS = (4, 6)
ADDRESSES = {4: "address4", 6: "address6"}
"""Key -> the guest's address. Counts connections: NAT chains see the first packet of each."""
PORTS = {4: "port4", 6: "port6"}
MASQUERADED = {4: "masquerade4", 6: "masquerade6"}
"""(bridge, source network) of connections that get the bridge's own address."""
LOOPBACK = "loopback"
"""(protocol, port) that are forwarded from 127.0.0.1 as well."""
LOCALNET = "localnet"
"""Bridges that 127.0.0.0/8 can be sent to, and whose guests must not get at it."""

_IP = {4: "ip", 6: "ip6"}
_ADDRESS_TYPE = {4: "ipv4_addr", 6: "ipv6_addr"}
_NFPROTO = {4: "ipv4", 6: "ipv6"}
_LOCALHOST = {"prefix": {"addr": "127.0.0.0", "len": 8}}

# Priorities: dstnat for what comes in and -100 for what this host sends, as everybody's DNAT;
# before libvirt's own masquerading (srcnat, 100), which leaves the bridge's own subnet alone.
_NAT_HOOKS = {"prerouting": -100, "output": -100, "postrouting": 99}


def fixed_part() -> list[Json]:
    """The commands that make the table, and make it whole again: what is there stays, elements
    and their counters too; rules have no names, so their chains are emptied and filled."""
    commands: list[Json] = [{"add": {"table": {"family": FAMILY, "name": TABLE}}}]
    for version in VERSIONS:
        commands += [
            _map(ADDRESSES[version], version, _ADDRESS_TYPE[version], counted=True),
            _map(PORTS[version], version, "inet_service"),
            _set(MASQUERADED[version], ["ifname", _ADDRESS_TYPE[version]], interval=True),
        ]
    commands += [_set(LOOPBACK, ["inet_proto", "inet_service"]), _set(LOCALNET, "ifname")]
    chains = {name: ("nat", name, priority) for name, priority in _NAT_HOOKS.items()}
    chains["guard"] = ("filter", "prerouting", -300)
    for name, (kind, hook, priority) in chains.items():
        chain = {**HERE, "name": name, "type": kind, "hook": hook, "prio": priority}
        commands.append({"add": {"chain": {**chain, "policy": "accept"}}})
        commands.append({"flush": {"chain": {**HERE, "name": name}}})
        for rule in RULES[name]:
            commands.append({"add": {"rule": {**HERE, "chain": name, "expr": rule}}})
    return commands


def _map(name: str, version: int, to: str, *, counted: bool = False) -> Json:
    address = _ADDRESS_TYPE[version]
    made: Json = {
        **HERE,
        "name": name,
        "type": [address, address, "inet_proto", "inet_service"],
        "map": to,
        "flags": ["interval"],
    }
    return {"add": {"map": made | ({"stmt": [{"counter": None}]} if counted else {})}}


def _set(name: str, kind: str | list[str], *, interval: bool = False) -> Json:
    made: Json = {**HERE, "name": name, "type": kind}
    return {"add": {"set": made | ({"flags": ["interval"]} if interval else {})}}


def _match(left: Json, right: object, operator: str = "==") -> Json:
    return {"match": {"op": operator, "left": left, "right": right}}


def _payload(protocol: str, field: str) -> Json:
    return {"payload": {"protocol": protocol, "field": field}}


def _meta(key: str) -> Json:
    return {"meta": {"key": key}}


_PORT = _payload("th", "dport")
_HAS_PORTS = _match(_meta("l4proto"), {"set": ["tcp", "udp"]})
_SERVICE: Json = {"concat": [_meta("l4proto"), _PORT]}


def _forward(version: int) -> list[Json]:
    protocol = _IP[version]
    addresses = [_payload(protocol, "saddr"), _payload(protocol, "daddr")]
    key: Json = {"concat": [*addresses, _meta("l4proto"), _PORT]}
    return [
        _match(_meta("nfproto"), _NFPROTO[version]),
        _HAS_PORTS,
        _match({"fib": {"result": "type", "flags": ["daddr"]}}, "local"),
        {
            "dnat": {
                "family": protocol,
                "addr": {"map": {"key": key, "data": f"@{ADDRESSES[version]}"}},
                "port": {"map": {"key": key, "data": f"@{PORTS[version]}"}},
            }
        },
    ]


def _masquerade(version: int) -> list[Json]:
    key: Json = {"concat": [_meta("oifname"), _payload(_IP[version], "saddr")]}
    return [
        _match({"ct": {"key": "status"}}, "dnat", "in"),
        _match(key, f"@{MASQUERADED[version]}"),
        {"masquerade": None},
    ]


RULES: dict[str, list[list[Json]]] = {
    "prerouting": [_forward(4), _forward(6)],
    "output": [
        # The host's own 127.0.0.1 only where that is asked for.
        [
            _match(_payload("ip", "daddr"), _LOCALHOST),
            _HAS_PORTS,
            _match(_SERVICE, f"@{LOOPBACK}", "!="),
            {"return": None},
        ],
        # What comes from ::1 never leaves the host (RFC 4291, 2.5.3; net/ipv6/ip6_output.c).
        [_match(_payload("ip6", "daddr"), "::1"), {"return": None}],
        _forward(4),
        _forward(6),
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
