"""What may be said of OVN."""

from __future__ import annotations

import pytest

from vnetmgr.model.overlay.options import (
    OVN_KEYS,
    parse_file,
    parse_fleet,
    parse_northbound,
    parse_revision,
)
from vnetmgr.model.overlay.settings import OvnSettings


def test_each_key_is_a_setting() -> None:
    assert {*OVN_KEYS, "origin"} == {*OvnSettings.FIELDS}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tcp:10.0.0.1:6641", None),
        ("ssl:ovn1.example.org:6641", None),
        ("ssl:ovn_1:16641", None),
        ("tcp:[fd00::1]:6641", None),
        ("unix:/run/ovn/ovnnb_db.sock", None),
        (" ssl:a:1 ,\tssl:b:2 ", "ssl:a:1,ssl:b:2"),
        ("tcp:a:1,tcp:a:1,unix:/x y", "tcp:a:1,unix:/x y"),
    ],
)
def test_where_a_database_is(text: str, found: str | None) -> None:
    assert parse_northbound(text) == (found or text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'' is no database"),
        ("10.0.0.1:6641", "is no database"),
        ("http:10.0.0.1:6641", "is no database"),
        ("TCP:10.0.0.1:6641", "is no database"),
        ("tcp", "is no database"),
        ("ptcp:6641:0.0.0.0", "say 'tcp:6641:0.0.0.0'"),
        ("punix:/run/x", "listens"),
        ("tcp:10.0.0.1", "takes a host and a port"),
        ("tcp:fd00::1:6641", "takes a host and a port"),
        ("tcp:[fd00::1]", "takes a host and a port"),
        ("tcp:[fe80::1%eth0]:6641", "takes a host and a port"),
        ("tcp:[10.0.0.1]:6641", "is no address of IPv6"),
        ("tcp::6641", "takes a host and a port"),
        ("tcp:a:0", "from 1 to 65535"),
        ("tcp:a:65536", "from 1 to 65535"),
        ("tcp:a:٦٦٤١", "takes a host and a port"),
        ("tcp:a b:1", "is no host"),
        ("tcp:a\n:1", "is no host"),
        ("tcp:-a:1", "is no host"),
        ("tcp:a:1,", "in 'tcp:a:1,'"),
        ("tcp:a:1 tcp:b:1", "takes a host and a port"),
        ("unix:ovnnb_db.sock", "no absolute path"),
        ("unix:/run/\x1b[2J", "no absolute path"),
    ],
)
def test_what_is_no_database(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_northbound(text)
    try:
        parse_northbound(text)
    except ValueError as error:
        assert said in str(error)  # noqa: PT017  # a text, and no pattern


@pytest.mark.parametrize("text", ["0", "42", "9223372036854775807", "007"])
def test_a_revision(text: str) -> None:
    assert parse_revision(text) == int(text)


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "1.0", "1_0", "0x1", "v1", "٤٢", str(2**63), "1" * 99, "1\n"],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="whole number"):
        parse_revision(text)


@pytest.mark.parametrize("text", ["", "none", "-a", "a b", "a/b", "a'b", "é", "a\n", "x" * 256])
def test_what_is_no_fleet(text: str) -> None:
    with pytest.raises(ValueError, match="no name of a fleet"):
        parse_fleet(text)


def test_a_fleet_and_a_file() -> None:
    assert parse_fleet("prod.eu-1") == "prod.eu-1"
    assert parse_file("/etc/ovn/key.pem") == "/etc/ovn/key.pem"
