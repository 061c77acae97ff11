"""Imported nics as XML, as a table, as JSON and as a spec. None of them is anywhere yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.nic import Mode, Nic
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.model.rows.nics import NicRow
from vnetmgr.model.show import show
from vnetmgr.model.yaml_text import quoted
from vnetmgr.render.blocks import Block, Line, Table, Xml
from vnetmgr.render.documents.nics import NIC, NICS, ShownNics

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.forward import Forward
    from vnetmgr.model.nic import NicPatch
    from vnetmgr.model.rows.imported import ImportedGuest

_HEADINGS = ("DOMAIN", "NIC", "MAC", "MODE", "SOURCE", "MODEL", "PCI ADDRESS")
# Only a nic that is in a domain has these.
_LIVE_ONLY = (
    "target",
    "addresses",
    "in_config",
    "in_live",
    "pending",
    "pending_values",
    "orphan",
    "state",
)
_NOT_WRITTEN = frozenset({"source", "name", "owned"})


def render_imported_table(guests: Sequence[ImportedGuest]) -> Iterator[Block]:
    """As a table, a line a nic."""
    rows = [
        tuple(
            each or "-"
            for each in (
                guest.name,
                nic.name,
                nic.mac,
                nic.source.mode,
                nic.source.name,
                nic.model,
                show(nic.pci_address),
            )
        )
        for guest in guests
        for nic in map(_nic, guest.nics)
    ]
    if rows:
        yield Table(_HEADINGS, rows)
    else:
        yield Line("no nics")


def render_imported_xml(lines: Sequence[str]) -> Iterator[Block]:
    """As libvirt's elements."""
    if lines:
        yield Xml("\n".join(lines))


def render_imported_json(guests: Sequence[ImportedGuest]) -> Iterator[Block]:
    """In the form of list-nics."""
    items = [_json(guest, nic) for guest in guests for nic in map(_nic, guest.nics)]
    noted = [note for guest in guests for note in guest.notes]
    forwards = [_forward_json(guest, *each) for guest in guests for each in guest.forwards]
    yield NICS.whole(ShownNics(items, noted, forwards))


def render_imported_names(guests: Sequence[ImportedGuest]) -> Iterator[Block]:
    """A word a nic: its name, its MAC where it has none."""
    for guest in guests:
        domain = "" if guest.name is None else f"{guest.name}/"
        yield from (Line(f"{domain}{_nic(patch).key}") for patch in guest.nics)


def _forward_json(guest: ImportedGuest, place: int, forward: Forward) -> dict[str, object]:
    """A forward in the form of list-forwards; nobody has looked at it anywhere."""
    from vnetmgr.model.rows.forwards import ForwardRow
    from vnetmgr.render.documents.forwards import FORWARD

    nic = _nic(guest.nics[place])
    row = ForwardRow(
        domain=guest.name or "",
        forward=replace(forward, nic=nic.key),
        guest_address=next(iter(forward.guest_address), None),
        active=None,
        connections=None,
    )
    return {**FORWARD.json(row), "domain": guest.name}


def _json(guest: ImportedGuest, nic: Nic) -> dict[str, object]:
    row = NicRow(
        domain=guest.name or "",
        nic=nic,
        target=None,
        link=nic.link or "up",
        addresses=(),
        in_config=False,
        in_live=False,
        running=False,
        pending=(),
        orphan=None,
    )
    return {**NIC.json(row), "domain": guest.name, **dict.fromkeys(_LIVE_ONLY)}


def _nic(patch: NicPatch) -> Nic:
    return Nic(**dict(patch.items()))  # type: ignore[arg-type]  # one name per field


def render_imported_spec(guests: Sequence[ImportedGuest]) -> Iterator[Block]:
    """As a spec: a domain for each command."""
    yield from map(Line, spec_lines(guests))


def spec_lines(guests: Sequence[ImportedGuest]) -> Iterator[str]:
    """A spec of the nics, with every text in quotes: YAML would take some for numbers."""
    yield "version: 1"
    yield "domains:" if guests else "domains: {}"
    taken = {guest.name for guest in guests}
    for guest in guests:
        name = guest.name or _free("vm", 1, taken)
        taken.add(name)
        if guest.place:
            yield f"  # {quoted(guest.place)}"
        yield f"  {quoted(name)}:"
        yield "    nics:" if guest.nics else "    nics: {}"
        names = _names(guest)
        for key, patch in zip(names, guest.nics, strict=True):
            yield f"      {quoted(key)}:"
            yield from (f"        {line}" for line in _nic_lines(patch))
        if guest.forwards:
            yield "    forwards:"
            yield from (f"      {line}" for line in _forward_lines(guest, names))


def _names(guest: ImportedGuest) -> list[str]:
    """What a spec calls each of its nics."""
    taken = {patch.name for patch in guest.nics if patch.name is not UNSET}
    names = []
    for patch in guest.nics:
        key = _free("nic", 0, taken) if patch.name is UNSET else patch.name
        taken.add(key)
        names.append(key)
    return names


def _forward_lines(guest: ImportedGuest, names: Sequence[str]) -> Iterator[str]:
    from vnetmgr.model.options.forwards import forward_values

    for place, forward in guest.forwards:
        values = forward_values(replace(forward, nic=names[place]))
        texts = (f"{key}: {_flow(value)}" for key, value in values.items())
        yield f"- {{{', '.join(texts)}}}"


def _flow(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return quoted(str(value))


def _nic_lines(patch: NicPatch) -> Iterator[str]:
    source = _nic(patch).source
    key = "user" if source.mode is Mode.USER else str(source.mode)
    yield f"{key}: {{}}" if source.name is None else f"{key}: {quoted(source.name)}"
    for field, value in patch.items():
        if field in _NOT_WRITTEN or value is None:
            continue
        if isinstance(value, tuple):
            texts = ("=".join(each) if isinstance(each, tuple) else str(each) for each in value)
            yield f"{field}: [{', '.join(map(quoted, texts))}]"
        else:
            yield f"{field}: {quoted(show(value) or '')}"


def _free(word: str, number: int, taken: set[str] | set[str | None]) -> str:
    while f"{word}{number}" in taken:
        number += 1
    return f"{word}{number}"
