"""Domains of which libvirt hands out no document that can be read: a list goes on without them, and
names each."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vnetmgr.model.record import Listing, replace

if TYPE_CHECKING:
    from vnetmgr.model.seen.observed import Observed

L = TypeVar("L", bound=Listing)  # type: ignore[type-arg]  # of whatever


def without_unread(listing: L, observed: Observed) -> L:
    """The list of what was observed, which says whom it lacks."""
    if not observed.unread:
        return listing
    notes = (f"{each.text}; it is not looked at here: {each.hint}" for each in observed.unread)
    return replace(listing, is_whole=False, notes=(*notes, *listing.notes))
