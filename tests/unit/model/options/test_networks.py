"""Options become a patch of a network; whatever is wrong with them is said at once."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network

import pytest

from vnetmgr.errors import UsageError
from vnetmgr.model.dhcp import INFINITE_S, DhcpRange, Reservation
from vnetmgr.model.dns import DnsForwarder, DnsRecord, RecordKind
from vnetmgr.model.network import Network, NetworkMode, Portgroup
from vnetmgr.model.network_want import NetworkPatch
from vnetmgr.model.options.addressing import addressing_problems, default_ranges, first_host
from vnetmgr.model.options.network_patch import (
    as_option,
    build_network_patch,
    missing_fields,
    mode_problems,
)
from vnetmgr.model.options.networks import NETWORK_OPTIONS
from vnetmgr.model.options.parsers import Kind
from vnetmgr.model.patch import UNSET
from vnetmgr.model.values import Bandwidth, Burst, Mac, Rate

_V4 = "192.168.5.0/24"
_V6 = "fd00:1::/64"


def _range(text: str) -> DhcpRange:
    start, _, end = text.partition("-")
    return DhcpRange(start=ip_address(start), end=ip_address(end))


def _values(text: str) -> dict[str, str | list[str]]:
    """`subnet=A subnet=B mtu=1400` as option values."""
    values: dict[str, str | list[str]] = {}
    for pair in text.split():
        key, _, value = pair.partition("=")
        held = values.setdefault(key, [])
        assert isinstance(held, list)
        held.append(value)
    return values


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        ("mode=nat", "mode", NetworkMode.NAT),
        ("bridge=virbr-lab", "bridge", "virbr-lab"),
        (
            f"subnet={_V4} subnet=FD00:1::/64",
            "subnets",
            (ip_network(_V4), ip_network(_V6)),
        ),
        ("subnet=10.0.0.0/255.255.255.252", "subnets", (ip_network("10.0.0.0/30"),)),
        ("subnet=fd00::/126", "subnets", (ip_network("fd00::/126"),)),
        (f"subnet={_V4} gateway=192.168.5.254", "gateways", (ip_address("192.168.5.254"),)),
        ("gateway=10.0.0.1", "gateways", (ip_address("10.0.0.1"),)),
        (
            "dhcp_range=10.0.0.2-10.0.0.9 dhcp_range=10.0.0.20-10.0.0.20",
            "dhcp_ranges",
            (_range("10.0.0.2-10.0.0.9"), _range("10.0.0.20-10.0.0.20")),
        ),
        (
            "subnet=10.0.0.0/8 dhcp_range=10.1.0.0-10.1.255.255",
            "dhcp_ranges",
            (_range("10.1.0.0-10.1.255.255"),),
        ),
        (
            "subnet=fd00::/64 dhcp_range=fd00::2-fd00::ffff",
            "dhcp_ranges",
            (_range("fd00::2-fd00::ffff"),),
        ),
        ("dhcp_range=none", "dhcp_ranges", None),
        ("no_dhcp=yes", "dhcp_ranges", None),
        ("no_dhcp=yes dhcp_range=none", "dhcp_ranges", None),
        ("lease_time=3600", "lease_time", 3600),
        ("lease_time=120s", "lease_time", 120),
        ("lease_time=2m", "lease_time", 120),
        ("lease_time=12H", "lease_time", 43200),
        ("lease_time=1d", "lease_time", 86400),
        ("lease_time=1h30m", "lease_time", 5400),
        ("lease_time=1w", "lease_time", 604_800),
        ("lease_time=1M", "lease_time", 2_629_800),
        ("lease_time=infinite", "lease_time", INFINITE_S),
        ("lease_time=Infinity", "lease_time", INFINITE_S),
        (
            "dhcp_option=6,1.1.1.1 dhcp_option=option:ntp-server,10.0.0.1 dhcp_option=3",
            "dhcp_options",
            ("6,1.1.1.1", "option:ntp-server,10.0.0.1", "3"),
        ),
        (
            "dhcp_option=option6:dns-server,[fd00::1] dhcp_option=tag:!known,6,1.1.1.1",
            "dhcp_options",
            ("option6:dns-server,[fd00::1]", "tag:!known,6,1.1.1.1"),
        ),
        (
            "dhcp_option=encap:175,190,x dhcp_option=vi-encap:2,1,x dhcp_option=vendor:PXE,1,0",
            "dhcp_options",
            ("encap:175,190,x", "vi-encap:2,1,x", "vendor:PXE,1,0"),
        ),
        ("dns_domain=lab.internal", "dns_domain", "lab.internal"),
        ("dns=off", "dns", False),
        ("dns=yes", "dns", True),
        (
            "dns_forwarder=9.9.9.9 dns_forwarder=FD00::53,domain=corp.test "
            "dns_forwarder=domain=own.test dns_forwarder=domain=a.test,address=10.0.0.1",
            "dns_forwarders",
            (
                DnsForwarder(address=ip_address("9.9.9.9")),
                DnsForwarder(address=ip_address("fd00::53"), domain="corp.test"),
                DnsForwarder(domain="own.test"),
                DnsForwarder(address=ip_address("10.0.0.1"), domain="a.test"),
            ),
        ),
        ("dns_local_only=yes", "dns_local_only", True),
        ("dns_forward_plain_names=no", "dns_forward_plain_names", False),
        (
            "dns_option=no-resolv dns_option=server=/x/10.0.0.1#54 dns_option=server=10.0.0.2",
            "dns_options",
            ("no-resolv", "server=/x/10.0.0.1#54", "server=10.0.0.2"),
        ),
        ("register_names=yes", "register_names", True),
        ("mtu=68", "mtu", 68),
        ("forward_dev=eth0.5", "forward_devs", ("eth0.5",)),
        ("isolated_ports=yes", "isolated_ports", True),
        ("nat_ipv6=no", "nat_ipv6", False),
        ("pf=ens1f0", "pf", "ens1f0"),
        ("zone=libvirt-routed", "zone", "libvirt-routed"),
        ("stp=no", "stp", False),
        ("bridge_delay=30", "bridge_delay", 30),
        ("mac_table_manager=libvirt", "mac_table_manager", "libvirt"),
        ("trust_guest_rx_filters=yes", "trust_guest_rx_filters", True),
        ("external=physnet1", "external", "physnet1"),
        ("external=none", "external", None),
        (
            "external_address=192.0.2.10/24 external_address=2001:DB8::10/64",
            "external_addresses",
            (ip_interface("192.0.2.10/24"), ip_interface("2001:db8::10/64")),
        ),
        (
            "external_gateway=192.0.2.1 external_gateway=2001:db8::1",
            "external_gateways",
            (ip_address("192.0.2.1"), ip_address("2001:db8::1")),
        ),
        ("external_host=b external_host=a.test", "external_hosts", ("b", "a.test")),
        ("port_security=no", "port_security", False),
        (
            "portgroup=name=guests,vlan=10,vlan=20,inbound=100mbit,outbound=10mbit,default",
            "portgroups",
            (
                Portgroup(
                    name="guests",
                    default=True,
                    vlan=(10, 20),
                    inbound=Bandwidth(Rate.parse("100mbit")),
                    outbound=Bandwidth(Rate.parse("10mbit")),
                ),
            ),
        ),
        (
            "portgroup=guests,inbound=8mbit,peak=16mbit,vlan=5,outbound=8kbit,burst=2KiB",
            "portgroups",
            (
                Portgroup(
                    name="guests",
                    vlan=(5,),
                    inbound=Bandwidth(Rate(1000), peak=Rate(2000)),
                    outbound=Bandwidth(Rate(1), burst=Burst(2)),
                ),
            ),
        ),
        ("inbound=8kbit,peak=16kbit", "inbound", Bandwidth(Rate(1), peak=Rate(2))),
        ("outbound=none", "outbound", None),
        (
            "portgroup=guests,inbound=8mbit portgroup=default,default=no",
            "portgroups",
            (Portgroup(name="guests", inbound=Bandwidth(Rate(1000))), Portgroup(name="default")),
        ),
    ],
)
def test_options(options: str, field: str, value: object) -> None:
    assert getattr(build_network_patch(_values(options)), field) == value


@pytest.mark.parametrize(
    "group",
    [
        Portgroup(
            name="guests",
            vlan=(5, 6),
            inbound=Bandwidth(Rate(125)),
            outbound=Bandwidth(Rate(1)),
            default=True,
        ),
        Portgroup(name="default"),
        Portgroup(name="a=b", default=True),
    ],
)
def test_a_portgroup_is_read_as_it_is_shown(group: Portgroup) -> None:
    assert build_network_patch({"portgroup": str(group)}).portgroups == (group,)


def test_dhcp_that_is_not_refused_is_not_managed() -> None:
    assert build_network_patch({"no_dhcp": "no"}) == NetworkPatch()


@pytest.mark.parametrize(
    ("key", "text", "problem"),
    [
        ("bridge", "a-name-of-17-byte", "1 to 15 bytes"),
        ("bridge", "virbr%d", "no '%' in a name"),
        ("pf", "a/b", "no '/'"),
        ("forward_dev", "eth 0", "no '/', ':', space"),
        ("zone", "a b", "zone 'a b': a name"),
        ("zone", "a\n", "zone 'a\\n': a name"),
        ("bridge_delay", "31", "not a whole number from 0 to 30"),
        ("mac_table_manager", "me", "'me' is not one of kernel, libvirt"),
        ("mode", "route", "mode 'route' is not one of nat, routed, open"),
        ("mode", "route", "Did you mean routed?"),
        ("mode", "other", "is not one of"),
        ("subnet", "192.168.5.0", "has no prefix length"),
        ("subnet", "192.168.5/24", "no subnet like"),
        ("subnet", "192.168.5.0/33", "no subnet like"),
        (
            "subnet",
            "192.168.5.1/24",
            "--subnet: 192.168.5.1/24 is an address in 192.168.5.0/24, not a network; did you "
            "mean --subnet 192.168.5.0/24 --gateway 192.168.5.1?",
        ),
        ("subnet", "192.168.5.255/24", "did you mean --subnet 192.168.5.0/24?"),
        ("subnet", "192.168.5.0/31", "1 to 30"),
        ("subnet", "fd00::/127", "1 to 126"),
        ("subnet", "0.0.0.0/0", "no host's"),
        ("subnet", "0.0.0.0/8", "no host's"),
        ("subnet", "127.0.1.0/24", "loopback"),
        ("subnet", "126.0.0.0/7", "loopback"),
        ("subnet", "239.0.0.0/24", "multicast"),
        ("subnet", "::/64", "no host's"),
        ("subnet", "fe80::/64", "link-local"),
        ("subnet", "ff02::/64", "multicast"),
        ("gateway", "192.168.5.1/24", "no IP address"),
        ("gateway", "fe80::1", "link-local"),
        ("gateway", "fd00::1%eth0", "no zone"),
        ("gateway", "0.0.0.5", "no host's"),
        ("dhcp_range", "10.0.0.2", "is not like"),
        ("dhcp_range", "10.0.0.9-10.0.0.2", "runs backwards"),
        ("dhcp_range", "10.0.0.9-fd00::9", "from IPv4 to IPv6"),
        ("dhcp_range", "10.0.0.9-20", "'20' is no IP address"),
        ("dhcp_range", "10.0.0.2-10.1.0.1", "leaves a /16 (65535 addresses)"),
        ("dhcp_range", "10.0.255.250-10.1.0.5", "leaves a /16"),
        ("dhcp_range", "fd00::fff0-fd00::1:5", "leaves a /112"),
        ("dns_domain", "lab\ndhcp-script=/x", "a DNS name"),
        ("dns_domain", "lab internal", "a DNS name"),
        ("dns_domain", "lab..internal", "a DNS name"),
        ("dns_domain", "l" * 64, "a DNS name"),
        ("dns_domain", ".".join(["abcd"] * 51), "a DNS name"),
        ("mtu", "67", "68 to 65535"),
        ("isolated_ports", "maybe", "not yes or no"),
        ("lease_time", "soon", "is not a time"),
        ("lease_time", "1h30", "needs its unit"),
        ("lease_time", "300.5s", "parts of a second"),
        ("lease_time", "119", "2 minutes (120s) or more"),
        ("lease_time", "0", "2 minutes (120s) or more"),
        ("lease_time", "1m", "2 minutes (120s) or more"),
        ("lease_time", "99999d", "give infinite"),
        ("dhcp_option", "ntp-server,10.0.0.1", "it begins with a number"),
        ("dhcp_option", "tag:x", "it begins with a number"),
        ("dhcp_option", "6,1.1.1.1\ndhcp-script=/x", "cannot hold"),
        ("dhcp_option", "15,läb", "cannot hold"),
        ("dhcp_option", '15,"lab', "a lone"),
        ("dhcp_option", "15,lab #1", "a comment"),
        ("dhcp_option", "15," + "x" * 1000, "more than 1000 bytes"),
        ("portgroup", "guests,speed=1mbit", "'speed=1mbit' of"),
        ("portgroup", "guests,vlan", "'vlan' of"),
        ("portgroup", "vlan=5", "has no name"),
        ("portgroup", "guests=none", "'guests=none' of"),
        ("portgroup", "vlna=5,inbound=8mbit", "'vlna=5' of"),
        ("portgroup", "", "is none of"),
        ("portgroup", "a/b", "without '/'"),
        ("portgroup", "guests,name=others", "names name twice"),
        ("portgroup", "guests,inbound=1mbit,inbound=2mbit", "names inbound twice"),
        ("portgroup", "guests,vlan=5,vlan=5", "names a tag twice"),
        ("portgroup", "guests,vlan=4095", "1 to 4094"),
        ("portgroup", "guests,peak=8kbit", "'peak=8kbit' of"),
        ("portgroup", "guests,inbound=8mbit,floor=8kbit", "to single nics alone"),
        ("inbound", "8mbit,peak=8kbit", "peak 8kbit is below the average, 8mbit"),
        ("inbound", "8mbit,floor=8kbit", "to single nics alone"),
        ("portgroup", "guests,inbound=fast", "not a number with a unit"),
        ("portgroup", "guests,default=maybe", "not yes or no"),
    ],
)
def test_a_value_that_no_network_has(key: str, text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_network_patch({key: text})
    assert problem in caught.value.message
    assert caught.value.message.startswith(f"--{key.replace('_', '-')}: ")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("subnt=10.0.0.0/24", "subnt is no option of a network. Did you mean subnet?"),
        ("mtu=1400 mtu=1500", "--mtu: takes one value, not 2"),
        ("dhcp_option=none dhcp_option=3", "--dhcp-option: none clears it"),
        (f"subnet={_V4} subnet={_V4}", f"--subnet: subnet {_V4} is given twice"),
        (f"subnet={_V4} subnet=192.168.0.0/16", f"192.168.0.0/16 overlaps {_V4}"),
        (f"subnet={_V4} gateway=10.0.0.1", "--gateway: gateway 10.0.0.1 is in none of"),
        (f"subnet={_V4} gateway=192.168.5.0", "is the network address of"),
        (f"subnet={_V4} gateway=192.168.5.255", "is the broadcast address of"),
        (f"subnet={_V4} gateway=192.168.5.1 gateway=192.168.5.2", "are both in"),
        (f"subnet={_V4} dhcp_range=10.0.0.2-10.0.0.9", "is not within one of the subnets"),
        (f"subnet={_V4} dhcp_range=192.168.5.9-192.168.6.9", "is not within one of"),
        (
            f"subnet={_V4} gateway=192.168.5.99 dhcp_range=192.168.5.0-192.168.5.9",
            "192.168.5.0 is the network",
        ),
        (f"subnet={_V4} dhcp_range=192.168.5.9-192.168.5.255", "is the broadcast address"),
        (f"subnet={_V6} gateway=fd00:1::a dhcp_range=fd00:1::-fd00:1::9", "every router's address"),
        (f"subnet={_V4} dhcp_range=192.168.5.1-192.168.5.9", "contains the gateway 192.168.5.1"),
        ("gateway=10.0.0.5 dhcp_range=10.0.0.2-10.0.0.9", "contains the gateway 10.0.0.5"),
        ("dhcp_range=10.0.0.2-10.0.0.9 dhcp_range=10.0.0.9-10.0.0.20", "overlap"),
        (
            f"subnet={_V4} subnet=10.0.0.0/24 dhcp_range=192.168.5.2-192.168.5.9 "
            "dhcp_range=10.0.0.2-10.0.0.9",
            "DHCP for one IPv4 subnet of a network, and that is 192.168.5.0/24",
        ),
        ("subnet=fd00:1::/63 dhcp_range=fd00:1::2-fd00:1::9", "/64 or longer, not fd00:1::/63"),
        (f"subnet={_V6} mtu=1279", "--mtu: 1279 is too small for IPv6"),
        ("no_dhcp=yes dhcp_range=10.0.0.2-10.0.0.9", "--dhcp-range: does not go with"),
        ("no_dhcp=yes lease_time=1h", "--lease-time: does not go with --no-dhcp"),
        ("dhcp_range=none lease_time=1h", "--lease-time: does not go with --no-dhcp"),
        ("portgroup=a portgroup=a,vlan=5", "--portgroup: a is given twice"),
        ("extra=ipv6=yes extra=ipv6=none", "--extra: ipv6 is given twice"),
        ("portgroup=a'b", "keeps no name with ', & or <"),
        ("portgroup=a&b", "keeps no name with ', & or <"),
        ("inbound=peak=8mbit", "'peak=8mbit' has no average"),
        ("gateway=255.255.255.255", "addresses in 255.255.255.255/32 are everybody's"),
        ("portgroup=a,default portgroup=b,default", "one default, not a and b"),
        (f"mode=bridge subnet={_V4}", "--subnet: a bridge network has none"),
        ("mode=bridge forward_dev=eth0", "has none; --mode macvtap has guests on a link itself"),
        ("mode=macvtap forward_dev=eth0 inbound=8kbit", "--inbound: a macvtap network has none"),
        ("mode=macvtap forward_dev=eth0 portgroup=a,inbound=8kbit", "a has a rate, and a macvtap"),
        ("mode=nat portgroup=a,vlan=5", "--portgroup: a has a VLAN, and a nat network"),
    ],
)
def test_options_that_do_not_go_together(options: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_network_patch(_values(options))
    assert problem in caught.value.message
    assert "problems" not in caught.value.message  # what follows from one is not another


@pytest.mark.parametrize(
    "options",
    [
        f"subnet={_V4} gateway=192.168.5.254 dhcp_range=192.168.5.1-192.168.5.253",
        f"subnet={_V4} subnet={_V6} dhcp_range=192.168.5.2-192.168.5.9 "
        "dhcp_range=fd00:1::2-fd00:1::9",
        f"subnet={_V4} mtu=576",
        "mode=bridge no_dhcp=yes mtu=none",
        "mode=bridge",
        "no_dhcp=yes lease_time=none",
    ],
)
def test_options_that_go_together(options: str) -> None:
    build_network_patch(_values(options))


def test_all_problems_at_once() -> None:
    options = (
        "subnet=10.0.0.0/24 subnet=10.0.0.0/16 subnet=x gateway=y mtu=1 mode=z dhcp_range=w "
        "portgroup=a portgroup=a colour=red bridge=none"
    )
    with pytest.raises(UsageError, match="8 problems"):
        build_network_patch(_values(options))


_CLEARABLE = {
    "subnet",
    "dhcp_range",
    "lease_time",
    "dhcp_option",
    "bootp",
    "tftp_root",
    "route",
    "dns_domain",
    "dns",
    "dns_forwarder",
    "dns_option",
    "mtu",
    "inbound",
    "outbound",
    "portgroup",
    "forward_dev",
    "nat_address",
    "nat_port",
    "vlan",
    "native_vlan",
    "virtualport",
    "zone",
    "bridge_delay",
    "mac_table_manager",
    "external",
    "external_address",
    "external_gateway",
    "external_host",
    "extra",
}


@pytest.mark.parametrize("key", NETWORK_OPTIONS)
@pytest.mark.parametrize("value", ["none", "None", []])
def test_none_clears_what_can_be_without(key: str, value: str | list[str]) -> None:
    if key in _CLEARABLE:
        patch = build_network_patch({key: value})
        assert dict(patch.items()) == {NETWORK_OPTIONS[key].field: None}
    else:
        with pytest.raises(UsageError, match="cannot be cleared"):
            build_network_patch({key: value})


_SUBNETS = (ip_network(_V4),)
_GUEST = Mac("52:54:00:00:00:01")


@pytest.mark.parametrize(
    ("reserved", "problem"),
    [
        ([("10.0.0.9", _GUEST)], "10.0.0.9 (52:54:00:00:00:01) is in none of the subnets"),
        ([("192.168.5.1", _GUEST)], "is the gateway's"),
        ([("192.168.5.0", _GUEST)], "is the network address"),
        ([("192.168.5.255", _GUEST)], "is the broadcast address"),
        ([("192.168.5.9", _GUEST), ("192.168.5.9", Mac("52:54:00:00:00:02"))], "reserved twice"),
        ([("192.168.5.9", _GUEST), ("192.168.5.10", _GUEST)], "has two reservations"),
        ([("192.168.5.9", _GUEST), ("192.168.5.10", Mac("52:54:00:00:00:02"))], None),
    ],
)
def test_reservations(reserved: list[tuple[str, Mac]], problem: str | None) -> None:
    problems = addressing_problems(
        subnets=_SUBNETS,
        gateways=(ip_address("192.168.5.1"),),
        dhcp_ranges=(),
        reservations=[Reservation(address=ip_address(text), mac=mac) for text, mac in reserved],
    )
    assert len(problems) == (0 if problem is None else 1)
    assert problem is None or problem in problems[0].text


def test_a_reservation_makes_its_subnet_one_with_dhcp() -> None:
    problems = addressing_problems(
        subnets=(*_SUBNETS, ip_network("10.0.0.0/24")),
        gateways=(),
        dhcp_ranges=(_range("192.168.5.2-192.168.5.9"),),
        reservations=(Reservation(address=ip_address("10.0.0.9"), mac=_GUEST),),
    )
    assert [problem.text for problem in problems] == [
        "reserved address 10.0.0.9: libvirt has DHCP for one IPv4 subnet of a network, and that "
        "is 192.168.5.0/24"
    ]


@pytest.mark.parametrize(
    ("subnets", "gateways", "ranges"),
    [
        ([_V4], ["192.168.5.1"], ["192.168.5.2-192.168.5.254"]),
        ([_V4], [], ["192.168.5.2-192.168.5.254"]),
        ([_V4], ["192.168.5.254"], ["192.168.5.1-192.168.5.253"]),
        ([_V4], ["192.168.5.200"], ["192.168.5.1-192.168.5.199"]),
        ([_V4], ["192.168.5.50"], ["192.168.5.51-192.168.5.254"]),
        ([_V6, _V4, "10.0.0.0/24"], ["fd00:1::1"], ["192.168.5.2-192.168.5.254"]),
        (["10.0.0.0/30"], ["10.0.0.1"], ["10.0.0.2-10.0.0.2"]),
        (["10.0.0.0/8"], ["10.0.0.1"], ["10.0.0.2-10.0.255.255"]),
        (["10.0.0.0/8"], ["10.0.255.250"], ["10.0.0.1-10.0.255.249"]),
        (["10.0.0.0/15"], ["10.1.255.254"], ["10.0.0.1-10.0.255.255"]),
        (["10.0.0.0/31"], ["10.0.0.0"], []),
        ([_V6], ["fd00:1::1"], []),
        ([], [], []),
    ],
)
def test_default_ranges(subnets: list[str], gateways: list[str], ranges: list[str]) -> None:
    networks = [ip_network(text) for text in subnets]
    hosts = [ip_address(text) for text in gateways]
    found = default_ranges(networks, hosts)
    assert [str(each) for each in found] == ranges
    assert not addressing_problems(subnets=networks, gateways=hosts, dhcp_ranges=found)


@pytest.mark.parametrize(
    ("subnet", "host"),
    [(_V4, "192.168.5.1"), (_V6, "fd00:1::1"), ("10.0.0.4/31", "10.0.0.4"), ("::5/128", "::5")],
)
def test_first_host(subnet: str, host: str) -> None:
    assert str(first_host(ip_network(subnet))) == host


_FULL = NetworkPatch(
    bridge="br0",
    pf="ens1f0",
    forward_devs=("eth0",),
    subnets=_SUBNETS,
    gateways=(ip_address("192.168.5.1"),),
    dhcp_ranges=(_range("192.168.5.2-192.168.5.9"),),
    lease_time=3600,
    dhcp_options=("3",),
    dns_domain="lab",
    mtu=1400,
    vlan=(5, 6),
    native_vlan=5,
    virtualport="openvswitch",
    portgroups=(Portgroup(name="a", vlan=(5,)),),
    isolated_ports=True,
    nat_ipv6=True,
    external="physnet1",
    external_addresses=(ip_interface("192.0.2.10/24"),),
    external_gateways=(ip_address("192.0.2.1"),),
    external_hosts=("a",),
    port_security=False,
    reservations=(Reservation(address=ip_address("192.168.5.9"), mac=_GUEST),),
    records=(DnsRecord(kind=RecordKind.TXT, name="a", value="b"),),
)
_IP_SIDE = {
    *("--subnet", "--gateway", "--dhcp-range", "--lease-time", "--dhcp-option", "--dns-domain"),
    *("--mtu", "addresses", "records"),
}


_SWITCH = {"--vlan", "--native-vlan", "--virtualport"}
_OVERLAY = {
    *("--external", "--external-address", "--external-gateway", "--external-host"),
    "--port-security",
}


@pytest.mark.parametrize(
    ("mode", "refused"),
    [
        (NetworkMode.NAT, _OVERLAY | _SWITCH | {"--pf", "--portgroup"}),
        (NetworkMode.ROUTED, _OVERLAY | _SWITCH | {"--pf", "--portgroup", "--nat-ipv6"}),
        (
            NetworkMode.OPEN,
            _OVERLAY | _SWITCH | {"--pf", "--portgroup", "--nat-ipv6", "--forward-dev"},
        ),
        (
            NetworkMode.ISOLATED,
            _OVERLAY | _SWITCH | {"--pf", "--portgroup", "--nat-ipv6", "--forward-dev"},
        ),
        (NetworkMode.BRIDGE, _OVERLAY | _IP_SIDE | {"--pf", "--nat-ipv6", "--forward-dev"}),
        (
            NetworkMode.OVERLAY,
            {"--pf", "--nat-ipv6", "--forward-dev", "--vlan", "--native-vlan", "--portgroup"},
        ),
        (
            NetworkMode.HOSTDEV,
            _OVERLAY
            | _IP_SIDE
            | {"--nat-ipv6", "--forward-dev", "--bridge", "--isolated-ports"}
            | {"--vlan", "--virtualport"},
        ),
        (
            NetworkMode.MACVTAP,
            _OVERLAY
            | _IP_SIDE
            | {"--pf", "--nat-ipv6", "--bridge", "--isolated-ports", "--virtualport"},
        ),
        (NetworkMode.OTHER, set()),
    ],
)
def test_what_a_mode_cannot_have(mode: NetworkMode, refused: set[str]) -> None:
    problems = map(as_option, mode_problems(mode, _FULL))
    shown = {str(problem.origin or (problem.about and problem.about.field)) for problem in problems}
    assert shown == refused
    assert not list(missing_fields(mode, _FULL))


LAYER_2 = "a network of layer 2 alone is --mode isolated"


@pytest.mark.parametrize(
    ("mode", "needed"),
    [
        (
            NetworkMode.NAT,
            "--mode nat needs --subnet; a network of layer 2 alone is --mode isolated",
        ),
        (
            NetworkMode.ROUTED,
            "--mode routed needs --subnet; a network of layer 2 alone is --mode isolated",
        ),
        (
            NetworkMode.OPEN,
            "--mode open needs --subnet; a network of layer 2 alone is --mode isolated",
        ),
        (NetworkMode.ISOLATED, None),
        (NetworkMode.BRIDGE, "--mode bridge needs --bridge"),
        (NetworkMode.HOSTDEV, "--mode hostdev needs --pf"),
        (NetworkMode.MACVTAP, "--mode macvtap needs --forward-dev"),
        (NetworkMode.OVERLAY, None),
        (NetworkMode.OTHER, None),
    ],
)
def test_what_a_mode_needs(mode: NetworkMode, needed: str | None) -> None:
    missing = [str(problem) for problem in missing_fields(mode, NetworkPatch())]
    assert missing == ([needed] if needed else [])
    assert mode_problems(mode, NetworkPatch()) == []


def test_options_patch_and_network_agree() -> None:
    not_options = {"reservations", "records"}
    seen_only = {"name", "uuid", "owned", "marked_for", "mac", "unfinished", "kept", "fleet"}
    fields = {option.field for option in NETWORK_OPTIONS.values()}
    assert fields == set(NetworkPatch.FIELDS) - not_options
    assert set(Network.FIELDS) - seen_only == set(NetworkPatch.FIELDS)


@pytest.mark.parametrize(("key", "option"), NETWORK_OPTIONS.items())
def test_an_option_is_named_as_its_field(key: str, option: object) -> None:
    field = NETWORK_OPTIONS[key].field
    plural = NETWORK_OPTIONS[key].kind is Kind.LIST
    ending = "es" if key.endswith("s") else "s"
    assert key in ("no_dhcp", "vlan") or field == key + ending * plural


def test_an_empty_patch_manages_nothing() -> None:
    assert build_network_patch({}) == NetworkPatch()
    assert all(getattr(NetworkPatch(), name) is UNSET for name in NetworkPatch.FIELDS)
