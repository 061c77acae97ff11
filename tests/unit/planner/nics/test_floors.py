"""What a nic is guaranteed: refused where libvirt would refuse it, and changed in two steps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.planner.builders import (
    domain,
    domain_xml,
    network,
    nic_xml,
    observed,
    plan,
    want,
)
from vnetmgr.errors import RefusedError, UsageError
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import NetworkMode, SeenNetwork
from vnetmgr.model.record import replace
from vnetmgr.model.values import Bandwidth, Rate
from vnetmgr.model.writes import UpdateDevice
from vnetmgr.planner.scope import scope_of

LAB = "<source network='lab'/>"


def having(inbound: Bandwidth | None, mode: NetworkMode = NetworkMode.NAT) -> SeenNetwork:
    """The network lab with this much for all."""
    found = replace(network("lab").any, inbound=inbound, mode=mode)
    return replace(network("lab"), config=found, live=found)


def guaranteed(kilobytes: int, name: str = "lan", **more: Any) -> str:
    extra = f"<bandwidth><inbound floor='{kilobytes}'/></bandwidth>" if kilobytes else ""
    return nic_xml(name, kind="network", source=LAB, extra=extra, **more)


PLAIN = Bandwidth(Rate(1000))
REFUSED = [
    (None, NetworkMode.NAT, "floor=8kbit", "network lab has no inbound rate"),
    (PLAIN, NetworkMode.BRIDGE, "floor=8kbit", "network lab is on no bridge of its own"),
    (PLAIN, NetworkMode.NAT, "floor=8.008mbit", "lab can guarantee 8mbit: not 8.008mbit to vm1/b"),
    (
        PLAIN,
        NetworkMode.NAT,
        "floor=4.008mbit",
        "lab can guarantee 8mbit, of which 4mbit are others': not 4.008mbit to vm1/b",
    ),
]


@pytest.mark.parametrize(("inbound", "mode", "text", "says"), REFUSED)
def test_refused(inbound: Bandwidth | None, mode: NetworkMode, text: str, says: str) -> None:
    there = domain_xml(guaranteed(500 if "others" in says else 0, target="vnet7"))
    host = observed(domain(there, there), networks=(having(inbound, mode),))
    with pytest.raises(RefusedError) as caught:
        plan(host, replace_name(want(Intent.CREATE, network="lab", inbound=text)))
    assert says in caught.value.message
    assert caught.value.hint


def replace_name(wanted: Any) -> Any:
    return replace(wanted, patch=replace(wanted.patch, name="b"))


def test_a_peak_is_what_there_is_to_guarantee() -> None:
    there = domain_xml(guaranteed(500, target="vnet7"))
    networks = (having(Bandwidth(Rate(600), peak=Rate(1000))),)
    host = observed(domain(there, there), networks=networks)
    made = plan(host, replace_name(want(Intent.CREATE, network="lab", inbound="floor=4mbit")))
    assert len(made.steps) == 1


def test_no_other_source_guarantees() -> None:
    with pytest.raises(UsageError, match="only a network of libvirt's guarantees a rate"):
        plan(
            observed(domain(domain_xml())), want(Intent.CREATE, bridge="br0", inbound="floor=8kbit")
        )


def inbound_of(write: object) -> str:
    assert isinstance(write, UpdateDevice)
    return str(read_nic(write.xml).inbound)


def test_a_running_nic_is_without_its_floor_in_between() -> None:
    """libvirt counts the old and the new one together."""
    there = domain_xml(guaranteed(600, target="vnet7"))
    host = observed(domain(there, there), networks=(having(PLAIN),))
    made = plan(host, want(Intent.UPDATE, nic="lan", inbound="4mbit,floor=7.2mbit"))
    ops, wanted = made.steps[0].ops, "4mbit,floor=7.2mbit"
    assert [inbound_of(op.do) for op in ops] == ["4mbit", wanted, wanted]
    undone = [inbound_of(write) for op in ops for write in op.undo or ()]
    assert undone == ["floor=4.8mbit", "4mbit", "floor=4.8mbit"]


def test_so_is_one_that_is_changed_otherwise() -> None:
    there = domain_xml(guaranteed(600, target="vnet7"))
    host = observed(domain(there, there), networks=(having(PLAIN),))
    made = plan(host, want(Intent.UPDATE, nic="lan", link="down"))
    inbound = [inbound_of(op.do) for op in made.steps[0].ops]
    assert inbound == ["None", "floor=4.8mbit", "floor=4.8mbit"]


def test_who_else_is_guaranteed_something_is_looked_at_only_then() -> None:
    for text, looks in (("8kbit", False), ("floor=8kbit", True)):
        wanted = want(Intent.CREATE, network="lab", inbound=text)
        made = plan(observed(domain(domain_xml()), networks=(having(PLAIN),)), wanted)
        assert scope_of(made.desired).running_domains is looks
