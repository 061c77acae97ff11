"""What `DESTINATION[:PORT][/PROTOCOL]` can be, and what it cannot."""

from __future__ import annotations

import pytest

from vnetmgr.errors import UsageError
from vnetmgr.trace.destination import Destination, parse_destination


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
