"""A running nic that moves to another LAN: its link is down meanwhile, so its guest notices."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import (
    CONFIG,
    LIVE,
    domain,
    domain_xml,
    network,
    nic_xml,
    observed,
    plan,
    want,
    within,
)
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import NetworkMode, SeenNetwork
from vnetmgr.model.plan import Disruption, Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Links, Observed
from vnetmgr.model.state import State
from vnetmgr.model.writes import UpdateDevice, Write
from vnetmgr.planner.nics.device_ops import rewire_ops

DOWN, UP = "<link state='down'/>", "<link state='up'/>"
FLOOR = "<bandwidth><inbound average='1000' floor='500'/></bandwidth>"
LAB = "<source network='lab' portid='p' bridge='virbr0'/>"


def moving(
    live: str = "",
    *,
    config: str = "",
    to: str = "br0",
    at: str = "br0",
) -> SeenDomain:
    """A running domain whose nic is on br0, or in one of the states on another bridge."""
    return domain(
        domain_xml(nic_xml(extra=config, source=f"<source bridge='{to}'/>")),
        domain_xml(nic_xml(extra=live, source=f"<source bridge='{at}'/>", target="vnet0")),
    )


BRIDGES = frozenset({"br0", "br1", "br2", "virbr0"})


def host(seen: SeenDomain, *networks: SeenNetwork) -> Observed:
    """A host where its tap is where libvirt has put it."""
    (nic,) = seen.nics
    ports = {nic.live.target or "": nic.live.bridge or ""} if nic.live else {}
    links = Links(bridges=BRIDGES, names=BRIDGES, ports=ports)
    return replace(observed(seen, networks=networks), links=links)


def planned(seen: SeenDomain, *networks: SeenNetwork, **options: str) -> Plan:
    return plan(host(seen, *networks), want(Intent.UPDATE, nic="lan", **options))


def told(write: Write) -> tuple[str, str | None, str | None, bool]:
    """A write's state, and the nic's place, link and whether it waits first."""
    assert isinstance(write, UpdateDevice)
    nic = read_nic(write.xml)
    return write.state, nic.source.name, nic.link, write.raises


def writes(made: Plan) -> list[tuple[str, str | None, str | None, bool]]:
    return [told(op.do) for step in made.steps for op in step.ops]


@pytest.mark.parametrize("options", [{"bridge": "br1"}, {"network": "lab"}])
@pytest.mark.parametrize("link", ["", UP])
def test_the_link_is_down_while_it_moves(options: dict[str, str], link: str) -> None:
    made = planned(moving(link, config=link), network("lab"), **options)
    (there,) = options.values()
    up = "up" if link else None
    assert made.changes[0].disruption is Disruption.LINK_FLAP
    assert [field.field for field in made.changes[0].fields] == ["source"]
    assert writes(made) == [
        (LIVE, there, "down", False),
        (LIVE, there, up, True),
        (CONFIG, there, up, False),
    ]
    assert made.notes == ()


def test_so_it_is_on_its_way_back() -> None:
    """From whichever write on, the link ends up, and the guest has noticed that."""
    first, second, _ = planned(moving(), bridge="br1").steps[0].ops
    assert [told(write) for write in second.undo] == [(LIVE, "br1", "down", False)]
    assert [told(write) for write in first.undo] == [(LIVE, "br0", None, True)]


def test_a_guaranteed_rate_comes_back_with_the_link() -> None:
    """libvirt counts what a nic has and gets together."""
    first, second = rewire_ops("vm1", nic_xml(extra=FLOOR), nic_xml(kind="network", extra=FLOOR))
    each = [write for op in (first, second) for write in (op.do, *op.undo)]
    floors = ["floor" in write.xml for write in each if isinstance(write, UpdateDevice)]
    assert floors == [False, True, True, False]


@pytest.mark.parametrize(
    ("networks", "options"),
    [
        ((network("lab"),), {"bridge": "virbr0"}),
        ((network("lab"), network("twin", NetworkMode.BRIDGE)), {"network": "twin"}),
    ],
)
def test_on_the_same_bridge_the_guest_has_nothing_to_notice(
    networks: tuple[SeenNetwork, ...], options: dict[str, str]
) -> None:
    nic = nic_xml(kind="network", source=LAB, target="vnet0")
    made = planned(domain(domain_xml(nic), domain_xml(nic)), *networks, **options)
    (there,) = options.values()
    assert made.changes[0].disruption is Disruption.NONE
    assert writes(made) == [(LIVE, there, None, False), (CONFIG, there, None, False)]


def test_another_vlan_of_the_same_bridge_is_another_lan() -> None:
    nic = nic_xml(kind="network", source=LAB, target="vnet0")
    twin = network("twin", NetworkMode.BRIDGE)
    assert twin.live is not None
    tagged = replace(twin.live, vlan=(7,))
    made = planned(
        domain(domain_xml(nic), domain_xml(nic)),
        network("lab"),
        replace(twin, config=tagged, live=tagged),
        network="twin",
    )
    assert made.changes[0].disruption is Disruption.LINK_FLAP


@pytest.mark.parametrize(
    ("live", "config", "states"),
    [(DOWN, DOWN, [LIVE, CONFIG]), (DOWN, "", [CONFIG, LIVE]), (DOWN, UP, [CONFIG, LIVE])],
)
def test_a_link_that_is_down_stays_down_and_that_is_said(
    live: str, config: str, states: list[str]
) -> None:
    """That of the running nic alone: a run that is killed must not look like one that has taken it
    down."""
    made = planned(moving(live, config=config), bridge="br1")
    assert made.changes[0].disruption is Disruption.NONE
    assert [state for state, *_ in writes(made)] == states
    assert {(where, waits) for _, where, _, waits in writes(made)} == {("br1", False)}
    assert {link for state, _, link, _ in writes(made) if state == LIVE} == {"down"}
    (note,) = made.notes
    assert note == "vm1: the link of nic lan is down, and stays down"


def test_it_stays_down_when_such_a_run_was_killed() -> None:
    assert writes(planned(moving(DOWN, to="br1"), bridge="br1")) == [(LIVE, "br1", "down", False)]
    made = planned(moving(DOWN, config=DOWN, at="br1"), bridge="br1")
    assert writes(made) == [(CONFIG, "br1", "down", False)]


@pytest.mark.parametrize(("live", "after"), [("", "down"), (DOWN, "up")])
def test_what_takes_the_link_down_or_brings_it_up_is_all_that_the_guest_notices(
    live: str, after: str
) -> None:
    made = planned(moving(live), bridge="br1", link=after)
    assert made.changes[0].disruption is Disruption.LINK_FLAP
    assert (LIVE, "br1", after, False) in writes(made)
    assert len(writes(made)) == 2


@pytest.mark.parametrize("to", ["br1", "br2"])
def test_a_move_that_was_killed_while_the_link_was_down_is_gone_on_with(to: str) -> None:
    made = planned(moving(DOWN, at="br1"), bridge=to)
    assert writes(made) == [(LIVE, to, None, False), (CONFIG, to, None, False)]
    assert ("link", "down", None) in [
        (field.field, field.before, field.after) for field in made.changes[0].fields
    ]


def test_what_somebody_has_taken_down_stays_so() -> None:
    """Where the nic is where its config has it, where its config is not asked for, and where no
    place is asked for."""
    assert planned(moving(DOWN), bridge="br0").steps == ()
    wanted = within(want(Intent.UPDATE, nic="lan", bridge="br1"), LIVE)
    assert plan(host(moving(DOWN, at="br1")), wanted).steps == ()
    made = planned(moving(DOWN, at="br1"), inbound="8mbit")
    assert [link for _, _, link, _ in writes(made)] == ["down", None]


SWITCH = "<virtualport type='openvswitch'><parameters interfaceid='{}'/></virtualport>".format(
    "11111111-2222-4333-8444-555555555555"
)


def tagged(*tags: int) -> str:
    inside = "".join(f"<tag id='{tag}'/>" for tag in tags)
    return SWITCH + (f"<vlan>{inside}</vlan>" if tags else "")


def tags_and_links(made: Plan) -> list[tuple[str, tuple[int, ...] | None, str | None]]:
    """Of each write."""
    found: list[tuple[str, tuple[int, ...] | None, str | None]] = []
    for step in made.steps:
        for op in step.ops:
            assert isinstance(op.do, UpdateDevice)
            nic = read_nic(op.do.xml)
            found.append((op.do.state, nic.vlan, nic.link))
    return found


@pytest.mark.parametrize(
    ("before", "after"), [((), "10"), ((10,), "20"), ((10,), "none"), ((10,), "10,20")]
)
def test_another_vlan_of_open_vswitch_is_another_lan(before: tuple[int, ...], after: str) -> None:
    seen = moving(tagged(*before), config=tagged(*before))
    made = planned(seen, vlan=after)
    tags = None if after == "none" else tuple(map(int, after.split(",")))
    assert made.changes[0].disruption is Disruption.LINK_FLAP
    assert [field.field for field in made.changes[0].fields] == ["vlan"]
    assert tags_and_links(made) == [
        (LIVE, tags, "down"),
        (LIVE, tags, None),
        (CONFIG, tags, None),
    ]


def test_a_trunk_that_carries_more_is_the_same_lan() -> None:
    made = planned(moving(tagged(10, 20), config=tagged(10, 20)), vlan="10,20,30")
    assert made.changes[0].disruption is Disruption.NONE
    assert tags_and_links(made) == [
        (LIVE, (10, 20, 30), None),
        (CONFIG, (10, 20, 30), None),
    ]


@pytest.mark.parametrize("after", ["20", "30"])
def test_a_vlan_that_was_changed_by_a_run_that_was_killed_is_gone_on_with(after: str) -> None:
    made = planned(moving(tagged(20) + DOWN, config=tagged(10)), vlan=after)
    tags = (int(after),)
    assert tags_and_links(made) == [(LIVE, tags, None), (CONFIG, tags, None)]


def test_a_vlan_changes_while_the_link_is_down_and_that_is_said() -> None:
    made = planned(moving(tagged(10) + DOWN, config=tagged(10)), vlan="20")
    assert made.changes[0].disruption is Disruption.NONE
    assert tags_and_links(made) == [(CONFIG, (20,), None), (LIVE, (20,), "down")]
    assert made.notes == ("vm1: the link of nic lan is down, and stays down",)


@pytest.mark.parametrize(
    ("seen", "states"),
    [(moving(DOWN, to="br1", at="br1"), (LIVE, CONFIG)), (moving(DOWN, at="br1"), (LIVE,))],
)
def test_a_link_that_was_left_down_is_told_of(seen: SeenDomain, states: tuple[State, ...]) -> None:
    """By a run that was killed and was to change no config, or that had changed it before."""
    asked = want(Intent.UPDATE, nic="lan", bridge="br1")
    made = plan(host(seen), within(asked, *states))
    assert made.steps == ()
    assert made.notes[-1] == (
        "vm1: the link of nic lan is down: vnetmgr update-nic vm1 lan --link up --live"
    )
