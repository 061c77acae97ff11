"""Domains and their nics, as far as packets and their guests' troubles need them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.values import Mac


class DomainState(StrEnum):
    """What a domain does."""

    RUNNING = "running"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    """The guest sleeps (S3)."""
    CRASHED = "crashed"
    OFF = "shut off"


class NicFacts(Record):
    """A nic in libvirt's two states; one at least is there."""

    config: Nic | None = None
    live: Nic | None = None
    tx_packets: int | None = None
    """Frames that the guest has sent: the only proof that it uses the nic. None: no count."""

    @property
    def nic(self) -> Nic:
        """What the guest has: live, where it runs with it."""
        found = self.live or self.config
        if found is None:
            raise ValueError("a nic is in one state at least")
        return found

    @property
    def key(self) -> str:
        """Its name, or its MAC where it has none."""
        return (self.config or self.nic).key

    @property
    def macs(self) -> frozenset[Mac]:
        """In either state."""
        both = (each.mac for each in (self.config, self.live) if each is not None)
        return frozenset(mac for mac in both if mac is not None)


class GuestAddress(Record):
    """An address that is configured in a guest."""

    address: IpAddress
    prefix: int


class GuestLink(Record):
    """A link in a guest, as its agent names it. One that is down has no address."""

    name: str
    mac: Mac | None
    addresses: tuple[GuestAddress, ...] = ()


class DomainFacts(Record):
    """One domain."""

    name: str
    uuid: str
    state: DomainState
    reason: str | None = None
    """Why it is in that state, where that says something: `I/O error`."""
    persistent: bool = True
    managed_save: bool = False
    nics: tuple[NicFacts, ...] = ()
    free_slots: int | None = None
    """Hot-plug slots for more virtio nics; None: it does not run, or has no PCI bus."""
    agent_channel: bool = False
    """Whether an agent is connected."""
    agent: tuple[GuestLink, ...] | None = None
    """The guest's links; None: not asked, or no answer: `unseen` has why (`domains.agent`)."""
    forwards: tuple[Forward, ...] = ()
    """What its metadata wants."""

    @property
    def running(self) -> bool:
        """Whether its guest executes."""
        return self.state is DomainState.RUNNING

    def nics_called(self, key: str) -> tuple[NicFacts, ...]:
        """The nics that a name, MAC, target or PCI address leads to."""
        named = tuple(each for each in self.nics if key == each.key)
        return named or tuple(
            each
            for each in self.nics
            if any(
                key in (nic.name, nic.mac, nic.target, str(nic.pci_address))
                for nic in (each.live, each.config)
                if nic is not None
            )
        )
