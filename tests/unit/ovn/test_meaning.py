"""What the rows mean to OVN: ovn-northd takes them, and ovn-trace says what becomes of packets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from tests.ovn import Central
from tests.ovn.database import run
from tests.unit.ovn.values import FULL, overlay, port
from vnetmgr.model.dhcp import DhcpRange
from vnetmgr.model.dns import DnsForwarder
from vnetmgr.model.overlay.northbound import PortChange
from vnetmgr.model.overlay.row_names import INSIDE, mac_of
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.writes import SetOverlay, SetPorts
from vnetmgr.ovn.database import Database

OPTIONS = {
    "option:ntp-server,10.0.0.1,10.0.0.2": "ntp_server = {10.0.0.1, 10.0.0.2}",
    "66,tftp.lab.internal": 'tftp_server = "tftp.lab.internal"',
    "option:classless-static-route,10.9.0.0/16,10.66.0.3,10.8.0.0/16,10.66.0.4": (
        "classless_static_route = {10.9.0.0/16, 10.66.0.3, 10.8.0.0/16, 10.66.0.4}"
    ),
    "option:bootfile-name,pxe.0": 'bootfile_name = "pxe.0"',
    "option:domain-search,a.test,b.test": 'domain_search_list = "a.test,b.test"',
    "option:ip-forward-enable,0": "ip_forward_enable = 0",
    "option:default-ttl,64": "default_ttl = 64",
    "252,http://wpad/x": 'wpad = "http://wpad/x"',
}
GATEWAY = mac_of(INSIDE, "blue", "default")
V4, V6 = (ip_address("10.66.0.9"), ip_address("fd00:66::9"))
ONE, OTHER = port(1, addresses=(V4, V6)), port(2, addresses=(ip_address("10.66.0.10"),))
Trace = Callable[[str], str]


@pytest.fixture
def trace(central: Central, request: pytest.FixtureRequest) -> Iterator[Trace]:
    """What becomes of a packet of the first port's; with an overlay whose fields are given."""
    given: dict[str, Any] = getattr(request, "param", {})
    south = central.south
    south.ctl("chassis-add hosta geneve 10.0.0.1")
    with Database.connect(OvnSettings(northbound=central.remote)) as database:
        fields = FULL | {"port_security": None, "dhcp_options": tuple(OPTIONS)} | given
        database.set_overlay(SetOverlay(name="blue", before=None, after=overlay(**fields)))
        changes = tuple(PortChange(before=None, after=each) for each in (ONE, OTHER))
        database.set_ports(SetPorts(changes=changes))
    central.north.ctl("--wait=sb sync")
    for each in (ONE, OTHER):
        south.ctl(f"lsp-bind {each.name} hosta")

    def ask(packet: str) -> str:
        own = f'inport == "{ONE.name}" && eth.src == {ONE.mac}'
        words = f"--db={south.remote} --minimal blue '{own} && {packet}'"
        return run(f"ovn-trace {words}")

    yield ask
    assert "WARN" not in (central.directory / "northd.log").read_text()


TO_OTHER = f"eth.dst == {OTHER.mac} && ip4.src == 10.66.0.9 && ip4.dst == 10.66.0.10 && ip.ttl == 9"


def test_dhcp_tells_what_the_fields_say(trace: Trace) -> None:
    asked = "eth.dst == ff:ff:ff:ff:ff:ff && ip4.src == 0.0.0.0 && ip4.dst == 255.255.255.255"
    found = trace(f"{asked} && udp.src == 68 && udp.dst == 67")
    own = ("lease_time = 600", "mtu = 1400", "router = 10.66.0.1", "dns_server = 192.0.2.53")
    for text in (*OPTIONS.values(), *own, 'domain_name = "lab.internal"', "server_id = 10.66.0.1"):
        assert text in found, text


@pytest.mark.parametrize(
    ("trace", "reaches"),
    [({"isolated_ports": True}, False), ({"isolated_ports": None}, True)],
    indirect=["trace"],
)
def test_isolated_guests_do_not_reach_one_another(trace: Trace, *, reaches: bool) -> None:
    assert ("output" in trace(TO_OTHER)) is reaches
    # The gateway answers all the same.
    to_gateway = "ip4.src == 10.66.0.9 && ip4.dst == 10.66.0.1 && icmp4.type == 8 && ip.ttl == 9"
    assert "icmp4.type = 0" in trace(f"eth.dst == {GATEWAY} && {to_gateway}")


@pytest.mark.parametrize(
    ("trace", "leaves"),
    [({}, True), ({"external": None, "external_addresses": ()}, False)],
    indirect=["trace"],
)
def test_there_is_a_way_out_where_there_is_an_external_network(
    trace: Trace, *, leaves: bool
) -> None:
    found = trace(
        f"eth.dst == {GATEWAY} && ip4.src == 10.66.0.9 && ip4.dst == 8.8.8.8 && ip.ttl == 9"
    )
    assert ("vnetmgr-port-localnet-blue" in found) is leaves


@pytest.mark.parametrize("source", ["10.66.0.9", "10.66.0.77"])
@pytest.mark.parametrize("trace", [{"isolated_ports": None}], indirect=True)
def test_port_security_lets_a_guest_s_own_addresses_out(trace: Trace, source: str) -> None:
    found = trace(TO_OTHER.replace("10.66.0.9", source))
    assert ("output" in found) is (source == str(V4))


def test_the_router_answers_over_ipv6(trace: Trace) -> None:
    ping = "ip6.src == fd00:66::9 && ip6.dst == fd00:66::1 && icmp6.type == 128 && ip.ttl == 9"
    assert "icmp6.type = 129" in trace(f"eth.dst == {GATEWAY} && {ping}")


RANGES = (
    *FULL["dhcp_ranges"],
    DhcpRange(start=ip_address("fd00:66::8"), end=ip_address("fd00:66::ff")),
)
RESOLVERS = tuple(DnsForwarder(address=ip_address(each)) for each in ("192.0.2.53", "2001:db8::53"))


@pytest.mark.parametrize(
    "trace", [{"dhcp_ranges": RANGES, "dns_forwarders": RESOLVERS}], indirect=True
)
def test_dhcp_of_ipv6_gives_the_port_its_address(trace: Trace) -> None:
    asked = (
        "eth.dst == 33:33:00:01:00:02 && ip6.src == fe80::5054:ff:fe00:1 && ip6.dst == ff02::1:2"
    )
    found = trace(f"{asked} && udp.src == 546 && udp.dst == 547 && ip.ttl == 1")
    for text in ("ia_addr = fd00:66::9", "dns_server = 2001:db8::53", f"server_id = {GATEWAY}"):
        assert text in found, found
