"""firewalld's zones, as firewall-cmd says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vnetmgr.local.firewalld import read_zones

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
