"""Names, labels and values, and that they come through Prometheus' own format unharmed."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.planner.builders import network
from vnetmgr.metrics.exposition import exposition
from vnetmgr.metrics.facts import BridgeNow, DomainNow, Examined, NicNow, PoolNow, Scraped
from vnetmgr.metrics.names import metrics
from vnetmgr.model.forward import Forward, Protocol
from vnetmgr.model.path.finding import Finding, Layer, Status
from vnetmgr.model.record import replace
from vnetmgr.model.rows.forwards import ForwardRow
from vnetmgr.model.rows.last_run import LastRun
from vnetmgr.model.rows.metrics import MetricKind
from vnetmgr.model.seen.traffic import Traffic

TRAFFIC = Traffic(
    receive_bytes=1,
    receive_packets=2,
    receive_errors=3,
    receive_drops=4,
    transmit_bytes=5,
    transmit_packets=6,
    transmit_errors=7,
    transmit_drops=1 << 63,
)
NIC = NicNow(
    domain="web1",
    nic="lan",
    mac="52:54:00:00:00:01",
    network="lab",
    bridge="virbr0",
    target="vnet0",
    mode="network",
    model="virtio",
    link_up=True,
    orphan=False,
    pending=2,
    traffic=TRAFFIC,
)
FORWARD = Forward(nic="lan", protocol=Protocol.TCP, host_port=8080, guest_port=80)
FULL = Scraped(
    up=True,
    version="1.2.3",
    duration_s=0.25,
    host="host",
    domains=(DomainNow(name="web1", running=True), DomainNow(name="web2", running=False)),
    nics=(NIC,),
    networks=(network("lab"),),
    pools=(PoolNow(network="lab", version=4, leased=3, free=250),),
    bridges=(BridgeNow(name="virbr0", carrier=True, ports=1, traffic=TRAFFIC),),
    forwards=(
        ForwardRow(
            domain="web1",
            forward=FORWARD,
            guest_address=ip_address("192.0.2.1"),
            active=True,
            connections=12,
        ),
    ),
    last_run=LastRun(
        host="host", ended_s=1.5, duration_s=2.0, success=True, errors=0, changes={"done": 4}
    ),
    examined=Examined(
        ended_s=2.5,
        duration_s=0.5,
        success=True,
        findings=(
            Finding(
                domain="web1",
                nic="lan",
                check="bridge-down",
                layer=Layer.BRIDGE,
                status=Status.BROKEN,
                cause="bridge br0 is down",
            ),
            Finding(
                domain="web1",
                nic="lan",
                check="tap-there",
                layer=Layer.TAP,
                status=Status.OK,
                cause="it is",
            ),
        ),
    ),
)
EMPTY = Scraped(up=False, version="1.2.3")


def read(scraped: Scraped) -> dict[str, list[tuple[dict[str, str], float]]]:
    """What Prometheus' own reader makes of it, by name."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(exposition(metrics(scraped)).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def test_everything_has_a_value_where_all_is_there() -> None:
    assert read(FULL).keys() == {metric.name for metric in metrics(FULL)}


def test_without_libvirt_that_alone_is_said() -> None:
    found = read(EMPTY)
    assert found.keys() == {
        "vnetmgr_build_info",
        "vnetmgr_libvirt_up",
        "vnetmgr_scrape_duration_seconds",
    }
    assert found["vnetmgr_libvirt_up"] == [({}, 0.0)]


@pytest.mark.parametrize("metric", metrics(FULL), ids=lambda metric: metric.name)
def test_names_are_as_prometheus_wants_them(metric: Any) -> None:
    assert re.fullmatch(r"vnetmgr(_[a-z]+)+", metric.name)
    assert metric.name.endswith("_total") is (metric.kind is MetricKind.COUNTER)
    assert not metric.name.endswith(("_count", "_sum", "_bucket"))
    assert metric.help.endswith(".")
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", label) for label in metric.labels)


def test_names_are_there_once() -> None:
    names = [metric.name for metric in metrics(FULL)]
    assert len(names) == len(set(names))


IDENTITY = {
    "domain": "web1",
    "nic": "lan",
    "mac": "52:54:00:00:00:01",
    "network": "lab",
    "bridge": "virbr0",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nic_receive_bytes_total", 1),
        ("nic_receive_drops_total", 4),
        ("nic_transmit_packets_total", 6),
        ("nic_transmit_drops_total", float(1 << 63)),
        ("nic_link_up", 1),
        ("nic_orphan", 0),
        ("nic_pending_fields", 2),
        ("nic_used", 1),
    ],
)
def test_a_nic(name: str, value: float) -> None:
    assert read(FULL)[f"vnetmgr_{name}"] == [(IDENTITY, value)]


@pytest.mark.parametrize(
    ("without", "names"),
    [
        ({"traffic": None}, {"vnetmgr_nic_used", "vnetmgr_nic_receive_bytes_total"}),
        ({"orphan": None}, {"vnetmgr_nic_orphan"}),
        ({"pending": None}, {"vnetmgr_nic_pending_fields"}),
    ],
)
def test_what_cannot_be_seen_has_no_value(without: dict[str, None], names: set[str]) -> None:
    found = read(replace(FULL, nics=(replace(NIC, **without),)))
    assert not names & found.keys()
    assert "vnetmgr_nic_info" in found


def test_what_doctor_has_found_is_there_by_its_id_and_what_is_well_is_not() -> None:
    (found,) = read(FULL)["vnetmgr_doctor_finding"]
    assert found[0]["check"] == "bridge-down"
    assert (found[0]["status"], found[1]) == ("broken", 1.0)


HOSTILE = [
    'q"uote',
    "back\\slash",
    "new\nline",
    'a"} 1\nvnetmgr_libvirt_up 0\n# ',
    "\\n",
    "\x1b[2J\u202e",
    "snow\u2603",
    "",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_in_their_labels(name: str) -> None:
    found = read(replace(FULL, domains=(DomainNow(name=name, running=True),)))
    assert found["vnetmgr_domain_running"] == [({"domain": name}, 1.0)]
    assert found["vnetmgr_libvirt_up"] == [({}, 1.0)]


def test_no_value_is_there_twice() -> None:
    again = replace(NIC, traffic=None, link_up=False)
    found = read(replace(FULL, nics=(NIC, again)))
    assert found["vnetmgr_nic_link_up"] == [(IDENTITY, 1.0)]


def test_what_is_not_utf8_is_shown_as_its_bytes() -> None:
    name = b"br\xff".decode(errors="surrogateescape")
    bridge = BridgeNow(name=name, carrier=False, ports=0, traffic=None)
    found = read(replace(FULL, bridges=(bridge,)))
    assert found["vnetmgr_bridge_ports"] == [({"bridge": "br\\udcff"}, 0.0)]
