"""Whether a change of an overlay has come to the hosts, with OVN's real databases and ovn-northd;
what ovn-controller would say is written in its place."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from vnetmgr.engine import followed
from vnetmgr.ovn import southbound

if TYPE_CHECKING:
    from collections.abc import Callable

    import vnetmgr
    from tests.ovn import Central

NEVER_S = 3600.0
"""A test that waits for so long has failed."""


@pytest.fixture
def hosts(
    host: Callable[..., vnetmgr.Host], central: Central, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], vnetmgr.Host]:
    monkeypatch.setenv("OVN_SB_DB", central.south.remote)
    monkeypatch.setattr(followed, "_WITHIN_S", NEVER_S)
    return cache(lambda number: host(number, central.remote))


def join(central: Central, name: str, *, follows: int) -> None:
    """A chassis that has followed the northbound database so far."""
    central.south.ctl(f"chassis-add {name} geneve 10.0.0.{name[-1]}")
    central.south.ctl(f"set chassis {name} hostname={name}")
    central.south.ctl(f"create chassis_private name={name} nb_cfg={follows}")


def follow(central: Central, name: str, follows: int) -> None:
    central.south.ctl(f"set chassis_private {name} nb_cfg={follows}")


def count(central: Central) -> int:
    """What has been written, when it has come through."""
    central.north.ctl("--wait=sb sync")
    return int(central.north.ctl("get nb_global . nb_cfg"))


def impatient(monkeypatch: pytest.MonkeyPatch, central: Central) -> None:
    """Wait no longer than it takes ovn-northd to pass it on."""
    real = southbound.wait_for_hosts

    def wait(at: str, settings: Any, enough: Any, _: float) -> Any:
        written = int(central.north.ctl("get nb_global . nb_cfg"))
        return real(at, settings, lambda found: enough(found) or found.asked >= written, NEVER_S)

    monkeypatch.setattr(southbound, "wait_for_hosts", wait)


def told(report: vnetmgr.Report) -> list[str]:
    return [note for note in report.notes if note.startswith("OVN: ")]


def test_who_follows_is_not_spoken_of(
    hosts: Callable[[int], vnetmgr.Host], central: Central
) -> None:
    join(central, "kvm1", follows=1000)
    join(central, "kvm2", follows=0)  # and has no part in it
    report = hosts(1).create_network("blue", mode="overlay", subnet="10.66.0.0/24")
    assert told(report) == []
    assert told(hosts(1).update_network("blue", mtu=1300)) == []


def test_who_does_not_follow_is_named(
    hosts: Callable[[int], vnetmgr.Host], central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(central, "kvm1", follows=1000)
    for number in (1, 2):
        hosts(number).create_network("blue", mode="overlay", subnet="10.66.0.0/24")
    join(central, "kvm2", follows=count(central))
    with monkeypatch.context() as meanwhile:
        impatient(meanwhile, central)
        (note,) = told(hosts(1).update_network("blue", mtu=1300))
    assert note.startswith("OVN: kvm2 has not followed within ")
    follow(central, "kvm2", 1000)
    assert told(hosts(1).update_network("blue", mtu=1320)) == []


def test_who_was_behind_before_is_named_and_not_waited_for(
    hosts: Callable[[int], vnetmgr.Host], central: Central
) -> None:
    join(central, "kvm1", follows=1000)
    join(central, "kvm2", follows=0)
    first = hosts(1).create_network("blue", mode="overlay", subnet="10.66.0.0/24")
    assert told(first) == []
    count(central)
    central.north.ctl("set nb_global . nb_cfg_timestamp=1")  # so it was long ago
    (note,) = told(hosts(2).create_network("blue", mode="overlay", subnet="10.66.0.0/24"))
    assert note.startswith("OVN: kvm2 has followed neither this nor what was written before")


def test_northd_that_is_dead_is_told(
    hosts: Callable[[int], vnetmgr.Host], central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    join(central, "kvm1", follows=1000)
    hosts(1).create_network("blue", mode="overlay", subnet="10.66.0.0/24")
    central.kill_northd()
    monkeypatch.setattr(followed, "_WITHIN_S", 0.1)
    (note,) = told(hosts(1).update_network("blue", mtu=1300))
    assert "is ovn-northd at work?" in note


def test_where_nobody_can_tell_nothing_is_said(
    hosts: Callable[[int], vnetmgr.Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVN_SB_DB", "unix:/nowhere")
    report = hosts(1).create_network("blue", mode="overlay", subnet="10.66.0.0/24")
    assert told(report) == []


def test_one_who_asks_for_a_nic_is_told_as_well(
    hosts: Callable[[int], vnetmgr.Host], central: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts(1).create_network("blue", mode="overlay", subnet="10.66.0.0/24")
    join(central, "kvm1", follows=count(central))
    impatient(monkeypatch, central)
    (note,) = told(hosts(1).attach_nic("web1", network="blue", name="lan"))
    assert note.startswith("OVN: kvm1 has not followed")
