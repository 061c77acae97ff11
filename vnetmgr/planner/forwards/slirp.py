"""Port forwards to nics in user mode: what QEMU itself has to listen on, and what cannot be.

A nic in user mode is on no network of the host's: nothing of the kernel leads there. SLIRP, within
QEMU, listens with sockets of its own, IPv4 alone, for as long as the domain runs. libvirt has no
XML for that; its pass-through to QEMU's monitor is the only way, and taints the domain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.nics.port_forwards import has_forward
from vnetmgr.libvirt_xml.nics.read import read_device_alias
from vnetmgr.model.host_forward import host_forwards, is_passt, netdev_name, slirp_address
from vnetmgr.model.options.forwards import MOST_SHIFTED
from vnetmgr.model.plan import Op
from vnetmgr.model.record import replace
from vnetmgr.model.seen.forwarded import leads_to_slirp, leads_to_user, nic_of
from vnetmgr.model.writes import SetHostForwards
from vnetmgr.planner.forwards.passt import check_passt
from vnetmgr.planner.nics.match import describe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.host_forward import HostForward
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.forwards.rules import DomainForwards

TAINT = "taint"
_WAYS = (
    "--allow taint has libvirt tell QEMU's monitor, and marks the domain as tainted; a nic on a "
    "NAT network, or of passt where libvirt has it, needs no such thing"
)


def check(domain: SeenDomain, forward: Forward, nic: Nic) -> tuple[IpAddress, ...]:
    """The guest's address; raises RefusedError for what SLIRP cannot do."""
    label = f"domain {domain.name}: nic {describe(nic)} is in user mode"
    if is_passt(nic):
        check_passt(domain, forward, nic)
        return ()
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
    return tuple(each for each in given if each.version == 4) or (slirp_address(nic.extra or ()),)


def is_qemus(domain: SeenDomain) -> bool:
    """Whether the domain has forwards, and no rule of this machine has to do with them."""
    return bool(domain.forwards) and all(leads_to_user(domain, each) for each in domain.forwards)


def netdev_of(
    domain: SeenDomain, nic: Nic, plugged: Collection[tuple[str, str | None]]
) -> str | None:
    """QEMU's id of the backend of a nic that is plugged in, or will be by this plan."""
    seen = next((each for each in domain.nics if each.any.mac == nic.mac), None)
    if seen is not None and seen.live is not None:
        return _live_netdev(seen)
    if (domain.name, nic.mac) in plugged and nic.alias is not None:
        return netdev_name(nic.alias)
    return None


def _live_netdev(seen: Seen[Nic]) -> str | None:
    alias = None if seen.live_xml is None else read_device_alias(seen.live_xml)
    return None if alias is None else netdev_name(alias)


def refuse_untainted(
    domain: SeenDomain, after: Sequence[Forward], *, wanted: Collection[Forward]
) -> None:
    """Refuse what nobody has allowed: to forward anew, or to take away what may be there.
    `wanted` are those of `after` that lead into user mode."""
    before = set(domain.forwards)
    new = [each for each in wanted if each not in before]
    if new:
        raise RefusedError(
            f"domain {domain.name}: forward {new[0].name} leads to nic {new[0].nic}, which is in "
            "user mode; libvirt has no setting for that",
            _WAYS,
        )
    gone = [each for each in domain.forwards if each not in set(after)]
    for each in gone:
        seen = nic_of(domain, each)
        if leads_to_slirp(domain, each) and seen is not None and seen.live is not None:
            raise RefusedError(
                f"domain {domain.name}: forward {each.name} is QEMU's own while the domain runs, "
                "and only its monitor ends it",
                "--allow taint has libvirt tell it, and marks the domain as tainted; once the "
                "domain is off, nothing has to be allowed",
            )


def unseen_note(plan: DomainForwards) -> str | None:
    """What to say of forwards that were wanted before, and that nobody allowed to look after."""
    present = plan.domain.host_forwards
    lost = [
        led.forward.name
        for led in plan.led
        if led.netdev is not None
        and (present is None or not _are_there(host_forwards(led.forward, led.netdev), present))
    ]
    if not lost:
        return None
    state = "not seen" if present is None else "not there"
    return (
        f"domain {plan.domain.name}: forwards into user mode are {state}, and are put back with "
        f"--allow taint alone: {', '.join(lost)}"
    )


def _are_there(wanted: Sequence[HostForward], present: Sequence[HostForward]) -> bool:
    return all(any(each.is_as(other) for other in present) for each in wanted)


def _wanted(plan: DomainForwards) -> Iterator[HostForward]:
    for led in plan.led:
        if led.netdev is not None:
            yield from host_forwards(led.forward, led.netdev)


def _given_up(plan: DomainForwards) -> Iterator[HostForward]:
    """What the metadata had and shall have no more."""
    after = {led.forward for led in plan.led}
    for forward in plan.domain.forwards:
        seen = nic_of(plan.domain, forward)
        if forward not in after and seen is not None and seen.live is not None:
            netdev = _live_netdev(seen)
            if netdev is not None:
                yield from host_forwards(forward, netdev)


def set_host_forwards(plan: DomainForwards) -> SetHostForwards | None:
    """What QEMU has to be told; None: nothing. What it has besides is somebody else's."""
    present = plan.domain.host_forwards or ()
    given_up = tuple(_given_up(plan))
    remove = [each for each in present if any(old.is_as(each) for old in given_up)]
    left = [each for each in present if each not in remove]
    add = [each for each in _wanted(plan) if not _are_there((each,), left)]
    taken = {each.where for each in add}
    remove += [each for each in left if each.where in taken]
    if not add and not remove:
        return None
    return SetHostForwards(
        domain=plan.domain.name,
        add=tuple(add),
        remove=tuple(remove),
        unnamed=tuple(_unnamed(plan.domain, {each.netdev for each in (*add, *remove)})),
    )


def _unnamed(domain: SeenDomain, netdevs: Collection[str]) -> Iterator[tuple[str, str]]:
    for seen in domain.nics:
        if seen.live is not None and seen.live.alias is None:
            netdev = _live_netdev(seen)
            if netdev is not None and netdev in netdevs:
                yield netdev, str(seen.live.mac)


def are_there(domain: SeenDomain, forward: Forward) -> bool | None:
    """Whether QEMU has a forward of the metadata; None: not seen."""
    seen = nic_of(domain, forward)
    if seen is None or seen.live is None:
        return False
    netdev = _live_netdev(seen)
    if is_passt(seen.any):
        return seen.live_xml is not None and has_forward(seen.live_xml, forward)
    if domain.host_forwards is None or netdev is None:
        return None
    return _are_there(host_forwards(forward, netdev), domain.host_forwards)


def undoable(do: SetHostForwards) -> Op:
    """With what takes it back."""
    undo = replace(do, add=do.remove, remove=do.add)
    return Op(do=do, undo=(undo,))
