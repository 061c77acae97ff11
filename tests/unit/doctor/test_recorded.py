"""Real hosts, as `vnetmgr doctor --save` wrote them in the lab: of vnetmgr.doctor as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.doctor.hosts import with_link
from vnetmgr.doctor.walk import walk
from vnetmgr.model.path.finding import Status
from vnetmgr.model.path.saved import read_saved
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from vnetmgr.model.path.facts import PathFacts

HOSTS = Path(__file__).parent / "recorded" / "hosts"


def host(name: str) -> PathFacts:
    return read_saved((HOSTS / f"{name}.json").read_text())


def causes(facts: PathFacts) -> dict[str | None, str]:
    found = ((path.nic, path.first_cause) for path in walk(facts))
    return {nic: cause.check for nic, cause in found if cause is not None}


def test_a_guest_on_everything_at_once() -> None:
    """NAT, isolated, open, routed, a bridge, and macvtap where no DHCP server is."""
    assert causes(host("networks")) == {"direct": "guest-no-address"}
    for path in walk(host("networks")):
        unseen = {each.check for each in path.findings if each.status is Status.NOT_CHECKED}
        probes = {each.check for each in path.findings if each.cause == "needs --probe"}
        assert unseen - probes <= {"firewall-https-ipv6"}


@pytest.mark.parametrize(
    ("link", "changes", "expected"),
    [
        ("virbr0", {"up": False}, {"lab": "bridge-down"}),
        ("vnet4", {"master": "br1"}, {"lan": "tap-on-wrong-bridge"}),
        ("lan0", {"carrier": False}, {"lan": "uplink-no-carrier"}),
        ("lan0", {"mtu": 1400}, {"lan": "mtu-uplink"}),
        ("mv0", {"carrier": False}, {"direct": "uplink-no-carrier"}),
    ],
)
def test_a_fault_on_one_nic_is_no_other_ones(
    link: str, changes: dict[str, object], expected: dict[str | None, str]
) -> None:
    found = causes(with_link(host("networks"), link, **changes))
    assert found == {"direct": "guest-no-address"} | expected


def test_a_dead_dnsmasq_is_that_networks_alone() -> None:
    facts = host("networks")
    dead = tuple(replace(x, pid=None) if x.network == "open" else x for x in facts.dnsmasqs or ())
    assert causes(replace(facts, dnsmasqs=dead))["open"] == "dnsmasq-dead"
    assert "lab" not in causes(replace(facts, dnsmasqs=dead))


def test_a_network_filter_that_drops_is_told_and_clean_traffic_is_evaluated() -> None:
    facts = host("filters")
    assert causes(facts) == {"lan": "firewall-https"}
    paths = {path.nic: path for path in walk(facts)}
    cause = paths["lan"].first_cause
    assert cause is not None
    assert cause.owner is not None
    assert cause.owner.startswith("libvirt: table ip filter, chain FI-vnet0")
    assert cause.remedy == "vnetmgr update-nic web1 lan --filter none"
    rows = [each for each in paths["clean"].findings if each.check.startswith("firewall")]
    assert {each.status for each in rows} == {Status.OK}
