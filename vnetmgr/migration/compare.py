"""From what is known of both hosts to what stands between them. Pure."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from vnetmgr.migration.checks.addresses import address_items
from vnetmgr.migration.checks.domain import (
    device_items,
    domain_items,
    host_items,
    machine_items,
)
from vnetmgr.migration.checks.forwards import forward_items
from vnetmgr.migration.checks.nics import nic_items
from vnetmgr.migration.checks.sources import source_items
from vnetmgr.migration.facts import carried
from vnetmgr.model.nic import OPENVSWITCH, Mode
from vnetmgr.model.record import replace
from vnetmgr.model.rows.migration import MigrationCheck
from vnetmgr.model.seen.link_setup import making_bridge
from vnetmgr.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vnetmgr.migration.facts import Carried, Facts
    from vnetmgr.model.rows.migration import MigrationItem

OF_DOMAIN: tuple[Callable[[Facts], Iterator[MigrationItem]], ...] = (
    host_items,
    domain_items,
    machine_items,
    device_items,
)
OF_NIC: tuple[Callable[[Carried], Iterator[MigrationItem]], ...] = (
    source_items,
    nic_items,
    address_items,
)


def compare(facts: Facts) -> MigrationCheck:
    """Each thing that the guest has, and whether the other host has it."""
    found = chain(
        chain.from_iterable(check(facts) for check in OF_DOMAIN),
        chain.from_iterable(map(_of_nic, carried(facts))),
        forward_items(facts),
    )
    return MigrationCheck(
        domain=facts.domain.name,
        source=facts.source.name,
        destination=facts.destination.name,
        running=facts.running,
        items=tuple(_shown(found)),
        after=tuple(_after(facts)),
        notes=(*_notes(facts), *_bridge_notes(facts)),
    )


def _of_nic(nic: Carried) -> Iterator[MigrationItem]:
    """What counts from the next start on keeps no running guest from migrating."""
    if not nic.later:
        yield from chain.from_iterable(check(nic) for check in OF_NIC)
        return
    for item in source_items(nic):
        yield replace(item, blocking=False, cause=f"from its next start on: {item.cause}")


def _shown(items: Iterable[MigrationItem]) -> Iterator[MigrationItem]:
    """Other people's names are in them."""
    return (replace(item, cause=printable(item.cause)) for item in items)


def _after(facts: Facts) -> Iterator[str]:
    """What takes the rules away here, and makes them there, once the guest has gone."""
    if facts.domain.forwards:
        for side in (facts.source, facts.destination):
            yield side.called.there("reconcile")


def _notes(facts: Facts) -> Iterator[str]:
    if not facts.running:
        yield (
            f"domain {facts.domain.name} is off: libvirt takes its definition there without a "
            "look at any of this, and its next start tells"
        )


def _bridge_notes(facts: Facts) -> Iterator[str]:
    """The host's own bridges no command of vnetmgr's makes."""
    there = facts.destination
    links = there.observed.links
    for nic in carried(facts):
        name, mode = nic.nic.source.name or "", nic.nic.source.mode
        wanted = mode is Mode.BRIDGE and nic.nic.virtualport != OPENVSWITCH
        if wanted and links is not None and name not in {*links.bridges, *(there.links or ())}:
            yield f"bridge {name} on {there.name}: {making_bridge(name, links.setup)}"
