"""The text of the tables: which packets are traced, and that nothing foreign is in it."""

from __future__ import annotations

import re
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnetmgr.local.nftrace.table import build_tables
from vnetmgr.model.path.live import Wanted
from vnetmgr.model.values import Mac

GUEST, OTHER = ip_address("10.0.0.5"), ip_address("192.0.2.9")
GUEST6, OTHER6 = ip_address("fd00::5"), ip_address("2001:db8::9")
MAC = Mac("52:54:00:00:00:01")
ANSWER = "ct direction reply ct original ip saddr 10.0.0.5 ct original ip daddr 192.0.2.9"


def matches(wanted: Wanted) -> dict[str, list[str]]:
    """Chain -> what its rules match."""
    found: dict[str, list[str]] = {}
    family = chain = ""
    for line in build_tables("t", wanted).splitlines():
        if line.startswith("table"):
            family = line.split()[1]
        elif line.startswith("chain"):
            chain = f"{family} {line.split()[1]}"
        elif "nftrace" in line:
            found.setdefault(chain, []).append(line.partition(" counter ")[0])
    return found


def test_a_guest_with_an_address() -> None:
    found = matches(Wanted(source=GUEST, destination=OTHER, protocol="tcp", port=443))
    both = [
        "ip daddr 192.0.2.9 ip saddr 10.0.0.5 tcp dport 443",
        "ip saddr 192.0.2.9 ip daddr 10.0.0.5 tcp sport 443",
    ]
    chains = ("bridge prerouting", "bridge output", "inet prerouting", "inet output")
    assert found == {
        **dict.fromkeys(chains, both),
        "inet answers": [f"{ANSWER} meta l4proto tcp ct original proto-dst 443"],
    }


def test_one_whose_address_nobody_knows() -> None:
    found = matches(Wanted(mac=MAC, destination=OTHER, protocol="icmp"))
    both = [
        "ether saddr 52:54:00:00:00:01 ip daddr 192.0.2.9 meta l4proto icmp",
        "ether daddr 52:54:00:00:00:01 ip saddr 192.0.2.9 meta l4proto icmp",
    ]
    assert found == {"bridge prerouting": both, "bridge output": both}


def test_ipv6() -> None:
    found = matches(Wanted(source=GUEST6, destination=OTHER6, protocol="icmp"))
    assert found["bridge prerouting"][0] == (
        "ip6 daddr 2001:db8::9 ip6 saddr fd00::5 meta l4proto icmpv6"
    )
    assert found["inet answers"][0].endswith("ip6 daddr 2001:db8::9 meta l4proto icmpv6")


@pytest.mark.parametrize("protocol", ["} add table x", "tcp; drop", "sctp"])
def test_no_word_of_somebodys_is_in_a_rule(protocol: str) -> None:
    text = build_tables("t", Wanted(source=GUEST, destination=OTHER, protocol=protocol, port=1))
    assert protocol not in text


@given(
    st.ip_addresses(),
    st.none() | st.sampled_from(["tcp", "udp", "icmp"]),
    st.none() | st.integers(1, 65535),
)
def test_rules_only_count_and_trace(
    destination: object, protocol: str | None, port: int | None
) -> None:
    wanted = Wanted(
        mac=MAC,
        destination=destination,  # type: ignore[arg-type]
        protocol=protocol,
        port=port,
    )
    text = build_tables("t", wanted)
    assert not re.search(r"\b(drop|reject|accept|queue|dnat|snat|masquerade|jump)\b", text)
    assert text.count("flags owner;") == text.count("table ") == 2
