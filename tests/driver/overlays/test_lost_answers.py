"""A transaction that was carried out while its answer was lost: whoever asked finds it done, does
it not twice, and takes nothing back of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

import pytest

from tests.ovn import Between

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import vnetmgr
    from tests.ovn import Database

    Hosts: TypeAlias = Callable[..., vnetmgr.Host]

SPEC = {
    "version": 1,
    "networks": {
        "blue": {"mode": "overlay", "subnet": "10.66.0.0/24"},
        "red": {"mode": "overlay", "subnet": "10.67.0.0/24"},
    },
    "domains": {"web1": {"nics": {"lan": {"network": "blue"}}}},
}
OTHER = {
    "version": 1,
    "networks": {
        "blue": {"mode": "overlay", "subnet": "10.66.0.0/24", "mtu": 1300},
        "green": {"mode": "overlay", "subnet": "10.68.0.0/24"},
    },
    "domains": {"web1": {"nics": {"lan": {"network": "green"}, "dmz": {"network": "blue"}}}},
}
CALLS: dict[str, Callable[[vnetmgr.Host], object]] = {
    "create": lambda host: host.create_network("green", mode="overlay", subnet="10.68.0.0/24"),
    "update": lambda host: host.update_network("blue", mtu=1300),
    "delete": lambda host: host.delete_network("red"),
    "reserve": lambda host: host.reserve_address("blue", "52:54:00:00:00:77", "10.66.0.77"),
    "attach": lambda host: host.attach_nic("web1", network="red", name="dmz"),
    "move": lambda host: host.update_nic("web1", "lan", network="red"),
    "detach": lambda host: host.detach_nic("web1", "lan"),
    "apply": lambda host: host.apply(OTHER),
}
TABLES = ("logical_switch", "logical_switch_port", "dhcp_options", "dns")


def rows(northbound: Database) -> list[str]:
    """What is there, whatever its rows' UUIDs."""
    found = []
    for table in TABLES:
        columns = "external_ids" if table in ("dhcp_options", "dns") else "name,external_ids"
        listed = json.loads(northbound.ctl(f"-f json --columns={columns} list {table}"))
        found += sorted(f"{table} {row}" for row in listed["data"])
    return found


def clear(northbound: Database) -> None:
    """Have nothing there. Ports go with their switches."""
    gone = (f"--all destroy {table}" for table in TABLES if table != "logical_switch_port")
    northbound.ctl(" -- ".join(gone))


@pytest.mark.parametrize("name", CALLS)
def test_it_is_done_once(northbound: Database, host: Hosts, tmp_path: Path, name: str) -> None:
    straight = host()
    straight.apply(SPEC)
    before = rows(northbound)
    CALLS[name](straight)
    after = rows(northbound)
    assert after != before
    clear(northbound)
    with Between(northbound.directory / "between.sock", northbound.socket) as between:
        number = 1
        while True:
            other = host(ovn_nb=between.remote)
            other.apply(SPEC)
            assert rows(northbound) == before
            between.lost = 0
            between.lose(number)
            CALLS[name](other)
            assert rows(northbound) == after
            if not between.lost:
                break
            number += 1
            clear(northbound)
    assert number > 1
