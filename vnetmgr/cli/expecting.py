"""`prepare-migration --incoming`: what libvirt's hook does on the host that a guest comes to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from vnetmgr.engine.migrating import expect
from vnetmgr.engine.northbound import settings_at
from vnetmgr.errors import UsageError
from vnetmgr.planner.overlays.steps import shown
from vnetmgr.render import console
from vnetmgr.render.changes import change_lines
from vnetmgr.runtime.answers import ANSWERS

if TYPE_CHECKING:
    from vnetmgr.cli.options import How

_MOST = 16 * 1024 * 1024
"""Of a document; libvirt's own are a thousandth of it."""


def expect_guest(how: How, *named: str | None) -> None:
    """Read a guest's document from standard input, have its ports know that it comes here, and
    print it as libvirt is to have it."""
    if how.of_hosts or any(named):
        raise UsageError(
            "--incoming is for this host, and the guest whose document is on standard input",
            "leave the domain, TO_HOST and other hosts out",
        )
    if how.form.for_programs:
        raise UsageError("--incoming prints a document of libvirt's", "leave --output out")
    ANSWERS.timeout_s = how.timeout_s
    settings = settings_at(how.ovn, None, is_local=True)
    expected = expect(sys.stdin.read(_MOST), settings, tell=not how.dry_run)
    for change in map(shown, expected.told):
        for line in change_lines(change):
            console.note(line.text)
    console.out_xml(expected.document.rstrip("\n"))
