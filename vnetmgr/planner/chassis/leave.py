"""Plan what makes this machine a chassis of OVN no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.names import joined
from vnetmgr.model.overlay.host import EXTERNAL_IDS
from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind, Op, Step
from vnetmgr.model.record import Record, replace
from vnetmgr.model.state import State
from vnetmgr.model.writes import RemoveChassis, SetChassis
from vnetmgr.planner.chassis.bound import refuse_bound
from vnetmgr.planner.chassis.checks import has_its_address
from vnetmgr.planner.result import Planned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.overlay.joining import ChassisWant, Joining
    from vnetmgr.model.overlay.southbound import SeenChassis
    from vnetmgr.model.seen.observed import Observed

_FIELDS = ("southbound", "encap_type", "encap_ip")
"""What makes a machine a chassis."""


def plan_leave(want: ChassisWant, here: Joining, observed: Observed) -> Planned[ChassisWant]:
    """The one step that makes it so; none when there is nothing to do.

    Raises RefusedError where guests would lose their network.
    """
    want = replace(want, southbound=here.at(want), tls=want.tls or here.tls)
    leaving = _Leaving(here=here, row=_own(here))
    if not (leaving.ids or leaving.row):
        return Planned(want=want, notes=("this host is in no OVN", *_strangers(here)))
    notes = [*refuse_bound(want, here, observed), *_strangers(here), *_staying(leaving)]
    step = Step(group="chassis", changes=(_change(leaving),), ops=tuple(_ops(want, leaving)))
    return Planned(want=want, steps=(step,), notes=tuple(notes))


class _Leaving(Record):
    """What there is of it."""

    here: Joining
    row: SeenChassis | None
    """Its own of the southbound database."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The keys that make it a chassis, also those that count for this one alone."""
        return self.keys(*_FIELDS)

    def keys(self, *fields: str) -> tuple[str, ...]:
        """Those of these fields."""
        name, settings = self.here.chassis.system_id, map(EXTERNAL_IDS.__getitem__, fields)
        forms = (form for key in settings for form in (key, f"{key}-{name}"))
        return tuple(form for form in forms if form in self.here.ids)

    @property
    def bridge(self) -> str:
        """The integration bridge."""
        return self.here.chassis.integration_bridge

    @property
    def in_use(self) -> tuple[str, ...]:
        """What is on that bridge which is neither its own nor ovn-controller's."""
        bridge = self.here.bridges.get(self.bridge)
        addresses = (
            f"the address {each.address}"
            for each in self.here.addresses
            if each.link == self.bridge and each.is_global
        )
        return () if bridge is None else (*bridge.guests, *addresses)

    @property
    def drops_bridge(self) -> bool:
        """Whether that bridge goes."""
        return self.bridge in self.here.bridges and not self.in_use


def _named(here: Joining) -> SeenChassis | None:
    """The row of its name, which a copy of its disk has as well, with the host's name."""
    known = here.southbound
    return None if known is None else known.named(here.chassis.system_id)


def _own(here: Joining) -> SeenChassis | None:
    """The row of this host: that of its name, if it has an address of its own."""
    row = _named(here)
    return row if row is not None and has_its_address(row, here) else None


def _strangers(here: Joining) -> Iterator[str]:
    """What there is by its name and stays."""
    row = _named(here)
    if row is not None and not has_its_address(row, here):
        where = joined(sorted({address for _, address in row.encaps}))
        yield (
            f"OVN has a chassis {row.name} with none of this host's addresses: {row.hostname} "
            f"({where}); it is left alone"
        )


def _staying(leaving: _Leaving) -> Iterator[str]:
    """What is not taken away, where somebody may look for it."""
    here = leaving.here
    if mappings := here.chassis.bridge_mappings:
        pairs = ", ".join(f"{name}:{bridge}" for name, bridge in mappings)
        yield f"bridge mappings stay, and mean nothing meanwhile: {pairs}"
    if leaving.in_use:
        yield f"{leaving.bridge} stays: {joined(leaving.in_use)}"
    elif leaving.drops_bridge and here.controller is not None:
        yield f"{leaving.bridge} is made again by ovn-controller, empty, as long as that runs"


def _change(leaving: _Leaving) -> Change:
    here, rows = leaving.here, []
    for field in _FIELDS:
        found = leaving.keys(field)
        if found:  # the last is what counts
            rows.append(FieldChange(field=field, before=here.ids[found[-1]], after=None))
    if leaving.drops_bridge:
        rows.append(FieldChange(field="bridge", before=leaving.bridge, after=None))
    if leaving.row is not None and here.southbound is not None:
        rows.append(FieldChange(field="registered", before=here.southbound.at, after=None))
    return Change(
        action=Action.DELETE,
        object=ObjectKind.CHASSIS,
        domain=None,
        name=here.chassis.system_id or "",
        scope=tuple(State),
        fields=tuple(rows),
    )


def _ops(want: ChassisWant, leaving: _Leaving) -> Iterator[Op]:
    """Without its end of tunnels ovn-controller makes no chassis, and leaves one that is there: so
    that goes first, then OVN's row, and where the database is last: who was killed in between
    finds it there."""
    row, here = leaving.row, leaving.here
    if row is None or here.southbound is None:
        yield _unset(leaving, leaving.ids, ends=True)
        return
    gone = RemoveChassis(at=here.southbound.at, seen=row, tls=want.tls)
    if ends := leaving.keys("encap_type", "encap_ip"):
        yield _unset(leaving, ends, ends=False)
    yield Op(do=gone)
    yield _unset(leaving, leaving.keys("southbound"), ends=True)
    yield Op(do=replace(gone, settles=True), may_finish_later=True)


def _unset(leaving: _Leaving, keys: tuple[str, ...], *, ends: bool) -> Op:
    """Take settings away; at the end, also what ovn-controller has made in Open vSwitch, which it
    makes again where this is undone."""
    here, name = leaving.here, leaving.bridge
    do = SetChassis(ids=tuple((key, None) for key in keys), bridge=name)
    undo = replace(do, ids=tuple((key, here.ids[key]) for key in keys))
    if ends and leaving.drops_bridge:
        bridge = here.bridges[name]
        do = replace(do, there=False)
        undo = replace(
            undo, there=True, datapath_type=bridge.datapath_type, fail_mode=bridge.fail_mode or ""
        )
    if ends:
        do = replace(do, unplug=tuple(_unplugged(leaving)))
    return Op(do=do, undo=(undo,), undo_when_failed=True)


def _unplugged(leaving: _Leaving) -> Iterator[str]:
    """The ports that ovn-controller has made on bridges that stay; another one's on this machine
    lead to another bridge."""
    for name, bridge in sorted(leaving.here.bridges.items()):
        if name != leaving.bridge:
            yield from (
                port for port in bridge.controllers if port.endswith(f"-to-{leaving.bridge}")
            )
        elif not leaving.drops_bridge:
            yield from bridge.controllers
