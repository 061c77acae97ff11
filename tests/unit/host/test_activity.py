"""What libvirt's one call for all domains says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import libvirt
import pytest

from vnetmgr.host.activity import read_activity

NIC = {
    "name": "vnet0",
    "rx.bytes": 1,
    "rx.pkts": 2,
    "rx.errs": 3,
    "rx.drop": 4,
    "tx.bytes": 5,
    "tx.pkts": 6,
    "tx.errs": 7,
    "tx.drop": 8,
}


def handle(name: str, run: int) -> Any:
    return SimpleNamespace(name=lambda: name, UUIDString=lambda: f"uuid-{name}", ID=lambda: run)


def session(*found: tuple[Any, dict[str, Any]], asked: list[int]) -> Any:
    def stats(what: int, flags: int) -> list[tuple[Any, dict[str, Any]]]:
        asked.extend((what, flags))
        return list(found)

    conn = SimpleNamespace(getAllDomainStats=stats)
    return SimpleNamespace(conn=conn, call=lambda what, call, *words: call(*words))


def nic(number: int, **values: Any) -> dict[str, Any]:
    return {f"net.{number}.{key}": value for key, value in values.items()}


@pytest.mark.parametrize("traffic", [False, True])
def test_counters_are_asked_for_only_where_they_are_wanted(*, traffic: bool) -> None:
    asked: list[int] = []
    read_activity(session(asked=asked), traffic=traffic)
    assert bool(asked[0] & libvirt.VIR_DOMAIN_STATS_INTERFACE) is traffic
    assert asked[1] == libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT


def test_domains_by_name_with_what_their_nics_did() -> None:
    stats = {"net.count": 3, **nic(0, **NIC), **nic(1, name="vnet1"), **nic(2, **NIC, x=1)}
    stats["net.2.name"] = "vnet2"
    found = read_activity(
        session((handle("web2", 7), stats), (handle("web1", -1), {}), asked=[]), traffic=True
    )
    assert [(each.name, each.uuid, each.run) for each in found] == [
        ("web1", "uuid-web1", -1),
        ("web2", "uuid-web2", 7),
    ]
    assert found[0].traffic == {}
    assert {name: tuple(vars(one).values()) for name, one in found[1].traffic.items()} == {
        "vnet0": (1, 2, 3, 4, 5, 6, 7, 8),
        "vnet2": (1, 2, 3, 4, 5, 6, 7, 8),
    }
