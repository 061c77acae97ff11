"""Which addresses a nic has on an overlay."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.unit.planner.overlays.builders import (
    MAC,
    OTHER,
    OWN,
    UUIDS,
    addresses,
    network,
    port,
    reservation,
)
from vnetmgr.errors import RefusedError
from vnetmgr.model.dhcp import Reservation
from vnetmgr.model.overlay.northbound import LogicalPort
from vnetmgr.planner.overlays.addresses import SwitchAddresses

SOMEBODY = {"domain": UUIDS["vm2"], "domain_name": "web9", "host": "kvm2"}


def chosen(
    *ports: LogicalPort, own: tuple[LogicalPort, ...] = (), mac: str = MAC, **fields: Any
) -> list[str]:
    """The addresses of vm1's nic, where these are there already."""
    switch = SwitchAddresses(network(**fields), (*ports, *own))
    return [str(each) for each in switch.of(OWN, UUIDS["vm1"], mac, own)]


def others(*taken: str) -> tuple[LogicalPort, ...]:
    return tuple(
        port(f"{OTHER}{n}", address, mac=None, **SOMEBODY) for n, address in enumerate(taken)
    )


def test_it_is_derived_from_the_range() -> None:
    first = chosen()
    assert first == chosen()
    assert first != chosen(mac="52:54:00:00:00:02")
    assert ip_address(first[0]) in addresses("10.66.0.2", "10.66.0.254")


def test_one_that_is_taken_is_stepped_over() -> None:
    (first,) = chosen()
    (second,) = chosen(*others(first))
    assert int(ip_address(second)) == int(ip_address(first)) + 1
    assert chosen(*others(first, second)) == [str(ip_address(second) + 1)]


def test_it_goes_on_at_the_range_s_start_and_through_several() -> None:
    ranges = (addresses("10.66.0.20", "10.66.0.20"), addresses("10.66.0.10", "10.66.0.11"))
    free = {"10.66.0.10", "10.66.0.11", "10.66.0.20"}
    taken: list[str] = []
    for _ in range(3):
        taken += chosen(*others(*taken), dhcp_ranges=ranges)
    assert set(taken) == free
    with pytest.raises(RefusedError, match=r"blue: no address of 10\.66\.0\.0/24 is free"):
        chosen(*others(*taken), dhcp_ranges=ranges)


def test_the_gateway_and_what_is_reserved_for_others_are_nobodys() -> None:
    ranges = (addresses("10.66.0.1", "10.66.0.3"),)
    kept = (reservation("10.66.0.2", "52:54:00:00:00:09"),)
    assert chosen(dhcp_ranges=ranges, reservations=kept) == ["10.66.0.3"]


def test_what_is_reserved_decides_also_outside_the_range() -> None:
    kept = (reservation("10.66.0.200"),)
    ranges = (addresses("10.66.0.2", "10.66.0.99"),)
    assert chosen(own=(port(),), reservations=kept, dhcp_ranges=ranges) == ["10.66.0.200"]


def test_what_is_reserved_and_taken_is_refused_and_named() -> None:
    kept = (reservation("10.66.0.200"),)
    with pytest.raises(
        RefusedError, match=r"10\.66\.0\.200 is reserved for it, and web9/lan on kvm2"
    ):
        chosen(*others("10.66.0.200"), reservations=kept)


@pytest.mark.parametrize(
    ("fields", "stays"),
    [
        ({}, True),
        ({"dhcp_ranges": ()}, True),
        ({"dhcp_ranges": (addresses("10.66.0.100", "10.66.0.200"),)}, False),
        ({"gateways": (ip_address("10.66.0.10"),)}, False),
        ({"reservations": (reservation("10.66.0.10", "52:54:00:00:00:09"),)}, False),
        ({"subnets": (ip_network("10.67.0.0/24"),), "dhcp_ranges": ()}, False),
    ],
)
def test_it_keeps_what_it_has_for_as_long_as_that_fits(
    fields: dict[str, Any], *, stays: bool
) -> None:
    assert (chosen(own=(port(address="10.66.0.10"),), **fields) == ["10.66.0.10"]) is stays


def test_of_two_with_one_address_the_same_one_keeps_it_in_any_order() -> None:
    low = port("00000000", "10.66.0.10", **SOMEBODY)
    high = port("ffffffff", "10.66.0.10", **SOMEBODY)
    assert chosen(low, own=(port(),)) != ["10.66.0.10"]
    assert chosen(high, own=(port(),)) == ["10.66.0.10"]


def test_without_subnets_it_has_none() -> None:
    assert chosen(subnets=(), dhcp_ranges=(), gateways=(), own=(port(),)) == []


SIX: dict[str, Any] = {
    "subnets": (ip_network("10.66.0.0/24"), ip_network("fd66::/64")),
    "gateways": (ip_address("10.66.0.1"), ip_address("fd66::1")),
}


def test_ipv6_without_dhcp_is_the_guest_s_own_choice() -> None:
    switch = SwitchAddresses(network(**SIX), ())
    assert [each.version for each in switch.of(OWN, UUIDS["vm1"], MAC, ())] == [4]
    assert [str(each) for each in switch.own_choice] == ["fd66::/64", "fe80::/64"]


def test_ipv6_with_dhcp_has_an_address() -> None:
    ranges = (*network().dhcp_ranges, addresses("fd66::100", "fd66::ffff"))
    switch = SwitchAddresses(network(**SIX, dhcp_ranges=ranges), ())
    _, six = switch.of(OWN, UUIDS["vm1"], MAC, ())
    assert six in ranges[1]
    assert switch.own_choice == ()


def test_ipv6_is_reserved_for_the_mac_in_a_duid() -> None:
    kept = Reservation(address=ip_address("fd66::9"), duid=f"00:03:00:01:{MAC}")
    assert chosen(**SIX, reservations=(kept,))[1:] == ["fd66::9"]


def test_what_one_takes_the_next_does_not_get() -> None:
    switch = SwitchAddresses(network(dhcp_ranges=(addresses("10.66.0.10", "10.66.0.11"),)), ())
    first = switch.of(OWN, UUIDS["vm1"], MAC, ())
    switch.take(port(OWN, str(first[0])))
    second = switch.of(OTHER, UUIDS["vm2"], MAC, ())
    assert {*first, *second} == {ip_address("10.66.0.10"), ip_address("10.66.0.11")}
    switch.take(port(OWN, str(second[0])))  # that it moves sets free what it had
    assert switch.of(OTHER, UUIDS["vm2"], MAC, ()) == first
