"""The guest itself: that it is not there yet, and that its machine is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.migration.item import Thing
from vnetmgr.model.rows.migration import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.migration.facts import Facts
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.rows.migration import MigrationItem


def host_items(facts: Facts) -> Iterator[MigrationItem]:
    """libvirt tells hosts by their name and by their UUID, and migrates to no other with one of
    them ("Attempt to migrate guest to the same host")."""
    thing, source, there = Thing(Part.HOST, facts.destination.name), facts.source, facts.destination
    uuids = source.machines.uuid, there.machines.uuid
    same = [
        *([f"UUID {uuids[0]}"] if uuids[0] is not None and uuids[0] == uuids[1] else []),
        *([f"name {source.observed.host}"] if source.observed.host == there.observed.host else []),
    ]
    if same:
        both = " and ".join(same)
        yield thing.differs(f"both hosts have the {both}, and so are one to libvirt")
    elif facts.running and facts.finds_name is False:
        yield thing.warns(
            f"it calls itself {there.observed.host}, and {source.name} finds no address of that: "
            "libvirt has to be told one, as by virsh migrate --migrateuri tcp://ADDRESS"
        )
    else:
        yield thing.is_ok(f"another host, {there.observed.host}")


def domain_items(facts: Facts) -> Iterator[MigrationItem]:
    """Whoever has its name or its UUID there."""
    mine = facts.domain
    thing, found = Thing(Part.DOMAIN, mine.name), False
    for other in facts.destination.observed.domains:
        if other.name == mine.name or other.uuid == mine.uuid:
            found = True
            yield _namesake(thing, mine, other)
    if not found:
        yield thing.is_ok("none of its name or UUID there")


def _namesake(thing: Thing, mine: SeenDomain, other: SeenDomain) -> MigrationItem:
    if other.name != mine.name:
        return thing.differs(f"domain {other.name} has its UUID there, {mine.uuid}")
    if other.uuid != mine.uuid:
        return thing.differs(f"another domain of its name is there, with UUID {other.uuid}")
    if other.active:
        return thing.differs("it runs there already")
    return thing.is_ok("it is defined there and off: the migration takes that over")


def machine_items(facts: Facts) -> Iterator[MigrationItem]:
    """The machine that its devices are plugged into, and the QEMU that has it."""
    machine, there = facts.machine, facts.destination.machines
    thing = Thing(Part.MACHINE, machine.machine or machine.arch or "default")
    if there.runs is None:
        yield thing.is_unseen("libvirt there does not say which machines it has")
    elif there.runs:
        yield thing.is_ok(f"{machine.virt_type} {machine.arch} of {machine.emulator or 'QEMU'}")
    else:
        yield thing.is_missing(f"libvirt there would not run it: {_why(facts)}")


def _why(facts: Facts) -> str:
    machine, there = facts.machine, facts.destination.machines
    arch = machine.arch
    if arch not in {each for each, _ in there.machines}:
        return f"it has no QEMU for {arch}"
    if (arch, machine.virt_type) not in there.virt_types:
        return f"it has no {machine.virt_type} for {arch}"
    if (arch, machine.machine) not in there.machines:
        return f"its QEMU has no machine {machine.machine}"
    return f"it has no such {machine.emulator}"


def device_items(facts: Facts) -> Iterator[MigrationItem]:
    """PCI devices beside the nics: of old, networking cards were given like that, too."""
    for address in facts.assigned:
        thing = Thing(Part.DEVICE, address)
        if facts.running:
            yield thing.is_missing("libvirt migrates no running guest with a device of its host's")
        else:
            yield thing.is_unseen("whether that device is there, and free, only a start tells")
