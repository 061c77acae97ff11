"""The lab: a private libvirtd, two bridged LANs, and guests, all in namespaces of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

import libvirt

from tests.documents import read_document
from tests.lab import features
from tests.lab.errors import LabError
from tests.lab.guest import Flavour, Guest, GuestConfig, start_guest
from tests.lab.image_builder import image_directory
from tests.lab.lan import Lan, start_bridge
from tests.lab.libvirtd import Libvirtd
from tests.lab.namespaces import Namespaces
from tests.lab.openvswitch import OpenVSwitch, start_daemons, start_openvswitch_bridge
from tests.lab.process import LabProcess, Stream, entering
from tests.lab.programs import need_program, search_path
from tests.lab.saved import SavedGuests
from vnetmgr.cli.failures import form_asked_for
from vnetmgr.render.blocks import Form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

REPOSITORY = Path(__file__).resolve().parents[2]

# Programs that tests use in the lab and that few machines lack, but some do.
BUSYBOX_STAND_INS = ("ping", "nc", "arping", "traceroute")


class Lab:
    """A context manager; inside it everything is up, after it nothing is left.

    Several labs can be open at the same time. The thread that opens one must outlive it.
    """

    uri: str
    directory: Path
    stand_ins: tuple[str, ...]
    """What is not the real thing in this lab, in words: for tests to print."""
    firewall_backend: str
    """How libvirt's networks build their firewall: iptables or nftables."""

    def __init__(self, *, firewall_backend: str | None = None) -> None:
        self.firewall_backend = firewall_backend or os.environ.get(
            "VNETMGR_LAB_FIREWALL", "iptables"
        )

    def __enter__(self) -> Self:
        if reason := features.lab_unavailable():
            raise LabError(reason)
        self._connection: libvirt.virConnect | None = None
        self._lans: dict[str, Lan] = {}
        self._switches: dict[str, OpenVSwitch] = {}
        self._namespaces = Namespaces()
        try:
            self._bring_up()
        except BaseException:
            self._namespaces.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._disconnect()
        finally:
            self._namespaces.close()

    def _bring_up(self) -> None:
        self.directory = self._namespaces.directory
        self._saved_guests = SavedGuests(self, self.directory / "tmp")
        first_in_path = self.directory / "stand-ins"
        last_in_path = self.directory / "bin"
        self.environment = self._make_environment(last_in_path)
        self.stand_ins = features.stand_ins(first_in_path)
        self._libvirtd = Libvirtd(
            self.directory,
            self.sh,
            path=f"{first_in_path}:{self.environment['PATH']}",
            firewall_backend=self.firewall_backend,
        )
        self.uri = self._libvirtd.uri
        self.environment["LIBVIRT_DEFAULT_URI"] = self.uri
        self._add_tools(last_in_path)
        self._libvirtd.seed_capabilities()
        self._libvirtd.start()
        for number, bridge in enumerate(("br0", "br1")):
            self._lans[bridge] = start_bridge(self, bridge, number=number)

    def _make_environment(self, last_in_path: Path) -> dict[str, str]:
        """Return this process's environment without its user's settings and traces."""
        ignored = ("NO_COLOR", "VIRSH_DEFAULT_CONNECT_URI", "LIBVIRT_AUTH_FILE")
        kept = {name: value for name, value in os.environ.items() if name not in ignored}
        xdg = {
            f"XDG_{kind}_HOME": str(self.directory / "xdg" / kind.lower())
            for kind in ("CACHE", "CONFIG", "DATA", "STATE")
        }
        return {
            **kept,
            **xdg,
            "PATH": f"{search_path()}:{last_in_path}",
            "TMPDIR": str(self.directory / "tmp"),
        }

    def _add_tools(self, directory: Path) -> None:
        busybox = need_program("busybox")
        for name in BUSYBOX_STAND_INS:
            (directory / name).symlink_to(busybox)
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

    # Commands inside

    def command_line(self, argv: Sequence[str | Path], *, cwd: Path = REPOSITORY) -> list[str]:
        """Return the command line that runs a command in the lab when it is run outside."""
        return entering(argv, namespaces_of=self._namespaces.pid, cwd=cwd)

    def popen(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path = REPOSITORY,
        stdin: Stream = None,
        stdout: Stream = subprocess.PIPE,
        stderr: Stream = subprocess.PIPE,
    ) -> LabProcess:
        """Start a command in the lab; its signals, kill() and return code are the command's own.

        `env` adds to the lab's environment.
        """
        return LabProcess(
            self.command_line(argv, cwd=cwd),
            env={**self.environment, **(env or {})},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path = REPOSITORY,
        input: str | None = None,  # noqa: A002 - as subprocess.run calls it
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the lab, whatever it exits with; TimeoutExpired if it does not end."""
        stdin = subprocess.PIPE if input is not None else None
        with self.popen(argv, env=env, cwd=cwd, stdin=stdin) as process:
            try:
                stdout, stderr = process.communicate(input, timeout)
            except BaseException:
                process.kill_all()
                raise
        return subprocess.CompletedProcess(list(argv), process.returncode, stdout, stderr)

    def sh(self, command: str, *, check: bool = True, timeout: float = 60) -> str:
        """Run a shell command in the lab; return what it prints."""
        result = self.run(["sh", "-c", command], timeout=timeout)
        if check and result.returncode:
            raise LabError(f"{command}: exit {result.returncode}\n{result.stderr}{result.stdout}")
        return result.stdout

    def vnetmgr(
        self,
        *arguments: str | Path,
        env: Mapping[str, str] | None = None,
        input: str | None = None,  # noqa: A002 - as subprocess.run calls it
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run vnetmgr in the lab, as a user on its host would. With --output json it has to print
        one document, as its schema says."""
        argv = [sys.executable, "-m", "vnetmgr", *arguments]
        result = self.run(argv, env=env, input=input, timeout=timeout)
        if form_asked_for([str(each) for each in arguments]) is Form.JSON:
            read_document(result.stdout)
        return result

    # What is in the lab

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
            machine=machine,
            nics=nics,
            flavour=flavour,
            memory_mib=memory_mib,
            extra_devices=extra_devices,
            root_ports=root_ports,
            autodhcp=autodhcp,
            on_crash=on_crash,
            uuid=uuid,
        )
        if booted and wait and not paused:
            return self._saved_guests.start(config, transient=transient)
        guest = start_guest(self, config, transient=transient, paused=paused)
        if wait and not paused:
            guest.wait_ready()
        return guest
