"""Two virtualisation hosts, and the administrator's machine that reaches both.

    admin 10.99.0.1 ----+---- 10.99.0.11 kvm1 == br0 == kvm2 10.99.0.12 ---- (admin)

Each host's libvirt also listens on TCP, and each has an sshd. Their bridges br0 are joined, so that
a guest that moves stays in its LAN; kvm1 has a br1 as well, kvm2 has none. Names, keys and ssh's
settings are the same on all three.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import libvirt

from tests.lab.errors import LabError
from tests.lab.features import lacks
from tests.lab.guest import Guest
from tests.lab.hosts.clear import forget_domains, forget_networks
from tests.lab.hosts.ssh import ADDRESSES, Ssh
from tests.lab.lab import Lab
from tests.lab.lan import Lan
from tests.lab.machine import REPOSITORY, Machine
from tests.lab.programs import need_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

_NAMES = "127.0.0.1 localhost\n" + "".join(f"{ip} {name}\n" for name, ip in ADDRESSES.items())

_MIGRATE = (
    libvirt.VIR_MIGRATE_LIVE
    | libvirt.VIR_MIGRATE_PEER2PEER
    | libvirt.VIR_MIGRATE_PERSIST_DEST
    | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE
)


def _settle(machine: Machine, name: str, ssh: Ssh | None) -> None:
    """Give a machine its name, those of the others, and ssh's settings."""
    (machine.directory / "hosts").write_text(_NAMES)
    machine.sh(
        f"""set -e
        echo {name} > /proc/sys/kernel/hostname
        mount --bind {machine.directory}/hosts /etc/hosts"""
    )
    if ssh:
        machine.sh(
            f"""set -e
            mount --bind {ssh.directory} /etc/ssh
            [ ! -d ~/.ssh ] || mount -t tmpfs none ~/.ssh"""
        )


class Host(Lab):
    """One of the hosts. Only the first has LANs of its own."""

    guests_migrate = True

    def __init__(self, name: str, number: int, ssh: Ssh | None) -> None:
        super().__init__()
        self.name = name
        self._number = number
        self._ssh = ssh

    def _bring_up(self) -> None:
        _settle(self, self.name, self._ssh)
        # One path for QEMU on both hosts, and a socket of its own on each.
        (self.directory / "lib/serial").symlink_to(self.directory / "serial")
        super()._bring_up()
        self._add_vnetmgr()
        if self._ssh:
            self.start_sshd()

    @property
    def address(self) -> str:
        """Its address for the administrator and for the other host."""
        return ADDRESSES[self.name]

    @property
    def serial_folder(self) -> Path:
        return Path("/var/lib/libvirt/serial")

    def libvirtd_settings(self) -> Mapping[str, str]:
        return {
            "listen_tls": "0",
            "listen_tcp": "1",
            "auth_tcp": '"none"',
            "host_uuid": f'"{str(self._number) * 8}-0000-4000-8000-000000000000"',
        }

    def _start_lans(self) -> None:
        if self._number == 1:
            super()._start_lans()
            return
        self.sh(
            f"""set -e
            ip link add br0 address 02:00:00:00:{self._number - 1:02x}:00 \\
                type bridge stp_state 0 forward_delay 0
            ip address add 10.10.0.{self._number + 1}/24 dev br0
            ip link set br0 up"""
        )

    def _add_vnetmgr(self) -> None:
        """Install vnetmgr, as far as a PATH can tell."""
        program = self.directory / "bin/vnetmgr"
        program.write_text(
            f'#!/bin/sh\nexport PYTHONPATH={REPOSITORY}\nexec {sys.executable} -m vnetmgr "$@"\n'
        )
        program.chmod(0o755)

    def start_sshd(self) -> None:
        """Start sshd. Who logs in has the environment of the machine's commands."""
        passed_on = ("PATH", "TMPDIR", *(n for n in self.environment if n.startswith("XDG_")))
        environment = " ".join(f'"{name}={self.environment[name]}"' for name in passed_on)
        self.sh(
            f"""mkdir -p /run/sshd
            {need_program("sshd")} -f /etc/ssh/sshd_config -E {self.directory}/log/sshd.log \\
                -o 'SetEnv {environment}'"""
        )


class Pair:
    """A context manager, as a `Lab` is one."""

    admin: Machine
    kvm1: Host
    kvm2: Host
    ssh: Ssh

    def __init__(self, *, sshd: bool = True) -> None:
        self._sshd = sshd

    def __enter__(self) -> Self:
        if self._sshd and (reason := lacks("sshd")):
            raise LabError(reason)
        with ExitStack() as stack:
            self.admin = stack.enter_context(Machine())
            if self._sshd:
                self.ssh = Ssh(self.admin.directory / "ssh")
            _settle(self.admin, "admin", self._ssh)
            self.admin.sh(
                f"""set -e
                ip link add wire type bridge stp_state 0 forward_delay 0
                ip address add {ADDRESSES["admin"]}/24 dev wire
                ip link set wire up"""
            )
            self.kvm1 = stack.enter_context(Host("kvm1", 1, self._ssh))
            self.kvm2 = stack.enter_context(Host("kvm2", 2, self._ssh))
            for host in self.hosts:
                self._connect(host)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    @property
    def _ssh(self) -> Ssh | None:
        return self.ssh if self._sshd else None

    def _connect(self, host: Host) -> None:
        """Let the administrator's machine reach a host, and have its LAN be the first one's."""
        self._veth((host, "eth0"), (self.admin, host.name))
        host.sh(f"ip address add {host.address}/24 dev eth0 && ip link set eth0 up")
        self.admin.sh(f"ip link set {host.name} master wire up")
        if host is not self.kvm1:
            self._veth((self.kvm1, f"lan-{host.name}"), (host, "lan-kvm1"))
            self.kvm1.sh(f"ip link set lan-{host.name} master br0 up")
            host.sh("ip link set lan-kvm1 master br0 up")

    def _veth(self, one: tuple[Machine, str], other: tuple[Machine, str]) -> None:
        """A cable between two machines. No other machine sees it, not even for a moment."""
        ends = [f"name {name} netns {machine.pid}".split() for machine, name in (one, other)]
        enter = ["nsenter", "--target", str(self.admin.pid), "--net"]
        subprocess.run(
            [*enter, "ip", "link", "add", *ends[0], "type", "veth", "peer", *ends[1]], check=True
        )

    @property
    def hosts(self) -> tuple[Host, Host]:
        """Both."""
        return self.kvm1, self.kvm2

    def other(self, host: Host) -> Host:
        """The one that this one is not."""
        return self.kvm2 if host is self.kvm1 else self.kvm1

    def hosts_file(self, transport: str, name: str = "hosts.yaml") -> Path:
        """Write a hosts file with both, reached over `tcp` or `ssh`."""
        lines = [
            f'  {host.name}: {{connect: "qemu+{transport}://{host.name}/system"}}\n'
            for host in self.hosts
        ]
        file = self.admin.directory / "tmp" / f"{transport}-{name}"
        file.write_text("version: 1\nhosts:\n" + "".join(lines))
        return file

    @property
    def lan(self) -> Lan:
        """The LAN behind both bridges br0."""
        return self.kvm1.lan("br0")

    def clear(self) -> None:
        """Have no domain, no network and no rule of vnetmgr's on either host, and both in reach."""
        self.admin.sh("nft flush ruleset")
        for host in self.hosts:
            forget_domains(host.conn)
            forget_networks(host.conn)
            host.sh("nft delete table inet vnetmgr 2> /dev/null", check=False)

    def migrate(self, guest: Guest, to: Host) -> Guest:
        """Migrate a running guest from the other host, live; libvirt's own errors are raised."""
        guest.domain.migrateToURI3(f"qemu+tcp://{to.name}/system", {}, _MIGRATE)
        return Guest(to, replace(guest.config, console=to.directory / "serial" / guest.name))

    def traffic(self, host: Host) -> int:
        """How many bytes have gone between the administrator's machine and a host so far."""
        folder = f"/sys/class/net/{host.name}/statistics"
        return sum(map(int, self.admin.sh(f"cat {folder}/rx_bytes {folder}/tx_bytes").split()))

    def drop(self, host: Host, *, after_bytes: int = 0) -> None:
        """Cut the administrator's machine off from a host: packets are lost, and nobody says so.

        `after_bytes`: once so many have gone to it and come from it.
        """
        self.admin.sh(
            f"""nft -f - << END
            table inet cut_{host.name} {{
                quota said {{ over {after_bytes} bytes }}
                chain input {{
                    type filter hook input priority 0
                    ip saddr {host.address} quota name said drop
                }}
                chain output {{
                    type filter hook output priority 0
                    ip daddr {host.address} quota name said drop
                }}
            }}
END"""
        )

    def mend(self, host: Host) -> None:
        """Let packets through again."""
        self.admin.sh(f"nft delete table inet cut_{host.name}")

    @contextmanager
    def cut_off(self, host: Host, *, after_bytes: int = 0) -> Iterator[None]:
        """Have a host cut off meanwhile, as drop() does it."""
        self.drop(host, after_bytes=after_bytes)
        try:
            yield
        finally:
            self.mend(host)
