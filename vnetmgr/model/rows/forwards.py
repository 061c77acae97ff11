"""What list-forwards shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Listing, Record

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.forward import Forward


class ForwardRow(Record):
    """One forward, of one IP version."""

    domain: str | None
    """None: no domain's metadata has it, and yet it is in the kernel."""
    forward: Forward
    guest_address: IpAddress | None
    """None: not known from here."""
    active: bool | None
    """Whether its rules are there and its network runs; None: cannot be seen from here."""
    connections: int | None
    problems: tuple[str, ...] = ()
    """What keeps it from working."""


class ForwardListing(Listing[ForwardRow]):
    """What list-forwards shows."""
