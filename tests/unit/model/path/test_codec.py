"""Records to JSON and back, and what is no such JSON."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest

from tests.unit.model.path.examples import FACTS, NIC
from vnetmgr.errors import UsageError
from vnetmgr.model.nic import Nic
from vnetmgr.model.path.codec import field_types, from_json, to_json
from vnetmgr.model.path.facts import PathFacts
from vnetmgr.model.record import Row


def test_what_is_saved_is_read_back() -> None:
    assert from_json(PathFacts, json.loads(json.dumps(to_json(FACTS)))) == FACTS


def test_an_empty_snapshot_too() -> None:
    empty = PathFacts(uri="u", host="h", taken_s=0)
    assert to_json(empty) == {"uri": "u", "host": "h", "taken_s": 0}
    assert from_json(PathFacts, to_json(empty)) == empty


def records(kind: Any) -> set[type[Row]]:
    """The records that a type is made of."""
    found: set[type[Row]] = set()
    kinds = [kind]
    while kinds:
        each = kinds.pop()
        kinds += get_args(each)
        if isinstance(each, type) and issubclass(each, Row) and each not in found:
            found.add(each)
            kinds += field_types(each).values()
    return found


def test_the_example_has_one_of_every_record_that_doctor_sees() -> None:
    def inside(value: object) -> set[type]:
        if isinstance(value, tuple | frozenset):
            return {kind for each in value for kind in inside(each)}
        if isinstance(value, Row):
            fields = (getattr(value, name) for name in value.FIELDS)
            return {type(value)} | {kind for each in fields for kind in inside(each)}
        return set()

    missing = {kind.__name__ for kind in records(PathFacts) - inside(FACTS)}
    assert missing == {"Kept"}


def test_sets_are_in_one_order_and_defaults_left_out() -> None:
    network = to_json(FACTS)["networks"][0]
    assert network["ports"] == ["a", "b"]
    assert "autostart" not in network


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("taken_s", "7", "taken_s: '7' is not an integer"),
        ("taken_s", True, "taken_s: True is not an integer"),
        ("domains", {}, "domains: {} is not a list"),
        ("domains.0", 3, "domains[0]: 3 is not an object"),
        ("domains.0.state", "asleep", "domains[0].state: 'asleep' is not one of running, paused"),
        ("domains.0.managed_save", 1, "domains[0].managed_save: 1 is not true or false"),
        ("domains.0.nics.0.live.mac", "x", "domains[0].nics[0].live.mac: 'x' is not a MAC"),
        ("domains.0.nics.0.live.pci_address", None, ""),
        ("domains.0.nics.0.live.pci_address", 1, "pci_address: 1 is not a PCI address"),
        ("domains.0.nics.0.live.vlan", [1, "2"], "live.vlan[1]: '2' is not an integer"),
        ("domains.0.nics.0.live.filter_param", [["IP"]], "filter_param[0]: ['IP'] is not a list"),
        ("domains.0.nics.0.live.inbound", "1mbit", "live.inbound: '1mbit' is not an object"),
        ("domains.0.nics.0.live.inbound", 9, ""),
        ("domains.0.nics.0.live.inbound", {"peak": "9"}, "inbound.peak: '9' is not an integer"),
        ("links.1.bridge.forward_delay_s", 2, ""),
        ("links.1.bridge.forward_delay_s", "2", "forward_delay_s: '2' is not a number"),
        ("routes.0.destination", "10.0.0.1/8", "destination: '10.0.0.1/8' is not an IP network"),
        ("sysctls", {"a": None}, "sysctls.a: None is not an integer"),
        ("rulesets.nft.0", [], "rulesets.nft[0]: [] is not an object"),
        ("tomorrow", 1, "tomorrow: there is no such field"),
        ("domains.0.uuid", ..., "domains[0]: fields are missing, of: "),
        ("host", "x" * 100, ""),
        ("taken_s", "x" * 100, "is not an integer"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(path: str, value: object, said: str) -> None:
    document = to_json(FACTS)
    *way, last = (int(part) if part.isdigit() else part for part in path.split("."))
    inside = document
    for part in way:
        inside = inside[part]
    if value is ...:
        del inside[last]
    else:
        inside[last] = value
    if not said:
        from_json(PathFacts, document)
        return
    with pytest.raises(UsageError) as raised:
        from_json(PathFacts, document)
    assert said in raised.value.text
    assert len(raised.value.text) < 200


def test_any_record_will_do() -> None:
    assert from_json(Nic, to_json(NIC), "nic") == NIC
