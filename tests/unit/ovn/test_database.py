"""Overlays and ports in a real northbound database."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.ovn import Database as Server
from tests.unit.ovn.values import FULL, network, overlay, port
from vnetmgr.errors import RefusedError
from vnetmgr.model.overlay.migration import Migration
from vnetmgr.model.overlay.northbound import LogicalPort, Overlay, PortChange
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.record import replace
from vnetmgr.model.writes import SetOverlay, SetPorts
from vnetmgr.ovn.database import Database

MIGRATION = Migration(source="hosta", target="hostb", since_s=1796000000)


@pytest.fixture
def database(northbound: Server) -> Iterator[Database]:
    """A connection."""
    with Database.connect(OvnSettings(northbound=northbound.remote)) as database:
        yield database


def make(database: Database, after: Overlay) -> None:
    database.set_overlay(SetOverlay(name=after.network.name, before=None, after=after))


def put(database: Database, *ports: LogicalPort) -> None:
    changes = tuple(
        PortChange(before=database.read().port(each.name), after=each) for each in ports
    )
    database.set_ports(SetPorts(changes=changes))


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(FULL, id="every field"),
        pytest.param({}, id="no field"),
        *(pytest.param({field: FULL[field]}, id=field) for field in FULL),
        *(
            pytest.param({key: FULL[key] for key in FULL if key != field}, id=f"without {field}")
            for field in FULL
        ),
        pytest.param(FULL | {"lease_time": 0}, id="leases for ever"),
        pytest.param(FULL | {"lease_time": 3600, "mtu": 1442}, id="the defaults, as given"),
    ],
)
def test_what_is_written_is_read(database: Database, fields: dict[str, Any]) -> None:
    made = replace(overlay(), network=replace(overlay(mtu=1).network, **({"mtu": None} | fields)))
    make(database, made)
    assert database.read().overlays == (made,)


def test_a_port_that_leaves_an_isolated_overlay_is_isolated_no_more(
    database: Database, northbound: Server
) -> None:
    make(database, overlay(isolated_ports=True))
    make(database, overlay("green", mtu=1400))
    for switch, isolated in (("blue", True), ("green", False), ("blue", True)):
        put(database, port(switch=switch))
        members = northbound.ctl("--bare --columns=ports list port_group")
        assert bool(members.strip()) is isolated


@pytest.mark.parametrize("field", FULL)
def test_each_field_is_changed_and_cleared(database: Database, field: str) -> None:
    full = overlay()
    kept = {"subnets", "gateways"} if field in ("subnets", "gateways") else {field}
    without = replace(full, network=overlay(**{k: FULL[k] for k in FULL if k not in kept}).network)
    make(database, full)
    database.set_overlay(SetOverlay(name="blue", before=full, after=without))
    assert database.read().overlays == (without,)
    database.set_overlay(SetOverlay(name="blue", before=without, after=full))
    assert database.read().overlays == (full,)


@pytest.mark.parametrize("field", FULL)
def test_ports_follow_what_their_overlay_becomes(database: Database, field: str) -> None:
    full, made = overlay(), port(addresses=(ip_address("10.66.0.9"), ip_address("fd00:66::9")))
    without = replace(full, network=replace(full.network, **{field: getattr(network(), field)}))
    make(database, full)
    put(database, made)
    for before, after in ((full, without), (without, full)):
        database.set_overlay(SetOverlay(name="blue", before=before, after=after))
        found = database.read()
        assert found.overlays == (after,)
        assert [replace(each, up=None) for each in found.ports] == [made]


PORTS = [
    port(),
    port(addresses=(ip_address("10.66.0.9"), ip_address("fd00:66::9"))),
    port(own_choice=(ip_network("fd00:66::/64"), ip_network("fe80::/64"))),
    port(port_security=False, own_choice=(ip_network("fd00:66::/64"),)),
    port(dns_name=None),
    port(addresses=()),
    port(requested_chassis=("hosta", "hostb"), migration=MIGRATION),
]


@pytest.mark.parametrize("made", PORTS)
def test_a_port_is_written_and_read(database: Database, made: LogicalPort) -> None:
    make(database, overlay())
    put(database, made)
    assert [replace(each, up=None) for each in database.read().ports] == [made]
    assert database.read().overlays == (overlay(),)


def test_a_port_moves_and_goes(database: Database, northbound: Server) -> None:
    green = overlay("green", subnets=(ip_network("10.66.0.0/24"),), dns_domain="lab.internal")
    make(database, overlay())
    make(database, green)
    put(database, port(), port(2))
    northbound.ctl(f"lsp-set-options {port().name} qos_max_rate=1000")
    put(database, port(switch="green"))
    assert northbound.ctl(f"get logical_switch_port {port().name} options:qos_max_rate")
    assert [each.name for each in database.read().ports_of("green")] == [port().name]
    before = database.read().port(port().name)
    for _ in range(2):  # the second time there is nothing left to do
        database.set_ports(SetPorts(changes=(PortChange(before=before, after=None),)))
    assert [each.name for each in database.read().ports] == [port(2).name]
    assert [each.flaws for each in database.read().overlays] == [(), ()]


def test_nothing_is_left_of_an_overlay(database: Database, northbound: Server) -> None:
    northbound.ctl("ls-add others -- lsp-add others p")
    make(database, overlay())
    database.set_overlay(SetOverlay(name="blue", before=overlay(), after=None))
    for table in ("dns", "dhcp_options", "port_group", "logical_router", "acl", "nat"):
        assert not northbound.ctl(f"--bare list {table}").strip(), table
    assert [each.network.name for each in database.read().overlays] == ["others"]


def test_what_was_planned_for_another_state_is_refused(database: Database) -> None:
    make(database, overlay())
    put(database, port())
    stale = replace(overlay(), revision=6)
    with pytest.raises(RefusedError, match="blue"):
        database.set_overlay(SetOverlay(name="blue", before=stale, after=None))
    change = PortChange(before=port(dns_name="old.lab.internal"), after=None)
    with pytest.raises(RefusedError, match="web1/lan"):
        database.set_ports(SetPorts(changes=(change,)))
    with pytest.raises(RefusedError, match=r"10\.66\.0\.1 is another port's"):
        put(database, port(2, addresses=port().addresses))
    assert len(database.read().ports) == 1


def test_a_switch_of_somebody_else_s_is_refused(database: Database, northbound: Server) -> None:
    northbound.ctl("ls-add blue")
    with pytest.raises(RefusedError, match="somebody else's"):
        make(database, overlay())
    assert [each.fleet for each in database.read().overlays] == [None]


def options_of(northbound: Server, port: LogicalPort) -> str:
    return northbound.ctl(f"get logical_switch_port {port.name} options").strip()


def test_a_migration_is_told_stage_by_stage_and_leaves_nothing(
    northbound: Server, database: Database
) -> None:
    make(database, overlay())
    put(database, port())
    seen = []
    for migration in (
        MIGRATION,
        MIGRATION.at("open", 1796000001),
        MIGRATION.settled_on("hostb", 1796000002),
        None,
    ):
        put(database, replace(database.read().ports[0], migration=migration))
        (now,) = database.read().ports
        assert now.migration == migration
        assert now.flaws == ()
        seen.append((now.requested_chassis, options_of(northbound, now)))
    assert seen == [
        (("hosta", "hostb"), '{activation-strategy=rarp, requested-chassis="hosta,hostb"}'),
        (("hosta", "hostb"), '{requested-chassis="hosta,hostb"}'),
        (("hostb",), "{requested-chassis=hostb}"),
        ((), "{}"),
    ]


def test_where_somebody_else_wants_a_port_is_left_alone(
    northbound: Server, database: Database
) -> None:
    make(database, overlay())
    put(database, port())
    northbound.ctl(
        f"set logical_switch_port {port().name} options:requested-chassis=hostc"
        " options:activation-strategy=rarp options:mcast_flood=true"
    )
    (now,) = database.read().ports
    assert (now.migration, now.requested_chassis, now.flaws) == (None, ("hostc",), ())
    put(database, replace(now, dns_name="other.lab.internal"))
    kept = "{activation-strategy=rarp, mcast_flood=" + '"true", requested-chassis=hostc}'
    assert options_of(northbound, now) == kept
    # A migration needs the two options; what else is there stays.
    put(database, replace(database.read().ports[0], migration=MIGRATION.settled_on("hostb", 1)))
    assert options_of(northbound, now) == '{mcast_flood="true", requested-chassis=hostb}'
    put(database, replace(database.read().ports[0], migration=None))
    assert options_of(northbound, now) == '{mcast_flood="true"}'


def test_who_meddles_with_a_migration_is_told_of(northbound: Server, database: Database) -> None:
    make(database, overlay())
    put(database, port(migration=MIGRATION))
    northbound.ctl(f"remove logical_switch_port {port().name} options activation-strategy")
    (now,) = database.read().ports
    assert now.flaws == ("options:activation-strategy: none",)
    northbound.ctl(f"set logical_switch_port {port().name} external_ids:vnetmgr-migration=x")
    assert database.read().ports[0].migration is None
