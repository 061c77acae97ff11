"""What this machine's kernel does to a tap on a Linux bridge: its rate, and whether it is isolated.

libvirt sets both, and shows what it believes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.local.links import SYSFS
from vnetmgr.local.programs import attempt

if TYPE_CHECKING:
    from vnetmgr.model.nic import Nic

# tc counts in bytes a second, from libvirt's kilobytes, and rounds.
_TOLERANCE = 0.02
_RATE = re.compile(
    r"^class htb \S+ root .*?\brate (?P<number>\d+)(?P<unit>[KMGT]?bit) ", re.MULTILINE
)
_UNITS = {"bit": 1, "Kbit": 10**3, "Mbit": 10**6, "Gbit": 10**9, "Tbit": 10**12}


def policy_problems(nic: Nic) -> list[str]:
    """Where the kernel has something else than a live nic's element says; what cannot be seen is
    no problem."""
    port = SYSFS / (nic.target or "") / "brport"
    if nic.target is None or not port.is_dir():
        return []
    problems = []
    try:
        isolated = (port / "isolated").read_text().strip() == "1"
    except OSError:  # before Linux 4.18
        isolated = bool(nic.isolated_port)
    if isolated != bool(nic.isolated_port):
        problems.append(f"port {nic.target} is {'still' if isolated else 'not'} isolated")
    wanted = 1000 * nic.inbound.kilobytes_per_s if nic.inbound is not None else 0
    rate = _rate(nic.target)
    if rate is not None and abs(rate - wanted) > _TOLERANCE * max(rate, wanted):
        has = f"{rate // 1000} kB/s" if rate else "no rate"
        problems.append(f"tc has {has} for port {nic.target}, not {nic.inbound or 'none'}")
    return problems


def _rate(tap: str) -> int | None:
    """The rate that packets to the guest are held to, in bytes a second; 0 for none; None where
    tc does not say."""
    try:
        done = attempt(("tc", "class", "show", "dev", tap))  # which knows no -j (iproute2 6.1)
    except VnetError:
        return None
    if done.returncode:
        return None
    found = _RATE.search(done.stdout)
    return int(found["number"]) * _UNITS[found["unit"]] // 8 if found else 0
