"""What libvirt's network-update is asked for, from documents before and after."""

from __future__ import annotations

import re
from ipaddress import ip_address

import pytest

from tests.unit.libvirt_xml.networks.documents import MESSY
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.model.dhcp import DhcpRange, Reservation
from vnetmgr.model.dns import DnsRecord, RecordKind
from vnetmgr.model.network import Network, Portgroup
from vnetmgr.model.record import replace
from vnetmgr.model.values import Bandwidth, Mac, Rate
from vnetmgr.planner.networks.calls import update_calls

PRESENT = read_network(MESSY)
A, B = PRESENT.reservations[:2]
V6 = PRESENT.reservations[2]
NEW = Reservation(address=ip_address("10.0.0.20"), mac=Mac("52:54:00:00:00:09"), hostname="n")
RANGE = DhcpRange(start=ip_address("10.0.0.60"), end=ip_address("10.0.0.69"))
SRV, TXT = RecordKind.SRV, RecordKind.TXT


def record(name: str) -> DnsRecord:
    """One of the document's records, by its name."""
    return next(each for each in PRESENT.records if each.name == name)


def without(*gone: DnsRecord) -> tuple[DnsRecord, ...]:
    return tuple(each for each in PRESENT.records if each not in gone)


HOST = DnsRecord(kind=RecordKind.HOST, name="mail", address=ip_address("10.0.0.5"))
ROWS = {
    "nothing": (PRESENT, []),
    "a reservation more": (
        replace(PRESENT, reservations=(*PRESENT.reservations, NEW)),
        ["add ip-dhcp-host 0 <host mac='52:54:00:00:00:09' name='n' ip='10.0.0.20'/>"],
    ),
    "one less, with what nobody knows": (
        replace(PRESENT, reservations=(B, V6)),
        ["delete ip-dhcp-host 0 <host mac='52:54:00:AA:00:01' name='a' ip='10.0.0.11' odd='1'/>"],
    ),
    "another address for one": (
        replace(PRESENT, reservations=(replace(A, address=ip_address("10.0.0.21")), B, V6)),
        ["modify ip-dhcp-host 0 <host mac='52:54:00:aa:00:01' name='a' ip='10.0.0.21' odd='1'/>"],
    ),
    "an IPv6 one is in its own <ip>": (
        replace(PRESENT, reservations=(A, B)),
        ["delete ip-dhcp-host 1 <host id='0:3:0:1:52:54:0:aa:0:3' name='c' ip='fd00::13'/>"],
    ),
    "a range for another": (
        replace(PRESENT, dhcp_ranges=(PRESENT.dhcp_ranges[0], RANGE)),
        [
            "delete ip-dhcp-range 0 <range start='10.0.0.200' end='10.0.0.210'>"
            "<!-- few --></range>",
            "add ip-dhcp-range 0 <range start='10.0.0.60' end='10.0.0.69'>"
            "<lease expiry='7200' unit='seconds'/></range>",
        ],
    ),
    "another name of an address is another element": (
        replace(PRESENT, records=(*PRESENT.records, HOST)),
        [
            "delete dns-host -1 <host ip='10.0.0.5'/>",
            "add dns-host -1 <host ip='10.0.0.5'><hostname>nas</hostname>"
            "<hostname>files</hostname><hostname>mail</hostname></host>",
        ],
    ),
    "an address without names": (
        replace(PRESENT, records=without(record("nas"), record("files"))),
        [
            "delete dns-host -1 <host ip='10.0.0.5'/>",
        ],
    ),
    "another text": (
        replace(PRESENT, records=(*without(record("t")), replace(record("t"), value="w"))),
        ["delete dns-txt -1 <txt name='t' value='v'/>", "add dns-txt -1 <txt name='t' value='w'/>"],
    ),
    "a service less, with what nobody knows": (
        replace(PRESENT, records=without(record("sip"))),
        ["delete dns-srv -1 <srv service='sip' protocol='udp' future='1'/>"],
    ),
    "a portgroup's rate": (
        replace(
            PRESENT,
            portgroups=(
                replace(PRESENT.portgroups[0], inbound=Bandwidth(Rate(9))),
                Portgroup(name="quiet"),
            ),
        ),
        [
            "modify portgroup -1 <portgroup name='guests' default='yes' future='1'><bandwidth>"
            "<inbound average='9'/></bandwidth></portgroup>",
        ],
    ),
    "another default gives way first": (
        replace(
            PRESENT,
            portgroups=(
                Portgroup(name="quiet", default=True),
                replace(PRESENT.portgroups[0], default=False),
            ),
        ),
        [
            "modify portgroup -1 <portgroup name='guests' future='1'><bandwidth>"
            "<inbound average='1000' peak='2000'/></bandwidth></portgroup>",
            "modify portgroup -1 <portgroup name='quiet' default='yes'/>",
        ],
    ),
    "portgroups come and go": (
        replace(PRESENT, portgroups=(PRESENT.portgroups[0], Portgroup(name="x"))),
        ["delete portgroup -1 <portgroup name='quiet'/>", "add portgroup -1 <portgroup name='x'/>"],
    ),
    "another link": (
        replace(PRESENT, forward_devs=("eth1",)),
        [
            "delete forward-interface -1 <interface dev='eth0'/>",
            "add forward-interface -1 <interface dev='eth1'/>",
        ],
    ),
}


def flat(xml: str) -> str:
    """The element on one line."""
    return "".join(line.strip() for line in xml.splitlines()).replace('"', "'")


@pytest.mark.parametrize(("after", "expected"), ROWS.values(), ids=ROWS.keys())
def test_calls(after: Network, expected: list[str]) -> None:
    calls = update_calls(PRESENT, after, MESSY)
    said = [f"{call.command} {call.section} {call.parent} {flat(call.xml)}" for call in calls]
    assert said == expected


def test_every_call_is_taken_back_by_its_opposite() -> None:
    """With the element as it stood, also what nobody knows of it."""
    opposite = {"add": "delete", "delete": "add", "modify": "modify"}
    for after, _ in ROWS.values():
        for call in update_calls(PRESENT, after, MESSY):
            assert call.inverse == opposite[call.command]
    (call,) = update_calls(PRESENT, ROWS["another address for one"][0], MESSY)
    assert 'ip="10.0.0.11" odd="1"' in call.inverse_xml


def test_a_lease_time_is_that_of_each_range() -> None:
    calls = update_calls(PRESENT, replace(PRESENT, lease_time=None), MESSY)
    assert [call.command for call in calls] == ["delete", "delete", "add", "add"]
    assert not any("lease" in call.xml for call in calls if call.command == "add")


def test_a_reservation_outside_of_every_subnet() -> None:
    """libvirt takes such; the only IPv6 `<ip>` is the place of an IPv6 one."""
    lost = Reservation(address=ip_address("fd99::9"), hostname="lost")
    four = replace(NEW, address=ip_address("10.9.9.9"))
    after = replace(PRESENT, reservations=(*PRESENT.reservations, lost, four))
    assert [call.parent for call in update_calls(PRESENT, after, MESSY)] == [1, -1]


BOOTP = (
    "<network><name>lab</name><ip address='10.0.0.1' prefix='24'><dhcp>{}"
    "<bootp file='pxe.0'/></dhcp></ip></network>"
)
SPAN = "<range start='10.0.0.100' end='10.0.0.199'/>"
ONE = "<range start='10.0.0.100' end='10.0.0.100'/>"
OLD = "<host mac='52:54:00:00:00:01' ip='10.0.0.9'/>"
FRESH = Reservation(address=ip_address("10.0.0.8"), mac=Mac("52:54:00:00:00:02"))
NEVER_EMPTY = {
    "another range": (SPAN, {"dhcp_ranges": (RANGE,)}, ["add 60-69", "delete 100-199"]),
    "a lease time": (
        SPAN,
        {"lease_time": 60},
        ["add 100-100", "delete 100-199", "add 100-199", "delete 100-100"],
    ),
    "of a single address": (
        ONE,
        {"lease_time": 60},
        ["add 101-101", "delete 100-100", "add 100-100", "delete 101-101"],
    ),
    "a reservation stays": (SPAN + OLD, {"dhcp_ranges": (RANGE,)}, ["delete 100-199", "add 60-69"]),
    "a reservation for a range": (
        SPAN,
        {"dhcp_ranges": (), "reservations": (FRESH,)},
        ["add .8", "delete 100-199"],
    ),
    "a reservation for another": (OLD, {"reservations": (FRESH,)}, ["add .8", "delete .9"]),
}


def ends(xml: str) -> str:
    found = re.findall(r"10\.0\.0\.([0-9]+)", xml)
    return "-".join(found) if len(found) == 2 else f".{found[0]}"


@pytest.mark.parametrize(
    ("entries", "fields", "expected"), NEVER_EMPTY.values(), ids=NEVER_EMPTY.keys()
)
def test_dhcp_with_more_in_it_is_never_without_an_entry(
    entries: str, fields: dict[str, object], expected: list[str]
) -> None:
    document = BOOTP.format(entries)
    before = read_network(document)
    calls = update_calls(before, replace(before, **fields), document)
    assert [f"{call.command} {ends(call.xml)}" for call in calls] == expected
