"""What watch prints, and what it takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from vnetmgr.cli.commands.watch import _Say, watch
from vnetmgr.cli.option import read_time
from vnetmgr.cli.options import How
from vnetmgr.errors import UsageError, VnetError
from vnetmgr.model.desired import Policy
from vnetmgr.model.plan import Action, Change, ObjectKind, Outcome, Report, Result
from vnetmgr.model.state import State
from vnetmgr.render import console
from vnetmgr.render.blocks import Form


@pytest.fixture(autouse=True)
def of_its_own() -> Iterator[None]:
    """Each begins as a command does."""
    yield
    console.begin()


def outcome(name: str, result: Result) -> Outcome:
    """What became of a nic."""
    change = Change(
        action=Action.CREATE, object=ObjectKind.NIC, domain="web", name=name, scope=(State.LIVE,)
    )
    return Outcome(change=change, result=result)


REPORT = Report(
    host="host",
    outcomes=(
        outcome("lan", Result.DONE),
        outcome("old", Result.WAITING),
        outcome("far", Result.FAILED),
    ),
    notes=("a note",),
    errors=(VnetError("no bridge"),),
)


def test_each_change_is_a_line_with_its_time(capsys: pytest.CaptureFixture[str]) -> None:
    _Say().report(REPORT)
    said = capsys.readouterr()
    lines = said.out.splitlines()
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d "
    assert [re.sub(f"^{stamp}", "", line) for line in lines] == [
        "nic web/lan: added in live",
        "nic web/far: failed",
    ]
    assert all(re.match(stamp, line) for line in lines)
    assert said.err == ""  # notes and errors come by themselves, when they are news


def test_it_says_which_host_it_keeps_and_how(capsys: pytest.CaptureFixture[str]) -> None:
    with How(uri="test:///default").host() as host:
        _Say(["a.yaml", "b"], "1h").began(host)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        f"vnetmgr: keeping {host.name} (test:///default) as a.yaml, b says, "
        "with a look at everything every 1h\n"
    )


def test_for_programs_each_report_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    console.settle(Form.JSON)
    say = _Say()
    say.report(REPORT)
    say.report(REPORT)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["kind"] == second["kind"] == "report"
    assert first["time"]
    assert [each["result"] for each in first["changes"]] == ["done", "waiting", "failed"]


def test_each_report_is_a_yaml_document_that_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    console.settle(Form.YAML)
    for _ in range(2):
        _Say().report(REPORT)
        printed = capsys.readouterr().out
        assert printed.startswith("---\n")
        assert printed.endswith("\n...\n")
        assert yaml.safe_load(printed)["changes"][0]["name"] == "lan"


def test_names_are_of_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    console.settle(Form.NAME)
    _Say().report(REPORT)
    assert capsys.readouterr().out == "nic/web/lan\n"


@pytest.mark.parametrize("form", [Form.TABLE, Form.JSON])
def test_quiet(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    """Programs have asked for the document."""
    console.settle(form, quiet=True)
    say = _Say()
    say.report(REPORT)
    say.note("connected again")
    say.error(VnetError("no bridge"))
    said = capsys.readouterr()
    assert bool(said.out) is (form is Form.JSON)
    assert said.err == "vnetmgr: no bridge\n"


def test_what_went_wrong_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    console.settle(Form.JSON)
    say = _Say()
    say.error(VnetError("no bridge", "make one"))
    say.note("connected again")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "vnetmgr: no bridge\n  hint: make one\nvnetmgr: connected again\n"


def test_bad_usage() -> None:
    how = How(uri=None)
    with pytest.raises(UsageError, match="standard input"):
        watch(["-"], policy=Policy(), how=how)
    for text in ("0", "soon", "-1"):
        with pytest.raises(UsageError, match="--interval"):
            watch(["spec.yaml"], interval=text, policy=Policy(), how=how)
    assert read_time("2h", "--every") == 7200
