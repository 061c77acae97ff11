"""Bandwidths: what libvirt and the kernel make sense of, and their one notation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnetmgr.model.values import Bandwidth, Burst, Rate


@pytest.mark.parametrize(
    ("text", "kibibytes", "shown"),
    [
        ("512KiB", 512, "512KiB"),
        ("512kB", 512, "512KiB"),
        ("512 k", 512, "512KiB"),
        ("1MB", 1024, "1MiB"),
        ("1mib", 1024, "1MiB"),
        ("1.5MiB", 1536, "1536KiB"),
        ("2048B", 2, "2KiB"),
        ("3G", 3 * 2**20, "3GiB"),
        ("4194303KiB", 2**22 - 1, "4194303KiB"),
    ],
)
def test_bursts(text: str, kibibytes: int, shown: str) -> None:
    burst = Burst.parse(text)
    assert burst == Burst(kibibytes)
    assert str(burst) == shown
    assert Burst.parse(shown) == burst


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("512", "with a unit"),
        ("10mbit", "with a unit"),
        ("1MB/s", "with a unit"),
        ("-1KiB", "with a unit"),
        ("1iB", "with a unit"),
        ("", "with a unit"),
        ("1500B", "nearest: 1KiB or 2KiB"),
        ("10B", "nearest: 1KiB"),
        ("0KiB", "outside"),
        ("4GiB", "outside 1KiB to 4194303KiB"),
    ],
)
def test_bursts_that_there_are_not(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Burst.parse(text)


@given(st.integers(1, 2**22 - 1))
def test_a_burst_is_read_as_it_is_shown(kibibytes: int) -> None:
    assert Burst.parse(str(Burst(kibibytes))) == Burst(kibibytes)


SLOW, FAST = Rate.parse("10mbit"), Rate.parse("20mbit")


@pytest.mark.parametrize(
    ("bandwidth", "shown"),
    [
        (Bandwidth(SLOW), "10mbit"),
        (Bandwidth(SLOW, peak=FAST), "10mbit,peak=20mbit"),
        (
            Bandwidth(SLOW, peak=FAST, burst=Burst(1024), floor=SLOW),
            "10mbit,peak=20mbit,burst=1MiB,floor=10mbit",
        ),
        (Bandwidth(floor=SLOW), "floor=10mbit"),
    ],
)
def test_how_a_bandwidth_is_shown(bandwidth: Bandwidth, shown: str) -> None:
    assert str(bandwidth) == shown
    assert bandwidth.is_plain == (shown == "10mbit")
    parts = (bandwidth.average, bandwidth.peak, bandwidth.burst, bandwidth.floor)
    assert Bandwidth.of(*parts) == bandwidth


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({}, "without an average"),
        ({"peak": FAST}, "without an average"),
        ({"burst": Burst(1), "floor": SLOW}, "without an average"),
        ({"average": SLOW, "peak": FAST, "burst": Burst(2**20)}, "more than 274 seconds"),
        ({"average": FAST, "peak": SLOW}, "peak 10mbit is below the average, 20mbit"),
    ],
)
def test_parts_that_do_not_go_together(parts: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Bandwidth.of(**parts)  # type: ignore[arg-type]  # what is wrong is the point
