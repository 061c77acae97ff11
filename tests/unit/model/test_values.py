"""Values: every usual notation in, one normal form out, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnetmgr.model.values import (
    Mac,
    PciAddress,
    Rate,
    parse_duration,
    parse_integer,
    parse_microseconds,
    parse_size,
)


@pytest.mark.parametrize(
    "text",
    [
        "52:54:00:0a:34:02",
        "52:54:00:0A:34:02",
        "52-54-00-0a-34-02",
        "5254.000a.3402",
        "5254000a3402",
        "52:54:0:a:34:2",
        " 52:54:00:0a:34:02 ",
    ],
)
def test_mac_notations(text: str) -> None:
    assert Mac.parse(text) == "52:54:00:0a:34:02"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("01:00:5e:00:00:01", "multicast"),
        ("ff:ff:ff:ff:ff:ff", "multicast"),
        ("00:00:00:00:00:00", "all zero"),
        ("fe:54:00:00:00:01", "host's side"),
        ("52:54:00:12:34", "six bytes"),
        ("52:54:00:12:34:5g", "six bytes"),
        ("52:54-00:12-34:56", "six bytes"),
        ("", "six bytes"),
        ("5254.00.0a3402", "six bytes"),
    ],
)
def test_macs_that_no_nic_may_have(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Mac.parse(text)


@pytest.mark.parametrize(
    ("text", "kilobytes_per_s", "shown"),
    [
        ("10mbit", 1250, "10mbit"),
        ("10Mbit", 1250, "10mbit"),
        ("10Mbps", 1250, "10mbit"),
        ("10Mbit/s", 1250, "10mbit"),
        ("10 mbit", 1250, "10mbit"),
        ("1.5MB/s", 1500, "12mbit"),
        ("1.5MBps", 1500, "12mbit"),
        ("125kB/s", 125, "1mbit"),
        ("2.5gbit", 312500, "2.5gbit"),
        ("8kbit", 1, "8kbit"),
        ("1000Mb/s", 125000, "1gbit"),
        ("1.008mbit", 126, "1.008mbit"),
    ],
)
def test_rates(text: str, kilobytes_per_s: int, shown: str) -> None:
    rate = Rate.parse(text)
    assert rate == Rate(kilobytes_per_s)
    assert str(rate) == shown


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("10", "unit"),
        ("ten mbit", "not a number"),
        ("-5mbit", "not a number"),
        ("0mbit", "outside"),
        ("9kbit", "nearest: 8kbit or 16kbit"),
        ("1kbit", "nearest: 8kbit"),
        ("10mibit", "unit is one of"),
        ("99999999gbit", "outside"),
        (f"{'9' * 5000}mbit", "not a number"),
    ],
)
def test_rates_that_libvirt_cannot_hold(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Rate.parse(text)


@given(st.integers(min_value=1, max_value=2**32 - 1))
def test_a_rate_reads_back_what_it_shows(kilobytes_per_s: int) -> None:
    assert Rate.parse(str(Rate(kilobytes_per_s))) == Rate(kilobytes_per_s)


@given(st.binary(min_size=6, max_size=6))
def test_a_mac_is_refused_or_reads_back(raw: bytes) -> None:
    text = raw.hex(":")
    try:
        mac = Mac.parse(text)
    except ValueError:
        assert raw[0] & 1 or raw[0] == 0xFE or raw == bytes(6)
    else:
        assert mac == text


@pytest.mark.parametrize(
    ("text", "shown"), [("0000:03:10.1", "0000:03:10.1"), ("3:1f.7", "0000:03:1f.7")]
)
def test_pci_addresses(text: str, shown: str) -> None:
    assert str(PciAddress.parse(text)) == shown


@pytest.mark.parametrize("text", ["", "03:20.0", "03:10.8", "0000:03:10", "00000:03:10.1"])
def test_no_pci_addresses(text: str) -> None:
    with pytest.raises(ValueError, match="PCI address"):
        PciAddress.parse(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("1GiB", 2**30), ("512M", 2**29), ("512MiB", 2**29), ("2GB", 2 * 10**9), ("4096", 4096)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "big", "1.5GiB", "-1M"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="size"):
        parse_size(text)


@pytest.mark.parametrize("text", ["67", "65536", "x", "-1", "1e3", "٣٣٣"])
def test_integers_outside_their_range(text: str) -> None:
    with pytest.raises(ValueError, match=r"MTU .* is not a whole number from 68 to 65535"):
        parse_integer(text, what="MTU", low=68, high=65535)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("90", 90),
        (" 90 s ", 90),
        ("30m", 1800),
        ("2H", 7200),
        ("2 hours", 7200),
        ("1h30m", 5400),
        ("1h 30min", 5400),
        ("1.5h", 5400),
        ("1week 2days", 777_600),
        ("1m", 60),
        ("1M", 2_629_800),
        ("1y 12month", 63_115_200),
        ("500ms 500msec", 1),
        ("1m 1m", 120),
    ],
)
def test_times(text: str, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("55s500ms", 55_500_000), ("0.5", 500_000), ("7us", 7), ("7µs 1us", 8), ("0.0000019s", 1)],
)
def test_parts_of_a_second(text: str, expected: int) -> None:
    assert parse_microseconds(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *((text, "is not a time") for text in ("", " ", "-5", "+5", "m", "h1", "1,5h", "1..5h")),
        *((text, "is not a time") for text in ("\u0661s", "1h\n", "1h\t", "infinity", "1-2h")),
        *((text, "is not a time") for text in ("9" * 21, "9" * 5000 + "s", "1s" * 5000 + "!")),
        *((text, "needs its unit") for text in ("1h30", "30 1h", "1 2", "1e3")),
        ("5x", "x is no unit of time"),
        ("1h 5minuten", "minuten is no unit"),
        ("1.5s", "parts of a second"),
        ("100ms", "parts of a second"),
    ],
)
def test_what_is_no_time(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_duration(text)
