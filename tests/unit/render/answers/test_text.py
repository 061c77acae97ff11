"""What is shown of another vnetmgr's document, whatever is in its texts."""

from __future__ import annotations

from typing import Any

import pytest

from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.printable import is_printable
from vnetmgr.render.answers.fleet import render_fleet
from vnetmgr.render.answers.read import graph_of
from vnetmgr.render.answers.tables import LISTS
from vnetmgr.render.answers.text import Look, text_of
from vnetmgr.render.blocks import Block, Form, Line, Note, Table
from vnetmgr.render.console import begin, settle, show
from vnetmgr.render.documents import document
from vnetmgr.render.documents.fleet import FLEET, ShownAnswer, ShownFleet

EVIL = "a\x1b[2J\u202e\nb"
HEAD = {"version": 1, "notes": []}
NIC: dict[str, Any] = {
    "domain": "web1",
    "name": None,
    "mac": "52:54:00:00:00:01",
    "mode": "bridge",
    "source": "br0",
    "model": "virtio",
    "target": "vnet0",
    "link": "up",
    "vlan": [3, 4],
    "mtu": None,
    "in_config": True,
    "in_live": True,
    "pending": ["mtu"],
    "pending_values": {},
    "orphan": False,
    "owned": False,
    "state": "pending: mtu",
    "addresses": [
        {"address": "10.0.0.5", "prefix": 24, "origin": "lease"},
        {"address": "fe80::1", "prefix": 64, "origin": "agent"},
    ],
}
FORWARD = {
    "domain": None,
    "nic": None,
    "protocol": "tcp",
    "listen": "no\x1baddress:",
    "ports": 2,
    "host_port": 8080,
    "guest_address": None,
    "guest_port": 80,
    "allow_from": [],
    "loopback": False,
    "active": None,
    "connections": None,
    "problems": ["nobody answers"],
}


def shown(found: dict[str, Any], look: Look | None = None) -> list[Block]:
    """The blocks of a document."""
    return list(text_of(found, look or Look()))


def cells(found: dict[str, Any], look: Look | None = None) -> list[tuple[str, ...]]:
    """Headings and rows of the table in it."""
    (table,) = (each for each in shown(found, look) if isinstance(each, Table))
    return [tuple(table.headings), *map(tuple, table.rows)]


def test_a_list_is_the_table_of_its_command() -> None:
    headings, row = cells({**HEAD, "kind": "nics", "items": [NIC]})
    assert headings[:3] == ("DOMAIN", "NIC", "MAC")
    assert row == (
        *("web1", "-", "52:54:00:00:00:01", "bridge", "br0 vlan 3, 4", "virtio", "vnet0", "up"),
        *("10.0.0.5 (lease)", "pending: mtu"),
    )
    columns = LISTS["nics"].chosen(["mtu,mac,pending"], Form.TABLE)
    assert cells({**HEAD, "kind": "nics", "items": [NIC]}, Look(columns=columns)) == [
        ("MTU", "MAC", "PENDING"),
        ("-", "52:54:00:00:00:01", "mtu"),
    ]


def test_an_earlier_vnetmgr_has_fewer_keys() -> None:
    nic = {key: value for key, value in NIC.items() if key != "state"}
    assert cells({**HEAD, "kind": "nics", "items": [nic]})[1][-1] == "-"


@pytest.mark.parametrize("kind", ["nics", "domains", "leases", "host-devices"])
def test_an_empty_list_says_so(kind: str) -> None:
    (line,) = shown({**HEAD, "kind": kind, "items": []})
    assert isinstance(line, Line)
    assert line.text.startswith("no ")


def test_what_is_no_address_is_shown_as_it_is() -> None:
    found = {**HEAD, "kind": "forwards", "items": [FORWARD]}
    assert cells(found)[1] == (
        *("-", "[no\x1baddress:]:8080-8081/tcp", "?:80-81", "everywhere", "?", "?"),
    )
    assert [each for each in shown(found) if isinstance(each, Note)] == [
        "no domain: [no\x1baddress:]:8080-8081/tcp: nobody answers"
    ]
    assert list(document("forwards").read(found).names()) == ["[no\x1baddress:]:8080-8081/tcp"]


@pytest.mark.parametrize("expires", ["2026-01-01T00:00:00Z", "tomorrow", "9999-99-99T00:00:00Z"])
def test_a_time_that_is_none_is_shown_as_it_is(expires: str) -> None:
    lease = {
        "network": "lab",
        "address": "10.0.0.5",
        "prefix": 24,
        "mac": None,
        "duid": None,
        "domain": None,
        "nic": None,
        "hostname": None,
        "expires": expires,
        "leased": True,
        "reserved": False,
    }
    row = cells({**HEAD, "kind": "leases", "items": [lease]})[1]
    assert row[5] == ("expired" if expires.startswith("2026") else expires)


def test_an_edge_to_nowhere_is_left_out() -> None:
    finding = {
        "domain": "web1",
        "nic": None,
        "check": "c",
        "layer": "domain",
        "status": "broken",
        "cause": "because",
        "owner": None,
        "remedy": None,
        "fixable": False,
    }
    node = dict.fromkeys(("state", "mode", "mac", "model", "target", "bridge", "mtu", "inbound"))
    found = {
        **HEAD,
        "kind": "topology",
        "host": "h",
        "nodes": [
            {
                **node,
                "outbound": None,
                "filter": None,
                "other_ports": 0,
                "addresses": [],
                "vlan": [],
                "forwards": [],
                "id": "domain:web1",
                "kind": "domain",
                "name": "web1",
            }
        ],
        "edges": [{"source": "domain:web1", "target": "nic:gone", "kind": "has"}],
        "findings": [{"node": "nowhere", **finding}],
    }
    assert graph_of(found).edges == ()
    assert [each.text for each in shown(found) if isinstance(each, Line)] == [
        "web1: ?, no nic",
    ]


def test_what_has_no_other_words_is_yaml_without_what_is_empty() -> None:
    found = {**HEAD, "kind": "new", "name": "lab", "mtu": None, "nics": [], "dns": True}
    assert [each.text for each in shown(found) if isinstance(each, Line)] == [
        "name: lab",
        "dns: true",
    ]


def test_a_network_is_what_it_has_and_who_is_on_it() -> None:
    nic = {"domain": "web1", "name": None, "mac": "52:54:00:00:00:01", "target": "vnet0"}
    found = {
        **HEAD,
        "kind": "network",
        "name": "lab",
        "active": True,
        "autostart": True,
        "persistent": True,
        "pending": [],
        "mtu": None,
        "dns": True,
        "stp": False,
        "subnets": ["10.0.0.0/24", "fd00::/64"],
        "nics": [{**nic, "addresses": []}],
        "leases": [],
        "forwards": [FORWARD],
        "records": [{"kind": "txt", "name": "a"}],
    }
    lines = [each.text for each in shown(found) if isinstance(each, Line) and each.text]
    assert lines == [
        *("name: lab", "state: running, autostart", "stp: no"),
        *("subnets: 10.0.0.0/24, fd00::/64", "records: kind txt name a"),
    ]
    on_it, forwards = (each for each in shown(found) if isinstance(each, Table))
    assert list(on_it.rows[0]) == ["web1/52:54:00:00:00:01", "52:54:00:00:00:01", "vnet0", "-"]
    assert forwards.headings[1] == "HOST PORT"


def fleet(*items: ShownAnswer) -> ShownFleet:
    """Answers."""
    return ShownFleet(items=items)


NICS = {**HEAD, "kind": "nics", "items": [NIC], "notes": ["careful"]}
ANSWERS = fleet(
    ShownAnswer("kvm1", ExitCode.DONE, NICS),
    ShownAnswer("kvm2", ExitCode.FAILED, error=VnetError("is off", "start it"), unreachable=True),
    ShownAnswer("kvm3", ExitCode.DONE, {**NICS, "items": [], "notes": []}),
)


def test_each_host_has_a_heading_and_what_stands_elsewhere_names_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    settle(Form.TABLE)
    show(render_fleet(ANSWERS, form=Form.TABLE))
    out, said = capsys.readouterr()
    assert out.splitlines()[0] == "kvm1:"
    assert out.splitlines()[3:] == ["", "kvm3:", "no nics"]
    assert said.splitlines() == ["kvm1: careful", "vnetmgr: kvm2: is off", "  hint: start it"]


def test_who_reads_names_is_told_the_rest_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    begin()
    settle(Form.NAME)
    show(render_fleet(ANSWERS, form=Form.NAME))
    out, said = capsys.readouterr()
    assert out == "kvm1/web1/52:54:00:00:00:01\n"
    assert said.splitlines() == ["kvm1: careful", "vnetmgr: kvm2: is off", "  hint: start it"]


def test_where_nothing_is_to_be_said_there_is_no_heading(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = {**HEAD, "kind": "report", "host": "h", "changes": [], "facts": []}
    settle(Form.TABLE)
    show(render_fleet(fleet(ShownAnswer("kvm1", ExitCode.DONE, report)), form=Form.TABLE))
    assert capsys.readouterr() == ("", "")


def test_names_have_their_host_and_the_document_has_all() -> None:
    data = FLEET.whole(ANSWERS)
    assert list(data.names()) == ["kvm1/web1/52:54:00:00:00:01"]
    items: Any = data["items"]
    kvm1, kvm2, _ = items
    assert kvm1 == {"host": "kvm1", "result": NICS, "exit_code": 0}
    assert (kvm2["error"]["exit_code"], kvm2["unreachable"]) == (1, True)


@pytest.mark.parametrize("kind", sorted({"nics", "network", "report", "qemu-args"}))
def test_nothing_acts_on_who_reads_it(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    change = {
        "action": "create",
        "object": "nic",
        "domain": EVIL,
        "name": EVIL,
        "scope": [],
        "disruption": "none",
        "fields": [],
        "result": "failed",
        "error": EVIL,
    }
    problem: dict[str, Any] = {"message": EVIL, "hint": EVIL, "about": None, "problems": []}
    found: dict[str, dict[str, Any]] = {
        "nics": {"items": [{**NIC, "domain": EVIL, "state": EVIL, "source": EVIL}]},
        "network": {"name": EVIL, EVIL: [EVIL, {EVIL: EVIL}]},
        "report": {"host": EVIL, "changes": [change], "facts": [], "errors": [problem]},
        "qemu-args": {
            "items": [
                {"domain": EVIL, "name": EVIL, "mac": None, "arguments": [EVIL], "notes": [EVIL]}
                | {"legacy": [EVIL]}
            ]
        },
    }
    item = ShownAnswer(
        "kvm1", ExitCode.FAILED, {**HEAD, "kind": kind, "notes": [EVIL], **found[kind]}
    )
    settle(Form.TABLE)
    show(render_fleet(fleet(item), form=Form.TABLE))
    out, said = capsys.readouterr()
    for line in (out + said).split("\n"):
        assert is_printable(line), ascii(line)
