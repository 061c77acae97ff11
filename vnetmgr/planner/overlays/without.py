"""What plans ask of any network beside libvirt's half, where it has no other: nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from vnetmgr.model.dns import DnsRecord
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import NetworkPatch, NetworkWant
    from vnetmgr.model.overlay.northbound import Overlay
    from vnetmgr.model.patch import Differences
    from vnetmgr.model.plan import Op


class Tended(NamedTuple):
    """What is settled of a network though nobody asks for it."""

    ops: list[Op]
    differences: Differences
    flaws: tuple[str, ...]
    """What was wrong of it, that no field tells."""


class Whole:
    """A network that libvirt has all of; an overlay's draft says more of it."""

    fleet: str | None = None
    """Of an overlay: whose it is."""
    switch: Overlay | None = None
    """Of an overlay: what OVN has of it, as planned by now."""
    has_new_switch = False
    """Whether that is planned."""
    joins = False
    """Whether there is something of it already, when it is made here."""

    def wanted(self, *, of_spec: bool) -> None:
        """Note whether a spec wants it next, or a command."""

    def reach(self) -> None:
        """Refuse where what is not libvirt's of it cannot be asked. Raises VnetError."""

    def check(self, want: NetworkWant) -> None:
        """Refuse what cannot be done about it now. Raises VnetError."""

    def joined(self, network: Network) -> Network:
        """A new network, with what there is of it already."""
        return network

    def settled(self, patch: NetworkPatch, present: Network) -> NetworkPatch:  # noqa: ARG002
        """A patch with what this host knows better than who asks. `present`: as it is."""
        return patch

    def record(self, record: DnsRecord) -> DnsRecord:
        """A DNS record as it is kept."""
        return record

    def set_switch(self, patch: NetworkPatch) -> list[Op]:  # noqa: ARG002 - for those that have
        """Write what is not libvirt's of it. Raises VnetError where that is refused."""
        return []

    def tended(self) -> Tended:
        """Settle what is to be so of that; what earlier writes have settled is told as well."""
        return Tended([], (), ())

    def leave(self, *, force: bool) -> tuple[list[Op], list[str]]:  # noqa: ARG002 - the same
        """Take this host off it, and what to know of that. Raises VnetError."""
        return [], []
