"""What libvirt's statistics say of a domain."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from vnetmgr.host.addresses import _guest_links
from vnetmgr.host.path import _run
from vnetmgr.model.path.domains import DomainState, GuestAddress, GuestLink
from vnetmgr.model.values import Mac


@pytest.mark.parametrize(
    ("stats", "state", "reason"),
    [
        ({"state.state": 1, "state.reason": 1}, DomainState.RUNNING, None),
        ({"state.state": 2, "state.reason": 0}, DomainState.RUNNING, None),
        ({"state.state": 3, "state.reason": 5}, DomainState.PAUSED, "I/O error of a disk"),
        ({"state.state": 3, "state.reason": 99}, DomainState.PAUSED, None),
        ({"state.state": 5, "state.reason": 2}, DomainState.OFF, None),
        ({"state.state": 6}, DomainState.CRASHED, None),
        ({"state.state": 7}, DomainState.SUSPENDED, None),
        ({}, DomainState.RUNNING, None),
    ],
)
def test_states_and_why(stats: dict[str, int], state: DomainState, reason: str | None) -> None:
    assert _run(stats)[:2] == (state, reason)


def test_what_guests_have_sent_is_by_the_hosts_link() -> None:
    stats = {
        "net.count": 3,
        "net.0.name": "vnet0",
        "net.0.tx.pkts": 7,
        "net.1.name": "vnet1",
        "net.2.tx.pkts": 9,
    }
    assert _run(stats).sent == {"vnet0": 7}


def test_a_guests_links_are_all_its_loopback_too() -> None:
    """Whether that has IPv6 tells whether others should."""
    answer: dict[str, dict[str, Any]] = {
        "lo": {"hwaddr": "00:00:00:00:00:00", "addrs": [{"addr": "::1", "prefix": 128}]},
        "eth0": {"hwaddr": "52:54:00:00:00:01", "addrs": None},
        "wg0": {"hwaddr": None, "addrs": []},
    }
    assert list(_guest_links(answer)) == [
        GuestLink(
            name="lo",
            mac=Mac("00:00:00:00:00:00"),
            addresses=(GuestAddress(address=ip_address("::1"), prefix=128),),
        ),
        GuestLink(name="eth0", mac=Mac("52:54:00:00:00:01")),
        GuestLink(name="wg0", mac=None),
    ]
