"""What is printed, line by line: nobody's text takes a line, a cell or markup for itself."""

from __future__ import annotations

import io
import json
import re
import sys
from typing import TYPE_CHECKING

import pytest

from vnetmgr.errors import SpecError, VnetError, refused_problems
from vnetmgr.model.plan import Action, Change, ObjectKind, Outcome, Report, Result
from vnetmgr.model.state import State
from vnetmgr.printable import is_printable
from vnetmgr.problem import Problem
from vnetmgr.render import console
from vnetmgr.render.blocks import Data, Form
from vnetmgr.render.changes import render_changes_alone, render_report
from vnetmgr.render.documents import changes as documents
from vnetmgr.render.files import metrics_text

if TYPE_CHECKING:
    from collections.abc import Callable

EVIL = "a\nvnetmgr: all is well\x1b[2J\x9b\u202e\u200b\udcff[red]:warning:"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


PRINTED: dict[str, Callable[[], None]] = {
    "a line": lambda: console.out(EVIL, "green"),
    "a note": lambda: console.note(EVIL),
    "an error": lambda: console.complain(VnetError(EVIL, EVIL)),
    "a list of errors": lambda: console.complain(refused_problems([Problem(None, EVIL)] * 2)),
    "a spec's problem": lambda: console.complain(SpecError([Problem(None, EVIL)])),
    "a call": lambda: console.trace(EVIL.replace("\n", "")),
    "a table": lambda: console.table(("A", "B"), [(EVIL, EVIL)], ["red"]),
    "JSON": lambda: console.out_next_data(Data({EVIL: [EVIL]})),
}


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("what", PRINTED)
def test_nothing_acts_on_its_reader(
    what: str, monkeypatch: pytest.MonkeyPatch, *, terminal: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal() if terminal else io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    PRINTED[what]()
    printed = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())  # bold, by rich
    for line in printed.split("\n"):
        assert is_printable(line), ascii(line)
        assert not line.startswith("vnetmgr: all is well")
    assert ":warning:" in printed


def test_only_an_error_that_lists_has_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """What looks like a list in somebody's text is none."""
    console.complain(VnetError("a\n  - forged: yes", "b"))
    console.complain(VnetError("2 problems:", items=("a\n  - forged: yes", "b")))
    assert capsys.readouterr().err.splitlines() == [
        r"vnetmgr: a\n  - forged: yes",
        "  hint: b",
        "vnetmgr: 2 problems:",
        r"  - a\n  - forged: yes",
        "  - b",
    ]


REPORT = Report(
    host=EVIL,
    outcomes=(
        Outcome(
            change=Change(
                action=Action.CREATE,
                object=ObjectKind.NIC,
                domain=EVIL,
                name="lan",
                scope=(State.LIVE,),
            ),
            result=Result.FAILED,
            error=EVIL,
        ),
    ),
    notes=(EVIL, EVIL),
    errors=(VnetError(EVIL), VnetError(EVIL)),
)


def test_a_report_is_exact_for_programs_and_harmless_for_cron(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.show(render_changes_alone(REPORT, form=Form.TABLE, show_waiting=False))
    said = capsys.readouterr()
    assert said.out.count("\n") == said.err.count("\n") == 1
    printed = console.json_text(documents.REPORT.whole(documents.ShownReport(REPORT)))
    assert json.loads(printed)["host"] == EVIL.replace("\udcff", r"\udcff")
    assert all(is_printable(line) for line in printed.split("\n"))
    for line in metrics_text(REPORT, now_s=1).split("\n"):
        assert is_printable(line)


def test_what_is_found_twice_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    console.show(render_report(REPORT, form=Form.TABLE))
    assert capsys.readouterr().err.count("\n") == 2
    listed = documents.REPORT.whole(documents.ShownReport(REPORT))["notes"]
    assert listed == [EVIL]
