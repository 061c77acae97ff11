"""The addresses that nics are known to have, and who says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.model.values import Mac


class Origin(StrEnum):
    """Who says that a nic has an address."""

    LEASE = "lease"
    """libvirt's DHCP server: what it gave, used or not."""
    AGENT = "agent"
    """The guest's agent: what is configured in the guest."""
    ARP = "arp"
    """The host's neighbour table."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """One IP address of one nic; `prefix` is the length of its network's."""

    address: str
    prefix: int
    mac: Mac
    origin: Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressBook:
    """What is known of all addresses, and what could not be asked."""

    by_mac: Mapping[Mac, tuple[Address, ...]] = field(default_factory=dict)
    not_asked: str | None = None
    """Why no agent was asked; None: each that is connected was."""
    silent: tuple[str, ...] = ()
    """The domains whose agent did not answer in time."""
