"""What a command of virsh's is called here, as the guide has it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.cli.elsewhere import HERE, LEFT_TO_VIRSH, advice

if TYPE_CHECKING:
    from collections.abc import Iterator

GUIDE = Path(__file__).parents[3] / "docs/guides/from-virsh.md"


def guide() -> Iterator[tuple[str, str]]:
    """Each command of virsh's in the guide's tables, with what stands beside it."""
    for row in re.findall(r"^\| (`.*?) \| (.*) \|$", GUIDE.read_text(), flags=re.MULTILINE):
        without_asides = re.sub(r"\(.*?\)", "", row[0])
        for command in re.findall(r"`([a-z-]+)", without_asides):
            yield command, row[1]


def test_the_guide_and_the_table_agree() -> None:
    said: dict[str, set[str]] = {}
    for command, beside in guide():
        said.setdefault(command, set()).update(re.findall(r"`vnetmgr ([a-z-]+)", beside))
    assert len(said) > 30
    for command, here in said.items():
        assert HERE.get(command) in here or command in LEFT_TO_VIRSH or not here, command


def test_what_the_guide_leaves_to_virsh() -> None:
    left = {command for command, beside in guide() if re.match("virsh's|.*to virsh", beside)}
    assert left
    assert left <= LEFT_TO_VIRSH


def test_each_leads_somewhere() -> None:
    assert set(HERE.values()) <= {*COMMANDS, "--version"}
    assert not COMMANDS.keys() & {*HERE, *LEFT_TO_VIRSH}
    assert not HERE.keys() & LEFT_TO_VIRSH


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("net-list", " Here it is vnetmgr list-networks."),
        ("version", " Here it is vnetmgr --version."),
        ("start", " That is left to virsh: virsh start."),
        ("atach-nic", ""),
    ],
)
def test_advice(name: str, said: str) -> None:
    assert advice(name) == said
