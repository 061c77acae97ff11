"""Which of the offers a probe makes use of: none that could harm somebody."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from vnetmgr.local.probe.child import _choose
from vnetmgr.model.path.probe import ArpAnswer, DhcpOffer, ProbeFacts, ProbePlace
from vnetmgr.model.values import Mac

MAC = Mac("52:54:00:00:00:01")


def offer(address: str, prefix: int | None = 24) -> DhcpOffer:
    server = IPv4Address("10.0.0.1")
    return DhcpOffer(server=server, mac=MAC, address=IPv4Address(address), prefix=prefix)


def taken(address: str) -> ArpAnswer:
    return ArpAnswer(address=IPv4Address(address), macs=(MAC,))


@pytest.mark.parametrize(
    ("offers", "owners", "chosen", "why"),
    [
        ((), (), None, "no DHCP server has offered an address"),
        ((offer("10.0.0.9"), offer("10.0.0.8")), (), "10.0.0.9", None),
        ((offer("10.0.0.9"), offer("10.0.0.8")), (taken("10.0.0.9"),), "10.0.0.8", None),
        (
            (offer("10.0.0.9"),),
            (taken("10.0.0.9"),),
            None,
            "somebody has the address already that was offered, 10.0.0.9",
        ),
        (
            (offer("10.0.0.9", None),),
            (),
            None,
            "10.0.0.9 was offered without the length of its subnet",
        ),
        (
            (offer("10.0.0.9", 0),),
            (),
            None,
            "10.0.0.9 was offered without the length of its subnet",
        ),
    ],
)
def test_the_offer_that_is_used(
    offers: tuple[DhcpOffer, ...],
    owners: tuple[ArpAnswer, ...],
    chosen: str | None,
    why: str | None,
) -> None:
    facts = ProbeFacts(place=ProbePlace(bridge="br0"), offers=offers, arp=owners)
    found, said = _choose(facts)
    assert (found and str(found.address), said) == (chosen, why)
