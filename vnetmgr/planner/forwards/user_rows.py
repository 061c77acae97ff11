"""Pure: what list-forwards says of a forward that the device of its nic has by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.rows.forwards import ForwardRow
from vnetmgr.model.seen.rules import in_the_way
from vnetmgr.planner.forwards.ways import way_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.rules import Listener
    from vnetmgr.model.state import Seen


def user_row(
    domain: SeenDomain, seen: Seen[Nic], forward: Forward, listeners: Sequence[Listener]
) -> ForwardRow:
    """It counts no connections, and is there only while the domain runs."""
    way = way_of(seen.any)
    active = False if seen.live is None else way.is_active(domain, seen, forward)
    return ForwardRow(
        domain=domain.name,
        forward=forward,
        guest_address=forward.given_address(4) or way.default_address(seen.any),
        active=active,
        connections=None,
        problems=tuple(_problems(domain, seen, forward, listeners, active=active)),
    )


def _problems(
    domain: SeenDomain,
    seen: Seen[Nic],
    forward: Forward,
    listeners: Sequence[Listener],
    *,
    active: bool | None,
) -> Iterator[str]:
    if active:
        return
    if not domain.active:
        yield "the domain is off"
    elif seen.live is None:
        yield f"nic {forward.nic} is not plugged in"
    elif active is False:
        yield way_of(seen.any).missing()
    for at in in_the_way(listeners, forward):
        # Unseen, QEMU is most likely the domain's own.
        if not (active is None and (at.program or "").startswith("qemu")):
            yield f"{at}, so QEMU cannot"
