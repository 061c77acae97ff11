"""The packet filters that are loaded: nftables (iptables-nft's tables are there), and iptables of
the kernel's old kind, which nft does not see."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vnetmgr.local.firewall.listing import read_ruleset
from vnetmgr.local.programs import run
from vnetmgr.model.path.rulesets import Rulesets, malformed

if TYPE_CHECKING:
    from collections.abc import Collection

    from vnetmgr.local.path.asking import Asked

PROC_NET = Path("/proc/net")
# The tables of the old kind that the kernel has loaded, by IP version; net/netfilter/x_tables.c.
_LEGACY = (
    ("iptables_legacy", "iptables-legacy-save", "ip_tables_names"),
    ("ip6tables_legacy", "ip6tables-legacy-save", "ip6_tables_names"),
)
# The faces of nftables that have extensions, by nft's family.
_FACES = (
    ("iptables_nft", "iptables-nft-save", "ip"),
    ("ip6tables_nft", "ip6tables-nft-save", "ip6"),
    ("ebtables_nft", "ebtables-nft-save", "bridge"),
)


def read_rulesets(asked: Asked, proc_net: Path = PROC_NET) -> Rulesets:
    """What is loaded. For others than root nft is refused, and iptables-legacy-save lists nothing
    as if nothing were loaded."""
    if os.geteuid():
        for part in ("nft", *(each for each, _, _ in (*_LEGACY, *_FACES))):
            asked.needs_root(f"rulesets.{part}")
        return Rulesets()
    values: dict[str, Any] = {}
    ruleset = asked.part("rulesets.nft", "nft", _nft)
    if ruleset is not None:
        entries, dormant = ruleset
        values["nft"] = tuple(entries)
        values["dormant"] = tuple(sorted(" ".join(table) for table in dormant))
        values |= _faces(asked, entries)
    for part, program, names in _LEGACY:
        values[part] = asked.part(
            f"rulesets.{part}", program, partial(_legacy, program, proc_net / names)
        )
    return Rulesets(**values)


def _nft() -> tuple[list[dict[str, Any]], frozenset[tuple[str, str]]]:
    entries, dormant = read_ruleset()
    if malformed(entries):
        raise ValueError
    return entries, dormant


def _faces(asked: Asked, entries: Collection[dict[str, Any]]) -> dict[str, str | None]:
    """Their texts; empty, without asking, where no rule has an extension."""
    families = {
        entry["rule"]["family"]
        for entry in entries
        if any("xt" in each for each in entry.get("rule", {}).get("expr", ()))
    }
    return {
        part: asked.part(f"rulesets.{part}", program, partial(run, program))
        if family in families
        else ""
        for part, program, family in _FACES
    }


def _legacy(program: str, names: Path) -> str:
    """Its text; empty, without asking, where the kernel has no such table."""
    try:
        loaded = names.read_text().split()
    except FileNotFoundError:
        loaded = []
    return run(program) if loaded else ""
