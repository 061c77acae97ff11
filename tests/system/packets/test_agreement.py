"""What is evaluated is what the kernel does."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("first", "count"), [(1, 20), pytest.param(1000, 1000, marks=pytest.mark.soak)]
)
def test_rulesets_and_packets(first: int, count: int) -> None:
    """None is wrong; what cannot be evaluated is named, and rare."""
    program = [sys.executable, "-m", "tests.system.packets.agreement", str(first), str(count)]
    done = subprocess.run(["unshare", "-n", "-m", *program], stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    assert found["wrong"] == [], "\n\n".join(found["wrong"][:3])
    unknown = sum(found["unknown"].values())
    assert found["agreed"] > 60 * count
    assert "" not in found["unknown"]
    assert unknown < found["agreed"] / 20, found["unknown"]
