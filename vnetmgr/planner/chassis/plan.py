"""Plan what makes this machine a chassis of OVN, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError
from vnetmgr.model.overlay.host import EXTERNAL_IDS
from vnetmgr.model.overlay.joining import DATAPATH_TYPES, ChassisWant, Joining
from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind, Op, Step
from vnetmgr.model.record import Record
from vnetmgr.model.state import State
from vnetmgr.model.writes import KeepChassisName, SetChassis
from vnetmgr.planner.chassis.checks import check, check_southbound
from vnetmgr.planner.chassis.defaults import datapath_type, resolve
from vnetmgr.planner.result import Planned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.seen.observed import Observed

SECURE = "secure"
_WORDS = {"": "kernel", **{kind: word for word, kind in DATAPATH_TYPES.items()}}


def plan_chassis(want: ChassisWant, observed: Observed) -> Planned[ChassisWant]:
    """The one step that makes it so; none when there is nothing to do.

    Raises UsageError for what has to be said, RefusedError for what cannot be.
    """
    here = observed.joining
    if here is None:
        raise observed.joining_unseen or RefusedError("this machine's Open vSwitch was not asked")
    if want.leaves:
        from vnetmgr.planner.chassis.leave import plan_leave

        return plan_leave(want, here, observed)
    check_southbound(want, here)
    resolved, notes = resolve(want, here)
    notes += check(resolved, here)
    rows = [*_setting_rows(resolved, here), *_bridge_rows(resolved, here)]
    if not rows:
        return Planned(want=resolved, notes=tuple(notes))
    return Planned(want=resolved, steps=(_step(resolved, here, rows),), notes=tuple(notes))


class _Row(Record):
    """One field that changes."""

    field: str
    before: str | None
    after: str | None
    key: str | None = None
    """Of external_ids; None: it is none of these."""


def _setting_rows(want: ChassisWant, here: Joining) -> Iterator[_Row]:
    """What ovn-controller(8) reads of external_ids, where it changes."""
    now = here.chassis
    mappings = _mappings(dict(now.bridge_mappings)), _mappings(_wanted_mappings(want, here))
    settings = {
        "system_id": (now.system_id, want.system_id),
        "southbound": (now.southbound, want.southbound),
        "encap_type": (now.encap_type, want.encap_type),
        "encap_ip": (now.encap_ip, str(want.encap_ip)),
        "bridge_mappings": mappings,
    }
    if here.override is not None:  # its file counts more
        del settings["system_id"]
    if want.encap_ip is None:
        del settings["encap_ip"]
    for field, (before, after) in settings.items():
        if before != after:
            key = _key(EXTERNAL_IDS[field], here, want)
            yield _Row(field=field, before=before, after=after, key=key)
    if want.tls is not None and want.tls != here.tls:
        for name in want.tls.FIELDS:
            before, after = getattr(here.tls, name, None), getattr(want.tls, name)
            if before != after:
                yield _Row(field=name, before=before, after=after)


def _key(key: str, here: Joining, want: ChassisWant) -> str:
    """Where what is set counts: for this chassis alone, where that is set by somebody."""
    own = f"{key}-{want.system_id}"
    return own if own in here.ids else key


def _wanted_mappings(want: ChassisWant, here: Joining) -> dict[str, str]:
    """physical network -> bridge, with those that others have made."""
    found = dict(here.chassis.bridge_mappings)
    for name, bridge in want.bridge_mappings:
        found.pop(name, None)
        if bridge is not None:
            found[name] = bridge
    return found


def _mappings(found: dict[str, str]) -> str | None:
    return ",".join(f"{name}:{bridge}" for name, bridge in sorted(found.items())) or None


def _bridge_rows(want: ChassisWant, here: Joining) -> Iterator[_Row]:
    """What the integration bridge is to be; one that is there keeps what nobody asks about."""
    name = here.chassis.integration_bridge
    bridge = here.bridges.get(name)
    if bridge is None:
        yield _Row(field="bridge", before=None, after=name)
    if bridge is None or bridge.fail_mode != SECURE:
        yield _Row(field="fail_mode", before=bridge.fail_mode if bridge else None, after=SECURE)
    now = _WORDS.get(bridge.datapath_type, bridge.datapath_type) if bridge else None
    if now != want.datapath:
        yield _Row(field="datapath", before=now, after=want.datapath)
    yield from _datapath_row(want, here)
    # Its file is read by a shell.
    plain = not any(map(str.isspace, want.system_id or " "))
    if here.keeps_id and plain and here.override is None and here.kept_id != want.system_id:
        yield _Row(field="system_id_at_start", before=here.kept_id, after=want.system_id)


def _datapath_row(want: ChassisWant, here: Joining) -> Iterator[_Row]:
    """What ovn-controller makes of the bridge, or makes it with when it has gone."""
    key = _key("ovn-bridge-datapath-type", here, want)
    before, after = here.datapath_setting, datapath_type(want)
    userspace = after == DATAPATH_TYPES["userspace"]
    if before != after and (before or userspace):
        yield _Row(field="bridge_datapath_type", before=before, after=after, key=key)


def _step(want: ChassisWant, here: Joining, rows: list[_Row]) -> Step:
    change = Change(
        action=Action.UPDATE if here.chassis.southbound else Action.CREATE,
        object=ObjectKind.CHASSIS,
        domain=None,
        name=want.system_id or "",
        scope=tuple(State),
        fields=tuple(FieldChange(field=r.field, before=r.before, after=r.after) for r in rows),
    )
    return Step(group="chassis", changes=(change,), ops=tuple(_ops(want, here, rows)))


def _ops(want: ChassisWant, here: Joining, rows: list[_Row]) -> Iterator[Op]:
    fields = {row.field: row for row in rows}
    if kept := fields.get("system_id_at_start"):
        before = KeepChassisName(name=kept.before)
        yield Op(do=KeepChassisName(name=kept.after), undo=(before,), undo_when_failed=True)
    name = here.chassis.integration_bridge
    bridge = here.bridges.get(name)
    tls = want.tls is not None and bool(fields.keys() & set(want.tls.FIELDS))
    do = SetChassis(
        ids=tuple((row.key, row.after) for row in rows if row.key),
        bridge=name,
        there=True if bridge is None else None,
        datapath_type=datapath_type(want) if "datapath" in fields else None,
        fail_mode=SECURE if "fail_mode" in fields else None,
        tls=_files(want) if tls else None,
    )
    undo = SetChassis(
        ids=tuple((row.key, row.before) for row in rows if row.key),
        bridge=name,
        there=False if bridge is None else None,
        datapath_type=bridge.datapath_type if bridge and "datapath" in fields else None,
        fail_mode=bridge.fail_mode or "" if bridge and "fail_mode" in fields else None,
        tls=_files(here) if tls else None,
    )
    if do != SetChassis(ids=(), bridge=name):
        yield Op(do=do, undo=(undo,), undo_when_failed=True)


def _files(of: ChassisWant | Joining) -> tuple[str, ...]:
    return () if of.tls is None else of.tls.files
