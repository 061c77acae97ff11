"""What is shown besides the hosts' documents."""

from __future__ import annotations

import pytest
import typer

from vnetmgr.cli.fleet.shown import show_answers
from vnetmgr.cli.options import How
from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.fleet.answer import Answer, Answers

HOW = How(uri=None, verbose=True)


@pytest.mark.parametrize(
    ("notes", "way", "said"),
    [
        (("open ('qemu+tcp://kvm1/system')",), None, "kvm1: open ('qemu+tcp://kvm1/system')\n"),
        ((), None, "kvm1: libvirt's calls are not shown: the vnetmgr there made them\n"),
        ((), "done over libvirt alone: it is old", "kvm1: done over libvirt alone: it is old\n"),
    ],
)
def test_whoever_asks_for_calls_is_told_why_there_are_none(
    capsys: pytest.CaptureFixture[str], notes: tuple[str, ...], way: str | None, said: str
) -> None:
    document = {"kind": "domains", "version": 1, "items": [], "notes": []}
    answer = Answer(host="kvm1", code=ExitCode.DONE, document=document, notes=notes, way=way)
    show_answers(Answers(each=(answer,)), HOW)
    assert capsys.readouterr().err == said


def test_nobody_made_calls_on_a_host_that_did_not_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = Answer(host="kvm1", code=ExitCode.FAILED, error=VnetError("it is off"))
    with pytest.raises(typer.Exit):
        show_answers(Answers(each=(answer,)), HOW)
    assert capsys.readouterr().err == "vnetmgr: kvm1: it is off\n"
