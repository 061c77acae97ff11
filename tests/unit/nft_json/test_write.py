"""One transaction: only what differs is touched, and with the last rule the table goes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.nft_json.samples import ALL, FEW, ISOLATED, LOCAL, NAT, SIX, WEB, A, B
from vnetmgr.model.record import replace
from vnetmgr.model.rules import LiveRules
from vnetmgr.nft_json.table import fixed_part
from vnetmgr.nft_json.write import transaction

TABLE = {"table": {"family": "inet", "name": "vnetmgr"}}


def commands(before: LiveRules, after: LiveRules) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(transaction(before, after))["nftables"]
    return found


def elements(before: LiveRules, after: LiveRules) -> list[str]:
    """The elements that go and come, each as `+set` or `-set`, below what is always the same."""
    found = commands(before, after)
    fixed = fixed_part()
    assert found[: len(fixed)] == json.loads(json.dumps(fixed))
    said = []
    for each in found[len(fixed) :]:
        ((verb, value),) = each.items()
        assert (value["element"]["family"], value["element"]["table"]) == ("inet", "vnetmgr")
        assert len(value["element"]["elem"]) == 1
        said.append({"add": "+", "delete": "-"}[verb] + value["element"]["name"])
    return said


ONE = LiveRules(rules=(WEB,), passages=(replace(NAT, localnet=False),))
BOTH = replace(ONE, rules=(WEB, SIX))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (LiveRules(), ONE, "+address4 +port4 +masquerade4 +masquerade6"),
        (ONE, ONE, ""),
        (ALL, ALL, ""),
        (ONE, BOTH, "+address6 +port6"),
        (BOTH, ONE, "-address6 -port6"),
        # The keys are the same: the old one has to go first.
        (ONE, replace(ONE, rules=(replace(WEB, guest_port=81),)), "-port4 +port4"),
        (
            ONE,
            replace(ONE, rules=(replace(WEB, domain=B),)),
            "-address4 -port4 +address4 +port4",
        ),
        (
            ONE,
            replace(ONE, passages=(NAT,), rules=(replace(WEB, loopback=True),)),
            "+loopback +masquerade4 +localnet",
        ),
        (
            LiveRules(rules=(FEW,)),
            LiveRules(rules=(replace(FEW, loopback=False, allow_from=FEW.allow_from[1:]),)),
            "-address4 -port4 -loopback",
        ),
        (LiveRules(rules=(LOCAL, WEB)), LiveRules(rules=(WEB,)), "-address4 -port4 -loopback"),
        # 127.0.0.0/8 is within 0.0.0.0/0, which the kernel would refuse.
        (ONE, replace(ONE, passages=(*ONE.passages, ISOLATED)), "+masquerade4 +localnet"),
        (ONE, replace(ONE, passages=()), "-masquerade4 -masquerade6"),
    ],
)
def test_only_what_differs(before: LiveRules, after: LiveRules, said: str) -> None:
    assert elements(before, after) == said.split()


def test_what_goes_is_named_by_its_key() -> None:
    gone = [each["delete"] for each in commands(BOTH, ONE) if "delete" in each]
    everywhere = {"prefix": {"addr": "::", "len": 0}}
    key = {"concat": [everywhere, everywhere, "tcp", 8080]}
    assert [each["element"]["elem"] for each in gone] == [[key], [key]]


def test_the_last_rule_takes_the_table_along() -> None:
    for before in (LiveRules(), ONE, replace(ALL, stray=True)):
        assert commands(before, LiveRules()) == [{"add": TABLE}, {"delete": TABLE}]


def test_what_is_stray_goes_as_all_is_made_anew() -> None:
    found = commands(replace(ONE, stray=True), ONE)
    assert found[:2] == [{"add": TABLE}, {"delete": TABLE}]
    assert found[2:] == commands(LiveRules(), ONE)


def test_who_may_use_it() -> None:
    found = [
        each["add"]["element"]["elem"][0][0]["elem"]
        for each in commands(LiveRules(), LiveRules(rules=(FEW,)))
        if each.get("add", {}).get("element", {}).get("name") == "address4"
    ]
    assert [each["val"]["concat"][0] for each in found] == [
        {"prefix": {"addr": "127.0.0.0", "len": 8}},
        {"prefix": {"addr": "192.0.2.0", "len": 24}},
        "198.51.100.7",
    ]
    assert {each["comment"] for each in found} == {f"{A} 52:54:00:00:00:01 virbr7"}
