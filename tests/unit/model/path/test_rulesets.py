"""What nft's objects have in any listing."""

from __future__ import annotations

from typing import Any

import pytest

from vnetmgr.model.path.rulesets import malformed

WHERE = {"family": "ip", "table": "filter"}
CHAIN = WHERE | {"name": "FORWARD", "type": "filter", "hook": "forward", "prio": 0}
RULE = WHERE | {"chain": "FORWARD", "expr": [{"counter": None}, {"drop": None}]}


def test_what_nft_lists() -> None:
    assert not malformed([])
    assert not malformed(
        [
            {"metainfo": {"version": "1.0.6"}},
            {"table": {"family": "ip", "name": "filter"}},
            {"chain": CHAIN | {"policy": "drop"}},
            {"chain": WHERE | {"name": "own"}},
            {"rule": RULE},
            {"rule": RULE | {"expr": ["xt nobody knows", {"drop": None}]}},
            {"counter": WHERE | {"name": "c", "packets": 1}},
        ]
    )


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (None, "[0]: an object of nft's has one kind"),
        ({}, "[0]: an object of nft's has one kind"),
        ({"rule": RULE, "chain": CHAIN}, "[0]: an object of nft's has one kind"),
        ({"rule": []}, "[0].rule: it is no object"),
        ({"table": {"family": "ip"}}, "[0].table.name: it is no text"),
        ({"chain": CHAIN | {"prio": "x"}}, "[0].chain.prio: it is no number"),
        ({"chain": CHAIN | {"policy": 1}}, "[0].chain.policy: it is neither accept nor drop"),
        ({"rule": RULE | {"chain": 7}}, "[0].rule.chain: it is no text"),
        ({"rule": RULE | {"expr": {}}}, "[0].rule.expr: it is no list of statements"),
        ({"rule": RULE | {"expr": [7]}}, "[0].rule.expr: it is no list of statements"),
        ({"quota": {"family": "ip"}}, "[0].quota.table: it is no text"),
    ],
)
def test_what_it_does_not(entry: Any, said: str) -> None:
    assert malformed([entry]) == said
