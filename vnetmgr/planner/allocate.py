"""Names and MACs for nics that come without."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from zlib import crc32  # hashlib would load OpenSSL: 2.5 ms

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.model.values import Mac
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Observed

# QEMU's and libvirt's prefix for virtual machines.
_PREFIX = "52:54:00"
_ATTEMPTS = 256


class TakenMacs:
    """The MACs that are visibly in use: those of domains, and those behind the host's taps.

    Looked up once in a plan, and only when a nic asks for no MAC of its own.
    """

    def __init__(self, observed: Observed) -> None:
        self._observed = observed

    @cached_property
    def macs(self) -> frozenset[str]:
        """As far as the plan's scope shows. libvirt gives a tap the guest's MAC with fe as its
        first byte."""
        links = self._observed.links
        taps = {f"52{mac[2:]}" for mac in links.macs if mac.startswith("fe:")} if links else set()
        return frozenset(taps).union(*(domain.macs for domain in self._observed.domains))


def derive_interface_id(uuid: str, name: str, *taken: Container[str | None]) -> str:
    """The interfaceid of a nic on Open vSwitch: always the same for one domain and name, so that a
    nic that is made again is on its logical port again. When it is taken, the next one."""
    for attempt in range(_ATTEMPTS):
        parts = (crc32(f"{uuid}/{name}/{attempt}/{part}".encode()) for part in range(4))
        digest = "".join(f"{part:08x}" for part in parts)
        # A random UUID's form, as libvirt's own are.
        derived = f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"
        if not any(derived in ids for ids in taken):
            return derived
    raise RefusedError(
        f"no free interfaceid for nic {name}: {_ATTEMPTS} derived ones are all taken",
        Worded("give the nic another --name", "give the nic another name"),
    )


def lowest_name(taken: Container[str]) -> str:
    """`nic0`, `nic1`, ...: the lowest that is free."""
    number = 0
    while f"nic{number}" in taken:
        number += 1
    return f"nic{number}"


def derive_mac(uuid: str, name: str, *taken: Container[str]) -> Mac:
    """The MAC of a nic that asks for none: always the same for one domain and name.

    A nic that is removed and made again so keeps its DHCP lease. When the address is taken,
    the next one is derived.
    """
    for mac in _derived(uuid, name):
        if not any(mac in macs for macs in taken):
            return mac
    raise RefusedError(
        f"no free MAC for nic {name}: {_ATTEMPTS} derived ones are all taken",
        Worded("give one with --mac", "give it one: mac"),
    )


def another_mac(domain: SeenDomain, nic: Nic, domains: Iterable[SeenDomain]) -> str:
    """The command that gives a nic a MAC of its own, where it has another's."""
    mac = derive_mac(domain.uuid, nic.key, *(each.macs for each in domains))
    return str(Command("update-nic", domain.name, nic.key, "--mac", str(mac)))


def is_derived(mac: Mac | None, uuid: str, name: str) -> bool:
    """Whether a MAC was derived for that nic of that domain: another domain has another UUID."""
    return mac is not None and mac.startswith(_PREFIX) and mac in _derived(uuid, name)


def _derived(uuid: str, name: str) -> Iterator[Mac]:
    for attempt in range(_ATTEMPTS):
        digest = f"{crc32(f'{uuid}/{name}/{attempt}'.encode()) & 0xFFFFFF:06x}"
        yield Mac(f"{_PREFIX}:{digest[0:2]}:{digest[2:4]}:{digest[4:6]}")
