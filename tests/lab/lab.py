"""The lab: a private libvirtd, two bridged LANs, and guests, all in namespaces of its own."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import libvirt

from tests.lab import features
from tests.lab.guest import Flavour, Guest, GuestConfig, start_guest
from tests.lab.image_builder import image_directory
from tests.lab.lan import Lan, start_bridge
from tests.lab.libvirtd import Libvirtd
from tests.lab.machine import REPOSITORY, Machine
from tests.lab.openvswitch import OpenVSwitch, start_daemons, start_openvswitch_bridge
from tests.lab.saved import SavedGuests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Lab(Machine):
    """A virtualisation host: a machine with libvirt, bridges and guests."""

    uri: str
    stand_ins: tuple[str, ...]
    """What is not the real thing in this lab, in words: for tests to print."""
    firewall_backend: str
    """How libvirt's networks build their firewall: iptables or nftables."""
    guests_migrate: bool = False
    """Whether there is another host for its guests to go to."""

    def __init__(self, *, firewall_backend: str | None = None) -> None:
        self.firewall_backend = firewall_backend or os.environ.get(
            "VNETMGR_LAB_FIREWALL", "iptables"
        )

    def _bring_up(self) -> None:
        self._connection: libvirt.virConnect | None = None
        self._lans: dict[str, Lan] = {}
        self._switches: dict[str, OpenVSwitch] = {}
        self._saved_guests = SavedGuests(self, self.directory / "tmp")
        first_in_path = self.directory / "stand-ins"
        self.stand_ins = features.stand_ins(first_in_path)
        self._libvirtd = Libvirtd(
            self.directory,
            self.sh,
            path=f"{first_in_path}:{self.environment['PATH']}",
            firewall_backend=self.firewall_backend,
            settings=self.libvirtd_settings(),
        )
        self.uri = self._libvirtd.uri
        self.environment["LIBVIRT_DEFAULT_URI"] = self.uri
        self._add_tools(self.directory / "bin")
        self._libvirtd.seed_capabilities()
        self._libvirtd.start()
        self._start_lans()

    def libvirtd_settings(self) -> Mapping[str, str]:
        """More lines of libvirtd.conf, value by name, for a libvirtd that others reach."""
        return {}

    def _start_lans(self) -> None:
        for number, bridge in enumerate(("br0", "br1")):
            self._lans[bridge] = start_bridge(self, bridge, number=number)

    def _add_tools(self, directory: Path) -> None:
        helper = directory / "guest-sh"
        helper.write_text(
            "#!/bin/sh\n# Usage: guest-sh GUEST COMMAND...\nguest=$1; shift\n"
            f"export PYTHONPATH={REPOSITORY}\n"
            f'exec {sys.executable} -m tests.lab.guest_sh "{self.directory}/serial/$guest" "$@"\n'
        )
        helper.chmod(0o755)

    # libvirt

    @property
    def conn(self) -> libvirt.virConnect:
        """A connection from this process, opened at its first use."""
        if self._connection is None:
            self._connection = libvirt.open(self.uri)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def start_libvirtd(self) -> None:
        """Start libvirtd after kill_libvirtd()."""
        self._libvirtd.start()

    def kill_libvirtd(self) -> None:
        """Kill libvirtd; guests keep running, `conn` and what came from it are of no more use."""
        self._disconnect()
        self._libvirtd.kill()

    def restart_libvirtd(self) -> None:
        """Restart libvirtd as its service would be; guests keep running."""
        self._disconnect()
        self._libvirtd.stop()
        self._libvirtd.start()

    # What is in the lab

    @property
    def serial_folder(self) -> Path:
        """Where QEMU is told to have the guests' consoles."""
        return self.directory / "serial"

    @property
    def bridges(self) -> tuple[str, ...]:
        """The names of the bridges with a LAN behind them."""
        return tuple(self._lans)

    def lan(self, bridge: str) -> Lan:
        """Return the LAN behind a bridge."""
        return self._lans[bridge]

    def firewall_rules(self) -> str:
        """Return the rules that libvirt and others have made for networks."""
        tool = "iptables-save" if self.firewall_backend == "iptables" else "nft list ruleset"
        return self.sh(tool)

    def openvswitch(self, bridge: str = "ovsbr0") -> OpenVSwitch:
        """Return an Open vSwitch bridge, made at its first use; see lacks("openvswitch")."""
        if bridge not in self._switches:
            if not self._switches:
                start_daemons(self)
            switch = start_openvswitch_bridge(self, bridge, number=len(self._lans))
            self._switches[bridge] = switch
            self._lans[bridge] = switch.lan
        return self._switches[bridge]

    @staticmethod
    def lacks(feature: str) -> str | None:
        """Return why this machine has no such feature, None when it has: see features.PROBES."""
        return features.lacks(feature)

    def guest(
        self,
        name: str,
        *,
        machine: str = "q35",
        nics: Sequence[str] = (),
        flavour: Flavour = "plain",
        memory_mib: int = 160,
        extra_devices: str = "",
        root_ports: int = 0,
        transient: bool = False,
        autodhcp: bool = False,
        on_crash: str = "destroy",
        paused: bool = False,
        wait: bool = True,
        booted: bool = False,
        uuid: str | None = None,
    ) -> Guest:
        """Start a guest and wait until it has booted, unless it is paused or not to be waited for.

        `root_ports` are spare ones, in which nics can be plugged later. `booted`: a guest that is
        made in the same way as an earlier one may go on from that one's boot.
        """
        config = GuestConfig(
            name=name,
            image=image_directory(),
            console=self.directory / "serial" / name,
            serial=self.serial_folder / name,
            machine=machine,
            nics=nics,
            flavour=flavour,
            memory_mib=memory_mib,
            extra_devices=extra_devices,
            root_ports=root_ports,
            autodhcp=autodhcp,
            on_crash=on_crash,
            uuid=uuid,
            migrates=self.guests_migrate,
        )
        if booted and wait and not paused:
            return self._saved_guests.start(config, transient=transient)
        guest = start_guest(self, config, transient=transient, paused=paused)
        if wait and not paused:
            guest.wait_ready()
        return guest
