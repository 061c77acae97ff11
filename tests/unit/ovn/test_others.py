"""What others write in the database: beside vnetmgr's rows, in them, and in their place."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_interface
from typing import Any

import pytest

from tests.ovn import Database as Server
from tests.unit.ovn.values import FULL, overlay, port
from vnetmgr.errors import RefusedError
from vnetmgr.model.dns import DnsForwarder
from vnetmgr.model.overlay.northbound import LogicalPort, Northbound, PortChange
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.record import replace
from vnetmgr.model.writes import SetOverlay, SetPorts
from vnetmgr.ovn.database import Database

PORT = port(addresses=(ip_address("10.66.0.9"),))
MARKS = "external_ids:vnetmgr-fleet=default external_ids:vnetmgr-network=blue"
INSIDE = "set logical_router_port vnetmgr-gateway-inside-blue"
SAID = "set logical_switch blue external_ids:vnetmgr-"
V4 = "dhcp_options $(cidr=10.66.0.0/24)"


@pytest.fixture
def database(northbound: Server) -> Iterator[Database]:
    """A connection; blue is there, with a port."""
    with Database.connect(OvnSettings(northbound=northbound.remote)) as database:
        database.set_overlay(SetOverlay(name="blue", before=None, after=overlay()))
        database.set_ports(SetPorts(changes=(PortChange(before=None, after=PORT),)))
        yield database


def by_hand(northbound: Server, command: str) -> str:
    """ovn-nbctl; `$(COLUMN=VALUE)` behind a table is the row that has it."""
    while "$(" in command:
        before, _, rest = command.partition("$(")
        condition, _, after = rest.partition(")")
        table = before.split()[-1]
        row = northbound.ctl(f"--bare --columns=_uuid find {table} {condition}").split()[0]
        command = f"{before}{row}{after}"
    return northbound.ctl(command)


def fields(found: Northbound) -> dict[str, Any]:
    """What of blue is not as it was made."""
    (blue,) = [each for each in found.overlays if each.network.name == "blue"]
    made, now = overlay().network, blue.network
    return {
        name: getattr(now, name) for name in now.FIELDS if getattr(now, name) != getattr(made, name)
    }


@pytest.mark.parametrize(
    ("command", "changed"),
    [
        (f"set {V4} options:lease_time=60", {"lease_time": 60}),
        (f"set {V4} options:mtu=1300", {"mtu": 1300}),
        (f"set {V4} options:domain_name='\"a.test\"'", {"dns_domain": "a.test"}),
        (f"remove {V4} options domain_name", {"dns_domain": None}),
        (
            f"set {V4} options:dns_server=192.0.2.54",
            {"dns_forwarders": (DnsForwarder(address=ip_address("192.0.2.54")),)},
        ),
        (f"remove {V4} options ntp_server", {"dhcp_options": ("66,tftp.lab.internal",)}),
        (
            f"set {V4} options:wpad='\"http://a\"'",
            {
                "dhcp_options": (
                    *("option:ntp-server,10.0.0.1", "66,tftp.lab.internal"),
                    "252,http://a",
                )
            },
        ),
        (
            "set logical_router_port vnetmgr-gateway-inside-blue networks=10.66.0.254/24",
            {"gateways": (ip_address("10.66.0.254"),)},
        ),
        (
            "set logical_router_port vnetmgr-gateway-outside-blue networks=192.0.2.20/24",
            {"external_addresses": (ip_interface("192.0.2.20/24"),)},
        ),
        (
            "lsp-set-options vnetmgr-port-localnet-blue network_name=other",
            {"external": "other"},
        ),
    ],
)
def test_what_is_changed_by_hand_is_read_as_the_field_and_written_back(
    database: Database, northbound: Server, command: str, changed: dict[str, Any]
) -> None:
    by_hand(northbound, command)
    found = database.read()
    assert fields(found) == changed
    database.set_overlay(SetOverlay(name="blue", before=found.overlays[0], after=overlay()))
    assert database.read().overlays == (overlay(),)


@pytest.mark.parametrize(
    ("command", "flaw"),
    [
        ("lr-del vnetmgr-router-blue", "Logical_Router router: missing"),
        ("ls-del vnetmgr-outside-blue", "Logical_Switch outside: missing"),
        ("lsp-del vnetmgr-port-inside-blue", "Logical_Switch_Port inside: missing"),
        ("set logical_switch blue name=red", "Logical_Switch switch: name: red"),
        ("lr-nat-del vnetmgr-router-blue", "NAT 10.66.0.0/24: missing"),
        (
            "lrp-del-gateway-chassis vnetmgr-gateway-outside-blue hosta",
            "Gateway_Chassis hosta: missing",
        ),
        (f"set {V4} options:server_id=10.66.0.7", "DHCP_Options 10.66.0.0/24: options:server_id"),
        (f"set {V4} options:lease_time=99999999999", "DHCP_Options 10.66.0.0/24: options:lease"),
        (f"set {V4} options:mtu=-1", "DHCP_Options 10.66.0.0/24: options:mtu"),
        (f"set {V4} options:ntp_server='\"a b\"'", "DHCP_Options 10.66.0.0/24: options:ntp_server"),
        (f"set {V4} options:domain_name='\"a b\"'", "DHCP_Options 10.66.0.0/24: options:domain"),
        (f"{INSIDE} networks=10.66.0.1/16", "Logical_Router_Port inside: networks"),
        (f"{INSIDE} networks=172.16.0.1/24", "Logical_Router_Port inside: networks"),
        (f"{SAID}subnets=junk", "external_ids:vnetmgr-subnets"),
        (f"{SAID}dhcp-ranges=10.66.0.9-10.66.0.2", "external_ids:vnetmgr-dhcp-ranges"),
        (f"{SAID}dhcp-ranges=10.9.0.2-10.9.0.9", "external_ids:vnetmgr-dhcp-ranges"),
        (f"{SAID}reserved-=10.66.0.4", "external_ids:vnetmgr-reserved-"),
        ("dhcp-options-del $(cidr=10.66.0.0/24)", "DHCP_Options 10.66.0.0/24: missing"),
        ("set acl $(action=drop) match='\"1\"'", "ACL isolated: match: 1"),
        ("clear logical_switch blue dns_records", "DNS names: missing"),
        (
            "clear port_group $(external_ids:vnetmgr-role=isolated) external_ids",
            "Port_Group isolated: external_ids:vnetmgr-fleet: none",
        ),
        (
            "clear logical_router_port vnetmgr-gateway-inside-blue external_ids",
            "Logical_Router_Port inside: external_ids:vnetmgr-fleet: none",
        ),
        (
            "set gateway_chassis $(chassis_name=hosta) external_ids:vnetmgr-role=switch",
            "Gateway_Chassis hosta: external_ids:vnetmgr-role: switch",
        ),
        (
            "set logical_switch_port vnetmgr-port-inside-blue external_ids:vnetmgr-network=red",
            "Logical_Switch_Port inside: external_ids:vnetmgr-network: red",
        ),
        (
            "clear logical_router vnetmgr-router-blue external_ids",
            "Logical_Router router: external_ids:vnetmgr-fleet: none",
        ),
        (
            "clear logical_switch vnetmgr-outside-blue external_ids",
            "Logical_Switch outside: external_ids:vnetmgr-fleet: none",
        ),
        ("clear dns $(external_ids:vnetmgr-role=names) records", "DNS names: web1.lab.internal"),
    ],
)
def test_what_no_field_says_is_a_flaw_and_mended(
    database: Database, northbound: Server, command: str, flaw: str
) -> None:
    command = command.replace("dhcp-options-del $(", "destroy dhcp_options $(")
    by_hand(northbound, command)
    found = database.read()
    (blue,) = [each for each in found.overlays if each.network.name == "blue"]
    assert any(text.startswith(flaw) for text in blue.flaws), blue.flaws
    database.set_overlay(SetOverlay(name="blue", before=blue, after=overlay()))
    found = database.read()
    assert found.overlays == (overlay(),)
    assert [each.flaws for each in found.ports] == [()]


THEIRS = (
    "ls-add ops -- lsp-add ops web -- acl-add ops to-lport 5 ip4 drop -- lr-add ops "
    "-- lrp-add ops out 0a:00:00:00:00:01 10.9.0.1/24 -- lr-nat-add ops snat 192.0.2.77 10.9.0.0/24"
)


@pytest.mark.parametrize(
    ("table", "row", "role"),
    [
        ("logical_router", "ops", "outside"),
        ("logical_router", "ops", "router"),
        ("logical_router_port", "out", "inside"),
        ("logical_switch", "ops", "router"),
        ("logical_switch_port", "web", "inside"),
        ("acl", "$(priority=5)", "isolated"),
        ("acl", "$(priority=5)", "inside"),
        ("nat", "$(external_ip=192.0.2.77)", "10.66.0.0/24"),
    ],
)
def test_what_says_to_be_ours_and_hangs_elsewhere_is_left_alone(
    database: Database, northbound: Server, table: str, row: str, role: str
) -> None:
    northbound.ctl(THEIRS)
    words = f"{MARKS} external_ids:vnetmgr-role='\"{role}\"'"
    by_hand(northbound, f"set {table} {row} {words}")
    before = by_hand(northbound, f"list {table} {row}")
    (blue,) = [each for each in database.read().overlays if each.network.name == "blue"]
    assert blue == overlay()
    database.set_overlay(SetOverlay(name="blue", before=blue, after=overlay()))
    (port,) = [each for each in database.read().ports if each.name == PORT.name]
    database.set_ports(SetPorts(changes=(PortChange(before=port, after=None),)))
    database.set_overlay(SetOverlay(name="blue", before=blue, after=None))
    assert by_hand(northbound, f"list {table} {row}") == before


def test_a_port_of_ours_on_anothers_switch_comes_back(
    database: Database, northbound: Server
) -> None:
    found = "find logical_switch_port name=vnetmgr-port-inside-blue"
    port = northbound.ctl(f"--bare --columns=_uuid {found}").strip()
    northbound.ctl(
        f"ls-add ops -- remove logical_switch blue ports {port} "
        f"-- add logical_switch ops ports {port}"
    )
    blue = database.read().overlay("blue", "default")
    database.set_overlay(SetOverlay(name="blue", before=blue, after=overlay()))
    assert database.read().overlay("blue", "default") == overlay()
    assert northbound.ctl("lsp-list ops") == ""


def put_on(northbound: Server, port: str, *switches: str) -> None:
    """Somebody makes these switches, and puts a port on them as well."""
    row = northbound.ctl(f"--bare --columns=_uuid find logical_switch_port name={port}").strip()
    for switch in switches:
        northbound.ctl(f"ls-add {switch} -- add logical_switch {switch} ports {row}")


@pytest.mark.parametrize("switches", [("ops",), ("aaa", "zzz")])
def test_a_port_that_somebody_puts_on_other_switches_as_well_is_on_its_own_alone(
    database: Database, northbound: Server, switches: tuple[str, ...]
) -> None:
    put_on(northbound, PORT.name, *switches)
    (found,) = database.read().ports
    flaws = tuple(f"Logical_Switch {each} has it too" for each in switches)
    assert replace(found, up=None) == replace(PORT, flaws=flaws)
    database.set_ports(SetPorts(changes=(PortChange(before=found, after=PORT),)))
    (found,) = database.read().ports
    assert found.flaws == ()
    assert [northbound.ctl(f"lsp-list {each}") for each in switches] == [""] * len(switches)
    assert PORT.name in northbound.ctl("lsp-list blue")


def test_so_is_one_of_an_overlays_own(database: Database, northbound: Server) -> None:
    put_on(northbound, "vnetmgr-port-inside-blue", "aaa")
    blue = database.read().overlay("blue", "default")
    assert blue is not None
    assert blue.flaws == ("Logical_Switch_Port inside: on several switches",)
    database.set_overlay(SetOverlay(name="blue", before=blue, after=overlay()))
    assert database.read().overlay("blue", "default") == overlay()
    assert northbound.ctl("lsp-list aaa") == ""
    assert "vnetmgr-port-inside-blue" in northbound.ctl("lsp-list blue")


def test_a_port_that_says_to_be_on_none_of_its_switches_is_read_once(
    database: Database, northbound: Server
) -> None:
    put_on(northbound, PORT.name, "aaa")
    northbound.ctl(f"set logical_switch_port {PORT.name} external_ids:vnetmgr-network=red")
    (found,) = database.read().ports
    assert found.switch == "aaa"
    database.set_ports(SetPorts(changes=(PortChange(before=found, after=PORT),)))
    (found,) = database.read().ports
    assert replace(found, up=None) == PORT


def test_somebody_elses_port_on_two_switches_is_left_alone(
    database: Database, northbound: Server
) -> None:
    northbound.ctl("lsp-add blue theirs")
    put_on(northbound, "theirs", "aaa")
    blue = database.read().overlay("blue", "default")
    database.set_overlay(SetOverlay(name="blue", before=blue, after=overlay()))
    assert "theirs" in northbound.ctl("lsp-list aaa")
    assert "theirs" in northbound.ctl("lsp-list blue")


def test_what_says_nothing_any_more_goes_with_its_overlay(
    database: Database, northbound: Server
) -> None:
    """And what has the name of the router, and none of its ports, is somebody else's."""
    for row in ("logical_router vnetmgr-router-blue", "logical_switch vnetmgr-outside-blue"):
        northbound.ctl(f"clear {row} external_ids")
    other = northbound.ctl("create logical_router name=vnetmgr-router-blue").strip()
    assert [each.network.name for each in database.read().overlays] == ["blue"]
    (port,) = database.read().ports
    database.set_ports(SetPorts(changes=(PortChange(before=port, after=None),)))
    blue = database.read().overlay("blue", "default")
    assert blue is not None
    (command,) = blue.look_alikes
    assert command == f"lr-del {other}"
    database.set_overlay(SetOverlay(name="blue", before=blue, after=None))
    assert northbound.ctl("ls-list") == ""
    assert northbound.ctl("--bare --columns=_uuid list logical_router").strip() == other
    northbound.ctl(command)
    assert northbound.ctl("--bare --columns=ports list logical_router").strip() == ""


@pytest.mark.parametrize(
    "command",
    [
        f"lsp-set-addresses {PORT.name} dynamic",
        f"lsp-set-port-security {PORT.name} '52:54:00:00:00:99'",
        f"lsp-set-type {PORT.name} localport",
        f"clear logical_switch_port {PORT.name} dhcpv4_options",
        "clear port_group $(external_ids:vnetmgr-network=blue) ports",
    ],
)
def test_a_port_that_is_changed_by_hand_differs_and_is_written_back(
    database: Database, northbound: Server, command: str
) -> None:
    by_hand(northbound, command)
    (found,) = database.read().ports
    assert found != PORT
    change = PortChange(before=found, after=PORT)
    database.set_ports(SetPorts(changes=(change,)))
    (found,) = database.read().ports
    assert replace(found, up=None) == PORT


OTHERS = (
    "acl-add blue from-lport 500 ip4 allow",
    f"lsp-set-options {PORT.name} qos_max_rate=1000",
    f"set logical_switch_port {PORT.name} external_ids:neutron=yes enabled=true",
    "set logical_switch blue other_config:mcast_snoop=true external_ids:theirs=1",
    f"set {V4} options:tftp_server_address=10.0.0.1 external_ids:theirs=2",
    "set logical_router vnetmgr-router-blue options:always_learn_from_arp_request=false",
    "lr-route-add vnetmgr-router-blue 10.9.0.0/16 10.66.0.3",
    "lsp-add blue theirs -- lsp-set-addresses theirs '52:54:00:00:09:09 10.66.0.77'",
)
LEFT = {
    "acl-list blue": "from-lport   500 (ip4) allow",
    f"lsp-get-options {PORT.name}": "qos_max_rate=1000",
    f"get logical_switch_port {PORT.name} external_ids:neutron": "yes",
    "get logical_switch blue other_config:mcast_snoop": "true",
    "get logical_switch blue external_ids:theirs": "1",
    "get logical_router vnetmgr-router-blue options:always_learn_from_arp_request": "false",
    "lr-route-list vnetmgr-router-blue": "10.9.0.0/16",
    "lsp-get-addresses theirs": "52:54:00:00:09:09 10.66.0.77",
}


def test_what_others_have_set_stays(database: Database, northbound: Server) -> None:
    for command in OTHERS:
        by_hand(northbound, command)
    found = database.read()
    other = overlay(**(FULL | {"dns_domain": "b.test", "external": None, "mtu": None}))
    database.set_overlay(SetOverlay(name="blue", before=found.overlays[0], after=other))
    mine = next(each for each in found.ports if each.owner)
    moved = replace(PORT, dns_name="x.b.test", addresses=(ip_address("10.66.0.10"),))
    database.set_ports(SetPorts(changes=(PortChange(before=mine, after=moved),)))
    for command, text in LEFT.items():
        assert text in northbound.ctl(command), command


def test_an_address_of_somebody_else_s_port_is_taken(
    database: Database, northbound: Server
) -> None:
    by_hand(northbound, OTHERS[-1])
    new = port(2, addresses=(ip_address("10.66.0.77"),))
    with pytest.raises(RefusedError, match="theirs"):
        database.set_ports(SetPorts(changes=(PortChange(before=None, after=new),)))


def test_a_port_of_somebody_else_s_is_not_touched(database: Database, northbound: Server) -> None:
    by_hand(northbound, OTHERS[-1])
    theirs = database.read().port("theirs")
    assert theirs is not None
    assert theirs.owner is None
    for after in (None, port(2, name="theirs")):
        change = PortChange(before=theirs, after=after)
        with pytest.raises(RefusedError, match="somebody else's"):
            database.set_ports(SetPorts(changes=(change,)))


def test_a_name_that_another_overlay_s_switch_has_is_taken(
    database: Database, northbound: Server
) -> None:
    by_hand(northbound, f"{SAID}network=green")
    with pytest.raises(RefusedError, match="somebody else's"):
        database.set_overlay(SetOverlay(name="blue", before=None, after=overlay()))
    assert northbound.ctl("--bare --columns=name find logical_switch name=blue").split() == ["blue"]


def test_a_port_that_says_whose_it_is_and_not_what_for_is_somebody_else_s(
    database: Database, northbound: Server
) -> None:
    by_hand(northbound, f"remove logical_switch_port {PORT.name} external_ids vnetmgr-role")
    found = database.read().port(PORT.name)
    assert found is not None
    assert (found.owner, found.addresses) == (None, PORT.addresses)


@pytest.mark.parametrize("number", range(4))
def test_a_port_that_says_to_be_the_router_s_is_not_taken_for_that(
    database: Database, northbound: Server, number: int
) -> None:
    marks = "external_ids:vnetmgr-fleet=default external_ids:vnetmgr-network=blue"
    make = f"lsp-add blue x{number} -- set logical_switch_port x{number} {marks}"
    by_hand(northbound, f"{make} external_ids:vnetmgr-role=inside")
    assert overlay() in database.read().overlays


def test_an_overlay_with_ports_on_it_is_not_taken_away(database: Database) -> None:
    with pytest.raises(RefusedError, match="in use"):
        database.set_overlay(SetOverlay(name="blue", before=overlay(), after=None))


HOSTILE = (
    "set logical_switch blue external_ids:vnetmgr-mtu=nonsense",
    "set logical_switch blue external_ids:vnetmgr-subnets='\"10.66.0.0/99 \\\\u001b[2J\"'",
    "set logical_switch blue external_ids:vnetmgr-dhcp-options='\"[[[[1\"'",
    "set logical_switch blue external_ids:vnetmgr-reserved-x=y",
    "set logical_switch blue external_ids:vnetmgr-reserved-='\"\"'",
    "set logical_switch blue external_ids:vnetmgr-revision=99999999999999999999999999",
    "set logical_switch blue external_ids:vnetmgr-network='\"\"'",
    "set logical_switch blue external_ids:vnetmgr-role=outside",
    "set logical_switch blue external_ids:vnetmgr-fleet='\"\"'",
    "clear logical_switch blue external_ids",
    f"set logical_switch_port {PORT.name} external_ids:vnetmgr-role=inside",
    f"set logical_switch_port {PORT.name} external_ids:vnetmgr-own-choice=x",
    f"set logical_switch_port {PORT.name} external_ids:vnetmgr-revision=-1",
    f"clear logical_switch_port {PORT.name} external_ids",
    f'set logical_switch_port {PORT.name} addresses=\'["", "x y", "router"]\'',
    f"set logical_switch_port {PORT.name} name='\"\\\\u202e\\\\n\"'",
    'set dns $(external_ids:vnetmgr-role=records) records=\'{a=b, ""="1 2"}\'',
    'set dns $(external_ids:vnetmgr-role=names) records=\'{"\\\\u001b[2J"="\\\\u001b[2J"}\'',
    f"set {V4} cidr=nonsense options:lease_time=never options:mtu='\"\"'",
    f"set {V4} options:dns_server=x options:ntp_server='\"{{{{\"'",
    f'set {V4} external_ids:vnetmgr-role=\\"\\"',
    "set logical_router_port vnetmgr-gateway-inside-blue networks=x mac='\"\"'",
    "set nat $(type=snat) external_ip=x logical_ip=y",
    "ls-add blue -- set logical_switch $(name=blue) external_ids:a=b",
    "create dhcp_options cidr=x external_ids='{vnetmgr-fleet=default,vnetmgr-network=blue,"
    'vnetmgr-role="10.66.0.0/24"}\'',
    "create logical_switch name=blue external_ids='{vnetmgr-fleet=default,vnetmgr-network=blue,"
    "vnetmgr-role=switch}'",
    "create logical_switch name=green external_ids:vnetmgr-fleet=default",
    f"set {V4} external_ids:vnetmgr-mtu={'x' * 50_000}",
    f"set {V4} options:domain_name={'x' * 50_000}",
    f"set logical_switch_port {PORT.name} addresses={'x' * 50_000}",
)


@pytest.mark.parametrize("command", HOSTILE)
def test_whatever_stands_there_is_read_and_shown_in_one_line(
    database: Database, northbound: Server, command: str
) -> None:
    by_hand(northbound, command.replace("ls-add blue --", "--may-exist ls-add blue --"))
    found = database.read()
    for flaw in (
        *(f for o in found.overlays for f in o.flaws),
        *(f for p in found.ports for f in p.flaws),
    ):
        assert flaw.isprintable(), flaw
        assert len(flaw) <= 200
    for each in found.overlays:  # written back, or refused
        if each.fleet is not None:
            try:
                database.set_overlay(SetOverlay(name="blue", before=each, after=overlay()))
            except RefusedError:
                continue
            assert overlay() in database.read().overlays
    for one in database.read().ports:
        _write_back(database, one)


def _write_back(database: Database, one: LogicalPort) -> None:
    change = PortChange(before=one, after=replace(PORT, name=one.name))
    try:
        database.set_ports(SetPorts(changes=(change,)))
    except RefusedError:
        return
    assert replace(PORT, name=one.name) in database.read().ports
