"""The MAC that an IPv6 client's DUID holds."""

from __future__ import annotations

import pytest

from vnetmgr.model.dhcp import mac_of_duid

MAC = "52:54:00:12:34:56"


@pytest.mark.parametrize(
    ("duid", "mac"),
    [
        (f"00:03:00:01:{MAC}", MAC),
        (f"00:01:00:01:2b:aa:bb:cc:{MAC.upper()}", MAC),
        (f"00:03:00:06:{MAC}", None),  # not of Ethernet
        (f"00:02:00:00:{MAC}", None),  # DUID-EN
        (f"00:04:{MAC}:00:00", None),  # DUID-UUID
        (f"00:01:00:01:{MAC}", None),  # too short for a time
        (f"00:03:00:01:{MAC}:00:00:00:00", None),
        ("00:03:00:01:zz:54:00:12:34:56", None),
        ("", None),
        (None, None),
    ],
)
def test_mac_of_duid(duid: str | None, mac: str | None) -> None:
    assert mac_of_duid(duid) == mac
