"""What list-domains shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.model.record import Listing, Record

if TYPE_CHECKING:
    from vnetmgr.model.values import Mac


class DomainState(NamedTuple):
    """Whether a domain runs, and how."""

    id: int | None
    """Of the running domain; None: it does not run."""
    state: str
    """As virsh calls it: running, paused, shut off, ..."""


class DomainNic(NamedTuple):
    """What a nic of a domain goes by."""

    name: str | None
    mac: Mac | None


class DomainRow(Record):
    """A domain, and how it can be found again elsewhere."""

    name: str
    uuid: str
    run: DomainState
    nics: tuple[DomainNic, ...]


class DomainListing(Listing[DomainRow]):
    """What list-domains shows."""
