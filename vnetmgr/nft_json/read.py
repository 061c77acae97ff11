"""What nft lists, as rules and as what may be in their way."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from vnetmgr.model.seen.rules import Obstacle
from vnetmgr.nft_json import libvirt_table
from vnetmgr.nft_json.read_own import OwnReader
from vnetmgr.nft_json.table import FAMILY, TABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from vnetmgr.model.seen.rules import LiveRules
    from vnetmgr.nft_json.table import OwnTable

_Object: TypeAlias = dict[str, Any]


class Listing:
    """Everything that `nft -j list ruleset` says, the objects of `nftables`. `dormant`: the tables
    that do nothing, which nft 1.0.6 does not tell in JSON."""

    def __init__(
        self, entries: Iterable[_Object], dormant: Collection[tuple[str, str]] = ()
    ) -> None:
        self._dormant = frozenset(dormant)
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
        """vnetmgr's rules, and what of its table is somebody else's."""
        return self._own.live_rules()

    def own_table(self) -> OwnTable:
        """What a transaction has to know of vnetmgr's table."""
        return self._own.table()

    @cached_property
    def _own(self) -> OwnReader:
        dormant = (FAMILY, TABLE) in self._dormant
        mine = {
            kind: [each for each in values if _is_ours(each, "table")]
            for kind, values in self._kinds.items()
            if kind != "table"
        }
        return OwnReader(mine, there=self.has_table, dormant=dormant)

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
            if (family, table) in self._dormant:
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
