"""Names of hosts, as this machine finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from vnetmgr.local.host_names import is_known


@pytest.mark.parametrize(
    ("name", "known"),
    [("localhost", True), ("no-such-host.invalid", False), ("--help", False), ("", False)],
)
def test_a_name(name: str, known: bool) -> None:  # noqa: FBT001
    assert is_known(name) is known


def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert is_known("localhost") is None
