"""Commands in messages say where OVN's database is, where the one that was called was told."""

from __future__ import annotations

import json

import pytest

from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.cli.shown import ASKING, as_called
from vnetmgr.errors import VnetError
from vnetmgr.render import console
from vnetmgr.render.blocks import Data, Form

AT = "tcp:10.0.0.1:6641,tcp:10.0.0.2:6641"
SAID = f"--ovn-nb {AT}"
CASES: dict[str, tuple[str, str]] = {
    "a command": (
        "vnetmgr update-network blue --mtu 1442",
        f"vnetmgr update-network {SAID} blue --mtu 1442",
    ),
    "two": (
        "first: vnetmgr delete-network blue, then vnetmgr create-network blue",
        f"first: vnetmgr delete-network {SAID} blue, then vnetmgr create-network {SAID} blue",
    ),
    "in quotes": (
        "`vnetmgr list-networks` shows them",
        f"`vnetmgr list-networks {SAID}` shows them",
    ),
    "one that says it": (
        "vnetmgr prepare-migration web1 kvm2 --ovn-nb tcp:x:1; vnetmgr doctor",
        f"vnetmgr prepare-migration web1 kvm2 --ovn-nb tcp:x:1; vnetmgr doctor {SAID}",
    ),
    "one that asks nothing": ("vnetmgr join-overlay", "vnetmgr join-overlay"),
    "on another machine, in words": ("run vnetmgr doctor on kvm1", "run vnetmgr doctor on kvm1"),
    "a name like one": ("the unit vnetmgr watch-x", "the unit vnetmgr watch-x"),
}


@pytest.mark.parametrize(("text", "shown"), CASES.values(), ids=CASES)
def test_a_command_works_as_it_is_shown(text: str, shown: str) -> None:
    assert as_called(text, AT) == shown
    assert as_called(shown, AT) == shown
    assert as_called(text, None) == text


def test_a_socket_is_of_this_machine() -> None:
    text = "vnetmgr doctor web1; ssh kvm1 vnetmgr doctor web1"
    told = as_called(text, "unix:/srv/my ovn/nb.sock")
    option = "--ovn-nb 'unix:/srv/my ovn/nb.sock'"
    assert told == f"vnetmgr doctor {option} web1; ssh kvm1 vnetmgr doctor web1"
    assert as_called(text, AT) == text.replace("doctor", f"doctor {SAID}")


def test_all_of_them_are_commands() -> None:
    assert COMMANDS.keys() >= ASKING


def test_whatever_is_printed_has_it(capsys: pytest.CaptureFixture[str]) -> None:
    command = "vnetmgr apply SPEC"
    told = f"vnetmgr apply {SAID} SPEC"
    try:
        console.settle(Form.JSON, reword=lambda text: as_called(text, AT))
        console.complain(VnetError(f"gone; {command}", command, items=(command,)))
        console.note(command)
        console.out(command)
        finding = {"check": command, "remedy": command, "cause": None}
        console.out_data(Data({"kind": "findings", "items": [finding], "notes": [command]}))
    finally:
        console.begin()
    out, err = capsys.readouterr()
    assert err.count(told) == 4
    line, _, document = out.partition("\n")
    assert line == told
    shown = json.loads(document)
    assert shown["notes"] == [told]
    assert shown["items"] == [finding | {"remedy": told}]
