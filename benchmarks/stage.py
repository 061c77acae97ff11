"""The hosts that benchmarks run on: labs with few or many domains, kept until the last is done."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

import libvirt

from benchmarks.domains import domain_xml, nic_xml
from benchmarks.forward_stage import open_forwards
from benchmarks.measure import BenchmarkError, Side
from benchmarks.metrics_stage import run_nics, serve_metrics
from benchmarks.network_stage import define_network, fill_with_guests
from benchmarks.spec_stage import mac_of
from tests.lab import Lab, Pair
from tests.ovn import Database

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

TARGET = "target"
"""The domain of each host that commands change. It is shut off and starts out without nics."""


class Stage:
    """A context manager that opens labs as they are asked for."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._labs: dict[int, Lab] = {}
        self._guests: dict[int, Lab] = {}
        self._reservations: Lab | None = None
        self._forwards: dict[int, Lab] = {}
        self._pair: Pair | None = None
        self.subnets: dict[str, str] = {}
        """The first half of the addresses of each network with reservations."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def northbound(self) -> Database:
        """A northbound database of OVN's, empty, with nobody who reads it."""
        return self._open.enter_context(Database())

    def lab(self, *, others: int) -> Lab:
        """A host with TARGET and so many other domains, each of which has one nic."""
        if others not in self._labs:
            lab = self._open.enter_context(Lab())
            lab.conn.defineXML(domain_xml(TARGET))
            for number in range(others):
                nic = nic_xml(mac_of(number))
                lab.conn.defineXML(domain_xml(f"other{number}", nic))
            self._labs[others] = lab
        return self._labs[others]

    def own_lab(self) -> Lab:
        """An empty host for one benchmark alone."""
        return self._open.enter_context(Lab())

    def directory(self) -> Path:
        """A place for files."""
        return Path(self._open.enter_context(TemporaryDirectory(prefix="vnetbench-")))

    def pair(self) -> Pair:
        """Two hosts and who administers them."""
        if self._pair is None:
            self._pair = self._open.enter_context(Pair())
        return self._pair

    def guests(self, number: int) -> Lab:
        """A host with a network and so many running guests on it."""
        if number not in self._guests:
            lab = self._open.enter_context(Lab())
            fill_with_guests(lab, number)
            self._guests[number] = lab
        return self._guests[number]

    def scraped(self, nics: int) -> tuple[Lab, str]:
        """A host with so many running nics, and where an endpoint tells of them."""
        lab = self._open.enter_context(Lab())
        run_nics(lab, nics)
        process, url = serve_metrics(lab)
        self._open.callback(process.kill_all)
        return lab, url

    def forwards(self, ports: int) -> Lab:
        """A host with so many forwarded ports."""
        if ports not in self._forwards:
            lab = self._open.enter_context(Lab())
            open_forwards(lab, ports)
            self._forwards[ports] = lab
        return self._forwards[ports]

    def reservations(self, networks: Mapping[str, int]) -> Lab:
        """A host with networks that have so many reservations each."""
        if self._reservations is None:
            lab = self._open.enter_context(Lab())
            for number, (name, hosts) in enumerate(networks.items()):
                self.subnets[name] = f"10.{100 + number}"
                define_network(lab, name, subnet=self.subnets[name], hosts=hosts)
            self._reservations = lab
        return self._reservations


def side(lab: Lab, *command: str) -> Side:
    """A command that runs in a lab and changes nothing."""
    return Side(command=lab.command_line(command), env=lab.environment)


def attaching(lab: Lab, *command: str) -> Side:
    """A command that runs in a lab and gives TARGET its first nic."""
    fresh = domain_xml(TARGET, uuid=lab.conn.lookupByName(TARGET).UUIDString())

    def reset() -> None:
        lab.conn.defineXML(fresh)

    def check() -> None:
        config = lab.conn.lookupByName(TARGET).XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
        if config.count("<interface ") != 1 or "<source bridge='br0'/>" not in config:
            raise BenchmarkError(f"{' '.join(command)}: no nic on br0 after it\n{config}")

    return Side(command=lab.command_line(command), env=lab.environment, before=reset, after=check)
