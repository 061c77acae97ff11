"""What list-nics shows: one row a nic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.address import Address
    from vnetmgr.model.nic import Nic


class NicRow(Record):
    """A nic with everything that is known of it."""

    domain: str
    nic: Nic
    """The config where there is one, else the live nic."""
    target: str | None
    link: str
    addresses: tuple[Address, ...]
    in_config: bool
    in_live: bool
    running: bool
    """Whether the domain runs."""
    pending: tuple[str, ...]
    orphan: bool | None
    """None: cannot be seen from here."""
    missing: str | None = None
    """What it needs of the host and has not, in words: `no bridge br7`."""
    same_mac: tuple[str, ...] = ()
    """Running nics on the same bridge that have its MAC."""

    unanswered: tuple[str, ...] = ()
    """Addresses of its leases where this host has asked lately, and nothing has answered."""

    @property
    def state(self) -> str:
        """The row's state in words, the most urgent first."""
        if self.orphan:
            return "orphan"
        if self.missing:
            return self.missing
        if self.same_mac:
            return "same MAC as " + ", ".join(self.same_mac)
        if self.unanswered:
            return "no answer at " + ", ".join(self.unanswered)
        if not self.in_config:
            return "live only"
        if self.running and not self.in_live:
            return "config only"
        if self.pending:
            return "pending: " + ", ".join(self.pending)
        return "ok" if self.orphan is False else "not visible from here"


class NicListing(Record):
    """The rows, and what could not be looked at."""

    uri: str
    rows: tuple[NicRow, ...]
    notes: tuple[str, ...] = ()
