"""Where the probes are to stand, what they are to ask, and what to warn of before."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from tests.unit.model.path.examples import BRIDGE, FACTS, MAC, TAP, WEB1
from vnetmgr.doctor.probing import questions, warnings
from vnetmgr.model.dhcp import Lease
from vnetmgr.model.path.links import LinkFacts, Neighbour, PortVlan
from vnetmgr.model.path.probe import ProbePlace
from vnetmgr.model.record import replace

ADDRESS = IPv4Address("10.0.0.5")
PLACE = ProbePlace(bridge="virbr1", isolated=True)
FILTERING = BRIDGE.bridge and replace(BRIDGE.bridge, vlan_filtering=True)


def test_guests_in_one_place_have_one_probe() -> None:
    leased = Lease(network="lab", address=IPv4Address("10.0.0.9"), prefix=24, mac=MAC)
    other = replace(WEB1, name="web2", agent=None)
    facts = replace(FACTS, domains=(WEB1, other), asked=("web1", "web2"), leases=(leased,))
    (asked,) = questions(facts)
    assert asked.place == PLACE
    assert asked.addresses == (ADDRESS, IPv4Address("10.0.0.9"))


def test_whom_the_host_has_met_on_the_bridge_is_asked_for() -> None:
    """It may be the guest's address, whoever answered the host last."""
    there = Neighbour(address=IPv4Address("10.0.0.8"), link="virbr1", mac=None)
    elsewhere = Neighbour(address=IPv4Address("10.0.0.6"), link="eth0", mac=MAC)
    (asked,) = questions(replace(FACTS, neighbours=(there, elsewhere)))
    assert asked.addresses == (ADDRESS, IPv4Address("10.0.0.8"))


def test_only_who_was_asked_for_has_one() -> None:
    assert questions(replace(FACTS, asked=())) == ()


@pytest.mark.parametrize(
    ("vlans", "vlan"),
    [
        ((PortVlan(link="vnet0", first=7, last=7, pvid=True, untagged=True),), 7),
        ((PortVlan(link="vnet0", first=7, last=9),), 0),
        ((PortVlan(link="eth0", first=7, last=7, pvid=True),), 0),
    ],
)
def test_a_vlan_counts_where_the_bridge_filters(vlans: tuple[PortVlan, ...], vlan: int) -> None:
    links = (replace(TAP, mtu=9000), replace(BRIDGE, bridge=FILTERING))
    (asked,) = questions(replace(FACTS, links=links, vlans=vlans))
    assert asked.place == replace(PLACE, vlan=vlan, mtu=9000)


def test_an_unplugged_tap_has_no_place() -> None:
    assert questions(replace(FACTS, links=(replace(TAP, port=None), BRIDGE))) == ()
    assert questions(replace(FACTS, links=None)) == ()


def test_a_switch_may_mind_a_new_mac() -> None:
    assert warnings(FACTS) == ()
    card = LinkFacts(name="eth0", master="virbr1")
    (said,) = warnings(replace(FACTS, links=(TAP, BRIDGE, card)))
    assert said.startswith("bridge virbr1 leads to eth0: a switch there sees the probe's MAC 02:76")
