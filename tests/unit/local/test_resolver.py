"""systemd-resolved, where it runs and where it would be started."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vnetmgr.local.resolver import has_resolved

if TYPE_CHECKING:
    from pathlib import Path


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
