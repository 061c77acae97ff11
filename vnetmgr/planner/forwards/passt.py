"""Port forwards to nics in user mode by passt: libvirt's own `<portForward>`.

libvirt writes a change into the config at once, and accepts and ignores it for a nic that is
plugged in (11.3): passt is told its ports when it starts. So that half is a re-plug, or waits; and
a nic that the same plan writes or plugs in has its forwards with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.nics.port_forwards import has_forward, with_port_forwards
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.libvirt_xml.nics.write import update_form
from vnetmgr.model.host_forward import is_passt
from vnetmgr.model.record import replace
from vnetmgr.model.seen.forwarded import nic_of
from vnetmgr.model.state import State
from vnetmgr.model.writes import AttachDevice, UpdateDevice
from vnetmgr.planner.forwards.way import Share, Way, joined
from vnetmgr.planner.nics.device_ops import replug_ops, update_op
from vnetmgr.planner.nics.match import describe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.plan import Op, Step
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.forwards.targets import Target
    from vnetmgr.planner.forwards.way import DomainForwards, Written


class Passt(Way):
    """By libvirt's `<portForward>` of the nic."""

    @staticmethod
    def missing() -> str:
        """That it comes with the nic."""
        anew = Command("reconcile", "--allow", "replug")
        return f"waits for the next start; {anew} plugs its nic in anew"

    def addresses(
        self, domain: SeenDomain, forward: Forward, target: Target
    ) -> Iterable[IpAddress]:
        """None: the guest has the host's own."""
        label = f"domain {domain.name}: nic {describe(target.nic)} is in user mode by passt"
        if forward.allow_from:
            raise RefusedError(
                f"{label}, which takes everybody; allow_from cannot be done",
                "leave it out, or put the nic on a NAT network",
            )
        if forward.guest_address:
            raise RefusedError(
                f"{label}, where the guest has the host's own address", "leave it out"
            )
        return ()

    def is_live(self, _domain: SeenDomain, _nic: Nic) -> bool:
        """passt is told its ports when it starts, and not again."""
        return False

    @staticmethod
    def is_active(_domain: SeenDomain, seen: Seen[Nic], forward: Forward) -> bool:
        """As its running element says."""
        return seen.live_xml is not None and has_forward(seen.live_xml, forward)

    def along(self, step: Step, _domain: SeenDomain, plan: DomainForwards | None) -> Step:
        """What is written of a nic, or plugged in, has its forwards as they will be."""
        if plan is None:
            return step
        return replace(step, ops=tuple(_with_forwards(op, plan) for op in step.ops))

    def share(self, plan: DomainForwards, written: Written) -> Share:
        """What the nics' own steps leave to be done. Raises RefusedError where nothing can bring
        the forwards."""
        _refuse_unplugged(plan, written)
        parts = []
        for seen in plan.domain.nics:
            if is_passt(seen.any):
                mac = str(seen.any.mac)
                done = {state for state in State if (plan.domain.name, mac, state) in written}
                left = replace(
                    seen,
                    config_xml=None if State.CONFIG in done else seen.config_xml,
                    live_xml=None if State.LIVE in done else seen.live_xml,
                )
                parts.append(self._nic_share(plan, left))
        return joined(parts)

    def _nic_share(self, plan: DomainForwards, seen: Seen[Nic]) -> Share:
        name, label = plan.domain.name, f"nic {describe(seen.any)}"
        gone, wanted = _forwards_of(plan, str(seen.any.mac))
        ops: tuple[Op, ...] = ()
        config = _changed(seen.config_xml, gone=gone, wanted=wanted)
        if config and seen.config_xml is not None:
            after = with_port_forwards(seen.config_xml, gone=gone, wanted=wanted)
            ops = (update_op(name, seen.config_xml, after, State.CONFIG),)
        live = _changed(seen.live_xml, gone=gone, wanted=wanted)
        if not live or seen.live_xml is None:
            return Share(ops=ops, config=config)
        if "replug" in self.setting.allow:
            before = update_form(seen.live_xml)
            after = with_port_forwards(before, gone=gone, wanted=wanted)
            ops += replug_ops(name, before, after, label=label)
            return Share(ops=ops, config=config, live=live, replugged=live)
        if seen.config_xml is None:
            raise RefusedError(
                f"domain {name}: passt is told its ports when {label} is plugged in, and the nic "
                "is in no config",
                "--allow replug unplugs it and plugs it in again",
            )
        return Share(ops=ops, config=config, waiting=live)


def _with_forwards(op: Op, plan: DomainForwards) -> Op:
    write = op.do
    if not isinstance(write, AttachDevice | UpdateDevice):
        return op
    if isinstance(write, UpdateDevice) and write.state is State.LIVE:
        return op  # accepted and ignored
    nic = read_nic(write.xml)
    if not is_passt(nic):
        return op
    gone, wanted = _forwards_of(plan, str(nic.mac))
    xml = with_port_forwards(write.xml, gone=gone, wanted=wanted)
    return replace(op, do=replace(write, xml=xml))


def _refuse_unplugged(plan: DomainForwards, written: Written) -> None:
    """Refuse forwards to a new nic that nothing plugs in."""
    there = {str(seen.any.mac) for seen in plan.domain.nics}
    for each in plan.resolved:
        nic = each.target.nic
        mac = str(nic.mac)
        made = any((plan.domain.name, mac, state) in written for state in State)
        if is_passt(nic) and mac not in there and not made:
            raise RefusedError(
                f"domain {plan.domain.name}: nic {describe(nic)} is in user mode by passt, and "
                "this libvirt driver plugs in no nic",
            )


def _forwards_of(plan: DomainForwards, mac: str) -> tuple[list[Forward], list[Forward]]:
    """What a nic has to lose, and what it shall have."""
    mine = [each.forward for each in plan.resolved if str(each.target.nic.mac) == mac]
    gone = [
        each
        for each in plan.domain.forwards
        if each not in mine
        and (seen := nic_of(plan.domain, each)) is not None
        and str(seen.any.mac) == mac
    ]
    return gone, mine


def _changed(
    nic_xml: str | None, *, gone: Iterable[Forward], wanted: Iterable[Forward]
) -> frozenset[str]:
    """The names of the forwards that a nic's element has otherwise."""
    if nic_xml is None:
        return frozenset()
    left = {each.name for each in gone if has_forward(nic_xml, each)}
    return frozenset(left | {each.name for each in wanted if not has_forward(nic_xml, each)})
