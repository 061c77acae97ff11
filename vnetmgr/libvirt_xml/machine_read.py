"""Reads what a domain is run as, and what a host can run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.documents import parse_as
from vnetmgr.model.seen.machine import GuestMachine, HostMachines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element


def read_guest_machine(xml: str) -> GuestMachine:
    """What a domain document says; raises VnetError for another one."""
    root = parse_as("domain", xml)
    kind = root.find("os/type")
    return GuestMachine(
        arch="" if kind is None else kind.get("arch", ""),
        machine="" if kind is None else kind.get("machine", ""),
        emulator=root.findtext("devices/emulator") or "",
        virt_type=root.get("type", ""),
    )


def read_host_machines(xml: str) -> HostMachines:
    """What a host's capabilities say, of all architectures; raises VnetError for another
    document."""
    root = parse_as("capabilities", xml)
    archs = [arch for guest in root.iterchildren("guest") for arch in guest.iterchildren("arch")]
    return HostMachines(
        uuid=root.findtext("host/uuid") or None,
        machines=frozenset(
            (arch.get("name", ""), name) for arch in archs for name in _machines(arch)
        ),
        virt_types=frozenset(
            (arch.get("name", ""), each.get("type", ""))
            for arch in archs
            for each in arch.iterchildren("domain")
        ),
    )


def _machines(arch: Element) -> Iterator[str]:
    """Of an architecture, and of each kind of domain that has machines of its own."""
    for each in arch.iter("machine"):
        yield from (name for name in (each.text, each.get("canonical")) if name)
