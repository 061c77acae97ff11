"""Several hosts at one database at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import vnetmgr

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ovn import Database

SPEC = {
    "version": 1,
    "networks": {
        "blue": {
            "mode": "overlay",
            "subnet": "10.66.0.0/24",
            "addresses": {f"52:54:00:00:00:{n:02x}": f"10.66.0.{n}" for n in range(10, 20)},
        },
        "red": {"mode": "overlay", "subnet": "10.66.0.0/24"},
    },
}


def test_hosts_that_make_one_overlay_at_once_make_one(northbound: Database, tmp_path: Path) -> None:
    def reconcile(number: int) -> None:
        node = tmp_path / f"{number}.xml"
        node.write_text("<node/>")
        with vnetmgr.Host.connect(f"test://{node}", ovn_nb=northbound.remote) as host:
            host.reconcile(SPEC)
            assert host.plan(SPEC).changes == ()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(reconcile, number) for number in range(8)]:
            done.result()
    names = northbound.ctl("--bare --columns=name list logical_switch").split()
    assert sorted(names) == ["blue", "red"]
