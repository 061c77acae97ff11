"""Networks with many guests or many reservations, for the benchmarks of network commands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import libvirt

from benchmarks.measure import BenchmarkError, Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.lab import Lab

NETWORK = "bench"
# libvirtd starts as many guests of one connection at a time.
_STARTS = 4


def fill_with_guests(lab: Lab, guests: int) -> None:
    """A network and so many running (paused) guests on it, with one nic each."""
    define_network(lab, NETWORK)

    def start(number: int) -> None:
        lab.conn.createXML(_guest_xml(number), libvirt.VIR_DOMAIN_START_PAUSED)

    with ThreadPoolExecutor(_STARTS) as pool:
        list(pool.map(start, range(guests)))


def define_network(lab: Lab, name: str, *, subnet: str = "10.99", hosts: int = 0) -> None:
    """A running NAT network with so many reservations."""
    reservations = "".join(
        f"<host mac='52:54:00:bb:{number // 256:02x}:{number % 256:02x}' "
        f"ip='{subnet}.{1 + number // 250}.{1 + number % 250}'/>"
        for number in range(hosts)
    )
    network = lab.conn.networkDefineXML(
        f"<network><name>{name}</name><forward mode='nat'/>"
        f"<ip address='{subnet}.0.1' prefix='16'><dhcp>"
        f"<range start='{subnet}.200.1' end='{subnet}.200.250'/>{reservations}"
        "</dhcp></ip></network>"
    )
    network.create()


def restarting(lab: Lab, command: Sequence[str], guests: int) -> Side:
    """A command after which every guest's tap has to be on the network's bridge again."""

    def check() -> None:
        bridge = lab.conn.networkLookupByName(NETWORK).bridgeName()
        ports = lab.sh(f"ls /sys/class/net/{bridge}/brif").split()
        if len(ports) != guests:
            raise BenchmarkError(f"{len(ports)} of {guests} guests on {bridge} after the restart")

    return Side(command=lab.command_line(command), env=lab.environment, after=check)


def reserving(lab: Lab, command: Sequence[str], *, network: str, mac: str) -> Side:
    """A command that makes a reservation, which is checked and taken back."""

    def check() -> None:
        handle = lab.conn.networkLookupByName(network)
        for flag in (0, libvirt.VIR_NETWORK_XML_INACTIVE):
            if mac not in handle.XMLDesc(flag):
                raise BenchmarkError(f"{mac} has no reservation after {' '.join(command)}")
        states = libvirt.VIR_NETWORK_UPDATE_AFFECT_CONFIG | libvirt.VIR_NETWORK_UPDATE_AFFECT_LIVE
        handle.update(
            libvirt.VIR_NETWORK_UPDATE_COMMAND_DELETE,
            libvirt.VIR_NETWORK_SECTION_IP_DHCP_HOST,
            -1,
            f"<host mac='{mac}'/>",
            states,
        )

    return Side(command=lab.command_line(command), env=lab.environment, after=check)


def _guest_xml(number: int) -> str:
    mac = f"52:54:00:bc:{number // 256:02x}:{number % 256:02x}"
    return f"""
        <domain type='qemu'>
          <name>guest{number}</name>
          <memory unit='MiB'>32</memory>
          <os><type arch='x86_64' machine='q35'>hvm</type></os>
          <devices>
            <controller type='usb' model='none'/>
            <interface type='network'>
              <mac address='{mac}'/><source network='{NETWORK}'/><model type='virtio'/>
            </interface>
            <memballoon model='none'/>
          </devices>
        </domain>"""
