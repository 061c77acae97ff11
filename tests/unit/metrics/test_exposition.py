"""Where a package's recommendations are left out, metrics alone does without, and says so."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

from vnetmgr.errors import VnetError


def test_a_missing_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "vnetmgr.metrics.exposition", raising=False)
    for name in [each for each in sys.modules if each.split(".")[0] == "prometheus_client"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(VnetError) as refused:
        import_module("vnetmgr.metrics.exposition")
    assert "prometheus_client" in refused.value.message
    assert "apt install python3-prometheus-client" in (refused.value.hint or "")
