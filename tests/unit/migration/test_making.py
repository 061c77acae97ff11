"""The command that makes a network like another one is read back as that one."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from tests.unit.migration.hosts import LAB, LAN, LEVELS, POOL, PORTS, seen
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.migration.making import create_network
from vnetmgr.model.dhcp import DhcpRange
from vnetmgr.model.network import Network, NetworkMode, Portgroup
from vnetmgr.model.network_want import network_differences
from vnetmgr.model.nic import SomePairs
from vnetmgr.model.options.network_patch import build_network_patch
from vnetmgr.model.options.networks import NETWORK_OPTIONS
from vnetmgr.model.options.parsers import Kind
from vnetmgr.model.record import replace
from vnetmgr.model.values import Bandwidth, Rate

RICH = read_network(
    """<network><name>rich</name><forward mode='nat'>
    <nat><address start='10.9.9.1' end='10.9.9.2'/><port start='2000' end='3000'/></nat></forward>
    <bridge name='rich0' stp='off' delay='4'/><mtu size='9000'/>
    <domain name='rich.lan' localOnly='yes'/>
    <dns forwardPlainNames='no'><forwarder addr='10.1.1.1'/>
    <forwarder domain='a.lan' addr='10.1.1.2'/></dns>
    <bandwidth><inbound average='12500' peak='25000' burst='1024'/></bandwidth>
    <portgroup name='slow' default='yes'><bandwidth><outbound average='1250'/></bandwidth>
    </portgroup><port isolated='yes'/>
    <ip address='192.168.150.9' netmask='255.255.255.0' localPtr='yes'><tftp root='/srv/tftp'/>
    <dhcp><range start='192.168.150.50' end='192.168.150.99'><lease expiry='30' unit='minutes'/>
    </range><bootp file='pxelinux.0'/></dhcp></ip>
    <ip family='ipv6' address='fd00:1::1' prefix='64'/>
    <route address='10.7.0.0' netmask='255.255.0.0' gateway='192.168.150.10' metric='2'/>
    </network>"""
)
OTHERS = (
    LAB,
    replace(LAB, dhcp_ranges=()),
    replace(LAB, mode=NetworkMode.ROUTED, dns=False),
    replace(LAB, mode=NetworkMode.OPEN, lease_time=0),
    Network(name="alone", mode=NetworkMode.ISOLATED),
    LAN,
    PORTS,
    POOL,
    replace(LEVELS, forward_devs=("eth1", "eth2"), direct_mode="private"),
    replace(
        LAB,
        inbound=Bandwidth.of(Rate.parse("100mbit")),
        portgroups=(Portgroup(name="a=b", inbound=Bandwidth.of(Rate.parse("1mbit"))),),
    ),
)


def given(words: tuple[str, ...]) -> dict[str, str | list[str]]:
    """The options as a command line has them."""
    found: dict[str, str | list[str]] = {}
    rest = list(words)
    while rest:
        key = rest.pop(0).removeprefix("--").replace("-", "_")
        off = key not in NETWORK_OPTIONS and key.startswith("no_")
        option = NETWORK_OPTIONS[key.removeprefix("no_") if off else key]
        if option.kind in (Kind.SWITCH, Kind.FLAG):
            found[key.removeprefix("no_") if off else key] = "no" if off else "yes"
        elif option.kind.repeatable:
            listed = found.setdefault(key, [])
            assert isinstance(listed, list)
            listed.append(rest.pop(0))
        else:
            found[key] = rest.pop(0)
    return found


@pytest.mark.parametrize("network", [RICH, *OTHERS], ids=lambda each: each.name)
def test_it_makes_the_same(network: Network) -> None:
    words = create_network(seen(network))
    assert words is not None
    assert words[:2] == ("create-network", network.name)
    patch = build_network_patch(given(words[2:]))
    if isinstance(patch.extra, SomePairs):
        patch = replace(patch, extra=patch.extra.onto(None))
    assert network_differences(network, patch) == ()


def test_a_rich_one_says_all() -> None:
    words = create_network(seen(RICH)) or ()
    said = {NETWORK_OPTIONS[key].field for key in given(words[2:])}
    for field in ("subnets", "gateways", "dhcp_ranges", "lease_time", "bootp", "routes", "extra"):
        assert field in said, field
    assert {"nat_address", "nat_port", "dns_forwarders", "portgroups", "inbound"} <= said


def test_what_a_new_one_has_by_itself_is_left_out() -> None:
    network = replace(
        LAB,
        dhcp_ranges=(
            DhcpRange(start=ip_address("192.168.150.50"), end=ip_address("192.168.150.99")),
        ),
    )
    assert create_network(seen(network, autostart=False)) == (
        *("create-network", "lab", "--mode", "nat", "--subnet", "192.168.150.0/24"),
        *("--dhcp-range", "192.168.150.50-192.168.150.99", "--no-autostart"),
    )
    named = replace(LAB, bridge="lab0", subnets=(ip_network("10.0.0.0/24"),))
    words = create_network(seen(named)) or ()
    assert "lab0" in words


def test_no_command_makes_what_only_libvirt_knows() -> None:
    assert create_network(seen(replace(LAB, mode=NetworkMode.OTHER))) is None
