"""A command that another vnetmgr runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vnetmgr.runtime.session import CONNECT_S

# In a process of its own, as it sets what holds for all of one.
RUN = """
import sys
from contextlib import suppress
from vnetmgr.cli import app
from vnetmgr.host.connect import Host
from vnetmgr.runtime.session import Session
Session.begin = lambda _: None
words = ["--session", "--connect", "test:///default", "-o", "name", *sys.argv[1:]]
with suppress(SystemExit):
    app.load("list-networks", app._OutermostCommand, words)(words)
print(Host.connect_timeout_s)
"""


@pytest.mark.parametrize(
    ("words", "bound_s"),
    [([], CONNECT_S), (["--timeout", "45s"], CONNECT_S), (["--timeout", "3s"], None)],
)
def test_to_reach_a_libvirt_takes_no_longer_than_somebody_has_said(
    words: list[str], bound_s: float | None
) -> None:
    command = [sys.executable, "-c", RUN, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["default", str(bound_s)]
