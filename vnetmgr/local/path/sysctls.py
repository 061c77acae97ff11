"""The kernel's settings that decide over guests' packets, from /proc/sys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PROC_SYS = Path("/proc/sys")

_HOST = (
    "net/ipv4/ip_forward",
    *(f"net/bridge/bridge-nf-call-{each}" for each in ("iptables", "ip6tables", "arptables")),
    "net/bridge/bridge-nf-filter-vlan-tagged",
    "net/netfilter/nf_conntrack_count",
    "net/netfilter/nf_conntrack_max",
)
_LINK = (
    *(f"net/ipv4/conf/{{}}/{each}" for each in ("forwarding", "rp_filter", "route_localnet")),
    *(f"net/ipv6/conf/{{}}/{each}" for each in ("forwarding", "accept_ra", "disable_ipv6")),
)


def read_sysctls(links: Iterable[str], proc_sys: Path = PROC_SYS) -> dict[str, int]:
    """Path below /proc/sys -> value, of the host and of these links, `all` and `default`. What the
    kernel does not have, or somebody may not read, is not among them."""
    return dict(_read(links, proc_sys))


def _read(links: Iterable[str], proc_sys: Path) -> Iterator[tuple[str, int]]:
    names = ("all", "default", *links)
    for path in (*_HOST, *(each.format(name) for name in names for each in _LINK)):
        try:
            yield path, int((proc_sys / path).read_text())
        except (OSError, ValueError):
            continue
