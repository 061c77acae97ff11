"""What of a bridge's setup is refused before anything is touched."""

from __future__ import annotations

import pytest

from tests.unit.planner.networks.builders import host, lab
from vnetmgr.api.network_wants import network_update
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.model.desired import Policy
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Features, Observed
from vnetmgr.model.writes import DefineNetwork
from vnetmgr.planner import make_plan

OFF = (
    "<network><name>lab</name>{}<bridge name='virbr7' stp='on' delay='0'/>"
    "<ip address='10.0.0.1' prefix='24'/></network>"
)
NAT = OFF.format("<forward mode='nat'/>")
OPEN = OFF.format("<forward mode='open'/>")
BRIDGE = "<network><name>lab</name><forward mode='bridge'/><bridge name='br0'/></network>"
OLD = Features(bridges_filter_vlans=False)
NEW = Features(zone_of_open_networks=True)


def seen(
    xml: str,
    *,
    features: Features = NEW,
    zones: frozenset[str] | None = None,
    running: bool = False,
) -> Observed:
    network = lab(xml, xml if running else None)
    return replace(host(network), features=features, zones=zones)


def update(observed: Observed, *, restart: bool = True, **values: str) -> list[object]:
    desired = network_update(
        "lab", values, removed_portgroups=(), autostart=None, renew=False, states=frozenset()
    )
    policy = Policy(allow=frozenset({"restart"} if restart else ()))
    plan = make_plan(desired, observed, policy)
    return [op.do for step in plan.steps for op in step.ops]


ZONES = frozenset({"libvirt", "public"})


@pytest.mark.parametrize(
    ("xml", "values", "facts", "says"),
    [
        (NAT, {"zone": "publik"}, {"zones": ZONES}, "no zone publik. Did you mean public"),
        (NAT, {"zone": "x"}, {"zones": ZONES}, "It has libvirt, public"),
        (
            NAT,
            {"zone": "public"},
            {"zones": frozenset(), "running": True},
            "firewalld does not run on",
        ),
        (
            OPEN,
            {"zone": "public"},
            {"zones": ZONES, "features": OLD},
            "firewall-cmd --permanent --zone=public --add-interface=virbr7",
        ),
        (NAT, {"bridge_delay": "1"}, {}, "waits 2 seconds at least; --no-stp"),
        (NAT, {"mac_table_manager": "libvirt"}, {"features": OLD}, "CONFIG_BRIDGE_VLAN_FILTERING"),
        (BRIDGE, {"zone": "public"}, {}, "--zone: a bridge network has none"),
        (BRIDGE, {"stp": "no"}, {}, "--stp: a bridge network has none"),
        (BRIDGE, {"bridge_delay": "3"}, {}, "--bridge-delay: a bridge network has none"),
    ],
)
def test_what_is_refused(
    xml: str, values: dict[str, str], facts: dict[str, object], says: str
) -> None:
    with pytest.raises(VnetError) as caught:
        update(seen(xml, **facts), **values)  # type: ignore[arg-type]  # as the rows have them
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("xml", "values", "facts"),
    [
        (NAT, {"zone": "public"}, {"zones": ZONES}),
        (NAT, {"zone": "public"}, {"zones": None}),  # afar
        (NAT, {"zone": "public"}, {"zones": frozenset()}),  # off: firewalld may start first
        (OPEN, {"zone": "public"}, {"zones": ZONES}),
        (NAT, {"bridge_delay": "1", "stp": "no"}, {}),
        (NAT, {"bridge_delay": "2"}, {}),
        (NAT, {"mac_table_manager": "libvirt"}, {}),
        (BRIDGE, {"mac_table_manager": "libvirt"}, {}),
        (BRIDGE, {"trust_guest_rx_filters": "yes"}, {}),
    ],
)
def test_what_is_written(xml: str, values: dict[str, str], facts: dict[str, object]) -> None:
    (write,) = update(seen(xml, **facts), **values)  # type: ignore[arg-type]  # as above
    assert isinstance(write, DefineNetwork)
    after = read_network(write.xml)
    for field, value in values.items():
        assert str(getattr(after, field)) == {"yes": "True", "no": "False"}.get(value, value)


@pytest.mark.parametrize(
    "values",
    [
        {"stp": "yes"},
        {"bridge_delay": "0"},
        {"bridge_delay": "none"},
        {"mac_table_manager": "kernel"},
        {"trust_guest_rx_filters": "no"},
        {"zone": "none"},
    ],
)
def test_what_libvirt_does_anyway_is_no_change(values: dict[str, str]) -> None:
    assert update(seen(NAT, running=True), restart=False, **values) == []


def test_a_running_network_is_restarted_for_it() -> None:
    with pytest.raises(VnetError, match="needs a restart"):
        update(seen(NAT, running=True), restart=False, stp="no")
    names = [type(write).__name__ for write in update(seen(NAT, running=True), stp="no")]
    assert "StopNetwork" in names
    assert "StartNetwork" in names


@pytest.mark.parametrize(("zones", "told"), [(frozenset[str](), 1), (ZONES, 0), (None, 0)])
def test_a_zone_without_firewalld_is_told_while_the_network_is_off(
    zones: frozenset[str] | None, told: int
) -> None:
    desired = network_update(
        "lab",
        {"zone": "public"},
        removed_portgroups=(),
        autostart=None,
        renew=False,
        states=frozenset(),
    )
    notes = make_plan(desired, seen(NAT, zones=zones), Policy()).notes
    assert sum("firewalld does not run on" in each for each in notes) == told
