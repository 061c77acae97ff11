"""What bridges know, as bridge prints it."""

from __future__ import annotations

from typing import Any

from tests.unit.local.path.recorded import recorded
from vnetmgr.local.path.bridges import parse_fdb, parse_vlans
from vnetmgr.model.path.links import FdbEntry, PortVlan
from vnetmgr.model.values import Mac


def test_the_bridges_table_without_what_links_keep_for_themselves() -> None:
    found = parse_fdb(recorded("fdb"))
    assert FdbEntry(mac=Mac("96:81:41:ae:cb:0a"), link="lan0", bridge="br0") in found
    tap = FdbEntry(mac=Mac("fe:54:00:b0:7a:7f"), link="vnet0", bridge="br0", own=True)
    assert tap in found
    assert not any(each.mac.startswith(("33:33", "01:00")) for each in found)


def test_vlans_of_ports() -> None:
    """As bridge(8)'s sources print them: this kernel filters none."""
    listed: list[dict[str, Any]] = [
        {"ifname": "vnet0", "vlans": [{"vlan": 10, "flags": ["PVID", "Egress Untagged"]}]},
        {"ifname": "eth0", "vlans": [{"vlan": 1}, {"vlan": 10, "vlanEnd": 20, "flags": []}]},
        {"ifname": "none"},
    ]
    assert parse_vlans(listed) == (
        PortVlan(link="vnet0", first=10, last=10, pvid=True, untagged=True),
        PortVlan(link="eth0", first=1, last=1),
        PortVlan(link="eth0", first=10, last=20),
    )
    assert parse_vlans([]) == ()
