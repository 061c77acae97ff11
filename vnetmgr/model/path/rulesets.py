"""The packet filters that are loaded, as the programs that list them say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What each kind of object has in every listing: man libnftables-json. Other kinds have their
# table, and what else is in them is for whoever evaluates it.
_TEXTS: dict[str, tuple[str, ...]] = {
    "metainfo": (),
    "table": ("family", "name"),
    "chain": ("family", "table", "name"),
    "rule": ("family", "table", "chain"),
    "set": ("family", "table", "name"),
    "map": ("family", "table", "name"),
}
_OTHERS = ("family", "table")


class Rulesets(Record):
    """Each None where it was not seen, and empty where nothing is loaded."""

    nft: tuple[Mapping[str, Any], ...] | None = None
    """The objects of `nft -j list ruleset`, in its order, each `{"table": ...}`, `{"rule": ...}`;
    iptables-nft's tables are among them."""
    dormant: tuple[str, ...] = ()
    """The tables that are switched off, which that JSON does not say: `inet filter`."""
    iptables_legacy: str | None = None
    """iptables-legacy-save's text."""
    ip6tables_legacy: str | None = None
    iptables_nft: str | None = None
    """iptables-nft-save's text: what iptables' extensions are told, of which that JSON has only the
    names; empty where no rule has one."""
    ip6tables_nft: str | None = None
    ebtables_nft: str | None = None


def malformed(objects: Iterable[object]) -> str | None:
    """Where, and in what, objects are none of nft's; None: nowhere."""
    for place, entry in enumerate(objects):
        if not isinstance(entry, dict) or len(entry) != 1:
            return f"[{place}]: an object of nft's has one kind"
        ((kind, value),) = entry.items()
        if not isinstance(value, dict):
            return f"[{place}].{kind}: it is no object"
        for key in _TEXTS.get(kind, _OTHERS):
            if not isinstance(value.get(key), str):
                return f"[{place}].{kind}.{key}: it is no text"
        if kind == "chain" and not isinstance(value.get("prio", 0), int):
            return f"[{place}].chain.prio: it is no number"
        if kind == "chain" and value.get("policy", "accept") not in ("accept", "drop"):
            return f"[{place}].chain.policy: it is neither accept nor drop"
        if kind == "rule" and not _are_statements(value.get("expr", [])):
            return f"[{place}].rule.expr: it is no list of statements"
    return None


def _are_statements(value: object) -> bool:
    """Objects, and texts for what nft has no JSON for (its json.c, stmt_print_json)."""
    return isinstance(value, list) and all(isinstance(each, dict | str) for each in value)
