"""firewalld's zones, as its program says them; systemd-resolved, as it runs or would start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vnetmgr.local.services import has_resolved, read_zones

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("script", "zones"),
    [
        ("echo block libvirt public", {"block", "libvirt", "public"}),
        ("echo FirewallD is not running >&2; exit 252", set()),
        ("echo Authorization failed. >&2; exit 253", None),
        (None, set()),
    ],
    ids=["runs", "is off", "is not ours to ask", "is not there"],
)
def test_zones(
    script: str | None, zones: set[str] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if script is not None:
        program = tmp_path / "firewall-cmd"
        program.write_text(f"#!/bin/sh\n[ $* = --get-zones ] || exit 2\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin" if script else str(tmp_path))
    assert read_zones() == zones


@pytest.mark.parametrize(
    ("place", "there"),
    [
        ("run/systemd/resolve/io.systemd.Resolve", True),
        ("usr/share/dbus-1/system-services/org.freedesktop.resolve1.service", True),
        ("usr/share/dbus-1/system-services/org.freedesktop.login1.service", False),
    ],
)
def test_systemd_resolved(place: str, there: bool, tmp_path: Path) -> None:  # noqa: FBT001
    assert not has_resolved(tmp_path)
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).touch()
    assert has_resolved(tmp_path) is there
