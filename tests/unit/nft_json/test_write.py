"""One transaction: only what differs is touched, and with the last rule the table goes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.nft_json.samples import ALL, FEW, ISOLATED, LOCAL, NAT, SIX, WEB, A, B
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import LiveRules
from vnetmgr.nft_json.table import OwnTable, fixed_part
from vnetmgr.nft_json.write import transaction

TABLE = {"table": {"family": "inet", "name": "vnetmgr"}}


def commands(
    before: LiveRules, after: LiveRules, table: OwnTable | None = None
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(transaction(before, after, table))["nftables"]
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


def test_what_is_left_of_a_rule_goes_by_its_key_and_nothing_else() -> None:
    key = {"concat": ["10.0.0.0", "10.0.0.1", "tcp", 9]}
    table = OwnTable(halves=(("port4", json.dumps(key)),), whole=True)
    (found,) = commands(ONE, ONE, table)
    where = {"family": "inet", "table": "vnetmgr", "name": "port4"}
    assert found == {"delete": {"element": {**where, "elem": [key]}}}


def test_with_the_last_rule_the_table_goes_but_for_somebody_elses_things() -> None:
    assert commands(ONE, LiveRules(), OwnTable(whole=True)) == [{"add": TABLE}, {"delete": TABLE}]
    found = commands(ONE, LiveRules(), OwnTable(whole=True, others=True))
    assert {"delete": TABLE} not in found
    gone = [each["delete"]["element"]["name"] for each in found]
    assert sorted(gone) == ["address4", "masquerade4", "masquerade6", "port4"]


def test_somebody_elses_rules_in_a_chain_stay_below() -> None:
    table = OwnTable(
        present=frozenset({"guard", "address4"}),
        handles={"guard": (7,)},
        shared=frozenset({"guard"}),
    )
    found = commands(ONE, ONE, table)
    here = {"family": "inet", "table": "vnetmgr"}
    assert {"flush": {"chain": {**here, "name": "guard"}}} not in found
    assert {"flush": {"chain": {**here, "name": "output"}}} in found
    assert {"delete": {"rule": {**here, "chain": "guard", "handle": 7}}} in found
    assert [each["insert"]["rule"]["chain"] for each in found if "insert" in each] == ["guard"]
    names = [each["add"]["map"]["name"] for each in found if "map" in each.get("add", {})]
    assert "address4" not in names


def test_a_range_is_one_element_where_the_ports_stay() -> None:
    every = replace(WEB, host_port=1, guest_port=1, ports=65535, loopback=True)
    after = replace(ONE, rules=(every,))
    assert elements(LiveRules(), after) == (
        ["+same4", "+loopback_ranges", "+masquerade4", "+masquerade6"]
    )


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
