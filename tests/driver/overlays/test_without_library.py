"""vnetmgr where ovsdbapp, an extra, is not installed: it says so, and goes on without."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

WHY = "overlays need the Python package ovsdbapp: it is not installed"
WITHOUT = """import sys
from vnetmgr.__main__ import main
sys.modules["ovs"] = sys.modules["ovsdbapp"] = None
main()"""
NODE = """<node>
<network type="test"><name>blue</name>
<metadata><vnetmgr:network xmlns:vnetmgr="urn:vnetmgr:1" overlay="default"/></metadata>
<forward mode="bridge"/><bridge name="br-int"/><virtualport type="openvswitch"/></network>
<domain type="test"><name>web1</name><memory>8192</memory>
<os><type arch="x86_64" machine="q35">hvm</type></os><devices>
<controller type="pci" model="pcie-root" index="0"/>
<interface type="network"><mac address="52:54:00:00:00:01"/><source network="blue"/>
<virtualport type="openvswitch"/><model type="virtio"/></interface></devices></domain></node>"""


def run(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command on a host whose domain has a nic on an overlay."""
    node = tmp_path / "node.xml"
    node.write_text(NODE)
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *words, "--connect", f"test://{node}"],
        env={
            **os.environ,
            "OVN_NB_DB": f"unix:{tmp_path}/nb.sock",
            "OVN_SB_DB": f"unix:{tmp_path}/sb.sock",
        },
        input=NODE,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "words",
    [
        ("list-nics",),
        ("list-networks",),
        ("show-network", "blue"),
        ("doctor",),
        ("trace", "web1", "10.66.0.1"),
        ("topology",),
        ("export",),
    ],
    ids=lambda words: words[0],
)
def test_what_looks_shows_the_rest(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(tmp_path, *words)
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    assert "blue" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("attach-nic", "web1", "--network", "blue"),
        ("update-network", "blue", "--mtu", "1400"),
        ("create-network", "green", "--mode", "overlay", "--subnet", "10.67.0.0/24"),
        ("reserve-address", "blue", "web1", "10.66.0.10"),
    ],
    ids=lambda words: words[0],
)
def test_what_writes_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == 1
    assert done.stderr.startswith(f"vnetmgr: {WHY}\n  hint: ")
    assert "pip install ovsdbapp" in done.stderr or "python3-ovsdbapp" in done.stderr


def test_other_networks_need_none_of_it(tmp_path: Path) -> None:
    done = run(tmp_path, "create-network", "lab", "--subnet", "192.168.150.0/24")
    assert (done.returncode, done.stderr) == (0, "")
