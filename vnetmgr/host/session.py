"""An open connection with what was learned of it at the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record
from vnetmgr.problem import About

if TYPE_CHECKING:
    import libvirt

    from vnetmgr.host.calls import Calls
    from vnetmgr.model.seen.observed import Features


class Session(Record):
    """What the modules of this package share of one connection."""

    conn: libvirt.virConnect
    call: Calls
    readonly: bool
    uri: str
    hostname: str
    features: Features
    written: dict[About, tuple[str, str]]
    """Domain or network -> (the last config document written, what libvirt made of it)."""
    handles: dict[str, libvirt.virDomain]
    """The domains that were observed last, by name."""

    def lookup(self, domain: str) -> libvirt.virDomain:
        """A domain by name; raises NotFoundError."""
        return self.call(About("domain", domain), self.conn.lookupByName, domain)

    def observed(self, domain: str) -> libvirt.virDomain:
        """A domain as it was observed, without asking for it again. Where another one has its name
        by now, a call of it fails: a handle is of a UUID."""
        known = self.handles.get(domain)
        return self.lookup(domain) if known is None else known

    def network(self, name: str) -> libvirt.virNetwork:
        """A network by name; raises NotFoundError."""
        return self.call(About("network", name), self.conn.networkLookupByName, name)
