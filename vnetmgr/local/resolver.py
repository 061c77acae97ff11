"""Whether this machine's resolver is one that libvirt tells of networks."""

from __future__ import annotations

from pathlib import Path

# Of the service: as it runs, and as D-Bus would start it for whoever asks.
_PLACES = (
    "run/systemd/resolve/io.systemd.Resolve",
    "usr/share/dbus-1/system-services/org.freedesktop.resolve1.service",
)


def has_resolved(root: Path = Path("/")) -> bool:
    """Whether there is a systemd-resolved."""
    return any((root / place).exists() for place in _PLACES)
