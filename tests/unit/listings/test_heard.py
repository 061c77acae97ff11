"""The addresses of guests that tell nobody."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.unit.planner.builders import domain, domain_xml, nic_xml, observed
from vnetmgr.errors import VnetError
from vnetmgr.listings import heard
from vnetmgr.listings.heard import hear_neighbours
from vnetmgr.local.probe import arp
from vnetmgr.model.address import Address, AddressBook, Origin
from vnetmgr.model.path.probe import ArpAnswer
from vnetmgr.model.seen.observed import HostRoute, HostRoutes
from vnetmgr.model.values import Mac

MAC = Mac("52:54:00:00:00:01")
ROUTES = (
    HostRoute(network=ip_network("192.0.2.0/28"), link="br0"),
    HostRoute(network=ip_network("192.0.2.2/32"), link="br0", is_address=True),
    HostRoute(network=ip_network("2001:db8::/64"), link="br0"),
    HostRoute(network=ip_network("10.0.0.0/8"), link="br1"),
)


def entry(address: str, *, link: str = "br0", mac: str = MAC, state: str = "STALE") -> Any:
    return {"dst": address, "dev": link, "lladdr": mac, "state": [state]}


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Its neighbour table, to be filled."""
    table: list[dict[str, Any]] = []
    monkeypatch.setattr(heard, "objects", lambda command: table)
    monkeypatch.setattr(heard, "read_routes", lambda: HostRoutes(routes=ROUTES))
    return table


def hear(book: AddressBook | None = None, *, bridge: str = "br0", probe: bool = False) -> Any:
    xml = domain_xml(nic_xml(target="vnet0", source=f"<source bridge='{bridge}'/>"))
    seen = observed(domain(xml, xml))
    live = seen.domains[0].nics[0].live
    assert live is not None
    notes: list[str] = []
    found = hear_neighbours(seen, book or AddressBook(), notes, probe=probe).of(live)
    return [(each.address, each.prefix, str(each.origin)) for each in found], notes


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([entry("192.0.2.5")], [("192.0.2.5", 28, "arp")]),
        ([entry("2001:db8::5", state="REACHABLE")], [("2001:db8::5", 64, "arp")]),
        ([entry("fe80::5")], [("fe80::5", 64, "arp")]),
        ([entry("198.51.100.1")], [("198.51.100.1", 32, "arp")]),
        ([entry("192.0.2.5", state="FAILED")], []),
        ([entry("192.0.2.5", state="INCOMPLETE")], []),
        ([entry("192.0.2.5", link="br1")], []),
        ([entry("192.0.2.5", mac="52:54:00:00:00:02")], []),
        ([{"dst": "192.0.2.5", "dev": "br0", "state": ["PERMANENT"]}], []),
    ],
)
def test_the_hosts_neighbours(host: list[Any], entries: list[Any], found: list[Any]) -> None:
    host += entries
    assert hear() == (found, [])


def book(address: str, origin: Origin) -> AddressBook:
    known = Address(address=address, prefix=28, mac=MAC, origin=origin, bridge="br0")
    return AddressBook(by_mac={MAC: (known,)})


def test_a_lease_stays_a_lease_and_an_agent_has_the_last_word(host: list[Any]) -> None:
    host += [entry("192.0.2.5"), entry("192.0.2.6")]
    assert hear(book("192.0.2.5", Origin.LEASE))[0] == [
        ("192.0.2.5", 28, "lease"),
        ("192.0.2.6", 28, "arp"),
    ]
    assert hear(book("192.0.2.7", Origin.AGENT))[0] == [("192.0.2.7", 28, "agent")]


def test_who_has_no_known_address_is_asked_for(
    host: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []

    def probe(bridge: str, addresses: list[Any]) -> tuple[ArpAnswer, ...]:
        asked.append((bridge, len(addresses)))
        other = Mac("52:54:00:00:00:09")
        return (
            ArpAnswer(address=ip_address("192.0.2.9"), macs=(other, MAC)),
            ArpAnswer(address=ip_address("192.0.2.10")),
        )

    monkeypatch.setattr(arp, "probe_arp", probe)
    assert hear(probe=True) == ([("192.0.2.9", 28, "arp")], [])
    assert asked == [("br0", 14)]
    hear(book("192.0.2.5", Origin.LEASE), probe=True)
    assert len(asked) == 1  # its address is known
    found, notes = hear(bridge="br1", probe=True)  # a subnet of 16 million
    assert (found, len(asked)) == ([], 1)
    assert "br1 was not probed" in notes[0]


def test_what_cannot_be_asked_is_said(host: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise VnetError("it needs root")

    monkeypatch.setattr(arp, "probe_arp", fail)
    assert hear(probe=True) == ([], ["bridge br0 was not probed: it needs root"])
    monkeypatch.setattr(heard, "objects", fail)
    assert "neighbour table was not read: it needs root" in hear()[1][0]
