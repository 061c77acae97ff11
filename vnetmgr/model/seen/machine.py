"""Which machines a host can run, of what a guest needs to be run as it is."""

from __future__ import annotations

from vnetmgr.model.record import Record, Row


class GuestMachine(Row):
    """What a domain is run as. Empty: its document does not say."""

    arch: str = ""
    machine: str = ""
    emulator: str = ""
    virt_type: str = ""
    """kvm, qemu, ..."""


class HostMachines(Record):
    """What a host says of itself, and of one such machine."""

    uuid: str | None = None
    """The host's own; None: it has none."""
    machines: frozenset[tuple[str, str]] = frozenset()
    """(architecture, machine type) that its own QEMU has."""
    virt_types: frozenset[tuple[str, str]] = frozenset()
    """(architecture, kvm or qemu)."""
    runs: bool | None = None
    """Whether libvirt there would run it; None: it cannot be asked."""
