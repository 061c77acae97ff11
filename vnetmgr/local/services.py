"""Services of this machine's that libvirt tells of networks: firewalld and systemd-resolved."""

from __future__ import annotations

from pathlib import Path
from shutil import which

from vnetmgr.errors import VnetError
from vnetmgr.local.programs import attempt

_PROGRAM = "firewall-cmd"
_NOT_RUNNING = 252  # firewall-cmd(1), "Exit codes"
# systemd-resolved as it runs, and as D-Bus would start it for whoever asks.
_RESOLVED = (
    "run/systemd/resolve/io.systemd.Resolve",
    "usr/share/dbus-1/system-services/org.freedesktop.resolve1.service",
)


def read_zones() -> frozenset[str] | None:
    """The zones of a firewalld that runs; none where none runs, None where it does not say."""
    if which(_PROGRAM) is None:
        return frozenset()
    try:
        done = attempt((_PROGRAM, "--get-zones"))
    except VnetError:
        return None
    if done.returncode == _NOT_RUNNING:
        return frozenset()
    return None if done.returncode else frozenset(done.stdout.split())


def has_resolved(root: Path = Path("/")) -> bool:
    """Whether there is a systemd-resolved."""
    return any((root / place).exists() for place in _RESOLVED)
