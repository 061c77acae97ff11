"""The packet filters that are loaded, as the programs that list them say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping


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
