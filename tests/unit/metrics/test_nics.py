"""What one scrape says of nics and of address pools."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.unit.metrics.test_names import TRAFFIC
from tests.unit.planner.builders import domain, domain_xml, network, nic_xml, observed
from vnetmgr.metrics.nics import guest_traffic, nics_now, pools_now
from vnetmgr.model.dhcp import DhcpRange, IpAddress, Reservation
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.network import SeenNetwork
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.record import replace

MAC = "52:54:00:00:00:01"


def running(*nics: str) -> SeenDomain:
    return domain(domain_xml(*nics), domain_xml(*nics))


def test_a_nic_is_called_by_its_name_else_by_its_mac() -> None:
    guest = running(
        nic_xml("lan", target="vnet0"),
        nic_xml(None, target="vnet1", mac="52:54:00:00:00:02", bus=2),
    )
    assert [nic.nic for nic in nics_now(guest, observed(guest), {})] == ["lan", "52:54:00:00:00:02"]


def test_two_without_names_and_with_one_mac_are_told_apart() -> None:
    guest = running(nic_xml(None, target="vnet0"), nic_xml(None, target="vnet1", bus=2))
    names = {nic.nic for nic in nics_now(guest, observed(guest), {})}
    assert names == {f"{MAC} vnet0", f"{MAC} vnet1"}


def test_one_that_does_not_run_has_none() -> None:
    guest = domain(domain_xml(nic_xml()))
    assert list(nics_now(guest, observed(guest), {})) == []


def test_what_is_wrong_with_it() -> None:
    live = nic_xml(target="vnet1", extra="<link state='down'/><mtu size='1400'/>")
    guest = domain(domain_xml(nic_xml()), domain_xml(live))
    (nic,) = nics_now(guest, observed(guest), {"vnet1": TRAFFIC})
    assert (nic.link_up, nic.orphan, nic.pending, nic.traffic) == (False, True, 2, TRAFFIC)
    assert (nic.bridge, nic.network, nic.target) == ("br0", "", "vnet1")


@pytest.mark.parametrize(
    ("mode", "received"), [(Mode.BRIDGE, 5), (Mode.NETWORK, 5), (Mode.DIRECT, 1)]
)
def test_a_tap_is_the_other_end_of_the_wire(mode: Mode, received: int) -> None:
    live = Nic(source=Source(mode, "x"), target="vnet0")
    traffic = guest_traffic(live, {"vnet0": TRAFFIC})
    assert traffic is not None
    assert traffic.receive_bytes == received
    assert guest_traffic(replace(live, target=None), {"vnet0": TRAFFIC}) is None


def addresses(text: str) -> list[IpAddress]:
    return [ip_address(each) for each in text.split()]


def pool(*ranges: str, reserved: str = "") -> SeenNetwork:
    seen = network("lab")
    assert seen.live is not None
    pairs = [addresses(each) for each in ranges]
    live = replace(
        seen.live,
        dhcp_ranges=tuple(DhcpRange(start=start, end=end) for start, end in pairs),
        reservations=tuple(Reservation(address=each) for each in addresses(reserved)),
    )
    return replace(seen, live=live)


LOW, HIGH = "192.0.2.1 192.0.2.10", "192.0.2.20 192.0.2.20"


@pytest.mark.parametrize(
    ("seen", "leased", "counts"),
    [
        (pool(), "", []),
        (pool(LOW), "", [(4, 0, 10)]),
        (pool(LOW, HIGH), "192.0.2.1 192.0.2.20", [(4, 2, 9)]),
        (pool(LOW, reserved="192.0.2.1 192.0.2.99"), "192.0.2.1 192.0.2.99", [(4, 2, 9)]),
        (pool(LOW, reserved="192.0.2.1"), "192.0.2.2", [(4, 1, 8)]),
        (pool("192.0.2.1 192.0.2.1"), "192.0.2.1", [(4, 1, 0)]),
        (pool(LOW, "2001:db8::1 2001:db8::ff"), "2001:db8::1", [(4, 0, 10), (6, 1, 254)]),
    ],
)
def test_a_pool(seen: SeenNetwork, leased: str, counts: list[tuple[int, int, int]]) -> None:
    found = pools_now(seen, {"lab": set(addresses(leased))})
    assert [(each.version, each.leased, each.free) for each in found] == counts
