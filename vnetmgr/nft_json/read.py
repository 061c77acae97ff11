"""What nft lists, as rules and as what may be in their way."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from vnetmgr.model.forward import Protocol
from vnetmgr.model.rules import (
    EVERYBODY,
    LOCALHOST,
    LiveRules,
    Obstacle,
    Passage,
    Rule,
    within,
)
from vnetmgr.nft_json import libvirt_table
from vnetmgr.nft_json.table import (
    ADDRESSES,
    FAMILY,
    LOCALNET,
    LOOPBACK,
    MASQUERADED,
    PORTS,
    RULES,
    TABLE,
    VERSIONS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.model.rules import Where

_Object: TypeAlias = dict[str, Any]


class Listing:
    """Everything that `nft -j list ruleset` says."""

    def __init__(self, text: str) -> None:
        entries = json.loads(text).get("nftables", []) if text.strip() else []
        self._kinds: dict[str, list[_Object]] = {}
        for entry in entries:
            for kind, value in entry.items():
                self._kinds.setdefault(kind, []).append(value)

    @property
    def has_table(self) -> bool:
        """Whether vnetmgr's own table is there."""
        return any(_is_ours(each, "name") for each in self._of("table"))

    @property
    def libvirt_versions(self) -> tuple[int, ...]:
        """The IP versions that libvirt has a table for: none unless its backend is nftables."""
        tables = {(each.get("family"), each.get("name")) for each in self._of("table")}
        return tuple(
            v
            for v, family in libvirt_table.FAMILIES.items()
            if (family, libvirt_table.TABLE) in tables
        )

    @property
    def accepts(self) -> dict[tuple[str, int], list[int]]:
        """vnetmgr's accepts in libvirt's table: (bridge, IP version) -> their handles."""
        return libvirt_table.read_marked(self._of("rule"))

    def _of(self, kind: str) -> list[_Object]:
        return self._kinds.get(kind, [])

    def live_rules(self) -> LiveRules:
        """vnetmgr's rules. Elements that somebody else put there are left out: they are stray."""
        if not self.has_table:
            return LiveRules()
        elements = {
            each["name"]: each.get("elem", [])
            for kind in ("map", "set")
            for each in self._of(kind)
            if _is_ours(each, "table")
        }
        reader = _Reader(elements)
        return LiveRules(
            rules=tuple(reader.rules()),
            passages=tuple(reader.passages()),
            whole=self._is_whole(elements),
            stray=reader.stray or not reader.found,
            connections=reader.connections,
        )

    def _is_whole(self, elements: Mapping[str, object]) -> bool:
        """Whether every map, set, chain and rule is there."""
        rules: dict[str, int] = {}
        for each in self._of("rule"):
            if _is_ours(each, "table"):
                rules[each["chain"]] = rules.get(each["chain"], 0) + 1
        sets = {*ADDRESSES.values(), *PORTS.values(), *MASQUERADED.values(), LOOPBACK, LOCALNET}
        return sets <= set(elements) and rules == {name: len(each) for name, each in RULES.items()}

    def obstacles(self) -> Iterator[Obstacle]:
        """Base chains of others that may drop what is forwarded: a drop there beats any accept
        elsewhere. iptables' own chains, where vnetmgr has its accept on top, are not among them.
        """
        for chain in self._of("chain"):
            if chain.get("hook") != "forward" or chain.get("type") != "filter":
                continue
            family, table, name = chain["family"], chain["table"], chain["name"]
            if family not in ("inet", "ip", "ip6") or table in (TABLE, libvirt_table.TABLE):
                continue
            if (table, name) == ("filter", "FORWARD") and family != "inet":
                continue
            place = f"table {family} {table}, chain {name}"
            if chain.get("policy") == "drop" and not self._accepts_dnat(family, table, name):
                yield Obstacle(place=place, what="its policy is drop")
            for rule in self._rules(family, table, name):
                if verdict := _drops_all(rule):
                    yield Obstacle(place=place, what=f"its rule {rule['handle']} is {verdict}")

    def _rules(self, family: str, table: str, chain: str) -> Iterator[_Object]:
        for rule in self._of("rule"):
            if (rule["family"], rule["table"], rule["chain"]) == (family, table, chain):
                yield rule

    def _accepts_dnat(self, family: str, table: str, chain: str) -> bool:
        """Whether one of its rules lets everything through that was forwarded by NAT."""
        return any(
            "accept" in rule["expr"][-1] and _matches_dnat(rule["expr"][:-1])
            for rule in self._rules(family, table, chain)
            if rule.get("expr")
        )


def _is_ours(value: _Object, key: str) -> bool:
    return (value.get("family"), value.get(key)) == (FAMILY, TABLE)


def _matches_dnat(matches: Iterable[_Object]) -> bool:
    """Whether `ct status dnat` is all that is asked for."""
    return all(
        "counter" in each
        or (
            each.get("match", {}).get("left") == {"ct": {"key": "status"}}
            and "dnat" in str(each["match"]["right"])
        )
        for each in matches
    )


def _drops_all(rule: _Object) -> str | None:
    """drop or reject, where a rule does so with everything that gets to it."""
    expressions = rule.get("expr", [])
    if not expressions:
        return None
    *before, last = expressions
    if any(set(each) - {"counter", "log", "comment"} for each in before):
        return None
    return next((verdict for verdict in ("drop", "reject") if verdict in last), None)


class _Key(NamedTuple):
    """A map's key."""

    source: IpNetwork
    listen: IpAddress | None
    protocol: Protocol
    port: int


class _Reader:
    """The elements of the table as rules and passages."""

    def __init__(self, elements: Mapping[str, list[Any]]) -> None:
        self._elements = elements
        self.connections: dict[Where, int] = {}
        self.stray = False
        self.found = False
        self._loopback = {
            (Protocol(each["concat"][0]), each["concat"][1]) for each in self._all(LOOPBACK)
        }

    def _all(self, name: str) -> list[Any]:
        return self._elements.get(name, [])

    def rules(self) -> Iterator[Rule]:
        """Each rule, put together from its keys."""
        for version in VERSIONS:
            ports = dict(self._pairs(PORTS[version], version))
            found: dict[tuple[Any, ...], list[IpNetwork]] = {}
            for key, (target, elem) in self._pairs(ADDRESSES[version], version):
                port, _ = ports.pop(key, (None, None))
                owner = str(elem.get("comment", "")).split(" ")
                if port is None or len(owner) != 3:
                    self.stray = True
                    continue
                where = (version, key.protocol, key.listen, key.port)
                count = elem.get("counter", {}).get("packets", 0)
                self.connections[*where, 1] = self.connections.get((*where, 1), 0) + count
                found.setdefault((*where, *owner, target, port), []).append(key.source)
            self.stray = self.stray or bool(ports)
            for parts, sources in found.items():
                yield self._rule(parts, sources)
                self.found = True

    def _rule(self, parts: tuple[Any, ...], sources: list[IpNetwork]) -> Rule:
        version, protocol, listen, host_port, domain, mac, bridge, target, port = parts
        return Rule(
            domain=domain,
            mac=mac,
            bridge=bridge,
            protocol=protocol,
            listen=listen,
            host_port=host_port,
            guest_address=ip_address(target),
            guest_port=port,
            allow_from=tuple(sorted((e for e in sources if e != EVERYBODY[version]), key=str)),
            loopback=version == 4 and (protocol, host_port) in self._loopback,
        )

    def _pairs(self, name: str, version: int) -> Iterator[tuple[_Key, tuple[Any, _Object]]]:
        for wrapped, target in self._all(name):
            elem = wrapped.get("elem", {"val": wrapped})
            source, where, protocol, port = elem["val"]["concat"]
            everywhere = _network(where) == EVERYBODY[version]
            listen = None if everywhere else ip_address(where)
            yield _Key(_network(source), listen, Protocol(protocol), port), (target, elem)

    def passages(self) -> Iterator[Passage]:
        """Each bridge with what it has."""
        networks: dict[str, list[IpNetwork]] = {}
        for name in MASQUERADED.values():
            for each in self._all(name):
                bridge, network = each["concat"]
                networks.setdefault(bridge, []).append(_network(network))
        local = set(self._all(LOCALNET))
        for bridge in sorted({*networks, *local}):
            own = [each for each in networks.get(bridge, ()) if each != LOCALHOST]
            yield Passage(
                bridge=bridge,
                masquerade=tuple(sorted(own, key=str)),
                localnet=bridge in local and within(LOCALHOST, networks.get(bridge, ())),
            )


def _network(value: Any) -> IpNetwork:
    if isinstance(value, dict):
        prefix = value["prefix"]
        return ip_network(f"{prefix['addr']}/{prefix['len']}")
    return ip_network(value)
