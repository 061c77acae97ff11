"""An Open vSwitch of the test's own, which vnetmgr's programs find as they find any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import need
from tests.ovn import databases_unavailable
from tests.vswitch import Vswitch, vswitch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def switch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vswitch]:
    """Its database; nothing of OVN's on this machine is seen."""
    need(databases_unavailable())
    monkeypatch.setenv("OVS_RUNDIR", str(tmp_path))
    monkeypatch.setenv("OVN_RUNDIR", str(tmp_path))
    for name in ("OVN_SYSCONFDIR", "OVS_SYSCONFDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("OVN_SB_DB", raising=False)
    with vswitch(tmp_path) as made:
        yield made
