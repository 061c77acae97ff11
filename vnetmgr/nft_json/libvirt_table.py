"""Accepts in libvirt's own table, where its firewall backend is nftables (10.4 and later).

They stand on top of its base chain: below, libvirt adds each network's rules anew whenever one
starts, a reject among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from vnetmgr.nft_json.table import Json

TABLE, CHAIN, MARK = "libvirt_network", "forward", "vnetmgr"
FAMILIES = {4: "ip", 6: "ip6"}
_DIRECTIONS = ("oifname", "iifname")
_DNAT: Json = {"match": {"op": "in", "left": {"ct": {"key": "status"}}, "right": "dnat"}}
# Out of a network only answers may: an isolated guest has to stay away from other forwards.
_REPLY: Json = {"match": {"op": "==", "left": {"ct": {"key": "direction"}}, "right": "reply"}}


def accept_commands(bridges: Collection[tuple[str, int]]) -> Iterator[Json]:
    """Let forwarded connections of (bridge, IP version) through, both ways."""
    for bridge, version in bridges:
        for direction in _DIRECTIONS:
            match = {"op": "==", "left": {"meta": {"key": direction}}, "right": bridge}
            answers = [_REPLY] if direction == "iifname" else []
            yield {
                "insert": {
                    "rule": {
                        **_place(version),
                        "expr": [{"match": match}, _DNAT, *answers, {"accept": None}],
                        "comment": MARK,
                    }
                }
            }


def removal_commands(handles: Mapping[tuple[str, int], list[int]]) -> Iterator[Json]:
    """Take accepts away again, by their handles."""
    for (_, version), each in handles.items():
        yield from ({"delete": {"rule": {**_place(version), "handle": handle}}} for handle in each)


def read_marked(rules: Collection[Mapping[str, Any]]) -> dict[tuple[str, int], list[int]]:
    """(bridge, IP version) -> the handles of vnetmgr's accepts."""
    found: dict[tuple[str, int], list[int]] = {}
    for version, family in FAMILIES.items():
        for rule in rules:
            if (rule["family"], rule["table"], rule["chain"]) != (family, TABLE, CHAIN):
                continue
            if rule.get("comment") == MARK and rule.get("expr"):
                bridge = rule["expr"][0].get("match", {}).get("right")
                found.setdefault((str(bridge), version), []).append(rule["handle"])
    return found


def is_complete(handles: Collection[int]) -> bool:
    """Whether these accepts are for both ways."""
    return len(handles) == len(_DIRECTIONS)


def _place(version: int) -> Json:
    return {"family": FAMILIES[version], "table": TABLE, "chain": CHAIN}
