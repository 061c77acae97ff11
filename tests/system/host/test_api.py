"""vnetmgr as a program has it, against a real libvirtd and a real guest."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.system.conftest import ok
from tests.system.host.test_signals import stopped

if TYPE_CHECKING:
    from tests.system.conftest import Vm

LIFE = """
import json, sys, threading, vnetmgr
name, found = sys.argv[1], {}
with vnetmgr.Host.connect() as host, host.events() as events:
    plan = host.dry_run.attach_nic(name, bridge="br0", name="lan", mtu=1400)
    found["before"] = len(host.nics(name))
    report = host.apply(plan)
    found["done"] = [str(each.result) for each in report.outcomes]
    found["plugged"] = [report.facts[0].plugged, host.apply(plan).changed]
    looks = []
    readers = [
        threading.Thread(target=lambda: looks.append(len(host.nics(name)))) for _ in range(4)
    ]
    for each in readers:
        each.start()
    host.update_nic(name, "lan", link="down", inbound="10mbit")
    for each in readers:
        each.join()
    found["looks"] = looks
    (row,) = host.nics(name)
    found["nic"] = [row.nic.link, str(row.nic.inbound), row.nic.mtu, row.pending, row.orphan]
    waiting = host.update_nic(name, "lan", model="e1000e")
    found["waiting"] = [str(each.result) for each in waiting.outcomes]
    host.detach_nic(name, "lan")
    found["after"] = len(host.nics(name))
    seen = []
    wait = 60
    while (event := events.get(timeout=wait)) is not None:
        seen.append(f"{event.kind} {event.name == name} {event.what}")
        if event.what == "device-removed":
            wait = 2  # there is to be no other
    found["events"] = sorted({each for each in seen if "device" in each})
print(json.dumps(found))
"""


def test_the_life_of_a_nic(vm: Vm) -> None:
    found = json.loads(ok(vm.lab.run([sys.executable, "-c", LIFE, vm.name])))
    assert found == {
        "before": 0,
        "done": ["done"],
        "plugged": [True, False],
        "looks": [1, 1, 1, 1],
        "nic": ["down", "10mbit", 1400, [], False],
        "waiting": ["done", "waiting"],
        "after": 0,
        "events": ["domain True device-added", "domain True device-removed"],
    }


HANGING = """
import sys, threading, vnetmgr
from time import monotonic
name = sys.argv[1]
host = vnetmgr.Host.connect(timeout=2)
other = vnetmgr.Host.connect("test:///default", timeout=2)
print("connected", flush=True)
sys.stdin.readline()
began, found = monotonic(), []

def look():
    try:
        host.nics(name)
    except vnetmgr.VnetError as error:
        found.append(type(error).__name__)

threads = [threading.Thread(target=look) for _ in range(3)]
for each in threads:
    each.start()
counted = 0
while any(each.is_alive() for each in threads) and monotonic() < began + 60:
    counted += len(other.nics())  # goes on meanwhile
for each in threads:
    each.join(30)
print(*found, counted > 1, monotonic() < began + 50, len(other.nics()))
try:
    vnetmgr.Host.connect(timeout=1)
except vnetmgr.VnetError as error:
    print(type(error).__name__, error.hint is not None)
host.close()
"""


def test_a_libvirtd_that_does_not_answer_holds_up_no_thread_for_ever(vm: Vm) -> None:
    lab = vm.lab
    process = lab.popen(
        [sys.executable, "-c", HANGING, vm.name], stdin=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "connected\n"
    with stopped(lab):
        said, _ = process.communicate("\n", timeout=180)
    assert said.splitlines() == [
        "NoAnswerError NoAnswerError NoAnswerError True True 1",
        "NoAnswerError True",
    ]
    assert process.returncode == 0
