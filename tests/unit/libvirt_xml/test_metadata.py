"""Holds and port forwards in a domain's `<vnetmgr:data>`; what is not known stays there."""

from __future__ import annotations

import pytest

from vnetmgr.libvirt_xml.metadata import (
    read_forwards,
    read_holds,
    says_the_same,
    settable,
    with_forwards,
    with_holds,
)
from vnetmgr.model.domain import Hold
from vnetmgr.model.options.forwards import build_forward

WEB = build_forward("8080:80", {"nic": "lan"})
EVERYTHING = build_forward(
    "8000-8010:80-90/udp",
    {
        "nic": "52:54:00:00:00:01",
        "allow_from": ["192.0.2.0/24", "fd00::/64"],
        "guest_address": ["10.0.0.5", "fd00::5"],
        "loopback": "yes",
    },
)
FORWARDS = (
    WEB,
    EVERYTHING,
    build_forward("[fd00::1]:8080:80", {"nic": "lan"}),
    build_forward("10.0.0.1:8080:80", {}),
)
HOLD = Hold(nic="lan", until_s=200, reason="by hand & <more>")


def data(children: str) -> str:
    return f'<vnetmgr:data xmlns:vnetmgr="urn:vnetmgr:1">{children}</vnetmgr:data>'


def test_round_trip() -> None:
    text = with_forwards(None, FORWARDS)
    assert read_forwards(text) == FORWARDS
    for each in FORWARDS:
        assert read_forwards(with_forwards(text, [each])) == (each,)
    assert with_forwards(text, ()) is None
    assert with_forwards(None, ()) is None


def test_as_it_is_written() -> None:
    assert with_forwards(None, [WEB, EVERYTHING]) == data(
        '<vnetmgr:forward host_port="8080" guest_port="80" protocol="tcp" nic="lan"/>'
        '<vnetmgr:forward host_port="8000-8010" guest_port="80-90" protocol="udp" '
        'nic="52:54:00:00:00:01" allow_from="192.0.2.0/24 fd00::/64" '
        'guest_address="10.0.0.5 fd00::5" loopback="yes"/>'
    )


def test_holds_and_what_is_not_known_stay() -> None:
    unknown = '<vnetmgr:new key="1"><vnetmgr:forward/></vnetmgr:new><!-- a note -->'
    text = with_forwards(with_holds(data(unknown), [HOLD]), FORWARDS)
    assert text is not None
    assert (read_holds(text), read_forwards(text)) == ((HOLD,), FORWARDS)
    released = with_holds(text, ())
    assert (read_holds(released), read_forwards(released)) == ((), FORWARDS)
    assert with_forwards(released, ()) == data(unknown)
    held = with_forwards(text, ())
    assert (read_holds(held), read_forwards(held)) == ((HOLD,), ())


def test_libvirt_takes_it_without_its_namespace() -> None:
    text = with_forwards(None, [WEB])
    assert text is not None
    assert settable(text) == (
        '<data><forward host_port="8080" guest_port="80" protocol="tcp" nic="lan"/></data>'
    )


@pytest.mark.parametrize("text", [None, "", data("")])
def test_nothing(text: str | None) -> None:
    assert read_forwards(text or None) == ()


@pytest.mark.parametrize(
    "attributes",
    [
        "",
        "host_port='8080'",
        "host_port='8080' guest_port='http'",
        "host_port='8080' guest_port='80' protocol='sctp'",
        "host_port='8080' guest_port='80-90'",
        "host_port='8080' guest_port='80' new='1'",
        "host_port='8080' guest_port='80' listen='::1'",
        "host_port='8080' guest_port='80' nic='a b'",
        "host_port='8080' guest_port='80' allow_from='here there'",
    ],
)
def test_what_cannot_be_read_is_none(attributes: str) -> None:
    good = '<vnetmgr:forward host_port="8080" guest_port="80" nic="lan"/>'
    assert read_forwards(data(f"<vnetmgr:forward {attributes}/>{good}")) == (WEB,)


def test_others_of_the_name_are_none() -> None:
    other = data('<forward host_port="8080" guest_port="80"/>')
    assert read_forwards(other) == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (None, None, True),
        (with_forwards(None, [WEB], "a"), None, False),
        (data('<vnetmgr:hold until="1"/>'), data('\n  <vnetmgr:hold until="1"/>\n'), True),
        (
            data('<vnetmgr:hold until="1" nic="a"/>'),
            data('<vnetmgr:hold nic="a" until="1"/>'),
            True,
        ),
        # What is noted of the config's nics counts for nothing.
        (data('<vnetmgr:pair config="a" live="b"/><vnetmgr:owned nic="x"/>'), None, True),
        (data('<vnetmgr:hold until="1"/>'), data('<vnetmgr:hold until="2"/>'), False),
        (with_forwards(None, [WEB], "a"), with_forwards(None, [WEB], "b"), False),
        (with_forwards(None, [WEB], "a"), with_forwards(None, FORWARDS, "a"), False),
    ],
)
def test_what_says_the_same(one: str | None, other: str | None, same: bool) -> None:  # noqa: FBT001
    assert says_the_same(one, other) is same
