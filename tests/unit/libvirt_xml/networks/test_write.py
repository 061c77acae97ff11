"""Networks edited in place: what changes is what was asked for, and nothing around it."""

from __future__ import annotations

from difflib import unified_diff
from ipaddress import ip_address, ip_network

import pytest

from tests.unit.libvirt_xml.networks.documents import MESSY
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.libvirt_xml.networks.write import merge_network
from vnetmgr.libvirt_xml.schema import network_problems
from vnetmgr.model.dhcp import (
    INFINITE_S,
    LIBVIRTS_PORTS,
    AddressRange,
    Bootp,
    DhcpRange,
    IpAddress,
    IpNetwork,
    PortRange,
    Reservation,
    Route,
)
from vnetmgr.model.dns import DnsForwarder, DnsRecord, RecordKind
from vnetmgr.model.network import OVERLAY_FIELDS, NetworkMode, Portgroup
from vnetmgr.model.network_want import NetworkPatch, network_differences
from vnetmgr.model.record import replace
from vnetmgr.model.values import Bandwidth, Burst, Mac, Rate

PRESENT = read_network(MESSY)
RANGES, HOSTS, RECORDS = PRESENT.dhcp_ranges, PRESENT.reservations, PRESENT.records
MODES = [mode for mode in NetworkMode if mode is not NetworkMode.OTHER]


def subnets(*texts: str) -> tuple[IpNetwork, ...]:
    return tuple(ip_network(text) for text in texts)


def addresses(*texts: str) -> tuple[IpAddress, ...]:
    return tuple(ip_address(text) for text in texts)


def dhcp_range(start: str, end: str) -> DhcpRange:
    return DhcpRange(start=ip_address(start), end=ip_address(end))


def reserved(address: str, mac: str | None = None, hostname: str | None = None) -> Reservation:
    return Reservation(
        address=ip_address(address), mac=None if mac is None else Mac(mac), hostname=hostname
    )


def route(text: str, via: str, metric: int | None = None) -> Route:
    return Route(subnet=ip_network(text), via=ip_address(via), metric=metric)


def nat(start: str, end: str) -> AddressRange:
    return AddressRange(start=ip_address(start), end=ip_address(end))


def host(name: str, address: str) -> DnsRecord:
    return DnsRecord(kind=RecordKind.HOST, name=name, address=ip_address(address))


def alias(name: str, target: str) -> DnsRecord:
    return DnsRecord(kind=RecordKind.CNAME, name=name, target=target)


def wildcard(name: str, address: str) -> DnsRecord:
    return DnsRecord(kind=RecordKind.WILDCARD, name=name, address=ip_address(address))


def forwarder(address: str | None, domain: str | None = None) -> DnsForwarder:
    return DnsForwarder(address=ip_address(address) if address else None, domain=domain)


def without(*kinds: RecordKind) -> tuple[DnsRecord, ...]:
    return tuple(record for record in RECORDS if record.kind not in kinds)


def changes(before: str, after: str) -> list[str]:
    """The lines that differ, without their indentation."""
    lines = unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line[0] + line[1:].strip() for line in list(lines)[2:] if line[0] in "+-"]


IP4 = '<ip address="10.0.0.1" netmask="255.255.255.0" localPtr="yes">'
FORWARD, DEV = '<forward mode="nat" dev="eth0">', '<interface dev="eth0"/>'
NAT = ['-<nat ipv6="yes">', '-<port start="1024" end="65535"/>', "-</nat>"]
FEW = '<range start="10.0.0.200" end="10.0.0.210"><!-- few -->'
IP6_HOST = ["<dhcp>", '<host id="0:3:0:1:52:54:0:aa:0:3" name="c" ip="fd00::13"/>', "</dhcp>"]
IP6 = '<ip family="ipv6" address="fd00::1" prefix="64">'
BARE_IP = [
    *("-" + IP4, "+" + IP4.replace(' localPtr="yes"', "")),
    '-<host mac="52:54:00:aa:00:02" ip="10.0.0.12">',
    *('-<lease expiry="5"/>', "-</host>"),
    '+<host mac="52:54:00:aa:00:02" ip="10.0.0.12"/>',
]
ROOT = (
    '<network xmlns:dnsmasq="http://libvirt.org/schemas/network/dnsmasq/1.0" ipv6="yes" future="1">'
)
BRIDGE = '<bridge name="virbr7" stp="on" delay="0" future="1"/>'
LDAP = (
    '<srv service="ldap" protocol="tcp" domain="d" target="h" port="389" priority="1" weight="2"/>'
)

# What a patch does to the messy document, line by line; all else is kept byte for byte.
EDITS = [
    (NetworkPatch(), []),
    (NetworkPatch(bridge="virbr8"), ["-" + BRIDGE, "+" + BRIDGE.replace("7", "8")]),
    (NetworkPatch(bridge=None), ["-" + BRIDGE, '+<bridge stp="on" delay="0" future="1"/>']),
    (NetworkPatch(mtu=9000), ['-<mtu size="1400"/>', '+<mtu size="9000"/>']),
    (NetworkPatch(mtu=None), ['-<mtu size="1400"/>']),
    (
        NetworkPatch(inbound=Bandwidth(Rate(9), peak=Rate(10), burst=Burst(11))),
        ['-<inbound average="5000"/>', '+<inbound average="9" peak="10" burst="11"/>'],
    ),
    (NetworkPatch(outbound=Bandwidth(Rate(9))), ['+<outbound average="9"/>']),
    (
        NetworkPatch(inbound=None, outbound=None),
        ["-<bandwidth>", '-<inbound average="5000"/>', "-</bandwidth>"],
    ),
    (
        NetworkPatch(dns_domain="x.test"),
        [
            '-<domain name="lab.test" localOnly="yes"/>',
            '+<domain name="x.test" localOnly="yes"/>',
        ],
    ),
    (NetworkPatch(dns_domain=None), ['-<domain name="lab.test" localOnly="yes"/>']),
    (NetworkPatch(dns=True, register_names=None), []),
    (
        NetworkPatch(dns=False),
        [
            '-<dns forwardPlainNames="no">',
            '+<dns forwardPlainNames="no" enable="no">',
        ],
    ),
    (
        NetworkPatch(dns_local_only=False, dns_forward_plain_names=True, register_names=True),
        [
            '-<domain name="lab.test" localOnly="yes"/>',
            '-<dns forwardPlainNames="no">',
            '+<domain name="lab.test" register="yes"/>',
            "+<dns>",
        ],
    ),
    (
        NetworkPatch(dns_forwarders=(forwarder("9.9.9.9", "a.test"), forwarder("9.9.9.9"))),
        ['+<forwarder addr="9.9.9.9" domain="a.test"/>'],
    ),
    (NetworkPatch(dns_forwarders=None), ['-<forwarder addr="9.9.9.9"/>']),
    (
        NetworkPatch(dns_options=("cache-size=5", "log-queries")),
        ['+<dnsmasq:option value="cache-size=5"/>'],
    ),
    (NetworkPatch(dns_options=None), ['-<dnsmasq:option value="log-queries"/>']),
    (
        NetworkPatch(records=(*RECORDS, wildcard("*.apps.lab", "fd00::5"))),
        ['+<dnsmasq:option value="address=/apps.lab/fd00::5"/>'],
    ),
    (NetworkPatch(isolated_ports=False), ['-<port isolated="yes"/>']),
    (
        NetworkPatch(forward_devs=("eth1",)),
        [
            *("-" + FORWARD, "+" + FORWARD.replace("eth0", "eth1")),
            *("-" + DEV, "+" + DEV.replace("eth0", "eth1")),
        ],
    ),
    (NetworkPatch(forward_devs=None), ["-" + FORWARD, '+<forward mode="nat">', "-" + DEV]),
    (NetworkPatch(zone="lab"), ["-" + BRIDGE, "+" + BRIDGE.replace("/", ' zone="lab"/')]),
    (NetworkPatch(stp=True, bridge_delay=0, mac_table_manager="kernel", zone=None), []),
    (NetworkPatch(mac_table_manager=None, trust_guest_rx_filters=False), []),
    (NetworkPatch(extra=PRESENT.extra), []),
    (
        NetworkPatch(extra=(("ipv6", "yes"), ("ip[fd00::/64].localPtr", "no"))),
        [
            *BARE_IP,
            *("-" + IP6, "+" + IP6.replace(">", ' localPtr="no">')),
        ],
    ),
    (
        NetworkPatch(extra=None, mtu=1400),
        ["-" + ROOT, BARE_IP[0], "+" + ROOT.replace(' ipv6="yes"', ""), *BARE_IP[1:]],
    ),
    (NetworkPatch(stp=False), ["-" + BRIDGE, "+" + BRIDGE.replace('"on"', '"off"')]),
    (
        NetworkPatch(bridge_delay=4),
        ["-" + BRIDGE, "+" + BRIDGE.replace('delay="0"', 'delay="4"')],
    ),
    (
        NetworkPatch(mac_table_manager="libvirt"),
        ["-" + BRIDGE, "+" + BRIDGE.replace("/", ' macTableManager="libvirt"/')],
    ),
    (
        NetworkPatch(trust_guest_rx_filters=True),
        ["-" + ROOT, "+" + ROOT.replace(">", ' trustGuestRxFilters="yes">')],
    ),
    (NetworkPatch(nat_ipv6=False), ['-<nat ipv6="yes">', "+<nat>"]),
    (
        NetworkPatch(gateways=addresses("10.0.0.254", "fd00::1")),
        ["-" + IP4, "+" + IP4.replace("0.1", "0.254")],
    ),
    (
        NetworkPatch(subnets=subnets("10.0.0.0/23", "fd00::/64")),
        ["-" + IP4, "+" + IP4.replace("255.0", "254.0")],
    ),
    (
        NetworkPatch(subnets=subnets("10.0.0.0/16"), gateways=addresses("10.0.0.1")),
        [
            *("-" + IP4, "+" + IP4.replace("255.0", "0.0")),
            '-<ip family="ipv6" address="fd00::1" prefix="64">',
            *("-" + line for line in IP6_HOST),
            "-</ip>",
        ],
    ),
    (
        NetworkPatch(subnets=subnets("192.168.7.128/25", "fd00::/64")),
        ["-" + IP4, '+<ip address="192.168.7.129" netmask="255.255.255.128" localPtr="yes">'],
    ),
    (
        NetworkPatch(
            subnets=subnets("10.0.0.0/24", "fd00::/64", "10.9.0.0/16", "fd01::/48"),
            gateways=addresses("10.0.0.1", "fd00::1", "10.9.0.9", "fd01::1"),
        ),
        [
            '+<ip address="10.9.0.9" prefix="16"/>',
            '+<ip family="ipv6" address="fd01::1" prefix="48"/>',
        ],
    ),
    (
        NetworkPatch(lease_time=300),
        [
            '-<lease expiry="2" unit="hours"/>',
            '+<lease expiry="300" unit="seconds"/>',
            f"-{FEW}</range>",
            f'+{FEW}<lease expiry="300" unit="seconds"/></range>',
        ],
    ),
    (
        NetworkPatch(lease_time=None),
        [
            '-<range start="10.0.0.100" end="10.0.0.150">',
            '-<lease expiry="2" unit="hours"/>',
            "-</range>",
            '+<range start="10.0.0.100" end="10.0.0.150"/>',
        ],
    ),
    (
        NetworkPatch(dhcp_ranges=(RANGES[0], dhcp_range("10.0.0.20", "10.0.0.30"))),
        [
            f"-{FEW}</range>",
            '+<range start="10.0.0.20" end="10.0.0.30">',
            '+<lease expiry="7200" unit="seconds"/>',
            "+</range>",
        ],
    ),
    (
        NetworkPatch(dhcp_ranges=(*RANGES, dhcp_range("fd00::20", "fd00::30")), lease_time=7200),
        [
            '+<range start="fd00::20" end="fd00::30">',
            '+<lease expiry="7200" unit="seconds"/>',
            "+</range>",
        ],
    ),
    (
        NetworkPatch(dhcp_ranges=None),
        [
            '-<range start="10.0.0.100" end="10.0.0.150">',
            '-<lease expiry="2" unit="hours"/>',
            "-</range>",
            f"-{FEW}</range>",
        ],
    ),
    (
        NetworkPatch(
            reservations=(
                reserved("10.0.0.44", "52:54:00:aa:00:09", "n"),
                reserved("10.0.0.99", "52:54:00:aa:00:01"),
                *HOSTS[1:],
            )
        ),
        [
            '-<host mac="52:54:00:AA:00:01" name="a" ip="10.0.0.11" odd="1"/>',
            '+<host mac="52:54:00:aa:00:01" ip="10.0.0.99" odd="1"/>',
            '+<host mac="52:54:00:aa:00:09" name="n" ip="10.0.0.44"/>',
        ],
    ),
    (
        NetworkPatch(reservations=HOSTS[:2]),
        [
            '-<ip family="ipv6" address="fd00::1" prefix="64">',
            *("-" + line for line in IP6_HOST),
            "-</ip>",
            '+<ip family="ipv6" address="fd00::1" prefix="64"/>',
        ],
    ),
    (
        NetworkPatch(bootp=Bootp(file="new", server=ip_address("10.0.0.9"))),
        ['-<bootp file="pxe"/>', '+<bootp file="new" server="10.0.0.9"/>'],
    ),
    (NetworkPatch(bootp=None, tftp_root=None), ['-<tftp root="/srv"/>', '-<bootp file="pxe"/>']),
    (NetworkPatch(tftp_root="/new"), ['-<tftp root="/srv"/>', '+<tftp root="/new"/>']),
    (
        NetworkPatch(
            routes=(
                route("10.9.0.0/16", "10.0.0.12"),
                PRESENT.routes[1],
                route("10.8.0.0/16", "10.0.0.12", 9),
                route("fd08::/48", "fd00::13"),
            )
        ),
        [
            '-<route address="10.9.0.0" netmask="255.255.0.0" gateway="10.0.0.11" future="1"/>',
            '+<route address="10.9.0.0" netmask="255.255.0.0" gateway="10.0.0.12" future="1"/>',
            '+<route address="10.8.0.0" prefix="16" gateway="10.0.0.12" metric="9"/>',
            '+<route family="ipv6" address="fd08::" prefix="48" gateway="fd00::13"/>',
        ],
    ),
    (
        NetworkPatch(routes=None),
        [
            '-<route address="10.9.0.0" netmask="255.255.0.0" gateway="10.0.0.11" future="1"/>',
            '-<route family="ipv6" address="fd09::" prefix="48" gateway="fd00::13" metric="7"/>',
        ],
    ),
    (
        NetworkPatch(nat_address=nat("192.0.2.1", "192.0.2.9")),
        ['+<address start="192.0.2.1" end="192.0.2.9"/>'],
    ),
    (
        NetworkPatch(nat_port=PortRange(first=2000, last=2999), nat_address=None),
        ['-<port start="1024" end="65535"/>', '+<port start="2000" end="2999"/>'],
    ),
    (NetworkPatch(nat_port=None), []),
    (NetworkPatch(nat_port=LIBVIRTS_PORTS), []),
    (
        NetworkPatch(dhcp_options=("3,10.0.0.2", *PRESENT.dhcp_options)),
        ['+<dnsmasq:option value="dhcp-option=3,10.0.0.2"/>'],
    ),
    (
        NetworkPatch(dhcp_options=None),
        ['-<dnsmasq:option value="dhcp-option=option:ntp-server,10.0.0.1"/>'],
    ),
    (
        NetworkPatch(records=(host("b", "10.0.0.5"), host("c", "10.0.0.6"), *RECORDS[1:])),
        [
            "-<hostname>nas</hostname>",
            "+<hostname>b</hostname>",
            '+<host ip="10.0.0.6">',
            "+<hostname>c</hostname>",
            "+</host>",
        ],
    ),
    (
        NetworkPatch(
            records=(
                *without(RecordKind.TXT, RecordKind.SRV),
                replace(RECORDS[2], value='a "b"'),
                replace(RECORDS[3], port=None),
                replace(RECORDS[3], name="new", weight=0),
            )
        ),
        [
            '-<txt name="t" value="v"/>',
            '+<txt name="t" value="a &quot;b&quot;"/>',
            "-" + LDAP,
            '-<srv service="sip" protocol="udp" future="1"/>',
            "+" + LDAP.replace(' port="389"', ""),
            "+" + LDAP.replace("ldap", "new").replace('weight="2"', 'weight="0"'),
        ],
    ),
    (
        NetworkPatch(records=(*without(RecordKind.CNAME), RECORDS[6], alias("a1", "x"))),
        [
            '-<dnsmasq:option value="cname=a1,a2,nas.lab.test,60"/>',
            '+<dnsmasq:option value="cname=a2,nas.lab.test,60"/>',
            '+<dnsmasq:option value="cname=a1,x"/>',
        ],
    ),
    (
        NetworkPatch(records=without(RecordKind.CNAME, RecordKind.HOST)),
        [
            *('-<host ip="10.0.0.5">', "-<hostname>nas</hostname>", "-<!-- also -->"),
            *("-<hostname>files</hostname>", "-</host>"),
            '-<dnsmasq:option value="cname=a1,a2,nas.lab.test,60"/>',
        ],
    ),
    (
        NetworkPatch(
            portgroups=(
                Portgroup(name="new", default=True, vlan=(3,), outbound=Bandwidth(Rate(7))),
                Portgroup(name="guests", inbound=Bandwidth(Rate(5))),
            )
        ),
        [
            '-<portgroup name="guests" default="yes" future="1">',
            '+<portgroup name="guests" future="1">',
            '-<inbound average="1000" peak="2000"/>',
            '+<inbound average="5"/>',
            '-<portgroup name="quiet"/>',
            '+<portgroup name="new" default="yes">',
            *("+<vlan>", '+<tag id="3"/>', "+</vlan>"),
            *("+<bandwidth>", '+<outbound average="7"/>', "+</bandwidth>"),
            "+</portgroup>",
        ],
    ),
    (
        NetworkPatch(vlan=(7,), native_vlan=7),
        ['+<vlan trunk="yes">', '+<tag id="7" nativeMode="untagged"/>', "+</vlan>"],
    ),
    (NetworkPatch(vlan=None, native_vlan=None, virtualport=None), []),
    (
        NetworkPatch(mode=NetworkMode.ROUTED),
        ["-" + FORWARD, *NAT, "+" + FORWARD.replace("nat", "route")],
    ),
    (
        NetworkPatch(mode=NetworkMode.OPEN, forward_devs=None),
        ["-" + FORWARD, *NAT, "-" + DEV, "-</forward>", '+<forward mode="open"/>'],
    ),
    (
        NetworkPatch(mode=NetworkMode.ISOLATED),
        ["-" + FORWARD, *NAT, "-" + DEV, "-</forward>"],
    ),
]


@pytest.mark.parametrize(("patch", "expected"), EDITS)
def test_a_merge_touches_what_it_is_asked_for(patch: NetworkPatch, expected: list[str]) -> None:
    merged = merge_network(MESSY, patch)
    assert changes(MESSY, merged) == expected
    assert merge_network(merged, patch) == merged
    assert network_differences(read_network(merged), patch) == ()


def test_setting_every_field_to_what_it_is_changes_nothing() -> None:
    same = NetworkPatch(**{field: getattr(PRESENT, field) for field in NetworkPatch.FIELDS})
    assert merge_network(MESSY, same) == MESSY


def test_each_field_is_set_and_cleared_by_some_case() -> None:
    elsewhere = OVERLAY_FIELDS & NetworkMode.NAT.kind.lacks  # in OVN alone
    for field in set(NetworkPatch.FIELDS) - {"pf", "mode", "direct_mode"} - elsewhere:
        edits = [dict(patch.items()) for patch in (*(edit for edit, _ in EDITS), FULL)]
        values = [edit[field] for edit in edits if field in edit]
        assert any(values), field
        cleared = field in ("subnets", "gateways") or not all(values)
        assert cleared or field in ("reservations", "records", "portgroups"), field


BARE = "<network><name>n</name>{}</network>"
EMPTY = NetworkPatch(
    forward_devs=None,
    subnets=None,
    dhcp_ranges=None,
    lease_time=None,
    dhcp_options=None,
    dns_domain=None,
    dns=None,
    dns_forwarders=None,
    dns_local_only=None,
    dns_forward_plain_names=None,
    dns_options=None,
    register_names=None,
    mtu=None,
    bridge=None,
    vlan=None,
    native_vlan=None,
    virtualport=None,
    portgroups=None,
    isolated_ports=None,
    nat_ipv6=None,
    nat_address=None,
    nat_port=None,
    bootp=None,
    tftp_root=None,
    routes=None,
    zone=None,
    stp=True,
    bridge_delay=None,
    mac_table_manager=None,
    trust_guest_rx_filters=False,
    extra=None,
    reservations=None,
    records=None,
)
FULL = NetworkPatch(
    bridge="virbr9",
    forward_devs=("eth0",),
    subnets=subnets("10.1.0.0/24", "fd01::/64"),
    gateways=addresses("10.1.0.254", "fd01::1"),
    dhcp_ranges=(dhcp_range("10.1.0.2", "10.1.0.9"), dhcp_range("fd01::2", "fd01::9")),
    lease_time=INFINITE_S,
    dhcp_options=("3,10.1.0.254",),
    bootp=Bootp(file="pxe", server=ip_address("10.1.0.3")),
    tftp_root="/srv",
    routes=(route("10.9.0.0/16", "10.1.0.3"), route("fd09::/48", "fd01::3", 7)),
    dns_domain="x.test",
    dns_forwarders=(forwarder("9.9.9.9"), forwarder("fd00::9", "a.test"), forwarder(None, "b")),
    dns_local_only=True,
    dns_forward_plain_names=False,
    dns_options=("no-resolv", "cache-size=5"),
    mtu=1500,
    zone="lab",
    stp=False,
    bridge_delay=9,
    mac_table_manager="libvirt",
    trust_guest_rx_filters=True,
    portgroups=(Portgroup(name="p", default=True, inbound=Bandwidth(Rate(1))),),
    vlan=(10, 20),
    native_vlan=10,
    virtualport="openvswitch",
    isolated_ports=True,
    nat_address=nat("192.0.2.1", "192.0.2.9"),
    nat_port=PortRange(first=2000, last=2999),
    nat_ipv6=True,
    reservations=(reserved("10.1.0.20", "52:54:00:00:00:01", "h"), reserved("fd01::20", None, "h")),
    records=(
        host("h", "10.1.0.20"),
        alias("w.x.test", "h.x.test"),
        wildcard("*.apps.lab", "10.1.0.5"),
        DnsRecord(kind=RecordKind.TXT, name="t", value="v"),
        DnsRecord(kind=RecordKind.SRV, name="s", protocol="tcp", target="h", port=1),
    ),
)


def test_all_fields_come_and_go() -> None:
    """Also their places: the schema takes any order, so the text has to be looked at."""
    bare = BARE.format("\n  <forward/>\n")
    full = merge_network(bare, FULL)
    assert network_problems(full) == []
    assert network_differences(read_network(full), FULL) == ()
    assert (
        full
        == """\
<network xmlns:dnsmasq="http://libvirt.org/schemas/network/dnsmasq/1.0" \
trustGuestRxFilters="yes"><name>n</name>
  <forward dev="eth0">
    <nat ipv6="yes">
      <address start="192.0.2.1" end="192.0.2.9"/>
      <port start="2000" end="2999"/>
    </nat>
  </forward>
  <bridge name="virbr9" zone="lab" stp="off" delay="9" macTableManager="libvirt"/>
  <mtu size="1500"/>
  <domain name="x.test" localOnly="yes"/>
  <dns forwardPlainNames="no">
    <forwarder addr="9.9.9.9"/>
    <forwarder domain="a.test" addr="fd00::9"/>
    <forwarder domain="b"/>
    <txt name="t" value="v"/>
    <srv service="s" protocol="tcp" target="h" port="1"/>
    <host ip="10.1.0.20">
      <hostname>h</hostname>
    </host>
  </dns>
  <vlan trunk="yes">
    <tag id="10" nativeMode="untagged"/>
    <tag id="20"/>
  </vlan>
  <port isolated="yes"/>
  <ip address="10.1.0.254" prefix="24">
    <tftp root="/srv"/>
    <dhcp>
      <range start="10.1.0.2" end="10.1.0.9">
        <lease expiry="0" unit="seconds"/>
      </range>
      <host mac="52:54:00:00:00:01" name="h" ip="10.1.0.20"/>
      <bootp file="pxe" server="10.1.0.3"/>
    </dhcp>
  </ip>
  <ip family="ipv6" address="fd01::1" prefix="64">
    <dhcp>
      <range start="fd01::2" end="fd01::9">
        <lease expiry="0" unit="seconds"/>
      </range>
      <host name="h" ip="fd01::20"/>
    </dhcp>
  </ip>
  <route address="10.9.0.0" prefix="16" gateway="10.1.0.3"/>
  <route family="ipv6" address="fd09::" prefix="48" gateway="fd01::3" metric="7"/>
  <virtualport type="openvswitch"/>
  <portgroup name="p" default="yes">
    <bandwidth>
      <inbound average="1"/>
    </bandwidth>
  </portgroup>
  <dnsmasq:options>
    <dnsmasq:option value="cname=w.x.test,h.x.test"/>
    <dnsmasq:option value="address=/apps.lab/10.1.0.5"/>
    <dnsmasq:option value="dhcp-option=3,10.1.0.254"/>
    <dnsmasq:option value="no-resolv"/>
    <dnsmasq:option value="cache-size=5"/>
  </dnsmasq:options>
</network>"""
    )
    empty = merge_network(full, EMPTY)
    assert changes(bare, empty) == [
        "-<network><name>n</name>",
        '+<network xmlns:dnsmasq="http://libvirt.org/schemas/network/dnsmasq/1.0"><name>n</name>',
    ]


OPTIONS = """\
<network xmlns:d="http://libvirt.org/schemas/network/dnsmasq/1.0">
  <name>n</name>
  <dns>
    <!-- the company's -->
    <forwarder addr="10.0.0.1" domain="corp.test"/>
    <!-- the others' -->
    <forwarder addr="9.9.9.9"/>
  </dns>
  <d:options>
    <!-- the cluster -->
    <d:option value="address=/.a.test/b.test/10.0.0.5"/>
    <d:option value=" address=/*.c.test/10.0.0.5"/>
    <d:option value="address=/ads.test/"/>
    <d:option value="nosuch=1"/>
    <d:option value="no-hosts "/>
  </d:options>
</network>"""


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        (
            NetworkPatch(records=(wildcard("*.b.test", "10.0.0.5"), wildcard("*", "fd00::5"))),
            [
                '-<d:option value="address=/.a.test/b.test/10.0.0.5"/>',
                '-<d:option value=" address=/*.c.test/10.0.0.5"/>',
                '+<d:option value="address=/b.test/10.0.0.5"/>',
                '+<d:option value="address=/#/fd00::5"/>',
            ],
        ),
        (
            NetworkPatch(records=None, dns_options=None),
            [
                '-<d:option value="address=/.a.test/b.test/10.0.0.5"/>',
                '-<d:option value=" address=/*.c.test/10.0.0.5"/>',
                '-<d:option value="address=/ads.test/"/>',
                '-<d:option value="no-hosts "/>',
            ],
        ),
        (
            NetworkPatch(dns_options=("no-hosts", "address=/ads.test/", "log-queries=extra")),
            ['+<d:option value="log-queries=extra"/>'],
        ),
        (
            NetworkPatch(dns_forwarders=(forwarder("9.9.9.9"), forwarder("10.0.0.1", "corp.test"))),
            [
                *('+<forwarder addr="9.9.9.9"/>', "+<!-- the others' -->"),
                *("-<!-- the others' -->", '-<forwarder addr="9.9.9.9"/>'),
            ],
        ),
        (
            NetworkPatch(dns_forwarders=(forwarder("9.9.9.9"),)),
            ['-<forwarder addr="10.0.0.1" domain="corp.test"/>'],
        ),
    ],
    ids=["one word of a line", "all that is ours", "what others wrote", "order", "one of two"],
)
def test_dns_beside_what_others_wrote(patch: NetworkPatch, expected: list[str]) -> None:
    merged = merge_network(OPTIONS, patch)
    assert sorted(changes(OPTIONS, merged)) == sorted(expected)
    assert merge_network(merged, patch) == merged
    assert network_differences(read_network(merged), patch) == ()
