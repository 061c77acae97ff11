"""docs/guides/from-virsh.md: what it calls virsh's is virsh's."""

from __future__ import annotations

import re

from tests.lab import Lab
from tests.pages.reading import REPOSITORY

GUIDE = (REPOSITORY / "docs/guides/from-virsh.md").read_text()


def test_virsh_has_the_commands_of_the_first_column(lab: Lab) -> None:
    known = set(re.findall(r"^    ([a-z-]+) ", lab.sh("virsh help"), re.MULTILINE))
    first = [line.split(" | ")[0] for line in GUIDE.splitlines() if line.startswith("| `")]
    named = {code.split()[0] for column in first for code in re.findall("`([^`]+)`", column)}
    assert {"attach-interface", "net-update", "iface-bridge"} <= named
    assert {name for name in named if re.fullmatch("[a-z][a-z-]+", name)} - {
        "agent",
        "arp",
    } <= known
