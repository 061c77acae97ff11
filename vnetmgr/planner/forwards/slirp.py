"""Port forwards to nics in user mode: what QEMU itself has to listen on, and what cannot be.

A nic in user mode is on no network of the host's: nothing of the kernel leads there. SLIRP, within
QEMU, listens with sockets of its own, IPv4 alone, for as long as the domain runs. libvirt has no
XML for that; its pass-through to QEMU's monitor is the only way, and taints the domain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.nics.read import read_device_alias, read_nic
from vnetmgr.model.host_forward import host_forwards, is_slirp, netdev_name, slirp_address
from vnetmgr.model.options.forwards import MOST_SHIFTED
from vnetmgr.model.plan import Action, Op
from vnetmgr.model.record import replace
from vnetmgr.model.seen.forwarded import nic_of
from vnetmgr.model.state import State
from vnetmgr.model.writes import AttachDevice, DetachDevice, SetHostForwards
from vnetmgr.planner.forwards.changes import forward_change
from vnetmgr.planner.forwards.way import Share, Way
from vnetmgr.planner.nics.match import describe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.host_forward import HostForward
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.plan import Step
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.forwards.targets import Target
    from vnetmgr.planner.forwards.way import DomainForwards, Resolved, Setting, Written

TAINT = "taint"
_WAYS = (
    "--allow taint has libvirt tell QEMU's monitor, and marks the domain as tainted; a nic on a "
    "NAT network, or of passt where libvirt has it, needs no such thing"
)


class Slirp(Way):
    """By QEMU itself, which its monitor tells."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._readded: dict[str, list[HostForward]] = {}
        """By domain: what the steps of nics that are plugged in again add by themselves."""

    def addresses(
        self, domain: SeenDomain, forward: Forward, target: Target
    ) -> Iterable[IpAddress]:
        """The one that SLIRP's DHCP gives, if none was given by hand."""
        label = f"domain {domain.name}: nic {describe(target.nic)} is in user mode"
        _refuse_impossible(label, forward)
        if not self.setting.observed.features.monitor:
            raise RefusedError(f"domain {domain.name}: this libvirt driver has no QEMU monitor")
        given = tuple(each for each in forward.guest_address if each.version == 4)
        return given or (self.default_address(target.nic),)

    def is_live(self, domain: SeenDomain, nic: Nic) -> bool:
        """QEMU has a forward only while it has the nic."""
        return self._netdev(domain, nic) is not None

    @staticmethod
    def missing() -> str:
        """That it can be told."""
        return f"QEMU does not listen: {Command('reconcile', '--allow', 'taint')} has it listen"

    @staticmethod
    def is_active(domain: SeenDomain, seen: Seen[Nic], forward: Forward) -> bool | None:
        """As QEMU's monitor says, if it was asked."""
        netdev = _live_netdev(seen)
        if domain.host_forwards is None or netdev is None:
            return None
        return _are_there(host_forwards(forward, netdev), domain.host_forwards)

    @staticmethod
    def default_address(nic: Nic) -> IpAddress:
        """What SLIRP's DHCP gives."""
        return slirp_address(nic.extra or ())

    def refusal(self, plan: DomainForwards) -> RefusedError | None:
        """What would taint the domain: to add a forward, or to take away what may be there."""
        if TAINT in self.setting.allow:
            return None
        domain = plan.domain
        for each in plan.resolved:
            if is_slirp(each.target.nic) and each.forward not in domain.forwards:
                return RefusedError(
                    f"domain {domain.name}: forward {each.forward.name} leads to nic "
                    f"{each.forward.nic}, which is in user mode; libvirt has no setting for that",
                    _WAYS,
                )
        for forward in domain.forwards:
            seen = nic_of(domain, forward)
            runs = seen is not None and is_slirp(seen.any) and seen.live is not None
            if runs and forward not in plan.forwards:
                return RefusedError(
                    f"domain {domain.name}: forward {forward.name} is QEMU's own while the domain "
                    "runs, and only its monitor ends it",
                    "--allow taint has libvirt tell it, and marks the domain as tainted; once the "
                    "domain is off, nothing has to be allowed",
                )
        return None

    def along(self, step: Step, domain: SeenDomain, plan: DomainForwards | None) -> Step:
        """QEMU forgets a nic's forwards with its backend, and gets them again in the same step."""
        seen, after = _plugged(step, domain)
        if seen is None or after is None:
            return step
        if seen.live is None and plan is not None:
            return step  # it was not there: its forwards have a step of their own
        mine = [each for each in domain.forwards if nic_of(domain, each) is seen]
        was = seen.live is not None and is_slirp(seen.live)
        stays = is_slirp(after) and (was or seen.live is None)
        if not mine:
            return step
        if TAINT not in self.setting.allow:
            self.notes += [_lost(domain, seen, mine)] if stays else []
            return step
        if was:
            step = _with_way_back(step, domain, seen, mine)
        return self._with_forwards(step, domain, seen, after, mine) if stays else step

    def _with_forwards(
        self,
        step: Step,
        domain: SeenDomain,
        seen: Seen[Nic],
        after: Nic,
        forwards: Sequence[Forward],
    ) -> Step:
        add = _adding(domain, forwards, after, seen.live_xml)
        self._readded.setdefault(domain.name, []).extend(add.add)
        live = (State.LIVE,)
        changes = (forward_change(Action.REPAIR, domain, f.name, (), live) for f in forwards)
        return replace(step, changes=(*step.changes, *changes), ops=(*step.ops, _undoable(add)))

    def share(self, plan: DomainForwards, _written: Written) -> Share:
        """What QEMU has to be told. What it has besides is somebody else's."""
        wanted = {
            each.forward.name: self._host_forwards(plan.domain, each) for each in plan.resolved
        }
        if TAINT not in self.setting.allow:
            self.notes += self._unseen_notes(plan.domain, wanted)
            return Share()
        present = self._present(plan.domain) or ()
        given_up = tuple(self._given_up(plan))
        remove = [each for each in present if any(old.is_as(each) for old in given_up)]
        left = [each for each in present if each not in remove]
        every = (each for forwards in wanted.values() for each in forwards)
        add = [each for each in every if not _are_there((each,), left)]
        taken = {each.where for each in add}
        remove += [each for each in left if each.where in taken]
        if not add and not remove:
            return Share()
        do = SetHostForwards(
            domain=plan.domain.name,
            add=tuple(add),
            remove=tuple(remove),
            unnamed=tuple(_unnamed(plan.domain, {each.netdev for each in (*add, *remove)})),
        )
        made = {name for name, forwards in wanted.items() if any(each in add for each in forwards)}
        return Share(ops=(_undoable(do),), live=frozenset(made))

    def _netdev(self, domain: SeenDomain, nic: Nic) -> str | None:
        """QEMU's id of the backend of a nic that is plugged in, or will be by this plan."""
        seen = next((each for each in domain.nics if each.any.mac == nic.mac), None)
        if seen is not None and seen.live is not None:
            return _live_netdev(seen)
        if (domain.name, nic.mac) in self.setting.plugged and nic.alias is not None:
            return netdev_name(nic.alias)
        return None

    def _host_forwards(self, domain: SeenDomain, resolved: Resolved) -> tuple[HostForward, ...]:
        nic = resolved.target.nic
        netdev = self._netdev(domain, nic) if is_slirp(nic) else None
        return () if netdev is None else host_forwards(resolved.forward, netdev)

    def _present(self, domain: SeenDomain) -> tuple[HostForward, ...] | None:
        """What QEMU has once the nics' own steps are done; None: not seen."""
        readded = self._readded.get(domain.name)
        if readded is None:
            return domain.host_forwards
        netdevs = {each.netdev for each in readded}
        kept = (each for each in domain.host_forwards or () if each.netdev not in netdevs)
        return (*kept, *readded)

    def _given_up(self, plan: DomainForwards) -> Iterator[HostForward]:
        """What the metadata had and shall have no more."""
        after = {each.forward for each in plan.resolved}
        for forward in plan.domain.forwards:
            seen = nic_of(plan.domain, forward)
            netdev = None if seen is None or forward in after else _live_netdev(seen)
            if netdev is not None:
                yield from host_forwards(forward, netdev)

    def _unseen_notes(
        self, domain: SeenDomain, wanted: Mapping[str, Sequence[HostForward]]
    ) -> Iterator[str]:
        """What to say of forwards that were wanted before, and that nobody allowed to look
        after."""
        present = domain.host_forwards
        lost = [
            name
            for name, forwards in wanted.items()
            if forwards and (present is None or not _are_there(forwards, present))
        ]
        if lost:
            state = "not seen" if present is None else "not there"
            yield (
                f"domain {domain.name}: forwards into user mode are {state}, and are put back with "
                f"--allow taint alone: {', '.join(lost)}"
            )


def _refuse_impossible(label: str, forward: Forward) -> None:
    """Refuse what SLIRP cannot do."""
    given = forward.guest_address
    if 4 not in forward.versions or (given and all(each.version == 6 for each in given)):
        raise RefusedError(
            f"{label}, where QEMU forwards IPv4 alone",
            "forward an IPv4 address, or put the nic on a NAT network with an IPv6 subnet",
        )
    if forward.ports > MOST_SHIFTED:
        raise RefusedError(
            f"{label}: QEMU is told of each port by itself, and listens on it; {forward.ports} are "
            f"more than {MOST_SHIFTED}",
            "put the nic on a NAT network: there a range is one rule where the ports stay the same",
        )
    if forward.allow_from:
        raise RefusedError(
            f"{label}: QEMU listens itself and takes everybody; allow_from cannot be done",
            "leave it out, or put the nic on a NAT network",
        )


def _live_netdev(seen: Seen[Nic]) -> str | None:
    alias = None if seen.live_xml is None else read_device_alias(seen.live_xml)
    return None if alias is None else netdev_name(alias)


def _are_there(wanted: Sequence[HostForward], present: Sequence[HostForward]) -> bool:
    return all(any(each.is_as(other) for other in present) for each in wanted)


def _unnamed(domain: SeenDomain, netdevs: Collection[str]) -> Iterator[tuple[str, str]]:
    for seen in domain.nics:
        if seen.live is not None and seen.live.alias is None:
            netdev = _live_netdev(seen)
            if netdev is not None and netdev in netdevs:
                yield netdev, str(seen.live.mac)


def _undoable(do: SetHostForwards) -> Op:
    """With what takes it back."""
    return Op(do=do, undo=(replace(do, add=do.remove, remove=do.add),))


def _plugged(step: Step, domain: SeenDomain) -> tuple[Seen[Nic] | None, Nic | None]:
    """Which nic a step plugs into the running domain again, and how it then is."""
    before: Nic | None = None
    for op in step.ops:
        if isinstance(op.do, DetachDevice) and op.do.state is State.LIVE:
            before = read_nic(op.do.xml)
        elif isinstance(op.do, AttachDevice) and op.do.state is State.LIVE:
            after = read_nic(op.do.xml)
            mac = after.mac if before is None else before.mac
            state = State.CONFIG if before is None else State.LIVE
            there = ((each, each.value(state)) for each in domain.nics)
            return next((each for each, nic in there if nic and nic.mac == mac), None), after
    return None, None


def _adding(
    domain: SeenDomain, forwards: Iterable[Forward], nic: Nic, live_xml: str | None
) -> SetHostForwards:
    """What QEMU is told of a nic that has just been plugged in."""
    alias = nic.alias or (None if live_xml is None else read_device_alias(live_xml))
    netdev = netdev_name(alias or str(nic.mac))
    return SetHostForwards(
        domain=domain.name,
        add=tuple(each for forward in forwards for each in host_forwards(forward, netdev)),
        unnamed=() if nic.alias is not None else ((netdev, str(nic.mac)),),
    )


def _with_way_back(
    step: Step, domain: SeenDomain, seen: Seen[Nic], forwards: Sequence[Forward]
) -> Step:
    """The nic that comes back when the step is undone has its forwards again. Each by itself: one
    that was lost before, and cannot be had, keeps no other away."""
    if seen.live is None:
        return step
    back = tuple(_adding(domain, (each,), seen.live, seen.live_xml) for each in forwards)
    ops = (
        replace(op, undo=(*op.undo, *back)) if isinstance(op.do, DetachDevice) else op
        for op in step.ops
    )
    return replace(step, ops=tuple(ops))


def _lost(domain: SeenDomain, seen: Seen[Nic], forwards: Iterable[Forward]) -> str:
    names = ", ".join(each.name for each in forwards)
    return (
        f"domain {domain.name}: forwards into user mode are lost where nic {describe(seen.any)} is "
        f"plugged in anew, and are put back with --allow taint alone: {names}"
    )
