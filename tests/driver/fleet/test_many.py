"""A hundred hosts: a bounded number at once, and nothing is left of them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HOSTS = 100
AT_ONCE = 32
# Whoever loses his parent is this one's from then on. It tells how many processes a command had at
# once, its threads, and what is left of it.
WATCHER = """
import ctypes, json, os, subprocess, sys, time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0

def seen(pid):
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return len(tasks), sum(len((task / "children").read_text().split()) for task in tasks)
    except OSError:
        return 0, 0

with open(sys.argv[1], "w") as out:
    command = subprocess.Popen(sys.argv[2:], stdout=out)
most = 0, 0
while command.poll() is None:
    most = tuple(map(max, most, seen(command.pid)))
    time.sleep(0.005)
try:
    left = os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    left = None
print(json.dumps({"code": command.returncode, "most": most, "left": left}))
"""
DOMAIN = (
    "<domain type='test'><name>vm{}</name><memory>8192</memory><os><type>hvm</type></os></domain>"
)


def test_of_a_hundred_hosts_nothing_is_left(tmp_path: Path) -> None:
    uris = {}
    for number in range(HOSTS):
        node = tmp_path / f"host{number}.xml"
        node.write_text(f"<node>{DOMAIN.format(number)}</node>")
        uris[f"host{number}"] = {"connect": f"test://{node}"}
    hosts, spec, out = (tmp_path / name for name in ("hosts.yaml", "spec.yaml", "out"))
    hosts.write_text(json.dumps({"version": 1, "hosts": uris}))
    lines = (f"  vm{number}: {{nics: {{}}}}\n" for number in range(HOSTS))
    spec.write_text("version: 1\ndomains:\n" + "".join(lines))

    vnetmgr = (sys.executable, "-m", "vnetmgr", "plan", spec, "--hosts", hosts, "-o", "json")
    watched = (sys.executable, "-c", WATCHER, out, *vnetmgr)
    told = json.loads(subprocess.run(watched, capture_output=True, text=True, check=True).stdout)

    threads, children = told["most"]
    assert (told["code"], told["left"], threads) == (0, None, 1)
    assert 1 < children <= AT_ONCE
    items = json.loads(out.read_text())["items"]
    assert [item["host"] for item in items] == list(uris)
    assert [item["result"]["kind"] for item in items] == ["plan"] * HOSTS
