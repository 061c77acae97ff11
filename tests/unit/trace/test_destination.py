"""What `DESTINATION[:PORT][/PROTOCOL]` can be, and what it cannot."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.unit.model.path.examples import FACTS, NETWORK
from vnetmgr.errors import UsageError
from vnetmgr.model.dns import DnsRecord, RecordKind
from vnetmgr.model.path.networks import NetworkFacts
from vnetmgr.model.record import replace
from vnetmgr.trace.destination import Destination, named, parse_destination


@pytest.mark.parametrize(
    ("text", "name", "port", "protocol"),
    [
        ("192.0.2.1", "192.0.2.1", None, "icmp"),
        ("192.0.2.1/icmp", "192.0.2.1", None, "icmp"),
        ("192.0.2.1:443", "192.0.2.1", 443, "tcp"),
        ("192.0.2.1:53/udp", "192.0.2.1", 53, "udp"),
        ("2001:DB8::1", "2001:db8::1", None, "icmp"),
        ("2001:db8::1/icmp", "2001:db8::1", None, "icmp"),
        ("[2001:db8::1]:443", "2001:db8::1", 443, "tcp"),
        ("[2001:db8::1]", "2001:db8::1", None, "icmp"),
        ("gateway", "gateway", None, "icmp"),
        ("gateway:53/udp", "gateway", 53, "udp"),
        ("web-2.example:80", "web-2.example", 80, "tcp"),
    ],
)
def test_forms(text: str, name: str, port: int | None, protocol: str) -> None:
    assert parse_destination(text) == Destination(name, port, protocol)


@pytest.mark.parametrize(
    "text",
    [
        *("", ":", ":80", "/tcp", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:x"),
        *("192.0.2.1:80/icmp", "192.0.2.1/tcp", "192.0.2.1/udp", "192.0.2.1/sctp", "192.0.2.1/"),
        *("a b", "a\nb", "[::1", "::1]:80", "[x]:80", "1:2:3", "2001:db8::1:x", "a:80:90", "a/b/c"),
        "192.0.2.1:\u0661",
        f"192.0.2.1:{'9' * 400}",
    ],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_destination(text)
    assert refused.value.hint


WILD = NetworkFacts(
    name="lab",
    config=replace(
        NETWORK,
        records=(
            *NETWORK.records,
            DnsRecord(kind=RecordKind.WILDCARD, name="*.lab", address=ip_address("10.0.0.8")),
            DnsRecord(kind=RecordKind.WILDCARD, name="*.a.lab", address=ip_address("10.0.0.9")),
        ),
    ),
    live=None,
)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("nas", "10.0.0.3"),
        ("x.lab", "10.0.0.8"),
        ("x.y.a.lab", "10.0.0.9"),
        ("a.lab", "10.0.0.9"),
        ("xlab", None),
    ],
)
def test_a_name_below_a_domain_is_its_wildcards(name: str, address: str | None) -> None:
    found = named(name, replace(FACTS, networks=(WILD,), leases=()))
    assert found == (None if address is None else ip_address(address))
