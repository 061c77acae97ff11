"""Values of programs as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address, ip_network

import pytest

from vnetmgr.api.wants import nic_texts, read_policy, read_states, texts
from vnetmgr.errors import UsageError
from vnetmgr.model.options.nic_patch import build_patch
from vnetmgr.model.state import State
from vnetmgr.model.values import Bandwidth, Mac, PciAddress, Rate


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("br0", "br0"),
        (9000, "9000"),
        (0, "0"),
        (True, "yes"),
        (False, "no"),
        ((10, 20), ["10", "20"]),
        ([ip_address("10.0.0.1")], ["10.0.0.1"]),
        (ip_network("10.0.0.0/24"), "10.0.0.0/24"),
        (Mac.parse("52:54:00:00:00:01"), "52:54:00:00:00:01"),
        (PciAddress.parse("05:00.0"), "0000:05:00.0"),
        (Bandwidth(average=Rate.parse("10mbit")), "10mbit"),
        ({"IP": "10.0.0.5", "DHCP": None}, ["IP=10.0.0.5", "DHCP=none"]),
        ("", ""),
        ({}, "none"),
        ([], "none"),
        (None, "none"),
    ],
)
def test_a_value(value: object, written: object) -> None:
    assert texts({"key": value}, ["key"]) == {"key": written}


@pytest.mark.parametrize("value", [None, [], {}])
def test_nothing_where_nothing_can_be_cleared(value: object) -> None:
    assert texts({"key": value, "other": 1}, ["another"]) == {"other": "1"}


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({"bridge": "br0", "network": None, "nat": False, "name": None, "mtu": None}, {"mtu"}),
        ({"user": True, "vlan": None, "mac": None, "isolated_port": False}, {"vlan", "port"}),
        ({"bridge": "br0", "vlan": 10, "queues": 4, "filter_param": {"IP": "10.0.0.5"}}, set()),
        ({"bridge": "br0", "extra": {"driver.rx_queue_size": 1024}}, set()),
    ],
)
def test_options_of_a_nic(options: Mapping[str, object], fields: set[str]) -> None:
    patch = build_patch(nic_texts(options), source_needed=True)
    cleared = {name for name, value in patch.items() if value in (None, False)}
    assert {name.removeprefix("isolated_") for name in cleared} == fields


def test_what_cannot_be_written_is_refused_where_it_is_read() -> None:
    with pytest.raises(UsageError) as caught:
        build_patch(nic_texts({"bridge": object(), "mtu": 1.5, "vlan": ""}), source_needed=True)
    assert len(caught.value.problems) == 4  # and no source that can be


@pytest.mark.parametrize("words", ["replug,restart", ["replug", "restart"], {"replug", "restart"}])
def test_what_is_allowed(words: str | list[str]) -> None:
    assert read_policy(words).allow == {"replug", "restart"}


def test_what_cannot_be_allowed() -> None:
    with pytest.raises(UsageError, match=r"Did you mean replug\?") as caught:
        read_policy(["replugs", "everything"])
    assert [problem.about for problem in caught.value.problems] == [
        ("command", "", None, "allow"),
    ] * 2


@pytest.mark.parametrize(
    ("config", "live", "states"),
    [
        (False, False, set()),
        (True, False, {State.CONFIG}),
        (False, True, {State.LIVE}),
        (True, True, {State.CONFIG, State.LIVE}),
    ],
)
def test_states(config: bool, live: bool, states: set[State]) -> None:  # noqa: FBT001
    assert read_states(config=config, live=live) == states
