"""Port forwards to nics in user mode by passt: libvirt's own `<portForward>`.

libvirt writes a change into the config at once, and accepts and ignores it for a nic that is
plugged in (11.3): passt is told its ports when it starts. So that half is a re-plug, or waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.nic_write import update_form
from vnetmgr.libvirt_xml.port_forwards import has_forward, with_port_forwards
from vnetmgr.model.domain import State
from vnetmgr.model.host_forward import is_passt, nic_of
from vnetmgr.model.plan import (
    Action,
    Change,
    Disruption,
    Op,
)
from vnetmgr.model.record import Record
from vnetmgr.planner.device_ops import replug_ops, update_op
from vnetmgr.planner.match import describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.domain import Seen, SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.nic import Nic
    from vnetmgr.planner.forward_rules import DomainForwards


class Passt(Record):
    """What becomes of a domain's forwards by passt, by their names."""

    ops: tuple[Op, ...] = ()
    config: frozenset[str] = frozenset()
    """Written into the config."""
    live: frozenset[str] = frozenset()
    """Made, or ended, by plugging the nic out and in."""
    waiting: frozenset[str] = frozenset()
    """What the running domain has otherwise until its next start."""


def check_passt(domain: SeenDomain, forward: Forward, nic: Nic) -> None:
    """Raise RefusedError for what passt cannot do."""
    label = f"domain {domain.name}: nic {describe(nic)} is in user mode by passt"
    if forward.allow_from:
        raise RefusedError(
            f"{label}, which takes everybody; allow_from cannot be done",
            "leave it out, or put the nic on a NAT network",
        )
    if forward.guest_address:
        raise RefusedError(f"{label}, where the guest has the host's own address", "leave it out")
    if all(seen.any.mac != nic.mac for seen in domain.nics):
        raise RefusedError(
            f"{label}, and is not there yet",
            "attach the nic, then forward to it: libvirt changes what is there",
        )


def passt_part(plan: DomainForwards, *, replug: bool) -> Passt:
    """What has to be done for the forwards of a domain that passt has, or shall have."""
    after = [led.forward for led in plan.led]
    gone = [each for each in plan.domain.forwards if each not in after]
    parts = []
    for seen in plan.domain.nics:
        if not is_passt(seen.any):
            continue
        mine = [each for each in after if nic_of(plan.domain, each) is seen]
        lost = [each for each in gone if nic_of(plan.domain, each) is seen]
        parts.append(_nic_part(plan.domain, seen, gone=lost, wanted=mine, replug=replug))
    return Passt(
        ops=tuple(op for each in parts for op in each.ops),
        config=frozenset().union(*(each.config for each in parts)),
        live=frozenset().union(*(each.live for each in parts)),
        waiting=frozenset().union(*(each.waiting for each in parts)),
    )


def waiting_changes(domain: SeenDomain, passt: Passt) -> Iterator[Change]:
    """What the running domain has otherwise until its next start."""
    for name in sorted(passt.waiting):
        yield Change(
            action=Action.UPDATE,
            object="forward",
            domain=domain.name,
            name=name,
            scope=(State.LIVE,),
            disruption=Disruption.NEXT_START,
        )


def _nic_part(
    domain: SeenDomain,
    seen: Seen[Nic],
    *,
    gone: list[Forward],
    wanted: list[Forward],
    replug: bool,
) -> Passt:
    ops: list[Op] = []
    config = _changed(seen.config_xml, gone=gone, wanted=wanted)
    if config and seen.config_xml is not None:
        after = with_port_forwards(seen.config_xml, gone=gone, wanted=wanted)
        ops.append(update_op(domain.name, seen.config_xml, after, State.CONFIG))
    live = _changed(seen.live_xml, gone=gone, wanted=wanted)
    if not live or seen.live_xml is None:
        return Passt(ops=tuple(ops), config=config)
    if replug:
        before = update_form(seen.live_xml)
        after = with_port_forwards(before, gone=gone, wanted=wanted)
        ops += replug_ops(domain.name, before, after, label=f"nic {describe(seen.any)}")
        return Passt(ops=tuple(ops), config=config, live=live)
    if seen.config_xml is None:
        raise RefusedError(
            f"domain {domain.name}: passt is told its ports when nic {describe(seen.any)} is "
            "plugged in, and the nic is in no config",
            "--allow replug unplugs it and plugs it in again",
        )
    return Passt(ops=tuple(ops), config=config, waiting=live)


def _changed(
    nic_xml: str | None, *, gone: Iterable[Forward], wanted: Iterable[Forward]
) -> frozenset[str]:
    """The names of the forwards that a nic's element has otherwise."""
    if nic_xml is None:
        return frozenset()
    left = {each.name for each in gone if has_forward(nic_xml, each)}
    return frozenset(left | {each.name for each in wanted if not has_forward(nic_xml, each)})
