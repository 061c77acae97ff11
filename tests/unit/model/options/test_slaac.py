"""When an IPv6 reservation would take SLAAC from a subnet's guests."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from vnetmgr.model.dhcp import DhcpRange, Reservation
from vnetmgr.model.options.addressing import (
    slaac_notes,
    static_dhcp6_notes,
    without_dhcp6,
)

SIX, LONG = ip_network("fd60::/64"), ip_network("fd61::/80")
FOUR = ip_network("10.0.0.0/24")
SPAN = DhcpRange(start=ip_address("fd60::100"), end=ip_address("fd60::1ff"))


def reserved(address: str) -> Reservation:
    return Reservation(address=ip_address(address), hostname=f"h{address[-1]}")


@pytest.mark.parametrize(
    ("address", "ranges", "present", "refused"),
    [
        ("fd60::7", (), (), True),
        ("fd60::7", (SPAN,), (), False),
        ("fd60::7", (), (reserved("fd60::8"),), False),
        ("fd61::7", (), (), False),
        ("10.0.0.7", (), (), False),
        ("fd99::7", (), (), False),
    ],
)
def test_reservations(
    address: str,
    ranges: tuple[DhcpRange, ...],
    present: tuple[Reservation, ...],
    refused: bool,  # noqa: FBT001
) -> None:
    problems = list(without_dhcp6((FOUR, SIX, LONG), ranges, present, (reserved(address),)))
    assert bool(problems) == refused


def test_a_subnet_without_slaac_is_told() -> None:
    (note,) = slaac_notes((FOUR, SIX, LONG), ())
    assert "fd61::/80 is no /64" in note


def test_a_new_network_with_reservations_alone_is_told() -> None:
    (note,) = static_dhcp6_notes((FOUR, SIX), (), (reserved("fd60::7"), reserved("fd60::8")))
    assert "fd60::/64 has DHCPv6 for what is reserved alone" in note
    assert list(static_dhcp6_notes((FOUR, SIX), (SPAN,), (reserved("fd60::7"),))) == []
    assert list(static_dhcp6_notes((FOUR, SIX), (), (reserved("10.0.0.7"),))) == []
