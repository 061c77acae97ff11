"""What a step leaves alone has to be there when it is read back."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import domain, domain_xml, nic_xml, observed, plan, want
from tests.unit.planner.networks.builders import host, lab
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import NetworkWant
from vnetmgr.model.options.network_patch import build_network_patch
from vnetmgr.model.state import State
from vnetmgr.planner import make_plan
from vnetmgr.planner.networks.keeps import lost

BOOT = (
    "<network><name>lab</name><bridge name='virbr7'/><ip address='10.0.0.1' prefix='24'>"
    "<tftp root='/srv'/><dhcp>{}<bootp file='pxe.0'/></dhcp></ip></network>"
)
BEFORE = BOOT.format("<range start='10.0.0.100' end='10.0.0.199'/>")
AFTER = BOOT.format("<range start='10.0.0.20' end='10.0.0.29'/>")


@pytest.mark.parametrize(
    ("config", "live", "expected"),
    [
        (AFTER, AFTER, ()),
        (AFTER, AFTER.replace("<bootp file='pxe.0'/>", ""), ("ip/dhcp/bootp",)),
        (AFTER.replace("pxe.0", "other"), AFTER, ("ip/dhcp/bootp",)),
        (AFTER.replace("<tftp root='/srv'/>", ""), AFTER, ("ip/tftp",)),
        (AFTER.replace("<bridge ", "<bridge delay='0' "), AFTER, ("bridge",)),
    ],
)
def test_a_network(config: str, live: str, expected: tuple[str, ...]) -> None:
    patch = build_network_patch({"dhcp_range": ["10.0.0.20-10.0.0.29"]})
    wanted = NetworkWant(name="lab", intent=Intent.UPDATE, patch=patch, running=None, adds=True)
    made = make_plan(Desired(networks=(wanted,)), host(lab(BEFORE, BEFORE)), Policy())
    found = [paths for _, paths in lost(made, host(lab(config, live)))]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(("extra", "expected"), [("<coalesce/>", []), ("", [("coalesce",)])])
def test_a_nic(extra: str, expected: list[tuple[str, ...]]) -> None:
    def seen(bridge: str, more: str) -> str:
        source = f"<source bridge='{bridge}'/>"
        return domain_xml(nic_xml(source=source, target="vnet7", extra=more))

    before = domain(seen("br0", "<coalesce/>"), seen("br0", "<coalesce/>"))
    made = plan(observed(before), want(Intent.UPDATE, nic="lan", bridge="br1"))
    after = domain(seen("br1", "<coalesce/>"), seen("br1", extra))
    assert [paths for _, paths in lost(made, observed(after))] == expected
    assert State.LIVE in made.changes[0].scope


def test_of_two_nics_with_one_mac_it_is_the_one_that_fits() -> None:
    first = nic_xml("a", target="vnet7", bus=1)
    documents = [domain_xml(first, nic_xml("b", target="vnet8", bus=2)) for _ in range(2)]
    made = plan(observed(domain(*documents)), want(Intent.UPDATE, nic="b", inbound="1mbit"))
    rate = "<bandwidth><inbound average='125'/></bandwidth>"
    after = domain_xml(first, nic_xml("b", target="vnet8", bus=2, extra=rate))
    assert list(lost(made, observed(domain(after, after)))) == []


def test_what_a_live_element_shows_of_its_network_is_no_loss() -> None:
    """A nic on a macvtap network: an update names the network alone."""
    source = "<source network='lab' portid='p' dev='eth0' mode='bridge'/>"
    live, down = (
        domain_xml(nic_xml(kind="direct", source=source, target="macvtap0", extra=extra))
        for extra in ("", "<link state='down'/>")
    )
    config = domain_xml(nic_xml(kind="network", source="<source network='lab'/>"))
    made = plan(observed(domain(config, live)), want(Intent.UPDATE, nic="lan", link="down"))
    assert list(lost(made, observed(domain(config, down)))) == []
