"""A migration as a logical port is told of it."""

from __future__ import annotations

import pytest

from vnetmgr.model.overlay.migration import Migration, Stage
from vnetmgr.model.record import replace

MIGRATION = Migration(source="kvm1", target="kvm2", since_s=1000)


@pytest.mark.parametrize(
    ("stage", "options"),
    [
        ("ready", {"requested-chassis": "kvm1,kvm2", "activation-strategy": "rarp"}),
        ("open", {"requested-chassis": "kvm1,kvm2"}),
        ("settled", {"requested-chassis": "kvm2"}),
    ],
)
def test_options_of_each_stage(stage: Stage, options: dict[str, str]) -> None:
    assert MIGRATION.at(stage, 1001.9).options == options


@pytest.mark.parametrize("stage", ["ready", "open", "settled"])
def test_reads_what_it_writes(stage: Stage) -> None:
    migration = MIGRATION.at(stage, 1234.5)
    assert migration.text == f"{stage} 1234 kvm1 kvm2"
    assert Migration.parse(migration.text) == migration


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ready",
        "ready 1 a",
        "ready x a b",
        "ready -1 a b",
        "ready 1 a,c b",
        "ready 1 a b c",
        "gone 1 a b",
        "ready 9999999999999 a b",
        "ready \u0663 a b",
    ],
)
def test_somebody_elses_words_are_none(text: str) -> None:
    assert Migration.parse(text) is None


@pytest.mark.parametrize(("chassis", "other"), [("kvm1", "kvm2"), ("kvm2", "kvm1")])
def test_settles_where_the_guest_is(chassis: str, other: str) -> None:
    expected = Migration(source=other, target=chassis, since_s=7, stage="settled")
    assert MIGRATION.settled_on(chassis, 7.9) == expected


@pytest.mark.parametrize(
    ("stage", "here", "now_s", "over"),
    [
        ("ready", "kvm1", 1000, False),
        ("ready", "kvm1", 4600, False),
        ("ready", "kvm1", 4601, True),
        ("ready", "kvm1", 999, True),  # a clock was put back
        ("ready", None, 1001, False),
        ("ready", None, 9000, True),
        ("ready", "kvm2", 1001, True),
        ("ready", "kvm3", 1001, True),
        ("open", "kvm2", 1001, True),
        ("open", "kvm1", 1001, False),
        ("settled", "kvm2", 1001, False),
        ("settled", "kvm1", 1010, False),
        ("settled", "kvm2", 1011, True),
        ("settled", None, 1011, True),
        ("settled", "kvm2", 990, True),
    ],
)
def test_when_it_is_over(stage: Stage, here: str | None, now_s: float, *, over: bool) -> None:
    assert replace(MIGRATION, stage=stage).is_over(here, now_s) is over
