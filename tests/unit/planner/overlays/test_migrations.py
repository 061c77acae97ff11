"""What logical ports are told while their guest migrates."""

from __future__ import annotations

import pytest

from vnetmgr.model.domain import DomainDocument
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.overlay.migration import Migration
from vnetmgr.model.overlay.northbound import LogicalPort, Owner, PortChange
from vnetmgr.model.overlay.southbound import Binding, SeenChassis, Southbound
from vnetmgr.model.record import replace
from vnetmgr.model.values import Mac
from vnetmgr.planner.overlays.migrations import Happened, changes_by, ids_of, source_of

NOW = 2000.7
ENDS = ("kvm1", "kvm2")
PORT = LogicalPort(name="p", switch="blue")
READY = Migration(source="kvm1", target="kvm2", since_s=1000)
OPEN = READY.at("open", 1001)
ARRIVED = READY.settled_on("kvm2", 2000)
STAYED = READY.settled_on("kvm1", 2000)
NEW = Migration(source="kvm1", target="kvm2", since_s=2000)


@pytest.mark.parametrize(
    ("before", "happened", "ends", "after"),
    [
        # The hook, or somebody, has prepared it: nothing to do before the guest stops.
        (READY, "coming", ENDS, READY),
        (READY, "coming", None, READY),
        (OPEN, "coming", ENDS, OPEN),
        # Nobody has.
        (None, "coming", ENDS, NEW),
        (None, "coming", None, None),
        (None, "coming", ("kvm2", "kvm2"), None),
        # It was prepared for another, or is left of the migration before.
        (Migration(source="kvm1", target="kvm3", since_s=1), "coming", ENDS, NEW),
        (Migration(source="kvm2", target="kvm1", since_s=1, stage="settled"), "coming", ENDS, NEW),
        (Migration(source="kvm1", target="kvm2", since_s=1, stage="settled"), "coming", ENDS, NEW),
        (READY, "leaving", None, READY.at("open", NOW)),
        (OPEN, "leaving", None, OPEN),
        (ARRIVED, "leaving", None, ARRIVED),
        (None, "leaving", None, None),
        (OPEN, "arrived", None, ARRIVED),
        (READY, "arrived", None, ARRIVED),
        (None, "arrived", None, None),
        (ARRIVED, "arrived", None, ARRIVED),
        (OPEN, "stayed", None, STAYED),
        (READY, "left", None, READY),
        (OPEN, "left", None, None),
        (ARRIVED, "left", None, None),
        (None, "left", None, None),
    ],
)
def test_each_thing_that_happens(
    before: Migration | None,
    happened: Happened,
    ends: tuple[str, str] | None,
    after: Migration | None,
) -> None:
    port = replace(PORT, migration=before)
    changes = changes_by([port], happened, NOW, ends=ends)
    if after == before:
        assert changes == ()
    else:
        assert changes == (PortChange(before=port, after=replace(port, migration=after)),)


def test_a_whole_migration_ends_with_nothing_left() -> None:
    port = PORT
    options = []
    for happened, now_s in (("coming", 10), ("leaving", 12), ("arrived", 13), ("left", 14)):
        (change,) = changes_by([port], happened, now_s, ends=ENDS)  # type: ignore[arg-type]
        assert change.after is not None
        port = change.after
        options.append(dict(port.migration.options) if port.migration else {})
    assert options == [
        {"requested-chassis": "kvm1,kvm2", "activation-strategy": "rarp"},
        {"requested-chassis": "kvm1,kvm2"},
        {"requested-chassis": "kvm2"},
        {},
    ]


def test_the_ports_that_have_it_behind_them_are_left_alone() -> None:
    ports = [replace(PORT, name="a", migration=READY), replace(PORT, name="b", migration=OPEN)]
    changes = changes_by(ports, "leaving", NOW)
    assert [change.before and change.before.name for change in changes] == ["a"]


OWNED = replace(PORT, owner=Owner(fleet="f", host="one.lab"))
KVM1, KVM2, KVM3 = (
    SeenChassis(name=f"kvm{number}", hostname=f"{word}.lab")
    for number, word in enumerate(("one", "two", "three"), 1)
)


@pytest.mark.parametrize(
    ("bound", "chassis", "source"),
    [
        ("kvm1", (KVM1, KVM2), "kvm1"),
        ("kvm3", (KVM1, KVM2, KVM3), "kvm3"),  # it was there that its guest went, with nobody told
        ("kvm2", (KVM1, KVM2), "kvm1"),  # claimed here by now
        (None, (KVM1, KVM2), "kvm1"),
        ("kvm2", (KVM2, KVM3), None),
        ("kvm2", (KVM1, KVM2, replace(KVM3, hostname="one.lab")), None),
    ],
)
def test_where_a_guest_comes_from(
    bound: str | None, chassis: tuple[SeenChassis, ...], source: str | None
) -> None:
    bindings = (Binding(port="p", chassis=bound), Binding(port="other", chassis="kvm9"))
    found = Southbound(at="unix:sb", chassis=chassis, bindings=bindings)
    assert source_of([OWNED], found, "kvm2") == source


GUEST = "11111111-2222-3333-4444-555555555555"
MACS = {"a": "52:54:00:00:00:01", "b": "52:54:00:00:00:02"}


@pytest.mark.parametrize(
    ("nics", "found"),
    [
        ({"a": ("blue", "id-a")}, {"a": "id-a"}),
        ({"a": ("blue", None)}, {"a": "id-a"}),
        ({"a": ("green", None)}, {}),
        ({"a": ("blue", "another")}, {}),
        ({"b": ("blue", None)}, {}),  # of two nobody knows which
        ({"b": ("blue", "id-b")}, {"b": "id-b"}),
        ({}, {}),
    ],
)
def test_what_a_guest_s_nics_are_known_by(
    nics: dict[str, tuple[str, str | None]], found: dict[str, str]
) -> None:
    mine = replace(PORT, owner=Owner(fleet="f", domain=GUEST))
    ports = [
        replace(mine, name="id-a", mac=Mac(MACS["a"])),
        replace(mine, name="id-b", mac=Mac(MACS["b"])),
        replace(mine, name="id-c", mac=Mac(MACS["b"])),
        replace(mine, name="id-d", mac=Mac(MACS["a"]), owner=Owner(fleet="f", domain="another")),
        replace(mine, name="id-e", mac=Mac(MACS["a"]), owner=None),
    ]
    document = DomainDocument(
        name="web",
        uuid=GUEST,
        nics=tuple(
            (
                Nic(
                    name=None,
                    mac=Mac(MACS[key]),
                    source=Source(mode=Mode.NETWORK, name=network),
                    interface_id=interface_id,
                ),
                "",
            )
            for key, (network, interface_id) in nics.items()
        ),
    )
    assert ids_of(document, ports) == {MACS[key]: name for key, name in found.items()}


def test_a_guest_that_came_to_another_host_than_it_was_to_is_settled_there() -> None:
    port = replace(PORT, migration=READY)
    (change,) = changes_by([port], "arrived", 2000, here="kvm3")
    assert change.after is not None
    assert change.after.migration is not None
    assert change.after.migration.options == {"requested-chassis": "kvm3"}
