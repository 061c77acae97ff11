"""vnetmgr's own table, as nft lists it: forwards, and what somebody else has put there.

Anybody may: an element of another form in a map, a rule in a chain, a set, a counter, a chain. What
is not vnetmgr's is named, and never taken for anything else.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from vnetmgr.model.forward import Protocol
from vnetmgr.model.seen.rules import EVERYBODY, LOCALHOST, LiveRules, Passage, Rule, within
from vnetmgr.nft_json.table import (
    ADDRESSES,
    LOCALNET,
    LOOPBACK,
    LOOPBACK_RANGES,
    MARK,
    MASQUERADED,
    PORTS,
    RULES,
    SAME,
    VERSIONS,
    OwnTable,
    chains,
    sets_and_maps,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.model.seen.rules import Where

_Object: TypeAlias = dict[str, Any]
# What nft's JSON may hold where somebody else wrote it.
_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError)
# A domain's UUID, a nic's MAC, a bridge.
_OWNER = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) (\S+) (\S+)")
_SETS = "set"
_FIXED = {(_SETS, each["name"]) for _, each in sets_and_maps()} | {("chain", n) for n in RULES}


class _Key(NamedTuple):
    """A map's key."""

    source: IpNetwork
    listen: IpAddress | None
    protocol: Protocol
    port: int
    ports: int


class _Entry(NamedTuple):
    """An element of vnetmgr's in one of the maps."""

    owner: tuple[str, str, str]
    target: Any
    packets: int
    key: str
    """As JSON, which is what it is deleted by."""


class OwnReader:
    """The objects of the table, by kind."""

    def __init__(self, kinds: Mapping[str, list[_Object]], *, there: bool, dormant: bool) -> None:
        self._kinds, self._there, self._dormant = kinds, there, dormant
        # Sets and maps share their names; each other kind has names of its own.
        self._named = {
            (_SETS if kind in ("map", "set") else kind, each["name"]): (kind, each)
            for kind, values in kinds.items()
            for each in values
            if "name" in each
        }
        self._broken_pairs = False
        self._others: list[str] = []
        self._halves: list[tuple[str, str]] = []
        self._connections: dict[Where, int] = {}
        # Before it was marked, everything in the sets and chains was vnetmgr's.
        self._unmarked = (_SETS, SAME[4]) not in self._named
        self._loopback: set[tuple[Protocol, int, int]] = set()
        self._blockers = tuple(self._other_definitions())
        for name in (LOOPBACK, LOOPBACK_RANGES):
            for value in self._marked(name):
                try:
                    protocol, port = value["concat"]
                    self._loopback.add((Protocol(protocol), *_span(port)))
                except _UNREADABLE:
                    self._foreign(name, value)
        self._rules = tuple(rule for version in VERSIONS for rule in self._rules_of(version))
        self._passages = tuple(self._read_passages())
        self._handles, self._shared = self._read_chains()
        self._others += self._other_objects()

    def live_rules(self) -> LiveRules:
        """The forwards that are there, and how."""
        if not self._there:
            return LiveRules()
        left = bool(self._halves) and not self._unmarked
        return LiveRules(
            rules=self._rules,
            passages=self._passages,
            whole=self._is_whole,
            stray=left or self._broken_pairs or not (self._rules or self._others or self._blockers),
            others=tuple(self._others),
            blockers=self._blockers,
            connections=self._connections,
        )

    def table(self) -> OwnTable:
        """What a transaction has to know."""
        return OwnTable(
            present=frozenset(name for _, name in _FIXED & self._named.keys()),
            handles=self._handles,
            shared=self._shared,
            halves=tuple(self._halves),
            unmarked=self._there and self._unmarked,
            others=bool(self._others or self._blockers),
            whole=self._there and self._is_whole,
            dormant=self._dormant,
        )

    @cached_property
    def _is_whole(self) -> bool:
        """Whether every map, set, chain and rule is there, and at work."""
        rules = {name: len(handles) for name, handles in self._handles.items()}
        return (
            not self._dormant
            and not self._unmarked
            and not self._blockers
            and self._named.keys() >= _FIXED
            and rules == {name: len(each) for name, each in RULES.items()}
        )

    # Objects

    def _other_definitions(self) -> Iterator[str]:
        """What has a name of vnetmgr's, and is something else."""
        for kind, mine in sets_and_maps():
            found = self._named.get((_SETS, mine["name"]))
            if found is None:
                continue
            keys = ("type", "map") if kind == "map" else ("type",)
            same = found[0] == kind and all(found[1].get(key) == mine[key] for key in keys)
            flags = set(found[1].get("flags") or ())
            if not same or not set(mine.get("flags", ())) <= flags or "constant" in flags:
                yield f"{found[0]} {mine['name']}"
        for mine in chains():
            found = self._named.get(("chain", mine["name"]))
            if found is not None and any(
                found[1].get(key) != mine[key] for key in ("type", "hook", "prio", "policy")
            ):
                yield f"{found[0]} {mine['name']}"

    def _other_objects(self) -> Iterator[str]:
        for (space, name), (kind, _) in self._named.items():
            if (space, name) not in _FIXED:
                yield f"{kind} {name}"

    def _read_chains(self) -> tuple[dict[str, tuple[int, ...]], frozenset[str]]:
        """vnetmgr's rules by their chains, and the chains that have others'."""
        handles: dict[str, tuple[int, ...]] = {}
        shared = set()
        for rule in self._kinds.get("rule", []):
            chain = rule.get("chain")
            if chain not in RULES:
                continue
            if self._unmarked or rule.get("comment") == MARK:
                handles[chain] = (*handles.get(chain, ()), rule["handle"])
            else:
                shared.add(chain)
                self._others.append(f"rule {rule['handle']} of chain {chain}")
        return handles, frozenset(shared)

    # Elements

    def _all(self, name: str) -> Iterator[tuple[_Object, Any]]:
        """A map's or set's elements with what each is mapped to, but for those of other forms."""
        kind, found = self._named.get((_SETS, name), ("", {}))
        if any(blocker.endswith(f" {name}") for blocker in self._blockers):
            return
        for each in found.get("elem") or ():
            try:
                wrapped, target = each if kind == "map" else (each, None)
                elem = wrapped.get("elem") if isinstance(wrapped, dict) else None
                yield elem or {"val": wrapped}, target
            except _UNREADABLE:
                self._foreign(name, each)

    def _foreign(self, name: str, element: object) -> None:
        kind = "map" if name in {*ADDRESSES.values(), *PORTS.values(), *SAME.values()} else "set"
        self._others.append(f"element {_text(element)} of {kind} {name}")

    def _marked(self, name: str) -> list[Any]:
        """The keys of a set's elements that are vnetmgr's."""
        found = []
        for elem, _ in self._all(name):
            value = elem.get("val")
            if self._unmarked:
                self._halves.append((name, json.dumps(value)))
            elif elem.get("comment") != MARK:
                self._foreign(name, value)
                continue
            found.append(value)
        return found

    def _rules_of(self, version: int) -> Iterator[Rule]:
        """Each rule of an IP version, put together from its keys."""
        addresses = self._entries(ADDRESSES[version], version)
        ports = self._entries(PORTS[version], version)
        for name, some, others in (
            (ADDRESSES[version], addresses, ports),
            (PORTS[version], ports, addresses),
        ):
            for key, entry in some.items():
                if key not in others:
                    self._halves.append((name, entry.key))
                    self._broken_pairs = True
        pairs = {key: (each, ports[key].target) for key, each in addresses.items() if key in ports}
        same = self._entries(SAME[version], version)
        pairs |= {key: (each, key.port) for key, each in same.items()}
        found: dict[tuple[Any, ...], list[IpNetwork]] = {}
        for key, (entry, port) in pairs.items():
            where = (version, key.protocol, key.listen, key.port, key.ports)
            self._connections[where] = self._connections.get(where, 0) + entry.packets
            parts = (*where, *entry.owner, entry.target, port)
            found.setdefault(parts, []).append(key.source)
        for parts, sources in found.items():
            yield self._rule(parts, sources)

    def _entries(self, name: str, version: int) -> dict[_Key, _Entry]:
        found = {}
        for elem, target in self._all(name):
            owner = _OWNER.fullmatch(str(elem.get("comment", "")))
            try:
                key = _key(elem["val"], version)
                if owner is None or (key.ports > 1) != (name in SAME.values()):
                    raise ValueError(name)
                if name not in PORTS.values():
                    ip_address(target)
                elif not isinstance(target, int):
                    raise TypeError(name)
                packets = int((elem.get("counter") or {}).get("packets", 0))
                text = json.dumps(elem["val"])
                found[key] = _Entry((owner[1], owner[2], owner[3]), target, packets, text)
            except _UNREADABLE:
                self._foreign(name, [elem.get("val"), target])
        return found

    def _rule(self, parts: tuple[Any, ...], sources: list[IpNetwork]) -> Rule:
        version, protocol, listen, host_port, ports, domain, mac, bridge, target, port = parts
        return Rule(
            domain=domain,
            mac=mac,
            bridge=bridge,
            protocol=protocol,
            listen=listen,
            host_port=host_port,
            ports=ports,
            guest_address=ip_address(target),
            guest_port=port,
            allow_from=tuple(sorted((e for e in sources if e != EVERYBODY[version]), key=str)),
            loopback=version == 4 and (protocol, host_port, ports) in self._loopback,
        )

    def _read_passages(self) -> Iterator[Passage]:
        """Each bridge with what it has."""
        networks: dict[str, list[IpNetwork]] = {}
        for name in MASQUERADED.values():
            for value in self._marked(name):
                try:
                    bridge, network = value["concat"]
                    networks.setdefault(str(bridge), []).append(_network(network))
                except _UNREADABLE:
                    self._foreign(name, value)
        local = {each for each in self._marked(LOCALNET) if isinstance(each, str)}
        for bridge in sorted({*networks, *local}):
            own = [each for each in networks.get(bridge, ()) if each != LOCALHOST]
            yield Passage(
                bridge=bridge,
                masquerade=tuple(sorted(own, key=str)),
                localnet=bridge in local and within(LOCALHOST, networks.get(bridge, ())),
            )


def _key(value: _Object, version: int) -> _Key:
    source, where, protocol, port = value["concat"]
    everywhere = _network(where) == EVERYBODY[version]
    first, ports = _span(port)
    listen = None if everywhere else ip_address(where)
    return _Key(_network(source), listen, Protocol(protocol), first, ports)


def _span(port: Any) -> tuple[int, int]:
    """The first port, and how many."""
    if isinstance(port, int):
        return port, 1
    first, last = port["range"]
    return int(first), int(last) - int(first) + 1


def _network(value: Any) -> IpNetwork:
    if isinstance(value, dict):
        prefix = value["prefix"]
        return ip_network(f"{prefix['addr']}/{prefix['len']}")
    return ip_network(value)


def _text(element: object) -> str:
    """An element as nft itself writes it, nearly."""
    match element:
        case [key, target]:
            return f"{_text(key)} : {_text(target)}"
        case {"elem": {"val": value}}:
            return _text(value)
        case {"concat": list() as parts}:
            return " . ".join(map(_text, parts))
        case {"prefix": {"addr": address, "len": length}}:
            return f"{address}/{length}"
        case {"range": [first, last]}:
            return f"{_text(first)}-{_text(last)}"
        case str() | int():
            return str(element)
    return json.dumps(element)
