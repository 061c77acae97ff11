"""A guest on each of two hosts that OVN joins, and vnetmgr on all machines."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab import OvnPair, eventually
from tests.lab.hosts.clear import forget_networks
from tests.system.conftest import Vm, ok
from tests.system.quick import Quick

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from tests.lab import Guest, Machine


@dataclass(frozen=True)
class Hosts:
    """The hosts, each with a guest: `vms` are in their order, and named web1 and web2."""

    pair: OvnPair
    vms: tuple[Vm, Vm]
    quicks: dict[str, Quick]

    def at(self, machine: Machine, *words: object) -> CompletedProcess[str]:
        """Run vnetmgr on one machine."""
        argv = [str(word) for word in words]
        quick = self.quicks.get(str(machine.directory))
        return quick(*argv) if quick else machine.vnetmgr(*argv)

    def apply(self, spec: Path, *words: object, command: str = "apply") -> list[str]:
        """Each host makes its part of a spec; what they said."""
        return [ok(self.at(host, command, spec, *words)) for host in self.pair.hosts]

    @property
    def northbound(self) -> tuple[str, str]:
        """The option that says where OVN is."""
        return ("--ovn-nb", self.pair.central.northbound)

    def write(self, text: str, name: str = "spec.yaml", **ovn: object) -> Path:
        """A spec, where every machine sees it."""
        settings = {"northbound": f'"{self.pair.central.northbound}"', **ovn}
        path = self.pair.admin.directory / "tmp" / name
        inside = ", ".join(f"{key}: {value}" for key, value in settings.items())
        path.write_text(f"version: 1\novn: {{{inside}}}\n{text}")
        return path

    def nic(self, vm: Vm, name: str) -> dict[str, Any]:
        """One nic of list-nics."""
        listed = json.loads(
            ok(self.at(vm.lab, "list-nics", vm.name, "-o", "json", *self.northbound))
        )
        (found,) = [nic for nic in listed["items"] if nic["name"] == name]
        return dict(found)

    def clear(self) -> None:
        """Guests without nics, no network, nothing in the databases."""
        for vm in self.vms:
            vm.strip()
        for host in self.pair.all_hosts:
            forget_networks(host.conn)
        self.pair.central.clear()


def reaches(guest: Guest, address: str) -> bool:
    """Whether a ping of a guest's is answered. The first one through a tunnel of a datapath in user
    space is lost: that asks for the other end's MAC first."""
    return guest.run(f"ping -c 3 -i 0.5 -W 1 {address}")[0] == 0


def reach(guest: Guest, address: str) -> None:
    """Wait until a ping of a guest's is answered: what one host has bound, the others hear of a
    moment later."""
    eventually(lambda: reaches(guest, address), f"{guest.name} reaches {address}", timeout=60)


def serves(guest: Guest) -> None:
    """Have a guest answer with its name, on port 80."""
    guest.sh(f"mkdir -p /www; echo {guest.name} > /www/index.html; httpd -h /www -p 80 || :")


@contextmanager
def two_hosts(pair: OvnPair) -> Iterator[Hosts]:
    """Both hosts with a guest each, which boot at the same time."""
    with ExitStack() as stack:
        quicks = {
            str(machine.directory): stack.enter_context(Quick(machine))
            for machine in (pair.admin, *pair.hosts)
        }
        guests = [
            host.guest(f"web{number}", root_ports=8, wait=False)
            for number, host in enumerate(pair.hosts, 1)
        ]
        for guest in guests:
            guest.wait_ready()
        one, two = (Vm(host, guest) for host, guest in zip(pair.hosts, guests, strict=True))
        yield Hosts(pair, (one, two), quicks)
        pair.clear()


@pytest.fixture(scope="module")
def both(whole_overlay: OvnPair) -> Iterator[Hosts]:
    """Both hosts with a guest each, which boot once."""
    with two_hosts(whole_overlay) as hosts:
        yield hosts


@pytest.fixture
def hosts(both: Hosts) -> Iterator[Hosts]:
    """Both hosts, with guests that have no nics, before and after."""
    yield both
    both.clear()
