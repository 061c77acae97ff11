"""list-forwards as text and as JSON."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.documents import read_document
from tests.unit.render.test_networks import FORWARD_KEYS, table
from vnetmgr.model.options.forwards import build_forward
from vnetmgr.model.record import replace
from vnetmgr.model.rows.forwards import ForwardListing, ForwardRow
from vnetmgr.render import console
from vnetmgr.render.blocks import Form
from vnetmgr.render.forwards import render_forwards

Capture = pytest.CaptureFixture[str]
URI = "qemu:///system"

ROW = ForwardRow(
    domain="web1",
    forward=build_forward("8080:80", {"nic": "lan"}),
    guest_address=ip_address("10.0.0.5"),
    active=True,
    connections=3,
)
SIX = replace(
    ROW,
    forward=build_forward(
        "[fd00::1]:8000-8010:80-90/udp", {"nic": "lan", "allow_from": ["fd00::/64", "fd01::/64"]}
    ),
    guest_address=ip_address("fd00::5"),
    active=False,
    connections=0,
    problems=("its network is off",),
)
UNSEEN = replace(ROW, domain="web2", guest_address=None, active=None, connections=None)
LISTING = ForwardListing(uri=URI, rows=(ROW, SIX, UNSEEN), notes=("a note",))


def test_as_a_table(capsys: Capture) -> None:
    console.show(render_forwards(LISTING, form=Form.TABLE))
    out, err = capsys.readouterr()
    assert table(out) == [
        ["DOMAIN/NIC", "HOST PORT", "GUEST", "FROM", "ACTIVE", "CONNECTIONS"],
        ["web1/lan", "8080/tcp", "10.0.0.5:80", "everywhere", "yes", "3"],
        [
            *("web1/lan", "[fd00::1]:8000-8010/udp", "[fd00::5]:80-90"),
            *("fd00::/64 fd01::/64", "no", "0"),
        ],
        ["web2/lan", "8080/tcp", "?:80", "everywhere", "?", "?"],
    ]
    assert err.splitlines() == [
        "web1: [fd00::1]:8000-8010/udp: its network is off",
        "a note",
    ]


def test_without_any_the_connection_is_named(capsys: Capture) -> None:
    console.show(render_forwards(ForwardListing(uri=URI, rows=()), form=Form.TABLE))
    assert capsys.readouterr().out == f"no port forwards on {URI}\n"


def test_as_json(capsys: Capture) -> None:
    console.show(render_forwards(LISTING, form=Form.JSON))
    found = read_document(capsys.readouterr().out)
    assert found["kind"] == "forwards"
    assert all(set(item) >= FORWARD_KEYS for item in found["items"])
    web, six, unseen = found["items"]
    assert web == {
        "domain": "web1",
        "nic": "lan",
        "protocol": "tcp",
        "listen": None,
        "host_port": 8080,
        "guest_address": "10.0.0.5",
        "guest_port": 80,
        "ports": 1,
        "allow_from": [],
        "loopback": False,
        "active": True,
        "connections": 3,
        "problems": [],
    }
    assert {key: six[key] for key in ("listen", "ports", "allow_from", "problems")} == {
        "listen": "fd00::1",
        "ports": 11,
        "allow_from": ["fd00::/64", "fd01::/64"],
        "problems": ["its network is off"],
    }
    assert [unseen[key] for key in ("guest_address", "active", "connections")] == [None] * 3
