"""Port forwards of a nic in user mode that is plugged out and in: QEMU forgets them with the nic's
backend, and is told anew in the same step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.nics.read import read_device_alias, read_nic
from vnetmgr.model.host_forward import host_forwards, is_slirp, netdev_name
from vnetmgr.model.plan import Action
from vnetmgr.model.record import replace
from vnetmgr.model.seen.forwarded import nic_of
from vnetmgr.model.state import State
from vnetmgr.model.writes import AttachDevice, DetachDevice, SetHostForwards
from vnetmgr.planner.forwards.changes import forward_change
from vnetmgr.planner.forwards.slirp import TAINT, undoable
from vnetmgr.planner.nics.match import describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.plan import Op, Step
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.context import Context


def with_forwards_retold(
    step: Step, seen: Seen[Nic], context: Context
) -> tuple[Step, tuple[str, ...]]:
    """The step of a nic, with QEMU told of its forwards where it plugs the nic in; and what to
    say where nobody has allowed that."""
    domain = context.domain
    mine = [each for each in domain.forwards if nic_of(domain, each) is seen]
    plugged = [op.do.xml for op in step.ops if isinstance(op.do, AttachDevice)]
    if not mine or not plugged:
        return step, ()
    after = read_nic(plugged[0])
    stays = is_slirp(after) and (seen.live is None or is_slirp(seen.live))
    if TAINT not in context.policy.allow:
        return step, (_lost(domain, seen, mine),) if stays else ()
    ops = step.ops
    if seen.live is not None and is_slirp(seen.live):
        # Each by itself: one that was lost before, and cannot be had, keeps no other away.
        before = [_telling(domain, (each,), seen.live, seen.live_xml) for each in mine]
        ops = tuple(_with_undo(op, before) for op in ops)
    if not stays:
        return replace(step, ops=ops), ()
    tell = _telling(domain, mine, after, seen.live_xml)
    changes = (forward_change(Action.REPAIR, domain, each.name, (), (State.LIVE,)) for each in mine)
    return replace(step, changes=(*step.changes, *changes), ops=(*ops, undoable(tell))), ()


def _telling(
    domain: SeenDomain, forwards: Sequence[Forward], nic: Nic, live_xml: str | None
) -> SetHostForwards:
    """What QEMU is told of a nic that has just been plugged in."""
    alias = nic.alias or (None if live_xml is None else read_device_alias(live_xml))
    netdev = netdev_name(alias or str(nic.mac))
    return SetHostForwards(
        domain=domain.name,
        add=tuple(each for forward in forwards for each in host_forwards(forward, netdev)),
        unnamed=() if nic.alias is not None else ((netdev, str(nic.mac)),),
    )


def _with_undo(op: Op, tellings: Iterable[SetHostForwards]) -> Op:
    """The nic that comes back when it is undone has its forwards again."""
    return replace(op, undo=(*op.undo, *tellings)) if isinstance(op.do, DetachDevice) else op


def _lost(domain: SeenDomain, seen: Seen[Nic], forwards: Iterable[Forward]) -> str:
    names = ", ".join(each.name for each in forwards)
    return (
        f"domain {domain.name}: forwards into user mode are lost where nic {describe(seen.any)} is "
        f"plugged in anew, and are put back with --allow taint alone: {names}"
    )


def as_retold(observed: Observed, steps: Iterable[Step]) -> Observed:
    """What is there once the steps of nics have told QEMU of their forwards."""
    told = [op.do for step in steps for op in step.ops if isinstance(op.do, SetHostForwards)]
    if not told:
        return observed
    domains = (
        _as_retold(domain, [each for each in told if each.domain == domain.name])
        for domain in observed.domains
    )
    return replace(observed, domains=tuple(domains))


def _as_retold(domain: SeenDomain, told: Sequence[SetHostForwards]) -> SeenDomain:
    if not told:
        return domain
    anew = [forward for each in told for forward in each.add]
    netdevs = {forward.netdev for forward in anew}
    kept = [each for each in domain.host_forwards or () if each.netdev not in netdevs]
    return replace(domain, host_forwards=(*kept, *anew))
