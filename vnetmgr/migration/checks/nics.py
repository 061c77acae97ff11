"""What a nic has of its host beside what its packets go by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.migration.called import shell
from vnetmgr.migration.item import Thing
from vnetmgr.model.nic import Mode
from vnetmgr.model.options.extra import GENERATED_TARGETS
from vnetmgr.model.qemu.models import DEFAULT_MODEL, is_virtio
from vnetmgr.model.rows.migration import Part
from vnetmgr.model.sources import TAPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.migration.facts import Carried, Facts
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.rows.migration import MigrationItem
    from vnetmgr.model.values import Mac


def nic_items(of: Carried) -> Iterator[MigrationItem]:
    """All of it."""
    yield from _target(of)
    yield _model(of)
    yield from _filters(of)
    if of.nic.mac is not None:
        yield _mac(of, of.nic.mac)


def _target(of: Carried) -> Iterator[MigrationItem]:
    """A tap that somebody has named is called so there, too ("interface already exists")."""
    extra = dict(of.nic.extra or ())
    name = of.nic.target or extra.get("target.dev")
    if name is None or name.startswith(GENERATED_TARGETS) or of.nic.source.mode not in TAPS:
        return
    there, thing = of.facts.destination, Thing(Part.LINK, name, of)
    managed = extra.get("target.managed") != "no"
    if there.links is None:
        yield thing.is_unseen(f"links of {there.name} cannot be seen over its connection")
    elif managed and name in there.links:
        yield thing.differs("the nic's own link is called so, and there is one of that name there")
    elif not managed and name not in there.links:
        yield thing.is_missing("the nic is on that link, which libvirt does not make; none there")
    else:
        yield thing.is_ok("free there" if managed else "a link there")


def _model(of: Carried) -> MigrationItem:
    """libvirt shows machines and no models of nics. Which a QEMU has, its distributor decides."""
    thing = Thing(Part.MODEL, of.nic.model or "default", of)
    if is_virtio(of.nic.model):
        return thing.is_ok(f"every QEMU that libvirt runs has {DEFAULT_MODEL}")
    return thing.is_unseen("libvirt does not say which models QEMU has there")


def _filters(of: Carried) -> Iterator[MigrationItem]:
    """A nic's filter, and all that it includes."""
    facts, name = of.facts, of.nic.filter
    if name is None:
        return
    if facts.destination.filters is None:
        yield Thing(Part.FILTER, name, of).is_unseen(
            f"libvirt shows no network filters on {facts.destination.name}"
        )
        return
    for each in _with_included(name, facts):
        yield _filter(each, of)


def _with_included(name: str, facts: Facts) -> tuple[str, ...]:
    """A filter behind those that it includes: libvirt defines it in that order. As it is here;
    where it is not seen, as it is there."""
    known = facts.source.filters or facts.destination.filters or {}
    order: dict[str, None] = {}
    _enter(name, known_refs={each: body.refs for each, body in known.items()}, order=order)
    return tuple(order)


def _enter(
    name: str,
    *,
    known_refs: dict[str, tuple[str, ...]],
    order: dict[str, None],
    above: tuple[str, ...] = (),
) -> None:
    for each in known_refs.get(name, ()):
        if each not in above and each not in order:
            _enter(each, known_refs=known_refs, order=order, above=(*above, name))
    order[name] = None


def _filter(name: str, of: Carried) -> MigrationItem:
    facts, thing = of.facts, Thing(Part.FILTER, name, of)
    here = (facts.source.filters or {}).get(name)
    there = (facts.destination.filters or {}).get(name)
    copy = " | ".join(
        (
            shell("virsh", "-c", facts.source.called.uri, "nwfilter-dumpxml", name),
            shell("virsh", "-c", facts.destination.called.uri, "nwfilter-define", "/dev/stdin"),
        )
    )
    if there is None:
        return thing.is_missing("no filter of that name there", copy)
    if here is not None and here != there:
        return thing.differs("it has other rules there", blocking=False)
    return thing.is_ok("the same there" if here is not None else "there")


def _mac(of: Carried, mac: Mac) -> MigrationItem:
    """Nobody else may have it: libvirt does not look (9.0)."""
    thing = Thing(Part.MAC, mac, of)
    mine, comes_onto = of.facts.domain.uuid, _bridge_there(of)
    others = [each for each in of.facts.destination.observed.domains if each.uuid != mine]
    alike = [(each, nic) for each in others for nic in _with_mac(each, mac)]
    for domain, nic in alike:
        if domain.active and comes_onto is not None and nic.bridge == comes_onto:
            return thing.differs(f"{domain.name}/{nic.key} has it there, on bridge {nic.bridge}")
    if alike:
        domain, nic = alike[0]
        return thing.warns(f"{domain.name}/{nic.key} has it there, too")
    return thing.is_ok("nobody's there")


def _bridge_there(of: Carried) -> str | None:
    """The bridge that it will be on."""
    source = of.nic.source
    if source.mode is Mode.BRIDGE:
        return source.name
    network = of.facts.destination.observed.network(source.name or "")
    live = None if network is None or source.mode is not Mode.NETWORK else network.live
    return None if live is None else live.bridge


def _with_mac(domain: SeenDomain, mac: Mac) -> Iterator[Nic]:
    for seen in domain.nics:
        nic = seen.live or seen.config
        if nic is not None and nic.mac == mac:
            yield nic
