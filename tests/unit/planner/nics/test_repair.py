"""A running nic whose tap has lost its bridge: what a command and a spec make of it."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import (
    LINKS,
    domain,
    domain_xml,
    network,
    nic_xml,
    observed,
    plan,
    want,
)
from vnetmgr.errors import RefusedError
from vnetmgr.model.desired import Desired, NicWant, Policy, SpecScope
from vnetmgr.model.intent import Intent
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.writes import ReplugTaps, UpdateDevice
from vnetmgr.planner import make_plan

LAB = "<source network='lab'/>"
LIVE_LAB = "<source network='lab' portid='p1' bridge='virbr0'/>"
LIVE_HOP = "<source network='vnetmgr-hop-lab' portid='p2' bridge='vnetmgr-hop0'/>"


def host(live: str = LIVE_LAB, *, on: str | None = None, active: bool = True) -> Observed:
    """A guest's nic lan, by its name on the network lab; `on`: the bridge that has its tap."""
    guest = domain(
        domain_xml(nic_xml(source=LAB, kind="network")),
        domain_xml(nic_xml(source=live, kind="network", target="vnet3")),
    )
    links = replace(LINKS, ports={"vnet3": on} if on is not None else {})
    return replace(observed(guest, networks=(network("lab", active=active),)), links=links)


def spec(**options: str) -> Desired:
    """The same nic, of a spec."""
    asked = replace(want(Intent.PRESENT, **options), spec_name="lan")
    return Desired(nics=(asked,), spec=SpecScope(domains=(("vm1", None),)))


def update(**options: str) -> NicWant:
    return want(Intent.UPDATE, nic="lan", **options)


@pytest.mark.parametrize(
    ("there", "writes"),
    [
        (host(), [ReplugTaps]),
        (host(on="virbr0"), []),
        # It is moved there, and needs no repair besides.
        (host(LIVE_HOP, on="vnetmgr-hop0"), [UpdateDevice]),
        # No port of the network is its.
        (
            replace(
                host(), links=None, networks=(replace(network("lab"), ports=frozenset({"p9"})),)
            ),
            [ReplugTaps],
        ),
    ],
)
def test_a_command_and_a_spec_plug_it_in_again(there: Observed, writes: list[type]) -> None:
    for made in (
        plan(there, update(network="lab")),
        make_plan(spec(network="lab"), there, Policy()),
    ):
        assert [type(op.do) for step in made.steps for op in step.ops] == writes
        assert made.errors == ()


def test_of_a_network_that_is_off_it_cannot() -> None:
    """libvirt would refuse it in the middle."""
    for there in (host(active=False), host(on="virbr0", active=False)):
        with pytest.raises(RefusedError, match="network lab is off, and domain vm1 runs") as caught:
            plan(there, update(network="lab"))
        assert "vnetmgr start-network lab" in (caught.value.hint or "")
        made = make_plan(spec(network="lab"), there, Policy())
        assert [error.message for error in made.errors] == [caught.value.message]
        assert made.steps == ()


@pytest.mark.parametrize(
    ("there", "note"),
    [
        (
            host(),
            "is no port of virbr0; plug it in again: vnetmgr update-nic vm1 lan --network lab",
        ),
        (host(active=False), "is no port of virbr0; plug it in again: vnetmgr start-network lab"),
        (
            host(LIVE_HOP, on="vnetmgr-hop0"),
            "is no port of virbr0; plug it in again: vnetmgr update-nic vm1 lan --network lab",
        ),
        (
            replace(host(LIVE_HOP, on="vnetmgr-hop0"), networks=()),
            "is no port of its bridge; plug it in again: vnetmgr update-nic vm1 lan --network lab",
        ),
    ],
)
def test_a_command_that_asks_something_else_says_it(there: Observed, note: str) -> None:
    made = plan(there, update(link="up"))
    assert made.steps == ()
    assert made.notes[0].endswith(note)


def test_it_comes_before_what_else_is_asked() -> None:
    """It plugs in what was observed, which would take the change back."""
    for made in (
        plan(host(), update(network="lab", link="down")),
        make_plan(spec(network="lab", link="down"), host(), Policy()),
    ):
        assert [type(op.do) for step in made.steps for op in step.ops] == [
            ReplugTaps,
            UpdateDevice,
            UpdateDevice,
        ]


def test_a_spec_that_moves_it_elsewhere_does_not_bring_it_back() -> None:
    made = make_plan(spec(bridge="br1"), host(), Policy())
    assert [change.action for change in made.changes] == ["update"]
