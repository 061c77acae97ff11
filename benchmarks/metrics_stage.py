"""Guests with many nics each, and whoever counts what goes through them."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import libvirt

from benchmarks.measure import BenchmarkError, Side

if TYPE_CHECKING:
    from tests.lab import Lab
    from tests.lab.process import LabProcess

_PEERS = Path(__file__).parent / "peers"
# Two bridges of PCI slots each.
_EACH, _BUS = 50, 25


def run_nics(lab: Lab, number: int) -> None:
    """Have guests with so many nics in all, paused: they leave the machine alone."""
    for guest in range(number // _EACH):
        lab.conn.createXML(_guest_xml(guest), libvirt.VIR_DOMAIN_START_PAUSED)


def serve_metrics(lab: Lab) -> tuple[LabProcess, str]:
    """An endpoint, and its URL."""
    process = lab.popen(
        [sys.executable, "-m", "vnetmgr", "metrics", "--listen", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    if process.stderr is None:
        raise BenchmarkError("the endpoint has no standard error")
    return process, process.stderr.readline().split()[-1]


def scraping(lab: Lab, url: str) -> Side:
    """One scrape; none that was made for somebody else just before."""
    command = lab.command_line((sys.executable, str(_PEERS / "scrape.py"), url, "1000"))
    return Side(command=command, env=lab.environment, before=lambda: time.sleep(1.2))


def domifstat_each(lab: Lab) -> Side:
    """One virsh that is fed a command for each nic."""
    script = lab.directory / "domifstat.virsh"
    script.write_text(
        "".join(
            f"domifstat {domain.name()} {target}\n"
            for domain in lab.conn.listAllDomains()
            for target in re.findall(r"<target dev='(vnet\d+)'/>", domain.XMLDesc(0))
        )
    )
    command = lab.command_line(("sh", "-c", f"exec virsh -q -r -c '{lab.uri}' < {script}"))
    return Side(command=command, env=lab.environment)


def _guest_xml(guest: int) -> str:
    nics = "".join(
        f"<interface type='bridge'><mac address='52:54:00:bf:{guest:02x}:{number:02x}'/>"
        "<source bridge='br0'/><model type='virtio'/>"
        f"<address type='pci' bus='{1 + number // _BUS}' slot='{1 + number % _BUS}'/></interface>"
        for number in range(_EACH)
    )
    bridges = "".join(f"<controller type='pci' index='{n}' model='pci-bridge'/>" for n in (1, 2))
    return f"""
        <domain type='qemu'>
          <name>many{guest}</name>
          <memory unit='MiB'>32</memory>
          <os><type arch='x86_64' machine='pc'>hvm</type></os>
          <devices>
            <controller type='usb' model='none'/>{bridges}{nics}
            <memballoon model='none'/>
          </devices>
        </domain>"""
