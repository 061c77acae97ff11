"""Ctrl-C, SIGTERM and SIGHUP inside libvirt's calls: all of a step is done or none of it, exit 130.

The state that counts is all that libvirt and the kernel have, down to which tap is on which bridge.
"""

from __future__ import annotations

import random
import re
import signal
import sys
import time
from contextlib import contextmanager
from signal import SIGHUP, SIGINT, SIGTERM
from typing import TYPE_CHECKING

import pytest

from tests.lab import eventually
from tests.system.conftest import Vm, ok
from tests.system.plugged import everything, make_network
from tests.system.running import Running, held, one_error
from tests.system.specs.test_spec import write as write_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab import Lab

SIGNALS = (SIGINT, SIGTERM, SIGHUP)
RESTART = ("restart-network", "lab")
UPDATE = ("update-network", "lab", "--dns-domain", "lab.test", "--allow", "restart")
ATTACH = ("attach-nic", "q35", "--bridge", "br0", "--name", "new")
DETACH = ("detach-nic", "q35", "lan")


@pytest.fixture
def on_lab(nets: Vm) -> Vm:
    """The shared guest, with a nic on a network, and its link up."""
    make_network(nets.lab, "lab")
    ok(nets("attach-nic", "--network", "lab", "--name", "lan"))
    nets.guest.link(nets.nic("lan")["mac"])
    return nets


def verbose(lab: Lab, *command: str) -> Running:
    """A command that says each call of libvirt's before it makes it."""
    return Running(lab, [sys.executable, "-m", "vnetmgr", *command, "--verbose"])


@contextmanager
def stopped(lab: Lab) -> Iterator[None]:
    """libvirtd does not answer."""
    daemon = lab.sh("cat /run/libvirtd.pid").strip()
    lab.sh(f"kill -STOP {daemon}")
    try:
        yield
    finally:
        lab.sh(f"kill -CONT {daemon}")


def outline(lab: Lab) -> str:
    """Everything, but for what libvirt makes up."""
    return re.sub(r"vnet[0-9]+|(slot|bus)='0x[0-9a-f]+'", "*", str(everything(lab)))


INSIDE = [
    *((RESTART, write, number) for write, number in zip("1234", (*SIGNALS, SIGINT), strict=True)),
    (UPDATE, "1", SIGHUP),
    (UPDATE, "3", SIGTERM),
    (ATTACH, "1", SIGINT),
    (DETACH, "1", SIGTERM),
]


@pytest.mark.next
def test_inside_a_write(on_lab: Vm) -> None:
    """It returns, counts as done, and all is taken back."""
    before = outline(on_lab.lab)
    for command, write, number in INSIDE:
        running = held(on_lab.lab, *command, when=("before", write))
        running.signal(number)
        time.sleep(0.5)
        assert running.is_at_work
        said = one_error(running.end(), 130)
        assert said.startswith("vnetmgr: interrupted\n"), said
        assert "is taken back" in said, said
        assert outline(on_lab.lab) == before, f"{command} at {write}: {said}"


MOMENTS = 25


@pytest.mark.soak
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("command", "back"),
    [
        (RESTART, None),
        (UPDATE, ("update-network", "lab", "--dns-domain", "none", "--allow", "restart")),
        (ATTACH, ("detach-nic", "q35", "new")),
        (DETACH, ("attach-nic", "q35", "--network", "lab", "--name", "lan")),
    ],
)
def test_at_any_moment(
    on_lab: Vm, number: signal.Signals, command: tuple[str, ...], back: tuple[str, ...] | None
) -> None:
    """In the middle of whatever it is at: all as before, or all done."""
    lab, chance = on_lab.lab, random.Random(number)  # noqa: S311 - the same at every run
    ended = 0
    for _ in range(MOMENTS):
        before = outline(lab)
        process = lab.popen([sys.executable, "-m", "vnetmgr", *command])
        time.sleep(chance.uniform(0.05, 1.0))
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        now = outline(lab)
        if process.returncode not in (0, 130):  # Python itself had not run any of ours yet
            assert now == before
            assert "vnetmgr: " not in said
            continue
        ended += process.returncode == 130
        if now != before:
            assert back is not None, said
            assert process.returncode == 0 or "read back" in said, said
            ok(lab.vnetmgr(*back))
            on_lab.guest.sh("true")
    assert ended


def test_of_many_domains_each_is_whole(on_lab: Vm, off: Callable[..., str]) -> None:
    lab = on_lab.lab
    names = [off(f"off{number}") for number in range(80)]
    nics = "nics: {lan: {bridge: br0}, more: {bridge: br1}}"
    spec = write_spec(lab, "domains:\n" + "".join(f"  {name}: {{{nics}}}\n" for name in names))
    stumble = [sys.executable, "-m", "tests.system.stumble", "interrupt", "before", "40"]
    running = Running(lab, [*stumble, "apply", str(spec), "--yes"])
    said = one_error(running.end(), 130)
    counts = {
        name: len(lab.conn.lookupByName(name).XMLDesc().split("<interface")) for name in names
    }
    assert set(counts.values()) <= {1, 3}, said
    assert 1 in counts.values()
    for name, count in counts.items():
        assert (f"- {name}: done" in said) == (count == 3), said


def test_a_call_that_does_not_return(on_lab: Vm) -> None:
    """The second signal waits for nothing: the call is named, and no more is done."""
    lab = on_lab.lab
    running = held(lab, *RESTART, when=("after", "1"))
    with stopped(lab):
        running.go_on()
        time.sleep(3)  # until it has asked
        running.signal(SIGHUP)
        time.sleep(1)
        assert running.is_at_work
        running.signal(SIGINT)
        said = one_error(running.end(), 130)
    assert re.search(r"vir\w+\.\w+ of lab: not answered", said), said
    assert "whether it is done is not known" in said
    assert "not taken back" in said
    eventually(lambda: "lab" in ok(lab.vnetmgr("list-networks")), "libvirtd goes on")
    ok(lab.vnetmgr("start-network", "lab"))


@pytest.mark.parametrize("number", SIGNALS)
def test_before_anything_is_written(on_lab: Vm, number: signal.Signals) -> None:
    """While it waits for the lock; and just before its first write, which is then the last."""
    lab = on_lab.lab
    before = everything(lab)
    first = held(lab, *RESTART)
    second = Running(lab, [sys.executable, "-m", "vnetmgr", *ATTACH, "--verbose"])
    assert second.until("getLibVersion")
    time.sleep(0.3)
    second.signal(number)
    assert "nothing was changed" in one_error(second.end(), 130)
    first.signal(number)
    assert "is taken back" in one_error(first.end(), 130)
    assert everything(lab) == before


@pytest.mark.parametrize("number", [SIGINT, SIGHUP])
def test_what_was_started_with_a_signal_ignored_goes_on(on_lab: Vm, number: signal.Signals) -> None:
    ignoring = f"trap '' {number.name[3:]}; exec \"$@\""
    command = ["sh", "-c", ignoring, "sh", sys.executable, "-m", "vnetmgr", *RESTART, "--verbose"]
    running = Running(on_lab.lab, command)
    assert running.until("destroy of lab")
    running.signal(number)
    assert running.end().returncode == 0
