"""docs/networks.md: its commands, section by section, do and print what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab import Lab
from tests.system.conftest import forget_networks
from tests.system.quick import Quick

if TYPE_CHECKING:
    from collections.abc import Iterator

GUIDE = Path(__file__).parents[3] / "docs" / "networks.md"
PROMPT = "    $ "
SWITCH = "ovsbr0"
LINKS = ("eth1", "eth2")
# What is not the same on every host.
OTHERS = {r"[0-9a-f]{2}(:[0-9a-f]{2}){5}": "MAC", r"of \S+, by vnetmgr": "of HOST, by vnetmgr"}


def sections() -> dict[str, list[tuple[str, str]]]:
    """Heading -> its commands, each with what it prints."""
    found: dict[str, list[tuple[str, str]]] = {}
    for section in GUIDE.read_text().split("\n## ")[1:]:
        heading, _, body = section.partition("\n")
        for block in re.findall(r"(?:^    .*\n|^\n(?=    ))+", body, re.MULTILINE):
            for part in block.strip("\n").split(PROMPT)[1:]:
                command, _, printed = part.partition("\n")
                lines = [line.removeprefix("    ") for line in printed.splitlines()]
                found.setdefault(heading, []).append((command, "\n".join(lines).rstrip()))
    return found


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """A host of its own, with no domain and the guide's links."""
    with Lab() as lab:
        for link in LINKS:
            lab.sh(f"ip link add {link} type veth peer name far-{link}; ip link set {link} up")
        yield lab


@pytest.fixture(scope="module")
def quick(lab: Lab) -> Iterator[Quick]:
    """Commands on that host."""
    with Quick(lab) as quick:
        yield quick
    forget_networks(lab)


@pytest.mark.parametrize("heading", sections())
def test_a_section(heading: str, lab: Lab, quick: Quick) -> None:
    forget_networks(lab)
    if any(SWITCH in command for command, _ in sections()[heading]):
        if reason := lab.lacks("openvswitch"):
            pytest.skip(reason)
        lab.openvswitch(SWITCH)
    for command, shown in sections()[heading]:
        program, *words = shlex.split(command)
        assert program == "vnetmgr"
        done = quick(*words)
        printed = done.stdout + done.stderr
        for pattern, word in OTHERS.items():
            printed = re.sub(pattern, word, printed)
        assert printed.rstrip() == shown, command
