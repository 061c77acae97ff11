"""A command that another vnetmgr runs."""

from __future__ import annotations

from contextlib import suppress

import pytest

from vnetmgr.cli import app
from vnetmgr.host.connect import Host
from vnetmgr.runtime.session import CONNECT_S, Session


@pytest.mark.parametrize(
    ("words", "bound_s"),
    [([], CONNECT_S), (["--timeout", "45s"], CONNECT_S), (["--timeout", "3s"], None)],
)
def test_to_reach_a_libvirt_takes_no_longer_than_somebody_has_said(
    words: list[str], bound_s: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "begin", lambda _: None)
    monkeypatch.setattr(Host, "connect_timeout_s", None)
    called = ["--session", "--connect", "test:///default", "-o", "json", *words]
    command = app.load("list-networks", app._OutermostCommand, called)
    with suppress(SystemExit):
        command(called)
    assert Host.connect_timeout_s == bound_s
