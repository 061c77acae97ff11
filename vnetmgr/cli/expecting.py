"""`prepare-migration --incoming`: what libvirt's hook does on the host that a guest comes to."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from vnetmgr.engine.migrating import expect
from vnetmgr.engine.northbound import DEFAULT_SOCKET
from vnetmgr.errors import UsageError
from vnetmgr.model.overlay.settings import OvnSettings, over, settings_of
from vnetmgr.model.plan import Outcome, Report, Result
from vnetmgr.planner.overlays.steps import shown
from vnetmgr.render import console
from vnetmgr.render.blocks import Line, notes
from vnetmgr.render.changes import change_lines, plan_json, render_report
from vnetmgr.runtime.answers import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.cli.options import How
    from vnetmgr.model.plan import Change
    from vnetmgr.render.blocks import Block

_MOST = 16 * 1024 * 1024
"""Of a document; libvirt's own are a thousandth of it."""


def expect_guest(how: How, *named: str | None) -> None:
    """Read a guest's document from standard input, and have its ports know that it comes here."""
    if how.of_hosts or any(named):
        raise UsageError(
            "--incoming is for this host, and the guest whose document is on standard input",
            "leave the domain, TO_HOST and other hosts out",
        )
    ANSWERS.timeout_s = how.timeout_s
    settings = settings_of(how.ovn, None, os.environ)
    if settings.northbound is None and DEFAULT_SOCKET.exists():
        settings = over(OvnSettings(northbound=f"unix:{DEFAULT_SOCKET}"), settings) or settings
    name, told = expect(sys.stdin.read(_MOST), settings, tell=not how.dry_run)
    changes = [shown(each) for each in told]
    noted = () if changes else (f"domain {name}: nothing to prepare",)
    console.show(_said(changes, noted, how))


def _said(changes: list[Change], noted: tuple[str, ...], how: How) -> Iterator[Block]:
    host = os.uname().nodename
    if not how.dry_run:
        outcomes = tuple(Outcome(change=each, result=Result.DONE) for each in changes)
        yield from render_report(Report(host=host, outcomes=outcomes, notes=noted), form=how.form)
    elif how.form.for_programs:
        yield plan_json(host, changes, noted=noted)
    else:
        yield from (line for each in changes for line in change_lines(each))
        if not changes:
            yield Line("nothing to do")
        yield from notes(noted)
