"""What list-nics says of a nic whose source the host has not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.unit.planner.builders import LINKS, domain, domain_xml, network, nic_xml, observed
from vnetmgr.listings.nic_state import missing
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Links

FAR = Links(bridges=frozenset({"br0"}))
NET = "<source network='lab'/>"


@dataclass(frozen=True, kw_only=True)
class Row:
    says: str | None
    kind: str = "network"
    source: str = NET
    mode: NetworkMode | None = NetworkMode.NAT
    active: bool = True
    bridge: str = "br0"
    links: Links = LINKS
    extra: str = ""


ROWS = {
    "all there": Row(says=None),
    "no network": Row(says="no network lab", mode=None),
    "a network that is off": Row(says="network lab is off", active=False),
    "its bridge is there": Row(says=None, mode=NetworkMode.BRIDGE),
    "its bridge is gone": Row(says="no bridge br7", mode=NetworkMode.BRIDGE, bridge="br7"),
    "afar": Row(says=None, mode=NetworkMode.BRIDGE, bridge="br7", links=FAR),
    "no bridge": Row(says="no bridge br7", kind="bridge", source="<source bridge='br7'/>"),
    "a bridge": Row(says=None, kind="bridge", source="<source bridge='br1'/>"),
    "a switch": Row(
        says=None,
        kind="bridge",
        source="<source bridge='eth0'/>",
        extra="<virtualport type='openvswitch'/>",
    ),
    "no link": Row(says="no link eth7", kind="direct", source="<source dev='eth7'/>"),
    "a link": Row(says=None, kind="direct", source="<source dev='eth0'/>"),
    "user mode": Row(says=None, kind="user", source=""),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_what_the_host_has_not(row: Row) -> None:
    seen = domain(domain_xml(nic_xml(kind=row.kind, source=row.source, extra=row.extra)))
    networks = []
    if row.mode is not None:
        found = network("lab", row.mode, active=row.active)
        config = replace(found.any, bridge=row.bridge)
        networks = [replace(found, config=config, live=config if row.active else None)]
    there = replace(observed(seen, networks=tuple(networks)), links=row.links)
    assert missing(seen.nics[0], there) == row.says


@pytest.mark.parametrize(
    ("target", "says"), [("vnet7", None), ("macvtap0", "no link macvtap0"), (None, None)]
)
def test_a_macvtap_that_somebody_has_removed(target: str | None, says: str | None) -> None:
    live = nic_xml(kind="direct", source="<source dev='eth0' mode='bridge'/>", target=target)
    seen = domain(domain_xml(live), domain_xml(live))
    assert missing(seen.nics[0], observed(seen)) == says
    off = domain(domain_xml(live))  # whose target is one that it will have
    assert missing(off.nics[0], observed(off)) is None
