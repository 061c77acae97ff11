"""ACTIVE is yes when everything is there that packets need, and no with the reason where not."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal

import pytest

from tests.unit.planner.builders import LINKS, UUID, domain_xml, nic_xml
from tests.unit.planner.builders import domain as build_domain
from tests.unit.planner.forwards.builders import IPV6, MAC, document, forward, forwarded, reserved
from vnetmgr.listings.forwards import listing_of
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import LiveRules

if TYPE_CHECKING:
    from vnetmgr.model.rows.forwards import ForwardListing
    from vnetmgr.model.seen.observed import Observed

WEB, HERE = forward("8080:80"), forward("10.9.0.1:443:443")


def running(there: Observed, tap: str) -> Observed:
    """The same, with vm1 running: its nic's tap is this link."""
    source = "<source network='lab' bridge='virbr7'/>"
    config = nic_xml(mac=MAC, kind="network", source="<source network='lab'/>")
    live = nic_xml(mac=MAC, kind="network", source=source, target=tap)
    (domain,) = there.domains
    nics = build_domain(domain_xml(config), domain_xml(live)).nics
    live_xml = domain_xml(live).replace("<domain ", "<domain id='1' ")
    return replace(there, domains=(replace(domain, nics=nics, live_xml=live_xml),))


def listed(there: Observed) -> ForwardListing:
    return listing_of(there, [(each, one) for each in there.domains for one in each.forwards])


def live(there: Observed) -> LiveRules:
    assert there.rules is not None
    return there.rules


def test_all_is_there() -> None:
    both = forwarded(WEB, network=document(reserved("10.0.0.100"), six=IPV6))
    assert [row.active for row in listed(both).rows] == [True, True]


def test_a_table_that_sleeps_or_lacks_something() -> None:
    there = forwarded(WEB)
    (row,) = listed(replace(there, rules=replace(live(there), whole=False))).rows
    assert (row.active, row.problems) == (
        False,
        ("its rules are not whole: vnetmgr reconcile mends them",),
    )


@pytest.mark.parametrize(("bridge", "active"), [("virbr7", True), ("br0", False), (None, False)])
def test_the_guests_tap_is_on_its_bridge(bridge: str | None, active: bool) -> None:  # noqa: FBT001
    ports = {} if bridge is None else {"vnet3": bridge}
    there = replace(running(forwarded(WEB), "vnet3"), links=replace(LINKS, ports=ports))
    (row,) = listed(there).rows
    assert row.active is active
    assert (
        bool([each for each in row.problems if "has lost its bridge virbr7" in each]) is not active
    )


@pytest.mark.parametrize(("own", "active"), [("10.9.0.1", True), ("10.9.0.2", False)])
def test_the_host_has_the_address(own: str, active: bool) -> None:  # noqa: FBT001
    there = forwarded(HERE)
    rules = replace(live(there), addresses=frozenset({ip_address(own)}))
    (row,) = listed(replace(there, rules=rules)).rows
    assert row.active is active
    assert ("the host has no address 10.9.0.1" in row.problems) is not active


def test_a_range_lacks_a_port() -> None:
    there = forwarded(forward("8000-8002:9000-9002"))
    rules = tuple(rule for rule in live(there).rules if rule.host_port != 8001)
    (row,) = listed(replace(there, rules=replace(live(there), rules=rules))).rows
    assert row.active is False


@pytest.mark.parametrize(("version", "left"), [(4, 6), (6, 4)])
def test_rules_of_one_ip_version_are_lost(version: Literal[4, 6], left: Literal[4, 6]) -> None:
    there = forwarded(WEB, network=document(reserved("10.0.0.100"), six=IPV6))
    rules = tuple(rule for rule in live(there).rules if rule.version == left)
    found = listed(replace(there, rules=replace(live(there), rules=rules))).rows
    by_version = {row.guest_address.version: row for row in found if row.guest_address}
    assert {each: row.active for each, row in by_version.items()} == {version: False, left: True}
    assert by_version[version].problems == (
        f"its rules for IPv{version} are not there: vnetmgr reconcile puts them back",
    )


def test_the_hosts_loopback_leads_there_no_more() -> None:
    there = forwarded(forward("8080:80", loopback="yes"))
    assert [row.active for row in listed(there).rows] == [True]
    rules = tuple(replace(rule, loopback=False) for rule in live(there).rules)
    (row,) = listed(replace(there, rules=replace(live(there), rules=rules))).rows
    assert (row.active, row.problems) == (
        False,
        ("not from the host's 127.0.0.1: vnetmgr reconcile mends that",),
    )


def test_bridges_that_filter_are_named_for_each_ip_version() -> None:
    there = forwarded(WEB)
    found = listed(replace(there, rules=replace(live(there), hairpin_filtered=(6,))))
    (note,) = found.notes
    assert note.startswith("net.bridge.bridge-nf-call-ip6tables is 1: over IPv6")
    assert UUID not in note
