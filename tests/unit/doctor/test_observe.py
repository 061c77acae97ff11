"""Whom else to look at, beside those that were asked for."""

from __future__ import annotations

import pytest

from tests.unit.model.path.examples import BRIDGE, FACTS, MAC, TAP
from vnetmgr.doctor.observe import _may_have_twins
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.path.links import LinkFacts
from vnetmgr.model.record import replace
from vnetmgr.model.state import Seen
from vnetmgr.model.values import Mac

NIC = Nic(source=Source(Mode.BRIDGE, "br0"), mac=MAC)
DOMAINS = [SeenDomain(name="web1", uuid="1", nics=(Seen(key="lan", config=NIC, live=NIC),))]
OTHER = LinkFacts(name="vnet9", kind="tun", mac=Mac("fe:54:00:00:00:09"))


@pytest.mark.parametrize(
    ("links", "may"),
    [
        ((TAP, BRIDGE, OTHER), False),
        # A bridge has the MAC of one of its ports.
        ((TAP, replace(BRIDGE, mac=TAP.mac)), False),
        ((TAP, replace(TAP, name="vnet1")), True),
        ((TAP, LinkFacts(name="macvtap0", kind="macvtap", mac=MAC)), True),
        ((OTHER, replace(OTHER, name="vnet8")), False),
        (None, True),
    ],
)
def test_others_are_looked_at_where_the_links_say_so(
    links: tuple[LinkFacts, ...] | None,
    may: bool,  # noqa: FBT001
) -> None:
    assert _may_have_twins(replace(FACTS, links=links), DOMAINS) is may
