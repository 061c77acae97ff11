"""Networks and leases as text and as JSON."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.documents import read_document
from vnetmgr.model.dhcp import INFINITE_S, DhcpRange, Reservation
from vnetmgr.model.dns import DnsRecord, RecordKind
from vnetmgr.model.network import Network, NetworkMode, Portgroup, SeenNetwork
from vnetmgr.model.network_attributes import default_of
from vnetmgr.model.options.forwards import build_forward
from vnetmgr.model.record import replace
from vnetmgr.model.rows.forwards import ForwardListing, ForwardRow
from vnetmgr.model.rows.networks import (
    LeaseListing,
    LeaseRow,
    NetworkListing,
    NetworkNicRow,
    NetworkRow,
)
from vnetmgr.model.values import Bandwidth, Mac, Rate
from vnetmgr.render import console
from vnetmgr.render.blocks import Form
from vnetmgr.render.leases import duration, render_leases
from vnetmgr.render.networks import render_networks, render_one_network

Capture = pytest.CaptureFixture[str]
URI = "qemu:///system"
A = Mac("52:54:00:00:00:0a")

# DESIGN.md, section 3.
NETWORK_KEYS = {
    *("name", "uuid", "mode", "bridge", "active", "autostart", "persistent", "owned"),
    *("subnets", "dhcp_ranges", "nics"),
}
FORWARD_KEYS = {
    *("domain", "nic", "protocol", "listen", "host_port", "guest_address", "guest_port"),
    *("active", "connections"),
}
LEASE_KEYS = {"address", "prefix", "mac", "domain", "nic", "hostname", "expires", "reserved"}

CONFIG = Network(
    name="lab",
    mode=NetworkMode.NAT,
    uuid="6d3e0c5c-8f0b-4f5a-9c6b-0e9d2c6f0a11",
    owned=True,
    bridge="virbr7",
    subnets=(ip_network("10.0.0.0/24"), ip_network("fd00::/64")),
    gateways=(ip_address("10.0.0.1"), ip_address("fd00::1")),
    dhcp_ranges=(DhcpRange(start=ip_address("10.0.0.10"), end=ip_address("10.0.0.99")),),
    lease_time=7200,
    dhcp_options=("option:ntp-server,10.0.0.1",),
    mtu=1400,
    portgroups=(
        Portgroup(name="guests", default=True, vlan=(3, 4), inbound=Bandwidth(Rate(1250))),
    ),
    nat_ipv6=True,
    reservations=(Reservation(address=ip_address("10.0.0.20"), mac=A, hostname="web"),),
    records=(
        DnsRecord(kind=RecordKind.HOST, name="nas", address=ip_address("10.0.0.5")),
        DnsRecord(kind=RecordKind.SRV, name="ldap", protocol="tcp", target="nas", port=389),
    ),
)
SEEN = SeenNetwork(key="lab", autostart=True, config=CONFIG, live=replace(CONFIG, mtu=None))
GOOD = NetworkNicRow(
    domain="web1",
    name="lan",
    mac=A,
    target="vnet0",
    in_live=True,
    running=True,
    orphan=False,
    addresses=("10.0.0.20", "fd00::9"),
)
LOST = replace(GOOD, domain="web2", name=None, target="vnet1", orphan=True, addresses=())
OFF = replace(GOOD, domain="web3", target=None, in_live=False, running=False, addresses=())
ROW = NetworkRow(seen=SEEN, nics=(GOOD, LOST, OFF), foreign_ports=("veth1",))
LEASE = LeaseRow(
    network="lab",
    address=ip_address("10.0.0.20"),
    prefix=24,
    mac=A,
    duid=None,
    domain="web1",
    nic="lan",
    hostname="web",
    expires_s=1_000_000_000,
    leased=True,
    reserved=True,
)
KEPT = replace(
    LEASE, domain=None, nic=None, hostname=None, expires_s=None, leased=False, prefix=None
)
FORWARD = ForwardRow(
    domain="web1",
    forward=build_forward("8080:80", {"nic": "lan"}),
    guest_address=ip_address("10.0.0.20"),
    active=False,
    connections=3,
    problems=("its network is off",),
)
NO_FORWARDS = ForwardListing(uri=URI, rows=())
NOW_S = 1_000_000_000 - 65 * 60


def table(text: str) -> list[list[str]]:
    """The cells of a table: columns are two spaces apart."""
    return [
        [cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.splitlines()
    ]


def printed(capsys: Capture) -> dict[str, Any]:
    return read_document(capsys.readouterr().out)


def test_networks_as_a_table(capsys: Capture) -> None:
    bare = Network(name="hd", mode=NetworkMode.HOSTDEV)
    off = NetworkRow(seen=SeenNetwork(key="hd", autostart=False, config=bare))
    console.show(
        render_networks(
            NetworkListing(uri=URI, rows=(off, ROW), notes=("a note",)), form=Form.TABLE
        )
    )
    out, err = capsys.readouterr()
    assert table(out) == [
        ["NAME", "MODE", "BRIDGE", "STATE", "SUBNETS", "NICS"],
        ["hd", "hostdev", "-", "off", "-", "0"],
        [
            *("lab", "nat", "virbr7", "running, autostart, pending: mtu"),
            *("10.0.0.0/24, fd00::/64", "3 (1 orphan)"),
        ],
    ]
    assert err.splitlines() == [
        "lab: a nic has lost the bridge; vnetmgr start-network lab plugs in again",
        "a note",
    ]


def test_orphans_are_counted(capsys: Capture) -> None:
    row = replace(ROW, nics=(LOST, GOOD, LOST))
    console.show(render_networks(NetworkListing(uri=URI, rows=(row,)), form=Form.TABLE))
    out, err = capsys.readouterr()
    assert "3 (2 orphans)" in out
    assert "2 nics have lost the bridge" in err


def test_empty_tables_name_the_connection(capsys: Capture) -> None:
    console.show(render_networks(NetworkListing(uri=URI, rows=()), form=Form.TABLE))
    console.show(render_leases(LeaseListing(uri=URI, rows=()), form=Form.TABLE))
    assert capsys.readouterr().out.splitlines() == [
        f"no networks on {URI}",
        f"no leases and no reservations on {URI}",
    ]


# What the network below sets besides, or says differently in JSON.
SAID = {
    *("gateways", "lease_time", "dhcp_options", "dns_domain", "mtu", "forward_dev", "forward_devs"),
    *("direct_mode", "pf", "virtualport", "isolated_ports", "nat_ipv6", "portgroups", "pending"),
    *("orphans", "foreign_ports"),
}


def test_networks_as_json(capsys: Capture) -> None:
    console.show(render_networks(NetworkListing(uri=URI, rows=(ROW,)), form=Form.JSON))
    found = printed(capsys)
    (item,) = found["items"]
    assert found["kind"] == "networks"
    assert set(item) >= NETWORK_KEYS
    unset = {key: item.pop(key) for key in item.keys() - {*NETWORK_KEYS, *SAID}}
    assert all(value in (None, [], {}, default_of(key)) for key, value in unset.items())
    assert item == {
        "name": "lab",
        "uuid": CONFIG.uuid,
        "mode": "nat",
        "bridge": "virbr7",
        "active": True,
        "autostart": True,
        "persistent": True,
        "owned": True,
        "subnets": ["10.0.0.0/24", "fd00::/64"],
        "gateways": ["10.0.0.1", "fd00::1"],
        "dhcp_ranges": ["10.0.0.10-10.0.0.99"],
        "lease_time": 7200,
        "dhcp_options": ["option:ntp-server,10.0.0.1"],
        "dns_domain": None,
        "mtu": 1400,
        "forward_dev": None,
        "forward_devs": [],
        "direct_mode": None,
        "pf": None,
        "virtualport": None,
        "isolated_ports": False,
        "nat_ipv6": True,
        "portgroups": [
            {
                "name": "guests",
                "default": True,
                "vlan": [3, 4],
                "native_vlan": None,
                "virtualport": None,
                "inbound": "10mbit",
                "outbound": None,
            }
        ],
        "pending": ["mtu"],
        "nics": [
            {
                "domain": "web1",
                "name": "lan",
                "mac": A,
                "target": "vnet0",
                "in_live": True,
                "orphan": False,
                "addresses": ["10.0.0.20", "fd00::9"],
            },
            {
                "domain": "web2",
                "name": None,
                "mac": A,
                "target": "vnet1",
                "in_live": True,
                "orphan": True,
                "addresses": [],
            },
            {
                "domain": "web3",
                "name": "lan",
                "mac": A,
                "target": None,
                "in_live": False,
                "orphan": False,
                "addresses": [],
            },
        ],
        "orphans": 1,
        "foreign_ports": ["veth1"],
    }


def test_one_network_as_json(capsys: Capture) -> None:
    forwards = ForwardListing(uri=URI, rows=(FORWARD,), notes=("not seen",))
    leases = LeaseListing(uri=URI, rows=(LEASE,), notes=("a note",))
    console.show(render_one_network(ROW, leases, forwards, form=Form.JSON))
    found = printed(capsys)
    assert found["kind"] == "network"
    assert set(found) >= NETWORK_KEYS
    assert found["reservations"] == [
        {"address": "10.0.0.20", "mac": A, "duid": None, "hostname": "web"}
    ]
    assert found["records"] == [
        {"kind": "host", "name": "nas", "address": "10.0.0.5"},
        {"kind": "srv", "name": "ldap", "protocol": "tcp", "target": "nas", "port": 389},
    ]
    assert [set(lease) >= LEASE_KEYS for lease in found["leases"]] == [True]
    assert [set(forward) >= FORWARD_KEYS for forward in found["forwards"]] == [True]
    assert found["notes"] == ["a note", "not seen"]


def test_one_network_as_text(capsys: Capture) -> None:
    forwards = ForwardListing(uri=URI, rows=(FORWARD,))
    leases = LeaseListing(uri=URI, rows=(LEASE,))
    console.show(render_one_network(ROW, leases, forwards, form=Form.TABLE, now_s=NOW_S))
    out, err = capsys.readouterr()
    assert "web1: 8080/tcp: its network is off" in err.splitlines()
    blocks = out.rstrip("\n").split("\n\n")
    assert blocks[0].splitlines() == [
        "name: lab",
        f"uuid: {CONFIG.uuid}",
        "mode: nat",
        "bridge: virbr7",
        "state: running, autostart, pending: mtu",
        "subnets: 10.0.0.0/24, fd00::/64",
        "gateways: 10.0.0.1, fd00::1",
        "dhcp_ranges: 10.0.0.10-10.0.0.99",
        "lease_time: 2 h",
        "dhcp_options: option:ntp-server,10.0.0.1",
        "mtu: 1400 (running: -)",
        "nat_ipv6: yes",
        "owned: yes",
        "foreign_ports: veth1",
    ]
    assert [table(block) for block in blocks[1:]] == [
        [
            ["NIC", "MAC", "TARGET", "ADDRESSES", "STATE"],
            ["web1/lan", A, "vnet0", "10.0.0.20, fd00::9", "ok"],
            [f"web2/{A}", A, "vnet1", "-", "orphan"],
            ["web3/lan", A, "-", "-", "off"],
        ],
        [
            ["NETWORK", "ADDRESS", "MAC", "DOMAIN/NIC", "HOSTNAME", "EXPIRES", "STATE"],
            ["lab", "10.0.0.20", A, "web1/lan", "web", "1 h 5 min", "leased, reserved"],
        ],
        [
            ["DOMAIN/NIC", "HOST PORT", "GUEST", "FROM", "ACTIVE", "CONNECTIONS"],
            ["web1/lan", "8080/tcp", "10.0.0.20:80", "everywhere", "no", "3"],
        ],
        [
            ["PORTGROUP", "DEFAULT", "VLAN", "INBOUND", "OUTBOUND"],
            ["guests", "yes", "3,4", "10mbit", "-"],
        ],
        [["RECORDS"], ["host nas 10.0.0.5"], ["srv _ldap._tcp nas:389"]],
    ]


def test_what_a_restart_takes_away_or_changes_is_told(capsys: Capture) -> None:
    live = replace(CONFIG, mode=NetworkMode.OPEN, lease_time=INFINITE_S, dns_domain="old")
    seen = SeenNetwork(key="lab", autostart=True, config=CONFIG, live=live)
    bare = LeaseListing(uri=URI, rows=())
    console.show(render_one_network(NetworkRow(seen=seen), bare, NO_FORWARDS, form=Form.TABLE))
    out, err = capsys.readouterr()
    assert err == ""
    assert "HOST PORT" not in out
    lines = out.splitlines()
    assert "mode: nat (running: open)" in lines
    assert "lease_time: 2 h (running: for ever)" in lines
    assert "dns_domain: - (running: old)" in lines
    assert "nics: none" in lines


def test_leases_as_a_table(capsys: Capture) -> None:
    rows = (LEASE, replace(LEASE, expires_s=None, nic=None, reserved=False), KEPT)
    listing = LeaseListing(uri=URI, rows=rows, notes=("a note",))
    console.show(render_leases(listing, form=Form.TABLE, now_s=NOW_S))
    out, err = capsys.readouterr()
    assert table(out)[1:] == [
        ["lab", "10.0.0.20", A, "web1/lan", "web", "1 h 5 min", "leased, reserved"],
        ["lab", "10.0.0.20", A, f"web1/{A}", "web", "never", "leased"],
        ["lab", "10.0.0.20", A, "-", "-", "-", "reserved"],
    ]
    assert err == "a note\n"


def test_leases_as_json(capsys: Capture) -> None:
    console.show(render_leases(LeaseListing(uri=URI, rows=(LEASE, KEPT)), form=Form.JSON))
    found = printed(capsys)
    assert found["kind"] == "leases"
    assert all(set(item) >= LEASE_KEYS for item in found["items"])
    lease, kept = found["items"]
    assert lease["expires"] == "2001-09-09T01:46:40Z"
    assert (lease["reserved"], lease["leased"], lease["domain"], lease["nic"]) == (
        *(True, True, "web1", "lan"),
    )
    assert (kept["reserved"], kept["leased"], kept["expires"], kept["prefix"]) == (
        *(True, False, None, None),
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "1 s"),
        (59, "59 s"),
        (60, "1 min"),
        (23 * 60 + 59, "23 min"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
        (86399, "23 h 59 min"),
        (86400, "1 d"),
        (2 * 86400 + 3 * 3600 + 59, "2 d 3 h"),
    ],
)
def test_durations(seconds: int, text: str) -> None:
    assert duration(seconds) == text


def test_a_lease_that_has_just_run_out(capsys: Capture) -> None:
    console.show(
        render_leases(LeaseListing(uri=URI, rows=(LEASE,)), form=Form.TABLE, now_s=1_000_000_000)
    )
    assert "expired" in capsys.readouterr().out
