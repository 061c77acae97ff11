"""route_localnet: whether the kernel sends 127.0.0.0/8 to a link, and takes it from there.

The kernel has the setting with the link alone: it is lost when a network stops.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError

if TYPE_CHECKING:
    from collections.abc import Collection

PROC_SYS = Path("/proc/sys/net")


def read_localnet() -> frozenset[str]:
    """The links that the kernel sends 127.0.0.0/8 to, `all` and `default` among them."""
    found = set()
    with suppress(OSError):
        for link in os.listdir(PROC_SYS / "ipv4/conf"):  # noqa: PTH208 - names alone
            if read_sysctl(localnet_file(link)) not in ("0", None):
                found.add(link)
    return frozenset(found)


def let_localnet(bridges: Collection[str], value: str) -> None:
    """Write the setting of some bridges; one that is gone has none. Raises VnetError."""
    for bridge in bridges:
        try:
            with suppress(FileNotFoundError):
                localnet_file(bridge).write_text(value, encoding="ascii")
        except OSError as error:
            raise VnetError(
                f"sysctl net.ipv4.conf.{bridge}.route_localnet cannot be set to {value}: "
                f"{error.strerror}",
                "as root, and where /proc/sys can be written",
            ) from None


def localnet_file(bridge: str) -> Path:
    return PROC_SYS / "ipv4/conf" / bridge / "route_localnet"


def read_sysctl(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return None
