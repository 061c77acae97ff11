"""libvirt's events on the test driver, in a process of their own: its event loop never ends."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
from queue import SimpleQueue
from vnetmgr.host import Host
from vnetmgr.host.event_loop import start_event_loop
from vnetmgr.host.events import Events

start_event_loop()
start_event_loop()
queue = SimpleQueue()
with Host.connect("test:///default") as host:
    conn = host._session.conn
    events = Events(host, queue)
    domain, network = conn.lookupByName("test"), conn.networkLookupByName("default")
    domain.suspend()
    domain.resume()
    domain.destroy()
    domain.create()
    network.destroy()
    network.create()
    for _ in range(6):
        event = queue.get(timeout=10)
        print(event.kind, event.name, event.what)
    events.close()
    domain.destroy()
    network.destroy()
print(queue.qsize())
"""


def test_they_arrive_as_values_until_they_are_closed() -> None:
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60
    )
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "domain test suspended",
        "domain test resumed",
        "domain test stopped",
        "domain test started",
        "network default stopped",
        "network default started",
        "0",
    ]
