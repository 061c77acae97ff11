"""Guests that have booted already: what most tests want is a running guest, not its boot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libvirt

from tests.lab.guest import Guest, refuse_long_name, start_guest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.guest import GuestConfig
    from tests.lab.lab import Lab


class SavedGuests:
    """What guests were like when they had booted, each kept in a file of the lab's.

    The first of a kind boots and is saved; a second one is restored, which takes a tenth of the
    time. They share their UUID.
    """

    def __init__(self, lab: Lab, directory: Path) -> None:
        self._lab = lab
        self._directory = directory
        self._saved: dict[str, tuple[Path, str]] = {}
        """A guest's making -> its memory, and its config with all that libvirt added."""

    def start(self, config: GuestConfig, *, transient: bool) -> Guest:
        """Start such a guest and wait until its shell answers."""
        refuse_long_name(config)
        making = config.xml()
        if making not in self._saved:
            self._saved[making] = self._boot(config)
        memory, document = self._saved[making]
        if not transient:
            self._lab.conn.defineXML(document)
        # What runs in the restored guest is what ran in the saved one; a config does not matter.
        self._lab.conn.restoreFlags(str(memory), None, libvirt.VIR_DOMAIN_SAVE_RUNNING)
        guest = Guest(self._lab, config)
        guest.wait_ready()
        return guest

    def _boot(self, config: GuestConfig) -> tuple[Path, str]:
        guest = start_guest(self._lab, config, transient=True, paused=False)
        guest.wait_ready()
        memory = self._directory / f"{len(self._saved)}.saved"
        document = guest.domain.XMLDesc(
            libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE
        )
        guest.domain.save(str(memory))
        return memory, document
