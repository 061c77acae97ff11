"""iptables-nft's rules: nft's JSON has their places, iptables-save's text what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.packets.iptables.bridge import steps_of as bridge_steps_of
from vnetmgr.packets.iptables.matches import Asking
from vnetmgr.packets.iptables.rules import steps_of
from vnetmgr.packets.iptables.saved import SavedRule, read_saved
from vnetmgr.packets.rules import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vnetmgr.packets.rules import Chain
    from vnetmgr.packets.surroundings import Surroundings

_VERSIONS = {"ip": 4, "ip6": 6}


class Faces:
    """The texts by nft's family: ip, ip6, bridge; those that there are."""

    def __init__(self, texts: Mapping[str, str], around: Surroundings) -> None:
        self._saved = {family: read_saved(text) for family, text in texts.items()}
        self._around = around

    def told(self, chain: Chain, rules: Sequence[Mapping[str, Any]]) -> list[SavedRule | None]:
        """What iptables says of the rules of a chain, where it has as many. A chain of ebtables'
        that is no base chain has a policy, too, which is one more rule to nft."""
        table = self._saved.get(chain.family, {}).get(chain.table)
        saved = table.rules.get(chain.name, []) if table else []
        if chain.family == "bridge" and not chain.hook and len(saved) + 1 == len(rules):
            return [*saved, None]
        return [*saved] if len(saved) == len(rules) else [None] * len(rules)

    def rule(self, chain: Chain, saved: SavedRule, handle: int | None) -> Rule:
        """A rule by its text."""
        version = _VERSIONS.get(chain.family)
        if version is None:
            return Rule(bridge_steps_of(saved.words, chain.chains), saved.text, handle)
        asking = Asking(version, self._around)
        return Rule(steps_of(saved.words, asking, chain.chains), saved.text, handle)
