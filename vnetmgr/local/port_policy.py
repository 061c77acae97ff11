"""What this machine's kernel does to a tap on a Linux bridge: what it lets through to the guest,
and whether it is isolated.

libvirt sets both, and shows what it believes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.errors import VnetError
from vnetmgr.local.links import SYSFS
from vnetmgr.local.programs import attempt
from vnetmgr.model.values import Bandwidth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.nic import Nic
    from vnetmgr.model.values import Rate

# tc counts in bytes a second, from libvirt's kilobytes, and rounds.
_TOLERANCE = 0.02
_CLASS = re.compile(
    r"^class htb \S+ root .*?\brate (\d+)([KMGT]?bit) ceil (\d+)([KMGT]?bit) burst (\S+?)([KM]?b) ",
    re.MULTILINE,
)
_BITS = {"bit": 1, "Kbit": 10**3, "Mbit": 10**6, "Gbit": 10**9, "Tbit": 10**12}
_BYTES = {"b": 1, "Kb": 2**10, "Mb": 2**20}


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
    shaped = _shaped(nic.target)
    if shaped is not None:
        problems += _bandwidth_problems(nic.target, shaped, nic.inbound or Bandwidth())
    return problems


class _Shaped(NamedTuple):
    """What packets to a guest are held to: bytes a second, and bytes; 0 for none."""

    average: int = 0
    peak: int = 0
    burst: int = 0


def _bandwidth_problems(tap: str, found: _Shaped, wanted: Bandwidth) -> Iterator[str]:
    average = wanted.average
    if _differ(found.average, _bytes_per_s(average)):
        has = f"{found.average // 1000} kB/s" if found.average else "no rate"
        yield f"tc has {has} for port {tap}, not {average or 'none'}"
    elif _differ(found.peak, _bytes_per_s(wanted.peak or average)):
        has, peak = f"a peak of {found.peak // 1000} kB/s", wanted.peak or "none"
        yield f"tc has {has} for port {tap}, not {peak}"
    # Without one it is what tc finds fit.
    burst = wanted.burst
    if burst is not None and average is not None and _differ(found.burst, 1024 * burst.kibibytes):
        yield f"tc has a burst of {found.burst} bytes for port {tap}, not {burst}"


def _bytes_per_s(rate: Rate | None) -> int:
    return 0 if rate is None else 1000 * rate.kilobytes_per_s


def _differ(one: int, other: int) -> bool:
    return abs(one - other) > _TOLERANCE * max(one, other)


def _shaped(tap: str) -> _Shaped | None:
    """What there is for a tap; None where tc does not say."""
    try:
        done = attempt(("tc", "class", "show", "dev", tap))  # which knows no -j (iproute2 6.1)
    except VnetError:
        return None
    if done.returncode:
        return None
    found = _CLASS.search(done.stdout)
    if found is None:
        return _Shaped()
    average, bits, peak, peak_bits, burst, unit = found.groups()
    rates = (int(average) * _BITS[bits] // 8, int(peak) * _BITS[peak_bits] // 8)
    return _Shaped(*rates, int(float(burst)) * _BYTES[unit])  # 4000000 is 4e+06 to it
