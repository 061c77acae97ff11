"""What is ended in the middle of an apply: vnetmgr, its ssh, a libvirtd. All of a step is done then
or none of it, nothing goes on by itself, and the next run makes it right."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.lab import eventually
from tests.system.conftest import ok
from tests.system.fleet.conftest import TRANSPORTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab import Host, LabProcess
    from tests.system.fleet.conftest import Fleet

NETWORKS = 8


def long_work(fleet: Fleet) -> Path:
    """A spec that takes its time."""
    lines = (f"  net{n}: {{mode: nat, subnet: 192.168.{100 + n}.0/24}}\n" for n in range(NETWORKS))
    return fleet.write("networks:\n" + "".join(lines))


def networks(host: Host) -> int:
    """How many a host has."""
    return len(host.conn.listAllNetworks())


def in_the_middle(fleet: Fleet, over: str) -> LabProcess:
    """An apply that has made something on each host."""
    spec = long_work(fleet)
    hosts = fleet.pair.hosts_file(over)
    process = fleet.pair.admin.popen(
        [sys.executable, "-m", "vnetmgr", "apply", spec, "--hosts", hosts, "-o", "json"]
    )
    for host in fleet.pair.hosts:
        eventually(partial(networks, host), f"{host.name} has its first network")
    assert process.poll() is None
    return process


def steps_are_whole(fleet: Fleet) -> None:
    """Nobody is at work any more, and each network is there, all of it, or is not."""
    fleet.leaves_nothing()
    for host in fleet.pair.hosts:
        for network in host.conn.listAllNetworks():
            made = (network.isPersistent(), network.isActive(), network.autostart())
            assert made == (1, 1, 1), f"{network.name()} on {host.name}: {made}"


def made_right(fleet: Fleet, over: str) -> None:
    spec = long_work(fleet)
    ok(fleet("apply", spec, over=over))
    assert [networks(host) for host in fleet.pair.hosts] == [NETWORKS, NETWORKS]
    ok(fleet("plan", spec, "--check", over=over))


@pytest.mark.parametrize(
    ("over", "number"),
    [("tcp", signal.SIGINT), ("ssh", signal.SIGTERM), ("tcp", signal.SIGHUP)],
)
def test_a_signal_is_for_all(fleet: Fleet, over: str, number: signal.Signals) -> None:
    process = in_the_middle(fleet, over)
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert [item["host"] for item in json.loads(out)["items"]] == ["kvm1", "kvm2"]
    assert "Traceback" not in err
    steps_are_whole(fleet)


@pytest.mark.parametrize("over", TRANSPORTS)
def test_vnetmgr_is_killed(fleet: Fleet, over: str) -> None:
    process = in_the_middle(fleet, over)
    process.kill()
    process.communicate(timeout=120)
    steps_are_whole(fleet)
    made_right(fleet, over)


def test_the_ssh_to_a_host_is_killed(fleet: Fleet) -> None:
    process = in_the_middle(fleet, "ssh")
    for pid, line in fleet.pair.admin.processes("ssh").items():
        if "kvm2" in line:
            with suppress(ProcessLookupError):  # those that share a connection end with the first
                os.kill(pid, signal.SIGKILL)
    out, _ = process.communicate(timeout=120)
    one, other = json.loads(out)["items"]
    assert process.returncode == 1
    assert (one["exit_code"], other["exit_code"]) == (0, 1)
    assert other["error"]["about"]["name"] == "kvm2"
    steps_are_whole(fleet)
    made_right(fleet, "ssh")


@pytest.mark.parametrize("over", TRANSPORTS)
def test_a_libvirtd_is_killed(fleet: Fleet, over: str) -> None:
    process = in_the_middle(fleet, over)
    fleet.pair.kvm2.kill_libvirtd()
    try:
        out, _ = process.communicate(timeout=120)
        fleet.leaves_nothing()
    finally:
        fleet.pair.kvm2.start_libvirtd()
    one, other = json.loads(out)["items"]
    assert process.returncode == 1
    assert (one["exit_code"], other["exit_code"]) == (0, 1)
    # What it leaves of a network that it was starting is only taken away on the host itself.
    made_right(fleet, "ssh")
