"""What list-nics shows: one row a nic."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.model.record import Listing, Record

if TYPE_CHECKING:
    from vnetmgr.model.address import Address
    from vnetmgr.model.nic import Nic


class Pending(NamedTuple):
    """A field of a running nic that its config says otherwise."""

    field: str
    live: str | None
    config: str | None

    def __str__(self) -> str:
        return f"{self.field} {self.live or '-'} -> {self.config or '-'}"


class NicRow(Record):
    """A nic with everything that is known of it."""

    domain: str
    nic: Nic
    """As the guest has it; where it does not run, as its config says."""
    target: str | None
    link: str
    addresses: tuple[Address, ...]
    in_config: bool
    in_live: bool
    running: bool
    """Whether the domain runs."""
    pending: tuple[Pending, ...]
    orphan: bool | None
    """None: cannot be seen from here."""
    missing: str | None = None
    """What it needs of the host and has not, in words: `no bridge br7`."""
    port: str | None = None
    """What is wrong with its port on an overlay, in words."""
    bound: bool | None = None
    """Whether a host has that port; None: it is on no overlay, or that is not known."""
    same_mac: tuple[str, ...] = ()
    """Running nics on the same bridge that have its MAC."""
    dropped: str | None = None
    """What becomes of its frames where this host's rules drop them: `DHCP dropped by Docker`."""
    unchecked: str | None = None
    """Why it cannot be told whether they do, in words."""
    unanswered: tuple[str, ...] = ()
    """Addresses of its leases where this host has asked lately, and nothing has answered."""

    @property
    def state(self) -> str:
        """The row's state in words, the most urgent first."""
        broken = self._broken()
        if broken is not None:
            return broken
        if not self.in_config:
            return "live only"
        if self.running and not self.in_live:
            return "config only"
        if self.pending:
            return "pending: " + ", ".join(map(str, self.pending))
        if self.unchecked:
            return self.unchecked
        return "ok" if self.orphan is False else "not visible from here"

    def _broken(self) -> str | None:
        """Why the guest has no use of it."""
        if self.orphan:
            return "orphan"
        if self.missing or self.port:
            return self.missing or self.port
        if self.same_mac:
            return "same MAC as " + ", ".join(self.same_mac)
        if self.dropped:
            return self.dropped
        if self.unanswered:
            return "no answer at " + ", ".join(self.unanswered)
        return None


class NicListing(Listing[NicRow]):
    """What list-nics shows."""
