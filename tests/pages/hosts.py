"""The machines of pages about several hosts: a lab's pair, and who administers it.

`$ ` is the administrator's, `kvm1$ ` and `kvm2$ ` are a shell on that host, in the same directory:
a checkout of one repository, as it were. `hosts` has a page played here; `guest NAME on HOST` runs
there, without a nic to begin with, `domain NAME on HOST` is defined and off; `web1$ ` is a shell in
such a guest. kvm3 has a name, and nobody answers at its address. `overlay`: OVN's databases are on
the administrator's machine, and no host has joined yet.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self
from uuid import NAMESPACE_DNS, uuid5

from tests.lab import OvnPair
from tests.lab.overlay.pair import leave
from tests.pages.running import run, run_shell
from tests.pages.stage import OFF, OVER_ETC, install_program
from tests.system.quick import Quick

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from tests.lab import Guest, Pair
    from tests.pages.reading import Step

NEED = "hosts"
OVERLAY = "overlay"
# What a pair has mounted below /etc is covered by the overlay.
SETTLE = """set -e
cat {hosts} - > /etc/hosts << END
10.99.0.13 kvm3
END
mount --bind {ssh} /etc/ssh"""


class HostsStage:
    """A context manager; `set_up` and `strike` are around each page."""

    directory: Path

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self._hosts = {host.name: host for host in pair.hosts}
        self._guests: dict[str, Guest] = {}

    def __enter__(self) -> Self:
        with ExitStack() as inside:
            admin = self.pair.admin
            hosts = admin.directory / "hosts"
            admin.sh(OVER_ETC)
            inside.callback(admin.sh, "umount --recursive --lazy /etc; umount --lazy /srv")
            admin.sh(SETTLE.format(hosts=hosts, ssh=self.pair.ssh.directory))
            program = install_program(admin.directory)
            inside.callback(program.unlink)
            self._quick = inside.enter_context(Quick(admin))
            self._inside = inside.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inside.close()

    def set_up(self, needs: list[str]) -> None:
        """Bring up what a page needs."""
        self.directory = self.pair.admin.directory / "tmp" / "checkout"
        self.directory.mkdir()
        for need in needs:
            match need.split():
                case ["guest", name, "on", host]:
                    uuid = str(uuid5(NAMESPACE_DNS, name))
                    self._guests[name] = self._hosts[host].guest(
                        name, flavour="agent", autodhcp=True, root_ports=8, uuid=uuid
                    )
                case ["domain", name, "on", host]:
                    self._hosts[host].conn.defineXML(OFF.format(name=name))
                case [need] if need == NEED:
                    pass
                case [need] if need == OVERLAY:
                    for each in self.pair.hosts:
                        leave(each)
                case _:
                    raise ValueError(f"a page needs {need!r}: see tests/pages/hosts.py")

    def anew(self) -> None:
        """As before the page began, but for its files."""
        self.pair.clear()

    def run(self, step: Step, command: str) -> tuple[int, str]:
        """Run a command, on the administrator's machine or on a host."""
        if step.guest in self._guests:
            code, printed = self._guests[step.guest].run(command)
        elif step.guest:
            code, printed = run_shell(command, self._hosts[step.guest], self.directory)
        else:
            code, printed = run(step, command, self.pair.admin, self._quick, self.directory)
        return code, printed.replace(f"{self.directory}/", "")

    def strike(self) -> None:
        """Take away what a page has made."""
        self._guests = {}
        if isinstance(self.pair, OvnPair):
            self.pair.rejoin()
        self.pair.clear()
        shutil.rmtree(self.directory)
