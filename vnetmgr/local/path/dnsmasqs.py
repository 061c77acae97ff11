"""The dnsmasq processes that libvirt runs for its networks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.local.leftovers import network_served
from vnetmgr.model.path.networks import DnsmasqFacts

if TYPE_CHECKING:
    from collections.abc import Collection

PROC = Path("/proc")


def read_dnsmasqs(networks: Collection[str], proc: Path = PROC) -> tuple[DnsmasqFacts, ...]:
    """One for each network; processes are looked at as they are: libvirt's pid files stay when a
    process has gone, and are called otherwise where a name has a quote in it (9.0)."""
    served: dict[str, int] = {}
    if networks:
        for pid in sorted(int(name) for name in _processes(proc)):
            network = network_served(proc / str(pid), unless_elsewhere=True)
            if network is not None:
                served.setdefault(network, pid)
    return tuple(DnsmasqFacts(network=name, pid=served.get(name)) for name in sorted(networks))


def _processes(proc: Path) -> list[str]:
    try:
        return [name for name in os.listdir(proc) if name.isdecimal()]  # noqa: PTH208 - names alone
    except OSError:
        return []
