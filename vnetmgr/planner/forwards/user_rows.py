"""Pure: what list-forwards says of a forward into user mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.host_forward import is_passt, slirp_address
from vnetmgr.model.rows.forwards import ForwardRow
from vnetmgr.model.seen.forwarded import nic_of
from vnetmgr.model.seen.rules import in_the_way
from vnetmgr.planner.forwards import passt, slirp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.seen.rules import Listener


def user_row(domain: SeenDomain, forward: Forward, listeners: Sequence[Listener]) -> ForwardRow:
    """QEMU counts no connections, and has forwards only while the domain runs."""
    seen = nic_of(domain, forward)
    active = _is_active(domain, forward)
    return ForwardRow(
        domain=domain.name,
        forward=forward,
        # passt's guest has the host's own.
        guest_address=forward.given_address(4)
        or (None if seen is None or is_passt(seen.any) else slirp_address(seen.any.extra or ())),
        active=active,
        connections=None,
        problems=tuple(_problems(domain, forward, listeners, active=active)),
    )


def _is_active(domain: SeenDomain, forward: Forward) -> bool | None:
    """Whether it works; None: not seen."""
    seen = nic_of(domain, forward)
    if seen is None or seen.live is None:
        return False
    if is_passt(seen.any):
        return passt.is_active(seen, forward)
    return slirp.is_active(domain, seen, forward)


def _problems(
    domain: SeenDomain,
    forward: Forward,
    listeners: Sequence[Listener],
    *,
    active: bool | None,
) -> Iterator[str]:
    if active:
        return
    seen = nic_of(domain, forward)
    if not domain.active:
        yield "the domain is off"
    elif seen is None or seen.live is None:
        yield f"nic {forward.nic} is not plugged in"
    elif is_passt(seen.any):
        yield "waits for the next start; vnetmgr reconcile --allow replug plugs its nic in anew"
    elif active is False:
        yield "QEMU does not listen: vnetmgr reconcile --allow taint has it listen"
    for at in in_the_way(listeners, forward):
        # Unseen, QEMU is most likely the domain's own.
        if not (active is None and (at.program or "").startswith("qemu")):
            yield f"{at}, so QEMU cannot"
