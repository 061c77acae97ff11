"""A spec's nic that is as the spec says is not planned any further: nothing would come of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.planner.builders import LINKS, UUID, network, observed
from vnetmgr.model.desired import NicWant, Policy
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import NetworkMode, SeenNetwork
from vnetmgr.model.nic import Mode, Nic, NicPatch, Source, differences
from vnetmgr.model.record import replace
from vnetmgr.model.state import Seen
from vnetmgr.model.values import Mac, Rate
from vnetmgr.planner.allocate import TakenMacs
from vnetmgr.planner.context import Context, Draft
from vnetmgr.planner.nics.match import is_as_wanted
from vnetmgr.planner.nics.update import plan_update

MAC = Mac("52:54:00:00:00:01")


def on_switch(name: str) -> SeenNetwork:
    """A network on a bridge of Open vSwitch."""
    found = network(name, NetworkMode.BRIDGE)
    config = replace(found.any, bridge="ovs0", virtualport="openvswitch")
    return replace(found, config=config, live=config)


HOST = observed(networks=(network("lab"), network("off", active=False), on_switch("switched")))
SOURCES = [
    Source(Mode.BRIDGE, "br0"),
    Source(Mode.BRIDGE, "ovs0"),
    *(Source(Mode.NETWORK, name) for name in ("lab", "off", "switched", "unknown")),
    Source(Mode.USER),
    Source(Mode.DIRECT, "eth0"),
]
VALUES: dict[str, list[Any]] = {
    "name": ["lan", "wan"],
    "mac": [MAC],
    "model": [None, "virtio", "e1000"],
    "virtualport": [None, "openvswitch"],
    "direct_mode": [None, "vepa", "bridge"],
    "vlan": [None, (10,)],
    "mtu": [None, 1400],
    "queues": [None, 1, 2],
    "link": [None, "up", "down"],
    "inbound": [None, Rate(10)],
    "filter": [None, "clean-traffic"],
    "filter_param": [None, (("A", "1"), ("B", "2")), (("B", "2"), ("A", "1"))],
    "isolated_port": [None, False, True],
    "extra": [None, (("driver.name", "qemu"),)],
}
FIELDS = st.fixed_dictionaries({"source": st.sampled_from(SOURCES)}) | st.fixed_dictionaries(
    {"source": st.sampled_from(SOURCES)},
    optional={name: st.sampled_from(values) for name, values in VALUES.items()},
)
TAPS = st.sampled_from([{}, {"target": "vnet0", "bridge": "br0"}, {"target": "vnet7"}])


def context_of(seen: Seen[Nic]) -> Context:
    domain = SeenDomain(
        name="vm1",
        uuid=UUID,
        config_xml=None if seen.config is None else "<domain/>",
        live_xml=None if seen.live is None else "<domain/>",
        nics=(seen,),
    )
    return Context(
        observed=replace(HOST, domains=(domain,)),
        policy=Policy(allow=frozenset({"replug"})),
        draft=Draft(domain),
        taken=TakenMacs(HOST),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[NicPatch, Seen[Nic]]:
    """What is asked is a part of what is there, or nearly."""
    fields: dict[str, Any] = draw(FIELDS)
    config = Nic(**{"mac": MAC, **fields})
    live = replace(config, **draw(st.just({}) | FIELDS), **draw(TAPS))
    there = draw(st.sampled_from([(config, None), (None, live), (config, live)]))
    keys = draw(st.sets(st.sampled_from(sorted(fields))))
    asked = {key: draw(st.sampled_from([fields[key], *VALUES.get(key, [])])) for key in keys}
    return NicPatch(**asked), Seen(key="vm1/lan", config=there[0], live=there[1])


@settings(max_examples=1000)
@given(cases())
def test_nothing_comes_of_it(case: tuple[NicPatch, Seen[Nic]]) -> None:
    patch, seen = case
    context = context_of(seen)
    if is_as_wanted(patch, seen, context):
        want = NicWant(domain="vm1", intent=Intent.PRESENT, patch=patch, spec_name="lan")
        planned = plan_update(want, seen, context)
        assert (planned.steps, planned.waiting, planned.notes) == ((), (), ())


@pytest.mark.parametrize(
    "patch", [NicPatch(), NicPatch(source=SOURCES[0], mac=MAC, link="up", isolated_port=None)]
)
def test_spellings_of_one_thing_are_as_wanted(patch: NicPatch) -> None:
    nic = Nic(source=SOURCES[0], mac=MAC)
    seen = Seen(key="vm1/lan", config=nic, live=nic)
    assert is_as_wanted(patch, seen, context_of(seen))


@pytest.mark.parametrize("patch", [NicPatch(mtu=1400), NicPatch(source=SOURCES[1])])
def test_each_state_counts(patch: NicPatch) -> None:
    nic, other = Nic(source=SOURCES[0], mac=MAC), Nic(source=SOURCES[1], mac=MAC, mtu=1400)
    for seen in (
        Seen(key="vm1/lan", config=nic, live=other),
        Seen(key="vm1/lan", config=other, live=nic),
    ):
        assert not is_as_wanted(patch, seen, context_of(seen))


def test_one_that_has_lost_its_bridge_is_not_as_wanted() -> None:
    nic = Nic(source=SOURCES[0], mac=MAC, bridge="br0", target="vnet0")
    seen = Seen(key="vm1/lan", config=nic, live=nic)
    context = context_of(seen)
    assert is_as_wanted(NicPatch(source=SOURCES[0]), seen, context)
    links = replace(LINKS, ports={})
    lost = replace(context, observed=replace(context.observed, links=links))
    assert not is_as_wanted(NicPatch(source=SOURCES[0]), seen, lost)


def test_values_that_are_equal_do_not_differ() -> None:
    """Whatever they are: their normal forms are not looked at."""
    for field, values in VALUES.items():
        for value in values:
            nic = Nic(**{"source": SOURCES[0], "mac": MAC, field: value})
            assert differences(nic, NicPatch(**{field: value})) == ()
