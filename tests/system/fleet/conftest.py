"""vnetmgr on the administrator's machine, for both hosts at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab import eventually
from tests.system.quick import Quick

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from tests.lab import Host, Machine, Pair

TRANSPORTS = ("tcp", "ssh")
KEYS = {"limited": "vnetmgr serve-ssh", "reader": "vnetmgr serve-ssh --read-only"}
"""Keys that let in for vnetmgr alone, and what each runs."""
# In command lines: vnetmgr as it is run here, and ssh's sides of a session.
VNETMGRS = ("-m vnetmgr", "bin/vnetmgr ", "tests.lab.forks")
SSHS = ("ssh ", "ssh:", "sshd: root")


@dataclass(frozen=True)
class Fleet:
    """Both hosts, as the administrator's vnetmgr knows them."""

    pair: Pair
    quick: Quick

    def __call__(
        self, *words: str | Path, over: str = "ssh", hosts: Path | None = None
    ) -> CompletedProcess[str]:
        """Run `vnetmgr WORDS --hosts FILE`, with libvirt's or ssh's transport."""
        return self.quick(*words, "--hosts", hosts or self.pair.hosts_file(over))

    def json(self, *words: str | Path, over: str = "ssh") -> tuple[int, dict[str, Any]]:
        """The exit code, and the document."""
        result = self(*words, "-o", "json", over=over)
        return result.returncode, json.loads(result.stdout)

    def items(self, *words: str | Path, over: str = "ssh") -> dict[str, dict[str, Any]]:
        """What each host has answered: its item, by its name."""
        return {item["host"]: item for item in self.json(*words, over=over)[1]["items"]}

    def write(self, text: str, name: str = "spec.yaml") -> Path:
        """A spec, where every machine sees it."""
        path = self.pair.admin.directory / "tmp" / name
        path.write_text("version: 1\n" + text)
        return path

    def leaves_nothing(self) -> None:
        """What a command has started ends with it, on every machine."""
        for machine in (self.pair.admin, *self.pair.hosts):
            eventually(partial(self._rests, machine), f"{self.at_work(machine)} ends")
        eventually(self._has_no_sockets, "the sockets of shared connections go")

    def _has_no_sockets(self) -> bool:
        return not self.pair.admin.sh("ls /run/vnetmgr-ssh-0 2> /dev/null", check=False)

    def _rests(self, machine: Machine) -> bool:
        return not self.at_work(machine)

    def at_work(self, machine: Machine) -> list[str]:
        """What of vnetmgr's is under way on a machine."""
        found = machine.processes(*VNETMGRS, *SSHS)
        waiting = (self.quick.pid, machine.forked)
        return [line for pid, line in found.items() if pid not in waiting]


@pytest.fixture(scope="session")
def admins_vnetmgr(whole_pair: Pair) -> Iterator[Quick]:
    """vnetmgr on the administrator's machine, imported once."""
    with Quick(whole_pair.admin) as quick:
        yield quick


@pytest.fixture
def fleet(pair: Pair, admins_vnetmgr: Quick) -> Fleet:
    """Both hosts without domains or networks, and a vnetmgr for both."""
    return Fleet(pair, admins_vnetmgr)


@pytest.fixture
def keys(pair: Pair) -> Iterator[None]:
    """Both hosts let in by those, too."""
    file = pair.ssh.authorized_keys
    before = file.read_text()
    lines = []
    for name, command in KEYS.items():
        if not (pair.ssh.directory / name).exists():
            pair.ssh.make_key(name)
        lines.append(f'command="{command}",restrict {pair.ssh.public_key(name)}')
    file.write_text(before + "".join(lines))
    yield
    file.write_text(before)


def define(host: Host, name: str, devices: str = "", uuid: str = "") -> None:
    """A domain that is off."""
    host.conn.defineXML(
        f"<domain type='qemu'><name>{name}</name>{uuid and f'<uuid>{uuid}</uuid>'}"
        "<memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>"
        f"<devices>{devices}</devices></domain>"
    )
