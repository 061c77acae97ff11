"""What a change of OVN's northbound database touches."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from vnetmgr.model.network import Network, NetworkMode
from vnetmgr.model.overlay.migration import Migration
from vnetmgr.model.overlay.northbound import LogicalPort, Northbound, Overlay, Owner
from vnetmgr.model.record import replace
from vnetmgr.planner.restrict import Key
from vnetmgr.watch.northbound_changes import freed_by, touched_by

OWNER = Owner(fleet="f", domain="uuid", domain_name="web", nic="lan", host="kvm1")
PORT = LogicalPort(name="p", switch="blue", owner=OWNER, up=False)
BLUE = Overlay(network=Network(name="blue", uuid=None, mode=NetworkMode.OVERLAY), fleet="f")
BEFORE = Northbound(at="unix:nb", overlays=(BLUE,), ports=(PORT,))
WEB, NETWORK = Key("domain", "web"), Key("network", "blue")


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ((PORT,), set()),
        ((replace(PORT, up=True),), set()),
        ((), {WEB}),
        ((replace(PORT, addresses=(ip_address("10.0.0.1"),)),), {WEB}),
        ((replace(PORT, owner=None),), {WEB}),
        ((replace(PORT, flaws=("no DHCP options",)),), {WEB}),
        ((replace(PORT, migration=Migration(source="a", target="b", since_s=1)),), {WEB}),
        ((replace(PORT, owner=replace(OWNER, host="kvm2")),), {WEB}),
        (
            (PORT, replace(PORT, name="q", owner=replace(OWNER, domain_name="db"))),
            {Key("domain", "db")},
        ),
        ((PORT, replace(PORT, name="q", owner=replace(OWNER, host="kvm2"))), set()),
        ((PORT, replace(PORT, name="q", owner=None)), set()),
    ],
)
def test_ports_of_this_hosts_domains(ports: tuple[LogicalPort, ...], expected: set[Key]) -> None:
    found = touched_by(BEFORE, replace(BEFORE, ports=ports), "kvm1")
    assert found == dict.fromkeys(expected, 0)


@pytest.mark.parametrize(
    ("overlays", "expected"),
    [
        ((BLUE,), set()),
        ((), {NETWORK}),
        ((replace(BLUE, fleet="other"),), {NETWORK}),
        ((BLUE, replace(BLUE, fleet="other")), {NETWORK}),
        ((replace(BLUE, network=replace(BLUE.network, mtu=1400)),), {NETWORK}),
    ],
)
def test_switches(overlays: tuple[Overlay, ...], expected: set[Key]) -> None:
    assert touched_by(BEFORE, replace(BEFORE, overlays=overlays), "kvm1").keys() == expected


@pytest.mark.parametrize(("host", "turn"), [("kvm1", 0), ("kvm2", 1), ("kvm3", 2), ("kvm0", 0)])
def test_one_host_after_the_other_looks_at_a_switch(host: str, turn: int) -> None:
    there = replace(BLUE, hosts=frozenset({"kvm1", "kvm2", "kvm3"}))
    before = replace(BEFORE, overlays=(there,))
    assert touched_by(before, replace(before, overlays=()), host) == {NETWORK: turn}


def test_a_port_that_is_released_may_be_in_nobodys_need() -> None:
    bound = replace(BEFORE, ports=(replace(PORT, up=True),))
    assert touched_by(bound, BEFORE, "kvm1") == {WEB: 0}
    assert touched_by(bound, BEFORE, "kvm2") == {}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((replace(BLUE, fleet=None),), (), {NETWORK}),
        ((replace(BLUE, fleet="other"),), (), {NETWORK}),
        ((replace(BLUE, fleet=None),), (BLUE,), {NETWORK}),
        ((replace(BLUE, fleet=None),), (replace(BLUE, fleet="other"),), set()),
        ((BLUE,), (), set()),
        ((), (replace(BLUE, fleet=None),), set()),
    ],
)
def test_names_that_others_had(
    before: tuple[Overlay, ...], after: tuple[Overlay, ...], expected: set[Key]
) -> None:
    one, other = (replace(BEFORE, overlays=each) for each in (before, after))
    assert freed_by(one, other, "f") == expected
