"""What check-migration shows: each thing that a guest has on its host, and whether the other host
has it for it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.errors import ExitCode
from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator


class Readiness(StrEnum):
    """How a thing is on the other host."""

    OK = "ok"
    NOT_CHECKED = "not-checked"
    WARNING = "warning"
    """The guest can have it there, and somebody may stumble over it."""
    DIFFERS = "differs"
    """There is one of that name, and it is another."""
    MISSING = "missing"


class Part(StrEnum):
    """What a guest has of its host."""

    HOST = "host"
    DOMAIN = "domain"
    """Its own name and UUID."""
    MACHINE = "machine"
    NETWORK = "network"
    PORTGROUP = "portgroup"
    BRIDGE = "bridge"
    CHASSIS = "chassis"
    """What its host is to OVN, which takes an overlay's packets from host to host."""
    LINK = "link"
    """A link of the host's that its nic is on, or is called like."""
    DEVICE = "device"
    """A device of the host's that it has been given."""
    VIRTUALPORT = "virtualport"
    VLAN = "vlan"
    MTU = "mtu"
    MODEL = "model"
    FILTER = "filter"
    BANDWIDTH = "bandwidth"
    MAC = "mac"
    RESERVATION = "reservation"
    LEASE = "lease"
    FORWARD = "forward"
    NEIGHBOUR = "neighbour"
    """Another guest, which it reaches by a network of its host alone."""


class MigrationItem(Record):
    """One of these things."""

    object: Part
    name: str
    nic: str | None = None
    """The nic that has it: its name or MAC; None: the domain itself."""
    status: Readiness
    cause: str
    """One sentence: what is so there."""
    remedy: str | None = None
    """What makes it so, as a shell takes it."""
    blocking: bool = False
    """Whether libvirt would refuse the migration, or the guest lose its network by it."""


class MigrationCheck(Record):
    """What stands between a guest and another host."""

    domain: str
    source: str
    """How the host is called that it is on."""
    destination: str
    running: bool
    items: tuple[MigrationItem, ...]
    after: tuple[str, ...] = ()
    """What is to be run once it is there, as a shell takes it."""
    notes: tuple[str, ...] = ()

    @property
    def blocking(self) -> Iterator[MigrationItem]:
        """What stands in the way."""
        return (item for item in self.items if item.blocking)

    @property
    def remedies(self) -> tuple[str, ...]:
        """What makes it so, each once, in the order in which it is to be run."""
        return tuple(dict.fromkeys(item.remedy for item in self.items if item.remedy is not None))

    @property
    def exit_code(self) -> ExitCode:
        """Whether it can migrate."""
        return ExitCode.REFUSED if any(self.blocking) else ExitCode.DONE
