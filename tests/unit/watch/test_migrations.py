"""What libvirt's events tell of guests that migrate."""

from __future__ import annotations

import pytest

from vnetmgr.host.events import Event
from vnetmgr.watch.migrations import Migrations


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ("+started +resumed", ["coming", "arrived"]),
        ("+suspended +stopped", ["leaving", "left"]),
        ("+suspended +resumed", ["leaving", "stayed"]),
        # It came, and goes on to the next.
        ("+started +resumed +suspended +stopped", ["coming", "arrived", "leaving", "left"]),
        # It never came, and was then started here.
        ("+started stopped started +suspended", ["coming", None, None, "leaving"]),
        ("+started crashed +resumed", ["coming", None, None]),
        # Who began to watch in between.
        ("+resumed", [None]),
        ("+stopped", ["left"]),
        # Post-copy: it stops there and goes on here before all of it has come.
        ("+started +resumed +resumed", ["coming", "arrived", None]),
        # No migration.
        ("started suspended resumed stopped device-added", [None] * 5),
        ("+defined", [None]),
    ],
)
def test_what_happened(events: str, expected: list[str | None]) -> None:
    migrations = Migrations()
    assert [migrations.heed(_event(each)) for each in events.split()] == expected


def test_guests_are_told_apart() -> None:
    migrations = Migrations()
    assert migrations.heed(_event("+started", "a")) == "coming"
    assert migrations.heed(_event("+suspended", "b")) == "leaving"
    assert migrations.heed(_event("+resumed", "a")) == "arrived"
    assert migrations.heed(_event("+resumed", "b")) == "stayed"


def test_what_is_of_no_domain_tells_nothing() -> None:
    assert Migrations().heed(Event(kind="network", name="blue", what="started")) is None


def _event(word: str, uuid: str = "a") -> Event:
    return Event(
        kind="domain",
        name="web",
        what=word.removeprefix("+"),
        uuid=uuid,
        by_migration=word.startswith("+"),
    )
