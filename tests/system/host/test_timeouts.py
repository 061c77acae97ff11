"""Every wait has an end: libvirtd that is stopped, packets that are dropped, nft that hangs."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.lab import Lab, eventually
from tests.system.conftest import Vm, ok
from tests.system.host.test_signals import stopped
from tests.system.plugged import everything, make_network
from tests.system.running import Running, held, one_error

if TYPE_CHECKING:
    from collections.abc import Iterator

SOON = ("--timeout", "4")
"""Which a busy machine does not need for any answer, however many programs libvirt runs for it."""
RESTART = ("restart-network", "lab")
TCP = "qemu+tcp://127.0.0.1:16599/system"


def test_a_libvirtd_that_is_stopped(nets: Vm) -> None:
    """Before a command connects, and inside a write."""
    lab = nets.lab
    make_network(lab, "lab")
    running = held(lab, *RESTART, *SOON, when=("after", "1"))
    with stopped(lab):
        first = Running(lab, [sys.executable, "-m", "vnetmgr", "list-nics", *SOON])
        running.go_on()
        assert "no answer within 4 s" in one_error(first.end(), 1)
        said = one_error(running.end(), 1)
    assert "whether it was done is not known" in said
    assert "of lab" in said
    ok(lab.vnetmgr("start-network", "lab"))


def test_in_many_domains_at_once(nets: Vm, off: object) -> None:
    """One thread for each of several domains, none of which is answered."""
    lab = nets.lab
    names = [off(f"off{number}") for number in range(6)]  # type: ignore[operator]
    spec = lab.directory / "many.yaml"
    nics = "nics: {lan: {bridge: br0}}"
    spec.write_text("version: 1\ndomains:\n" + "".join(f"  {n}: {{{nics}}}\n" for n in names))
    running = held(lab, "apply", str(spec), "--yes", *SOON, when=("before", "3"))
    with stopped(lab):
        running.go_on()
        said = running.end()
    assert said.returncode == 1
    assert "has not answered for 4 s" in said.stderr
    assert "Traceback" not in said.stderr
    ok(lab.vnetmgr("reconcile", str(spec)))


@contextmanager
def hanging_nft(lab: Lab) -> Iterator[dict[str, str]]:
    """An nft that does not end, first in PATH."""
    folder = lab.directory / "hangs"
    folder.mkdir(exist_ok=True)
    (folder / "nft").write_text("#!/bin/sh\nexec sleep 300\n")
    (folder / "nft").chmod(0o755)
    yield {"PATH": f"{folder}:{lab.environment['PATH']}"}


def test_an_nft_that_hangs(nets: Vm) -> None:
    """It ends by itself; who waits for its lock ends with 75."""
    lab = nets.lab
    make_network(lab, "lab")
    ok(nets("attach-nic", "--network", "lab", "--name", "lan"))
    before = everything(lab)
    with hanging_nft(lab) as env:
        started = time.monotonic()
        argv = [sys.executable, "-m", "vnetmgr", "add-forward", "q35", "8080:80", "--timeout", "8"]
        process = lab.popen(argv, env=env)
        eventually(lambda: "sleep 300" in lab.sh("ps -eo args"), "nft is run")
        other = lab.vnetmgr(*RESTART, "--lock-timeout", "0")
        assert "another run of vnetmgr" in one_error(other, 75)
        _, said = process.communicate(timeout=100)
        assert process.returncode == 1, said
        assert "nft did not end within 8 s" in said
        assert time.monotonic() < started + 100  # and not the 300 of its own
    assert everything(lab) == before


@pytest.fixture
def tcp(nets: Vm) -> Iterator[str]:
    """The lab's libvirtd over TCP, through a relay; packets can be dropped on the way."""
    lab = nets.lab
    relay = lab.popen(
        ["python3", "-c", RELAY, str(lab.directory / "run/libvirt/libvirt-sock")], stdin=-1
    )
    assert relay.stdout is not None
    assert relay.stdout.readline() == "ready\n"
    yield TCP
    relay.kill()
    relay.communicate()
    lab.sh("nft delete table inet dropped", check=False)


RELAY = """
import socket, sys, threading
listening = socket.create_server(("127.0.0.1", 16599))
print("ready", flush=True)
def copy(a, b):
    while data := a.recv(65536):
        b.sendall(data)
while True:
    one = listening.accept()[0]
    other = socket.socket(socket.AF_UNIX)
    other.connect(sys.argv[1])
    for pair in ((one, other), (other, one)):
        threading.Thread(target=copy, args=pair, daemon=True).start()
"""


def drop(lab: Lab) -> None:
    """Nothing comes through any more."""
    rules = "".join(
        f"add rule inet dropped in tcp {way} 16599 drop; " for way in ("dport", "sport")
    )
    chain = "{ type filter hook input priority 0; }"
    lab.sh(f"nft 'add table inet dropped; add chain inet dropped in {chain}; {rules}'")


def test_packets_that_are_dropped(nets: Vm, tcp: str) -> None:
    """In the middle of a wait, and before a connection."""
    lab = nets.lab
    options = ("--connect", tcp, "--timeout", "3")
    attach = ("attach-nic", "q35", "--bridge", "br0", "--name", "lan", "--wait", "3600")
    running = Running(lab, [sys.executable, "-m", "vnetmgr", *attach, *options, "--verbose"])
    assert running.until("interfaceStats")
    drop(lab)
    assert "has not answered for 3 s" in one_error(running.end(), 1)
    late = lab.vnetmgr("list-nics", *options)
    assert "no answer within 3 s" in one_error(late, 1)


@pytest.mark.soak
def test_keepalive_notices_it_before_the_timeout(nets: Vm, tcp: str) -> None:
    attach = ("attach-nic", "q35", "--bridge", "br0", "--name", "lan", "--wait", "3600")
    options = ("--connect", tcp, "--timeout", "600", "--verbose")
    running = Running(nets.lab, [sys.executable, "-m", "vnetmgr", *attach, *options])
    assert running.until("interfaceStats")
    drop(nets.lab)
    assert "connection to libvirt was lost" in one_error(running.end(), 1)
