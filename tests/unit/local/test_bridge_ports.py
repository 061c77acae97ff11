"""Plugging ports into bridges, on the real kernel in namespaces of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from vnetmgr.errors import VnetError
from vnetmgr.local.bridge_ports import plug_port

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="makes a network namespace: root only")

# sysfs shows the namespace that it was mounted in.
_SETUP = """
set -e
mount -t sysfs sysfs /sys
ip link set lo up
ip link add br0 type bridge
ip link add br1 type bridge
ip link add v0 type veth peer name v1
exec "$0" -c "$1"
"""
_PLUG = """
from vnetmgr.errors import VnetError
from vnetmgr.local.bridge_ports import plug_port, unplug_port
from vnetmgr.local.links import read_links
{before}
try:
    plug_port({bridge!r}, {port!r})
except VnetError as error:
    print(error.message)
    print(error.hint)
else:
    print(read_links().ports)
"""


def _plug(bridge: str, port: str, before: str = "") -> list[str]:
    """What comes of it: the links' ports, or the error's message and hint."""
    code = _PLUG.format(bridge=bridge, port=port, before=before)
    command = ["unshare", "--net", "--mount", "sh", "-c", _SETUP, sys.executable, code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@root_only
def test_a_link_becomes_a_port() -> None:
    assert _plug("br0", "v0") == ["{'v0': 'br0'}"]


@root_only
def test_a_port_of_this_bridge_stays_one() -> None:
    assert _plug("br0", "v0", "plug_port('br0', 'v0')") == ["{'v0': 'br0'}"]


@root_only
@pytest.mark.parametrize(
    ("bridge", "port", "reason"),
    [
        ("br0", "missing", "there is no link missing"),
        ("missing", "v0", "there is no link missing"),
        ("v1", "v0", "v1 is not a Linux bridge"),
        ("br0", "br1", "a bridge cannot be a port of a bridge"),
        ("br0", "lo", "the kernel bridges Ethernet links alone, and no loopback"),
    ],
)
def test_what_cannot_be_plugged(bridge: str, port: str, reason: str) -> None:
    message, hint = _plug(bridge, port)

    assert message == f"port {port}: cannot be plugged into bridge {bridge}: {reason}"
    assert hint == f"try it by hand: ip link set {port} master {bridge}"


@root_only
@pytest.mark.parametrize(
    ("call", "left"),
    [
        ("unplug_port('br0', 'v0')", {}),
        ("unplug_port('br1', 'v0')", {"v0": "br0"}),
        ("unplug_port('missing', 'v0')", {"v0": "br0"}),
        ("unplug_port('br0', 'v1'); unplug_port('br0', 'missing')", {"v0": "br0"}),
    ],
)
def test_a_port_leaves_the_bridge_that_it_is_on_and_no_other(
    call: str, left: dict[str, str]
) -> None:
    before = f"plug_port('br0', 'v0'); {call}; print(read_links().ports)"
    assert _plug("br0", "lo", before)[0] == str(left)


@root_only
def test_a_port_of_another_bridge_is_left_there() -> None:
    message, _ = _plug("br0", "v0", "plug_port('br1', 'v0')")

    assert message.endswith("bridge br0: it is a port of bridge br1")


@root_only
def test_a_link_with_a_macvtap_on_it_is_in_use() -> None:
    before = "import os; assert os.system('ip link add m0 link v0 type macvtap mode bridge') == 0"

    message, _ = _plug("br0", "v0", before)

    assert "bridge br0: it is in use already, " in message


@root_only
def test_without_rights() -> None:
    message, _ = _plug("br0", "v0", "import os; os.setuid(65534)")

    assert "not permitted" in message


def test_a_long_name_is_not_cut() -> None:
    with pytest.raises(VnetError, match="there is no link lo"):
        plug_port("lo", "lo" + "x" * 15)
