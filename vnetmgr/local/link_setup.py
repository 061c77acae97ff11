"""Which tool manages this machine's links, by what it keeps while it runs or is set up by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.local.routes import PROC, read_routes
from vnetmgr.model.seen.link_setup import LinkManager, LinkSetup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.seen.observed import Links


def read_link_setup(links: Links, root: Path = Path("/"), proc: Path = PROC) -> LinkSetup:
    """The first that is found; raises nothing."""
    leading = read_routes(proc).default_links
    # What is a port already, or a bridge itself, is no uplink for another.
    taken = {*links.bridges, *(links.ports or {})}
    free = [each for each in leading if each not in taken]
    return LinkSetup(manager=next(_managers(root), None), uplink=next(iter(free), None))


def _managers(root: Path) -> Iterator[LinkManager]:
    # netplan writes for one of the next two, which would lose by hand-made files beside it.
    if any(root.glob("etc/netplan/*.yaml")):
        yield LinkManager.NETPLAN
    if (root / "run/NetworkManager").is_dir():
        yield LinkManager.NETWORK_MANAGER
    if (root / "run/systemd/netif/state").exists():
        yield LinkManager.NETWORKD
    if _has_stanza(root / "etc/network/interfaces"):
        yield LinkManager.IFUPDOWN


def _has_stanza(file: Path) -> bool:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(line.split()[:1] in (["iface"], ["auto"], ["source"]) for line in lines)
