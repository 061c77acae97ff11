"""script/overlay-demo, but for what it installs."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.lab.machine import REPOSITORY


def test_the_demo_of_overlays() -> None:
    demo = [sys.executable, "-m", "tests.lab.overlay.demo"]
    done = subprocess.run(
        demo,
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    assert "OVN has the chassis kvm2" in done.stdout
    assert re.search("^800 packets transmitted, [1-9]", done.stdout, re.MULTILINE)
    assert done.stdout.count("a page of web1") == 2
