"""A northbound database of OVN's, and domains on an overlay whose logical ports are not there.

Of a process that is at work already, as watch is, it is timed that it plans the ports and writes
them; and of `vnetmgr apply` all that it does, from Python's start to reading back what it has done.
"""

from __future__ import annotations

import os
from functools import partial
from ipaddress import IPv4Address
from threading import Thread
from typing import TYPE_CHECKING
from uuid import UUID

import vnetmgr
from benchmarks.domains import domain_xml
from benchmarks.measure import BenchmarkError, Pair, Side
from benchmarks.row import VNETMGR
from benchmarks.spec_stage import mac_of
from vnetmgr.api.specs import load_desired
from vnetmgr.engine.observe import observe
from vnetmgr.engine.writes import Writes
from vnetmgr.model.desired import Policy
from vnetmgr.model.overlay.port_id import overlay_port_id
from vnetmgr.planner import make_plan, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab import Lab
    from tests.ovn import Database
    from vnetmgr.model.desired import Desired
    from vnetmgr.model.seen.observed import Observed

_NAME, _FIRST = "blue", IPv4Address("10.66.1.0")
_NETWORK = f"""
    <network>
      <name>{_NAME}</name>
      <metadata>
        <vnetmgr:network xmlns:vnetmgr="urn:vnetmgr:1" overlay="default"/>
      </metadata>
      <forward mode='bridge'/><bridge name='br-int'/><virtualport type='openvswitch'/>
    </network>"""


def making_ports(directory: Path, northbound: Database, count: int) -> Pair:
    """The ports of these domains, planned and written; one line of ovn-nbctl that makes them."""
    host = vnetmgr.Host.connect(_on_test_driver(directory, count), ovn_nb=northbound.remote)
    spec = _written(directory, count)
    _make_switch(host)
    worker = _Worker(host, load_desired(spec), directory)

    def begin() -> None:
        _clear(northbound)
        worker.begin()

    ours = Side(command=worker.command, before=begin, after=partial(_check, northbound, count))
    return Pair(ours=ours, peer=_one_line(northbound, count))


def applying(lab: Lab, directory: Path, northbound: Database, count: int) -> Pair:
    """The same by `vnetmgr apply`, for domains of a libvirtd."""
    lab.conn.networkDefineXML(_NETWORK).create()
    for domain in _domains(count):
        lab.conn.defineXML(domain)
    with vnetmgr.Host.connect(lab.uri, ovn_nb=northbound.remote) as host:
        _make_switch(host)
    spec = _written(directory, count)
    command = lab.command_line(
        (VNETMGR, "apply", str(spec), "--yes", "--ovn-nb", northbound.remote)
    )
    ours = Side(
        command=command,
        env=lab.environment,
        before=partial(_clear, northbound),
        after=partial(_check, northbound, count),
    )
    return Pair(ours=ours, peer=_one_line(northbound, count))


def _make_switch(host: vnetmgr.Host) -> None:
    network = {"mode": "overlay", "subnet": "10.66.0.0/16", "dns_domain": "lab.internal"}
    host.apply({"version": 1, "networks": {_NAME: network}})


def _one_line(northbound: Database, count: int) -> Side:
    return Side(
        command=tuple(_line(northbound, count)),
        before=partial(_clear, northbound),
        after=partial(_check, northbound, count),
    )


def _clear(northbound: Database) -> None:
    northbound.ctl(f"clear logical_switch {_NAME} ports")
    northbound.ctl(f"clear dns {_uuid(northbound, 'dns', 'names')} records")


def _check(northbound: Database, count: int) -> None:
    made = northbound.ctl("--bare --columns=name find logical_switch_port type='\"\"'").split()
    if len(made) != count:
        raise BenchmarkError(f"{len(made)} ports were made")


class _Worker:
    """Plans and writes in this process when the command is run, which ends when that is done."""

    def __init__(self, host: vnetmgr.Host, desired: Desired, directory: Path) -> None:
        self._host, self._desired = host._connection, desired  # noqa: SLF001 - the engine's
        self._go, self._done = directory / "go", directory / "done"
        for each in (self._go, self._done):
            os.mkfifo(each)
        self.command = ("sh", "-c", f"echo > {self._go}; cat {self._done}")

    def begin(self) -> None:
        """Look at everything, and wait for the command."""
        observed = observe(self._host, scope_of(self._desired))
        Thread(target=self._run, args=(observed,), daemon=True).start()

    def _run(self, observed: Observed) -> None:
        self._go.read_text()
        try:
            plan = make_plan(self._desired, observed, Policy())
            for step in plan.steps:
                for op in step.ops:
                    Writes(self._host).do(op.do)
        finally:
            self._done.write_text("")


def _ports(count: int) -> Iterator[tuple[int, str, str, str, IPv4Address]]:
    for number in range(count):
        uuid, mac = str(UUID(int=number + 1)), mac_of(number)
        yield number, uuid, mac, overlay_port_id(uuid, mac), _FIRST + number


def _domains(count: int) -> Iterator[str]:
    for number, uuid, mac, port, _ in _ports(count):
        nic = (
            f"<interface type='network'><mac address='{mac}'/><source network='{_NAME}'/>"
            "<virtualport type='openvswitch'>"
            f"<parameters interfaceid='{port}'/></virtualport><model type='virtio'/></interface>"
        )
        yield domain_xml(f"vm{number}", nic, uuid=uuid)


def _on_test_driver(directory: Path, count: int) -> str:
    """A file for the test driver; its URI."""
    domains = "".join(each.replace("type='qemu'", "type='test'", 1) for each in _domains(count))
    node = "<cpu><mhz>1</mhz><model>i686</model><active>1</active></cpu>"
    path = directory / "overlay.xml"
    path.write_text(f"<node>{node}{_NETWORK}{domains}</node>")
    return f"test://{path}"


def _written(directory: Path, count: int) -> Path:
    path = directory / "overlay.yaml"
    path.write_text("\n".join(_spec(count)))
    return path


def _spec(count: int) -> Iterator[str]:
    yield from ("version: 1", "domains:")
    for number, _, mac, _, _ in _ports(count):
        yield f"  vm{number}:"
        yield f'    nics: {{lan: {{network: {_NAME}, mac: "{mac}", model: virtio}}}}'


def _line(northbound: Database, count: int) -> Iterator[str]:
    """The same ports: their addresses, port security, DHCP and whose they are."""
    yield from ("ovn-nbctl", f"--db={northbound.remote}")
    dhcp = _uuid(northbound, "dhcp_options", "10.66.0.0/16")
    for number, uuid, mac, port, address in _ports(count):
        where = f"{mac} {address}"
        yield from (*(["--"] if number else []), "lsp-add", _NAME, port)
        yield from ("--", "lsp-set-addresses", port, where)
        yield from ("--", "lsp-set-port-security", port, where)
        yield from ("--", "lsp-set-dhcpv4-options", port, dhcp)
        yield from ("--", "set", "logical_switch_port", port)
        whose = {"fleet": "default", "network": _NAME, "domain": uuid, "nic": "lan"}
        yield from (f"external_ids:vnetmgr-{key}={value}" for key, value in whose.items())


def _uuid(northbound: Database, table: str, role: str) -> str:
    """A row of the overlay's."""
    found = f"--bare --columns=_uuid find {table} external_ids:vnetmgr-role={role}"
    return northbound.ctl(found).strip()
