"""The kernel's ARP table: who answered, who did not, and what it knows nothing of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.local.neighbours import read_neighbours

if TYPE_CHECKING:
    from pathlib import Path

TABLE = """\
IP address       HW type     Flags       HW address            Mask     Device
192.168.70.100   0x1         0x2         52:54:00:AA:bb:01     *        virbr70
192.168.70.101   0x1         0x0         00:00:00:00:00:00     *        virbr70
10.0.0.1         0x1         0x6         52:54:00:aa:bb:02     *        br0
half a line
"""


def test_as_the_kernel_writes_it(tmp_path: Path) -> None:
    path = tmp_path / "arp"
    assert read_neighbours(path) == {}
    path.write_text(TABLE)
    assert read_neighbours(path) == {
        ("virbr70", "192.168.70.100"): "52:54:00:aa:bb:01",
        ("virbr70", "192.168.70.101"): None,
        ("br0", "10.0.0.1"): "52:54:00:aa:bb:02",
    }
