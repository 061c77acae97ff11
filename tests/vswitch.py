"""Open vSwitch's database alone, on a socket in a folder: no datapath, no root, 20 ms."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.waiting import eventually, listens

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")


class Vswitch:
    """Such a database; `folder` is its OVS_RUNDIR."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def vsctl(self, *words: str) -> str:
        """What ovs-vsctl prints. Nobody makes bridges of what it writes, nor is waited for."""
        command = ("ovs-vsctl", f"--db=unix:{self.folder}/db.sock", "--timeout=60", "--no-wait")
        return subprocess.run((*command, *words), check=True, capture_output=True, text=True).stdout

    def set_ids(self, **ids: str) -> None:
        """Set external_ids; `_` stands for `-`."""
        pairs = (f'external_ids:{key.replace("_", "-")}="{ids[key]}"' for key in ids)
        self.vsctl("set", "Open_vSwitch", ".", *pairs)

    def id(self, key: str) -> str | None:
        """One of them."""
        words = ("--if-exists", "get", "Open_vSwitch", ".", f"external_ids:{key}")
        return self.vsctl(*words).strip().strip('"') or None


@contextmanager
def vswitch(folder: Path) -> Iterator[Vswitch]:
    """A new one, as long as it is needed."""
    database = folder / "conf.db"
    subprocess.run(("ovsdb-tool", "create", database, SCHEMA), check=True)
    options = (f"--remote=punix:{folder}/db.sock", f"--unixctl={folder}/ovsdb.ctl", "-vconsole:off")
    server = subprocess.Popen(
        ("ovsdb-server", database, *options),
        stdin=subprocess.DEVNULL,
    )
    try:
        made = Vswitch(folder)
        eventually(lambda: listens(folder / "db.sock"), "a socket", every_s=0.005)
        made.vsctl("init")
        yield made
    finally:
        server.kill()
        server.wait()
