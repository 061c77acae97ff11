"""Port forwards to nics in user mode by passt: libvirt's own `<portForward>`.

libvirt writes a change into the config at once, and accepts and ignores it for a nic that is
plugged in (11.3): passt is told its ports when it starts. So that half is a re-plug, or waits; and
a nic that the same plan writes or plugs in has its forwards with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.nics.port_forwards import has_forward, with_port_forwards
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.libvirt_xml.nics.write import update_form
from vnetmgr.model.host_forward import is_passt
from vnetmgr.model.plan import Action, Change, Disruption, ObjectKind, Op
from vnetmgr.model.record import Record, replace
from vnetmgr.model.seen.forwarded import nic_of
from vnetmgr.model.state import State
from vnetmgr.model.writes import AttachDevice, DetachDevice, UpdateDevice
from vnetmgr.planner.nics.device_ops import replug_ops, update_op
from vnetmgr.planner.nics.match import describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.plan import Step
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.forwards.rules import DomainForwards


class Passt(Record):
    """What becomes of a domain's forwards by passt, by their names."""

    ops: tuple[Op, ...] = ()
    config: frozenset[str] = frozenset()
    """Written into the config."""
    live: frozenset[str] = frozenset()
    """Made, or ended, by plugging the nic out and in."""
    waiting: frozenset[str] = frozenset()
    """What the running domain has otherwise until its next start."""
    carried: frozenset[tuple[str, State]] = frozenset()
    """What comes with the nic, in which states."""


Carried: TypeAlias = frozenset[tuple[str, str, State]]
"""(domain, MAC, state) of the nics that the nics' own steps write, plug in or take out."""


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


def carry(steps: Iterable[Step], plans: Iterable[DomainForwards]) -> tuple[list[Step], Carried]:
    """The steps of nics, with passt's nics as their forwards want them; and which nics those
    steps write, plug in or take out anyway."""
    by_domain = {plan.domain.name: plan for plan in plans}
    carried: set[tuple[str, str, State]] = set()

    def laden(op: Op) -> Op:
        write = op.do
        if not isinstance(write, AttachDevice | DetachDevice | UpdateDevice):
            return op
        plan = by_domain.get(write.domain)
        # An update of a running nic is accepted and ignored.
        if plan is None or (isinstance(write, UpdateDevice) and write.state is State.LIVE):
            return op
        nic = read_nic(write.xml)
        carried.add((write.domain, str(nic.mac), write.state))
        if isinstance(write, DetachDevice) or not is_passt(nic):
            return op
        gone, mine = _forwards_of(plan, str(nic.mac))
        xml = with_port_forwards(write.xml, gone=gone, wanted=mine)
        return replace(op, do=replace(write, xml=xml))

    laden_steps = [replace(step, ops=tuple(map(laden, step.ops))) for step in steps]
    return laden_steps, frozenset(carried)


def _forwards_of(plan: DomainForwards, mac: str) -> tuple[list[Forward], list[Forward]]:
    """What a nic has to lose, and what it shall have."""
    mine = [led.forward for led in plan.led if str(led.target.nic.mac) == mac]
    gone = [
        each
        for each in plan.domain.forwards
        if each not in mine
        and (seen := nic_of(plan.domain, each)) is not None
        and str(seen.any.mac) == mac
    ]
    return gone, mine


def passt_part(plan: DomainForwards, carried: Carried, *, replug: bool) -> Passt:
    """What has to be done for the forwards of a domain that passt has, or shall have. Raises
    RefusedError where nothing can bring them."""
    domain = plan.domain
    parts = []
    for seen in domain.nics:
        if not is_passt(seen.any):
            continue
        mac = str(seen.any.mac)
        gone, mine = _forwards_of(plan, mac)
        left = replace(
            seen,
            config_xml=None if (domain.name, mac, State.CONFIG) in carried else seen.config_xml,
            live_xml=None if (domain.name, mac, State.LIVE) in carried else seen.live_xml,
        )
        parts.append(_nic_part(domain, left, gone=gone, wanted=mine, replug=replug))
    return Passt(
        carried=frozenset(_carried(plan, carried)),
        ops=tuple(op for each in parts for op in each.ops),
        config=frozenset().union(*(each.config for each in parts)),
        live=frozenset().union(*(each.live for each in parts)),
        waiting=frozenset().union(*(each.waiting for each in parts)),
    )


def _carried(plan: DomainForwards, carried: Carried) -> Iterator[tuple[str, State]]:
    there = {str(seen.any.mac) for seen in plan.domain.nics}
    for led in plan.led:
        mac = str(led.target.nic.mac)
        states = [s for s in State if (plan.domain.name, mac, s) in carried]
        if is_passt(led.target.nic) and not states and mac not in there:
            raise RefusedError(
                f"domain {plan.domain.name}: nic {describe(led.target.nic)} is in user mode by "
                "passt, and this libvirt driver plugs in no nic",
            )
        yield from ((led.forward.name, state) for state in states)


def waiting_changes(domain: SeenDomain, passt: Passt) -> Iterator[Change]:
    """What the running domain has otherwise until its next start."""
    for name in sorted(passt.waiting):
        yield Change(
            action=Action.UPDATE,
            object=ObjectKind.FORWARD,
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
