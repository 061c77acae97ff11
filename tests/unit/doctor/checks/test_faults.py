"""One fault on an otherwise healthy path: it is named first, with whose it is and what mends it."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest

from tests.unit.doctor import hosts
from tests.unit.doctor.faults import FAULTS
from tests.unit.doctor.faults.fault import (
    Fault,
    leased_out,
    routes,
    twin,
    two_bridges,
)
from tests.unit.doctor.faults.of_overlays import with_green
from tests.unit.doctor.hosts import (
    LAN_MAC,
    MAC,
    NOW_S,
    OTHER_MAC,
    bridge_host,
    nat_host,
    with_link,
    with_links,
    with_network,
    with_sysctl,
)
from tests.unit.doctor.overlay_hosts import overlay_host, with_chassis
from vnetmgr.doctor.walk import walk
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.path.finding import Finding, Status
from vnetmgr.model.path.links import LinkAddress, LinkFacts
from vnetmgr.model.path.routes import NextHop, RouteFacts
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from vnetmgr.model.path.facts import PathFacts


def broken(facts: PathFacts) -> Finding:
    """The first cause of web1/lan."""
    of = {(path.findings[0].domain, path.findings[0].nic): path for path in walk(facts)}
    path = of["web1", "lan"]
    assert path.first_cause is not None, [
        (each.check, each.status) for each in path.findings if each.status is not Status.OK
    ]
    return path.first_cause


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_named_first(fault: Fault) -> None:
    cause = broken(fault.change(fault.host()))
    assert (cause.check, cause.status) == (fault.check, fault.status), cause
    assert cause.owner is not None
    assert fault.owner in cause.owner
    assert (cause.remedy, cause.fixable) == (fault.remedy, fault.fixable)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_without_the_fault_nothing_is_to_be_mended(fault: Fault) -> None:
    for path in walk(fault.host()):
        if fault.check != "forward-dev-down":  # a host that is broken from its start on
            assert path.first_cause is None


def test_overlays_with_the_same_way_out_may_have_the_same_subnet() -> None:
    (path,) = walk(with_green(overlay_host(), address="10.10.0.8/24"))
    found = {each.check: each for each in path.findings}
    assert path.first_cause is None
    assert found["overlay-address-taken"].status is Status.OK
    told = found["overlay-subnet-taken"]
    assert told.status is Status.INFO
    assert told.cause.startswith("its subnet 10.66.0.0/24 overlaps 10.66.0.0/24 of overlay green")


@pytest.mark.parametrize(
    ("physical", "address"), [("other", "10.10.0.9"), ("physnet", "10.10.0.1")]
)
def test_another_network_or_address_of_the_host_is_in_no_routers_way(
    physical: str, address: str
) -> None:
    has = LinkAddress(address=ip_address(address), prefix=24)
    facts = with_links(
        with_chassis(
            with_green(overlay_host(), address="10.10.0.8/24"),
            bridge_mappings=((physical, "br-ex"),),
        ),
        LinkFacts(name="br-ex", up=True, carrier=True, addresses=(has,)),
    )
    (path,) = walk(facts)
    found = {each.check: each for each in path.findings}
    assert found["overlay-address-here"].status is Status.OK


def test_dns_that_is_off_is_told_and_breaks_nothing() -> None:
    (path,) = walk(with_network(nat_host(), dns=False))
    found = {each.check: each for each in path.findings}
    assert path.first_cause is None
    assert found["network-dns-off"].status is Status.INFO
    assert "its DNS off" in found["network-dns-off"].cause
    assert "firewall-dns" not in found


def test_a_network_without_dns_and_dhcp_has_no_dnsmasq_to_miss() -> None:
    facts = replace(
        nat_host(), dnsmasqs=tuple(replace(each, pid=None) for each in nat_host().dnsmasqs or ())
    )
    assert broken(facts).check == "dnsmasq-dead"
    for changes in ({"dns": False}, {"dns": False, "dhcp_ranges": ()}):
        (path,) = walk(with_network(facts, **changes))
        dead = "dnsmasq-dead" in {each.check for each in path.findings}
        assert dead is ("dhcp_ranges" not in changes)


def test_what_is_broken_comes_before_what_is_to_be_warned_of() -> None:
    facts = with_link(bridge_host(), "eth0", addresses=(hosts.address("192.0.2.10/24"),))
    facts = with_link(facts, "br0", mtu=1400)
    assert broken(facts).check == "mtu-tap-bridge"


def test_a_host_may_be_meant_to_have_no_default_route() -> None:
    facts = nat_host()
    near = tuple(each for each in routes(facts) if each.destination.prefixlen)
    (path,) = walk(replace(facts, routes=near))
    (found,) = [each for each in path.findings if each.check == "no-default-route"]
    assert (found.status, path.first_cause) == (Status.INFO, None)
    assert found.remedy == "ip route add default via GATEWAY  # the LAN's router"


def test_a_bridge_with_another_uplink_goes_on() -> None:
    facts = with_links(bridge_host(), hosts.port("eth1", "br0", kind=None))
    cause = broken(with_link(facts, "eth0", carrier=False))
    assert (cause.check, cause.status) == ("uplink-no-carrier", Status.WARNING)


def test_a_guest_on_another_vlan_may_have_the_same_mac() -> None:
    facts = twin(bridge_host())
    first, second = facts.domains
    live = second.nics[0].live
    assert live is not None
    other = replace(second, nics=(replace(second.nics[0], live=replace(live, vlan=(7,))),))
    (path,) = walk(replace(facts, domains=(first, other)))
    assert path.first_cause is None


def test_macs_clash_across_bridges_that_are_joined() -> None:
    facts = twin(two_bridges())
    first, second = facts.domains
    live = second.nics[0].live
    assert live is not None
    moved = replace(live, bridge="br1", source=Source(Mode.BRIDGE, "br1"))
    other = replace(second, nics=(replace(second.nics[0], live=moved),))
    facts = replace(facts, domains=(first, other))
    assert broken(with_links(facts, hosts.port("vnet1", "br1"))).check == "mac-duplicate"


def test_rp_filter_is_not_judged_past_policy_routing() -> None:
    """Which table a packet is looked up in may depend on what cannot be known."""
    from vnetmgr.model.path.routes import RouteRule

    facts = with_sysctl(nat_host(), "net/ipv4/conf/virbr0/rp_filter", 1)
    rule = RouteRule(version=4, priority=100, table="51820", other=("fwmark",))
    (path,) = walk(replace(facts, route_rules=(*(facts.route_rules or ()), rule)))
    found = {each.check: each for each in path.findings}
    assert found["rp-filter-drops"].status is Status.NOT_CHECKED
    assert path.first_cause is None


def test_a_reply_by_several_links_is_not_judged() -> None:
    hops = (NextHop(link="virbr0"), NextHop(link="eth0"))
    facts = with_sysctl(nat_host(), "net/ipv4/conf/virbr0/rp_filter", 1)
    both = RouteFacts(destination=ip_network("192.168.150.0/25"), hops=hops)
    (path,) = walk(replace(facts, routes=(*routes(facts), both)))
    found = {each.check: each for each in path.findings}
    assert found["rp-filter-drops"].status is Status.NOT_CHECKED


def test_two_faults_on_two_nics_are_each_named() -> None:
    """And neither on the other's."""
    facts = bridge_host()
    (web1,) = facts.domains
    nat = nat_host()
    mgmt = replace(nat.domains[0].nics[0])
    assert mgmt.live is not None
    assert mgmt.config is not None
    own = {"name": "mgmt", "mac": OTHER_MAC}
    there = replace(
        mgmt,
        live=replace(mgmt.live, target="vnet1", **own),
        config=replace(mgmt.config, **own),
    )
    nat_links = [each for each in nat.links or () if each.name == "virbr0"]
    facts = replace(
        with_links(facts, *nat_links, replace(hosts.port("vnet1", "virbr0"), up=False)),
        domains=(replace(web1, nics=(*web1.nics, there), agent=None),),
        networks=nat.networks,
        dnsmasqs=nat.dnsmasqs,
    )
    facts = with_link(facts, "eth0", carrier=False)
    causes = {
        path.nic: path.first_cause.check for path in walk(facts) if path.first_cause is not None
    }
    assert causes == {"lan": "uplink-no-carrier", "mgmt": "tap-down"}


def test_a_lease_that_has_run_out_takes_no_address() -> None:
    facts = leased_out(nat_host())
    expired = tuple(replace(each, expires_s=NOW_S - 1) for each in facts.leases or ())
    (path,) = walk(replace(facts, leases=expired))
    assert path.first_cause is None


def test_a_full_pool_is_no_trouble_for_who_has_an_address() -> None:
    facts = leased_out(nat_host())
    mine = replace((facts.leases or ())[0], mac=MAC)
    cause = broken(replace(facts, leases=(mine, *(facts.leases or ())[1:])))
    assert (cause.check, cause.status) == ("dhcp-pool-exhausted", Status.WARNING)


def test_the_machine_that_answers_is_no_link_of_the_hosts() -> None:
    """The bridge's own MAC is that of one of its ports, as a rule."""
    facts = with_link(bridge_host(), "br0", mac=LAN_MAC)
    (path,) = walk(facts)
    assert path.first_cause is None
