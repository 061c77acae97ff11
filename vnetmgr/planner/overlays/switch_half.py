"""OVN's half of a network while it is planned: its logical switch. Only an overlay has one; of any
other network nothing comes of what plans ask here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from vnetmgr.model.dns import DnsRecord
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import NetworkPatch, NetworkWant
    from vnetmgr.model.overlay.northbound import Overlay
    from vnetmgr.model.patch import Differences
    from vnetmgr.model.plan import Op


class SwitchUpkeep(NamedTuple):
    """What is written of a switch though nobody has asked for it."""

    ops: list[Op]
    differences: Differences
    flaws: tuple[str, ...]
    """What was wrong of it that no field tells."""


class SwitchHalf:
    """As of a network that libvirt has all of; an overlay's draft says more."""

    fleet: str | None = None
    """Of an overlay: whose it is."""
    switch: Overlay | None = None
    """Of an overlay: what OVN has of it, as planned by now."""

    @property
    def has_new_switch(self) -> bool:
        """Whether the plan changes what OVN has of it."""
        return False

    @property
    def joins(self) -> bool:
        """Whether OVN has it already, when it is made here."""
        return False

    def wanted(self, *, of_spec: bool) -> None:
        """Note whether a spec wants it next, or a command."""

    def reach(self) -> None:
        """Refuse where its switch cannot be asked about. Raises VnetError."""

    def check(self, want: NetworkWant) -> None:
        """Refuse what cannot be done about its switch now. Raises VnetError."""

    def joined(self, network: Network) -> Network:
        """A new network, with what its switch has already."""
        return network

    def settled(self, patch: NetworkPatch, present: Network) -> NetworkPatch:  # noqa: ARG002
        """A patch with what this host knows better than who asks. `present`: as it is."""
        return patch

    def record(self, record: DnsRecord) -> DnsRecord:
        """A DNS record as it is kept."""
        return record

    def set_switch(self, patch: NetworkPatch) -> list[Op]:  # noqa: ARG002 - for those that have
        """Write its switch. Raises VnetError where that is refused."""
        return []

    def keep_switch(self) -> SwitchUpkeep:
        """Bring its switch up to date; what earlier writes have brought is told as well."""
        return SwitchUpkeep([], (), ())

    def leave(self, *, force: bool) -> tuple[list[Op], list[str]]:  # noqa: ARG002 - the same
        """Take this host off its switch, and what to know of that. Raises VnetError."""
        return [], []
