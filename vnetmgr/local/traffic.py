"""What this machine's links have carried (Documentation/networking/statistics.rst)."""

from __future__ import annotations

from pathlib import Path

from vnetmgr.local.links import SYSFS
from vnetmgr.model.seen.traffic import Traffic

_DEV = Path("/proc/net/dev")
_FIELDS = 16


def read_traffic(path: Path = _DEV) -> dict[str, Traffic]:
    """Every link's counters as this machine sees them: all of them in one read."""
    try:
        lines = path.read_text("utf-8", "surrogateescape").splitlines()[2:]
    except OSError:
        return {}
    found = {}
    for line in lines:
        name, _, rest = line.partition(":")  # which the kernel has in no link's name
        counts = rest.split()
        if len(counts) == _FIELDS and all(map(str.isdecimal, counts)):
            rx, tx = map(int, counts[:4]), map(int, counts[8:12])
            found[name.strip()] = _traffic(*rx, *tx)
    return found


def has_carrier(link: str) -> bool:
    """Whether a link is up, and something at its other end."""
    try:
        return (SYSFS / link / "carrier").read_text().strip() == "1"
    except OSError:  # of one that is down the kernel does not say
        return False


def _traffic(*counts: int) -> Traffic:
    """In the order of net/core/net-procfs.c: bytes, packets, errors, drops of both ways."""
    return Traffic(
        receive_bytes=counts[0],
        receive_packets=counts[1],
        receive_errors=counts[2],
        receive_drops=counts[3],
        transmit_bytes=counts[4],
        transmit_packets=counts[5],
        transmit_errors=counts[6],
        transmit_drops=counts[7],
    )
