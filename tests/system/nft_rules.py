"""Sets this machine's rules as the first argument names them, and prints what is there then.

Run inside the lab, whose network namespace has rules of its own.
"""

from __future__ import annotations

import sys

from tests.unit.nft_json.samples import ALL, HERE, WEB, A, B
from vnetmgr.local.firewall.own_table import has_rules
from vnetmgr.local.firewall.rules import read_rules, set_rules
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import LiveRules, Passage
from vnetmgr.model.writes import SetRules

ACCEPTED = tuple(replace(each, accept=(4, 6)) for each in ALL.passages)
PASSAGES = (ACCEPTED[0], replace(ACCEPTED[1], accept=(4,)))
WRITES = {
    "all": (
        SetRules(uuid=A, rules=ALL.of(A), passages=PASSAGES),
        SetRules(uuid=B, rules=ALL.of(B), passages=PASSAGES),
    ),
    "one": (SetRules(uuid=A, rules=(WEB,), passages=PASSAGES),),
    "other-address": (SetRules(uuid=A, rules=(replace(HERE, host_port=8080),), passages=PASSAGES),),
    "other-port": (SetRules(uuid=A, rules=(replace(WEB, guest_port=81),), passages=PASSAGES),),
    "moved": (SetRules(uuid=B, rules=(replace(WEB, domain=B),), passages=PASSAGES),),
    "none": (SetRules(uuid=A), SetRules(uuid=B)),
    "nothing": (),
}


def after(*names: str) -> LiveRules:
    """What has to be there after these writes: accepts of IP versions that rules are about."""
    live = LiveRules()
    for name in names:
        for write in WRITES[name]:
            live = live.with_domain(write.uuid, write.rules, write.passages)
    return replace(live, passages=tuple(_used(each, live) for each in live.passages))


def _used(passage: Passage, live: LiveRules) -> Passage:
    versions = {rule.version for rule in live.rules if rule.bridge == passage.bridge}
    return replace(passage, accept=tuple(each for each in passage.accept if each in versions))


def said(live: LiveRules) -> list[str]:
    """Rules and passages, a line each."""
    return sorted(map(repr, (*live.rules, *live.passages)))


def main() -> None:
    """Write, and print what is there."""
    for write in WRITES[sys.argv[1]]:
        set_rules(write)
    found = read_rules()
    state = f"table={has_rules()} whole={found.whole} stray={found.stray}"
    print("\n".join([state, *said(found)]))


if __name__ == "__main__":
    main()
