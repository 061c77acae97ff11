"""What is alike is shown as one, and nothing else is."""

from __future__ import annotations

import pytest

from tests.unit.topology.examples import HOST, guest, many, nic
from vnetmgr.model.graph import Walk
from vnetmgr.model.nic import Mode
from vnetmgr.model.path.domains import DomainFacts
from vnetmgr.model.path.finding import Finding, Layer, Status
from vnetmgr.model.record import replace
from vnetmgr.render.topology.fold import folds, natural
from vnetmgr.topology.build import build_graph


def _walk(domains: list[DomainFacts], findings: list[Finding] | None = None) -> Walk:
    facts = replace(HOST, domains=tuple(domains), asked=tuple(each.name for each in domains))
    return Walk(build_graph(facts, findings or []))


def _alike(count: int) -> list[DomainFacts]:
    return [guest(f"vm{number}", nic("lan", number, Mode.BRIDGE, "br0")) for number in range(count)]


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (6, 6), (7, 1), (200, 1)])
def test_many_that_are_alike_are_one(count: int, shown: int) -> None:
    assert len(folds(_walk(_alike(count)))) == shown


def test_a_fold_is_called_by_its_first_and_its_last() -> None:
    (fold,) = folds(_walk(_alike(12)))
    assert fold.name == "vm0 ... vm11"
    assert [len(nics) for nics in fold.nics] == [12]


@pytest.mark.parametrize(
    "other",
    [
        guest("other", nic("lan", 99, Mode.BRIDGE, "br0"), running=False),
        guest("other", nic("lan", 99, Mode.NETWORK, "lab")),
        guest("other", nic("lan", 99, Mode.BRIDGE, "br0", vlan=(7,))),
        guest("other", nic("lan", 99, Mode.BRIDGE, "br0", filter="clean")),
        guest("other", nic("lan", 99, Mode.BRIDGE, "br0", model="e1000")),
        guest("other", nic("lan", 99, Mode.BRIDGE, "br0"), nic("n", 98, Mode.BRIDGE, "br0")),
        guest("other"),
    ],
)
def test_one_that_differs_stands_by_itself(other: DomainFacts) -> None:
    found = folds(_walk([*_alike(10), other]))
    assert [len(fold.domains) for fold in found] == [1, 10]


def test_one_with_a_fault_stands_by_itself() -> None:
    fault = Finding(
        domain="vm3", nic="lan", check="x", layer=Layer.TAP, status=Status.BROKEN, cause="x"
    )
    found = folds(_walk(_alike(10), [fault]))
    assert sorted(len(fold.domains) for fold in found) == [1, 9]


def test_two_hundred_guests_fit_on_a_screen() -> None:
    assert len(folds(Walk(build_graph(many(200))))) < 30


def test_names_are_in_the_order_that_people_expect() -> None:
    names = ["vm10", "vm9", "vm", "10", "9a", "vm9b", "\u0663", "1" * 9000]
    assert sorted(names, key=natural)[:4] == ["9a", "10", "1" * 9000, "vm"]
