"""What is made of the frames that come: who counts, how often, and in which order."""

from __future__ import annotations

from ipaddress import IPv4Address

from tests.unit.local.probe.frames.test_arp import ADDRESS, OTHER, reply
from tests.unit.local.probe.frames.test_dhcp import MAC, OFFER, SERVER_ID, message, sent
from tests.unit.local.probe.frames.test_icmp import PREFIX, advert
from vnetmgr.local.probe.listening import Heard
from vnetmgr.model.path.probe import ArpAnswer
from vnetmgr.model.values import Mac

NUMBER = 77  # of the offers there
OWNED, FREE = IPv4Address(ADDRESS), IPv4Address("10.0.0.200")


def heard(*frames: object, number: int | None = NUMBER) -> Heard:
    found = Heard(MAC, number, [OWNED, FREE])
    for frame in frames:
        found.hear(frame)  # type: ignore[arg-type]
    return found


def test_every_owner_counts_once_and_the_probe_is_none() -> None:
    low = bytes.fromhex("525400000000")
    found = heard(reply(), reply(mac=low), reply(), reply(mac=MAC))
    assert found.owners == (
        ArpAnswer(address=OWNED, macs=(Mac("52:54:00:00:00:00"), Mac("52:54:00:00:00:01"))),
        ArpAnswer(address=FREE),
    )


def test_who_asks_for_others_is_there() -> None:
    found = heard(reply(operation=1), reply(operation=1), reply())
    assert found.askers == (OWNED,)
    assert len(found.owners[0].macs) == 1


def test_servers_differ_in_identifier_or_mac() -> None:
    one = sent(message(OFFER + SERVER_ID))
    again = sent(message(OFFER + SERVER_ID, yours=bytes((10, 0, 0, 51))))
    twin = one._replace(source=OTHER[:5] + b"\x09")
    other = sent(message(OFFER + bytes((54, 4, 10, 0, 0, 9))))
    offers = heard(one, again, twin, other, one).offers
    assert [(str(each.server), each.mac[-2:], str(each.address)) for each in offers] == [
        ("10.0.0.1", "01", "10.0.0.50"),
        ("10.0.0.1", "09", "10.0.0.50"),
        ("10.0.0.9", "01", "10.0.0.50"),
    ]


def test_an_offer_of_somebody_elses_question_is_none() -> None:
    assert heard(sent(message(OFFER)), number=78).offers == ()


def test_a_router_counts_as_it_was_last() -> None:
    (router,) = heard(advert(), advert(PREFIX), advert(hops=1)).routers6
    assert len(router.prefixes) == 1


def test_a_flood_is_cut_off() -> None:
    macs = (b"\x02\0\0\0" + number.to_bytes(2, "big") for number in range(500))
    (owned, _) = heard(*(reply(mac=mac) for mac in macs)).owners
    assert len(owned.macs) == 64


def test_it_is_enough_when_each_address_has_an_owner() -> None:
    assert not heard(reply(), number=None).is_all
    found = Heard(MAC, None, [OWNED])
    found.hear(reply())
    assert found.is_all
    assert Heard(MAC, None, []).is_all
