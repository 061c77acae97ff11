"""Which of the addresses that somebody names are a nic's."""

from __future__ import annotations

import pytest

from vnetmgr.model.address import Address, AddressBook, Origin
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.values import Mac

MAC = Mac.parse("52:54:00:00:00:01")
NIC = Nic(source=Source(Mode.NETWORK, "lab"), mac=MAC)


def lease(address: str) -> Address:
    return Address(address=address, prefix=24, mac=MAC, origin=Origin.LEASE, network="lab")


def agent(address: str) -> Address:
    return Address(address=address, prefix=24, mac=MAC, origin=Origin.AGENT)


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        ((lease("10.0.0.5"),), ["10.0.0.5 lease"]),
        ((lease("10.0.0.5"), agent("10.0.0.5")), ["10.0.0.5 lease"]),
        ((lease("10.0.0.5"), agent("10.0.0.9")), ["10.0.0.9 agent"]),  # a lease of before
        ((lease("10.0.0.5"), agent("fd00::5")), ["10.0.0.5 lease", "fd00::5 agent"]),
        ((lease("fd00::7"), agent("fe80::1")), ["fd00::7 lease", "fe80::1 agent"]),
        (
            (lease("fd00::7"), agent("fd00::8"), agent("10.0.0.9")),
            ["fd00::8 agent", "10.0.0.9 agent"],
        ),
    ],
)
def test_a_lease_that_the_agent_does_not_have_is_none(
    named: tuple[Address, ...], shown: list[str]
) -> None:
    book = AddressBook(by_mac={MAC: named})
    assert [f"{each.address} {each.origin}" for each in book.of(NIC)] == shown
