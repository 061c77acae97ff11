"""Networks: what is read of them, and what of them cannot be."""

from __future__ import annotations

import subprocess
import sys
from ipaddress import ip_address, ip_network

import pytest

from tests.unit.libvirt_xml.networks.documents import MESSY
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.model.dhcp import (
    INFINITE_S,
    AddressRange,
    Bootp,
    DhcpRange,
    PortRange,
    Reservation,
    Route,
)
from vnetmgr.model.dns import DnsForwarder, DnsRecord, RecordKind
from vnetmgr.model.network import Network, NetworkMode, Portgroup
from vnetmgr.model.values import Bandwidth, Mac, Rate


def network(inner: str) -> Network:
    namespace = "http://libvirt.org/schemas/network/dnsmasq/1.0"
    return read_network(f"<network xmlns:d='{namespace}'><name>n</name>{inner}</network>")


@pytest.mark.parametrize(
    ("inner", "mode", "bridge", "devs"),
    [
        ("", NetworkMode.ISOLATED, None, ()),
        ("<bridge name='virbr1' stp='on'/>", NetworkMode.ISOLATED, "virbr1", ()),
        ("<forward/><bridge name='virbr0'/>", NetworkMode.NAT, "virbr0", ()),
        ("<forward mode='nat'><nat/></forward>", NetworkMode.NAT, None, ()),
        ("<forward mode='route' dev='eth0'/>", NetworkMode.ROUTED, None, ("eth0",)),
        ("<forward><interface dev='eth1'/></forward>", NetworkMode.NAT, None, ("eth1",)),
        ("<forward mode='open'/>", NetworkMode.OPEN, None, ()),
        ("<forward mode='bridge'/><bridge name='br0'/>", NetworkMode.BRIDGE, "br0", ()),
        ("<forward mode='hostdev'/>", NetworkMode.HOSTDEV, None, ()),
        ("<forward mode='private'/><bridge name='br0'/>", NetworkMode.OTHER, "br0", ()),
        ("<forward mode='of tomorrow'/>", NetworkMode.OTHER, None, ()),
    ],
)
def test_modes(inner: str, mode: NetworkMode, bridge: str | None, devs: tuple[str, ...]) -> None:
    assert network(inner) == Network(name="n", mode=mode, bridge=bridge, forward_devs=devs)


@pytest.mark.parametrize("mode", ["bridge", "vepa", "private", "passthrough"])
@pytest.mark.parametrize(
    ("inner", "devs"),
    [
        ("<forward mode='{}'/>", ()),
        ("<forward mode='{}'/><bridge name='' stp='on'/>", ()),
        ("<forward mode='{}' dev='e0'/>", ("e0",)),
        ("<forward mode='{}'><interface dev='e0'/></forward>", ("e0",)),
        (
            "<forward mode='{}' dev='e0'><!-- x --><interface dev='e0' connections='2'/>"
            "<interface dev='e1'/><interface/><interface dev='e1'/></forward>",
            ("e0", "e1"),
        ),
    ],
)
def test_macvtap(inner: str, mode: str, devs: tuple[str, ...]) -> None:
    assert network(inner.format(mode)) == Network(
        name="n", mode=NetworkMode.MACVTAP, direct_mode=mode, forward_devs=devs
    )


def test_every_field() -> None:
    assert read_network(MESSY) == Network(
        name="lab",
        mode=NetworkMode.NAT,
        uuid="6d3e0c5c-8f0b-4f5a-9c6b-0e9d2c6f0a11",
        bridge="virbr7",
        mac=Mac("52:54:00:ff:00:01"),
        forward_devs=("eth0",),
        subnets=(ip_network("10.0.0.0/24"), ip_network("fd00::/64")),
        gateways=(ip_address("10.0.0.1"), ip_address("fd00::1")),
        dhcp_ranges=(
            DhcpRange(start=ip_address("10.0.0.100"), end=ip_address("10.0.0.150")),
            DhcpRange(start=ip_address("10.0.0.200"), end=ip_address("10.0.0.210")),
        ),
        lease_time=7200,
        dhcp_options=("option:ntp-server,10.0.0.1",),
        bootp=Bootp(file="pxe"),
        tftp_root="/srv",
        routes=(
            Route(subnet=ip_network("10.9.0.0/16"), via=ip_address("10.0.0.11")),
            Route(subnet=ip_network("fd09::/48"), via=ip_address("fd00::13"), metric=7),
        ),
        dns_domain="lab.test",
        dns_forwarders=(DnsForwarder(address=ip_address("9.9.9.9")),),
        dns_local_only=True,
        dns_forward_plain_names=False,
        dns_options=("log-queries",),
        mtu=1400,
        extra=(
            ("ipv6", "yes"),
            ("ip[10.0.0.0/24].localPtr", "yes"),
            ("ip[10.0.0.0/24].dhcp.host[10.0.0.12].lease.expiry", "5"),
        ),
        inbound=Bandwidth(Rate(5000)),
        portgroups=(
            Portgroup(name="guests", default=True, inbound=Bandwidth(Rate(1000), peak=Rate(2000))),
            Portgroup(name="quiet"),
        ),
        isolated_ports=True,
        nat_ipv6=True,
        reservations=(
            Reservation(
                address=ip_address("10.0.0.11"), mac=Mac("52:54:00:aa:00:01"), hostname="a"
            ),
            Reservation(address=ip_address("10.0.0.12"), mac=Mac("52:54:00:aa:00:02")),
            Reservation(
                address=ip_address("fd00::13"), duid="00:03:00:01:52:54:00:aa:00:03", hostname="c"
            ),
        ),
        records=(
            DnsRecord(kind=RecordKind.HOST, name="nas", address=ip_address("10.0.0.5")),
            DnsRecord(kind=RecordKind.HOST, name="files", address=ip_address("10.0.0.5")),
            DnsRecord(kind=RecordKind.TXT, name="t", value="v"),
            DnsRecord(
                kind=RecordKind.SRV,
                name="ldap",
                protocol="tcp",
                domain="d",
                target="h",
                port=389,
                priority=1,
                weight=2,
            ),
            DnsRecord(kind=RecordKind.SRV, name="sip", protocol="udp"),
            DnsRecord(kind=RecordKind.CNAME, name="a1", target="nas.lab.test"),
            DnsRecord(kind=RecordKind.CNAME, name="a2", target="nas.lab.test"),
        ),
    )


def route(text: str, via: str, metric: int | None = None) -> Route:
    return Route(subnet=ip_network(text), via=ip_address(via), metric=metric)


@pytest.mark.parametrize(
    ("inner", "routes"),
    [
        ("<route address='10.9.0.0' prefix='16' gateway='10.0.0.2'/>", ("10.9.0.0/16", "10.0.0.2")),
        ("<route address='0.0.0.0' gateway='10.0.0.2'/>", ("0.0.0.0/0", "10.0.0.2")),
        (
            "<route family='ipv6' address='::' prefix='0' gateway='fd00::2' metric='0x10'/>",
            ("::/0", "fd00::2", 16),
        ),
        ("<route address='10.9.0.1' prefix='16' gateway='10.0.0.2'/>", None),
        ("<route address='10.9.0.0' prefix='33' gateway='10.0.0.2'/>", None),
        ("<route address='10.9.0.0' prefix='16' gateway='fd00::2'/>", None),
        ("<route address='10.9.0.0' prefix='16' gateway='x'/>", None),
        ("<route prefix='16' gateway='10.0.0.2'/>", None),
        ("<route address='10.9.0.0' prefix='16'/>", None),
    ],
)
def test_routes(inner: str, routes: tuple[str, str] | None) -> None:
    found = network(f"<ip address='10.0.0.1' prefix='24'/>{inner}").routes
    assert found == (() if routes is None else (route(*routes),))


IP = "<ip address='10.0.0.1' prefix='24'>{}</ip>"
IP6 = "<ip family='ipv6' address='fd00::1' prefix='64'>{}</ip>"


@pytest.mark.parametrize(
    ("inner", "bootp", "root"),
    [
        (IP.format("<tftp root='/a'/><dhcp><bootp file='f'/></dhcp>"), Bootp(file="f"), "/a"),
        (
            IP.format("<dhcp><bootp file='f' server='10.0.0.9'/></dhcp>"),
            Bootp(file="f", server=ip_address("10.0.0.9")),
            None,
        ),
        # libvirt goes by the last that names a file; what is of IPv6 is none of its.
        (
            IP.format("<dhcp><bootp file='f'/><bootp file='g'/><bootp/></dhcp>"),
            Bootp(file="g"),
            None,
        ),
        (IP.format("<tftp/>") + IP6.format("<dhcp><bootp file='f'/></dhcp>"), None, None),
        (
            IP.format("<tftp root=''/><dhcp><bootp file='f' server='x'/></dhcp>"),
            Bootp(file="f"),
            None,
        ),
    ],
)
def test_what_guests_boot(inner: str, bootp: Bootp | None, root: str | None) -> None:
    found = network(inner)
    assert (found.bootp, found.tftp_root) == (bootp, root)


@pytest.mark.parametrize(
    ("inner", "addresses", "ports"),
    [
        ("<port start='1024' end='65535'/>", None, None),
        ("<!-- c --><port start='1024' end='65535'/>", None, None),
        ("<port start='2000' end='2999'/>", None, (2000, 2999)),
        ("<port start='x' end='2999'/>", None, None),
        ("<address start='192.0.2.1' end='192.0.2.9'/>", ("192.0.2.1", "192.0.2.9"), None),
        ("<address start='192.0.2.1'/>", None, None),
    ],
)
def test_nat(inner: str, addresses: tuple[str, str] | None, ports: tuple[int, int] | None) -> None:
    found = network(f"<forward mode='nat'><nat>{inner}</nat></forward>")
    assert found.nat_port == (ports and PortRange(first=ports[0], last=ports[1]))
    expected = addresses and AddressRange(
        start=ip_address(addresses[0]), end=ip_address(addresses[1])
    )
    assert found.nat_address == expected


def test_dns() -> None:
    found = network(
        "<domain name='lab.test' register='yes'/><dns enable='no' forwardPlainNames='yes'>"
        "<forwarder domain='a.test'/><!-- first --><forwarder addr='fd00::53' domain='b.test'/>"
        "<forwarder addr='10.0.0.1'/></dns>"
    )
    assert (found.dns, found.dns_forward_plain_names, found.register_names) == (False, True, True)
    assert found.dns_local_only is None
    assert found.dns_forwarders == (
        DnsForwarder(domain="a.test"),
        DnsForwarder(address=ip_address("fd00::53"), domain="b.test"),
        DnsForwarder(address=ip_address("10.0.0.1")),
    )


def test_a_line_of_dnsmasqs_belongs_to_one_field() -> None:
    lines = (
        *("cache-size = 1000", "address=/.a.test/b.test/10.0.0.5", "address=/#/fd00::5"),
        *("address=/ads.test/", "dhcp-option=6,10.0.0.1", "cname=w.test,nas.test", "pid-file=/x"),
        *("nosuch=1", "# no-resolv", "server=/x/10.0.0.1 # ours", "no-resolv "),
    )
    options = "".join(f"<d:option value='{line}'/>" for line in lines)
    found = network(f"<dns><txt name='t' value='v'/></dns><d:options>{options}</d:options>")
    assert found.dns_options == ("cache-size=1000", "address=/ads.test/", "no-resolv")
    assert found.dhcp_options == ("6,10.0.0.1",)
    assert list(map(str, found.records)) == [
        "txt t 'v'",
        "wildcard *.a.test 10.0.0.5",
        "wildcard *.b.test 10.0.0.5",
        "wildcard * fd00::5",
        "cname w.test nas.test",
    ]


def test_virtualport_pf_and_portgroups() -> None:
    found = network(
        "<forward mode='bridge'/><bridge name='ovsbr'/>"
        "<virtualport type='openvswitch'/><portgroup name='a' default='no'>"
        "<vlan trunk='yes'><tag id='3'/><tag id='x'/><tag id='4'/></vlan>"
        "<bandwidth><outbound average='9'/><inbound floor='1'/></bandwidth></portgroup>"
        "<portgroup><vlan/></portgroup><portgroup name='b'/>"
    )
    assert found.virtualport == "openvswitch"
    assert found.portgroups == (
        Portgroup(
            name="a", vlan=(3, 4), inbound=Bandwidth(floor=Rate(1)), outbound=Bandwidth(Rate(9))
        ),
        Portgroup(name="b"),
    )
    assert network("<forward mode='hostdev'><pf dev='ens1'/></forward>").pf == "ens1"


@pytest.mark.parametrize(
    ("inner", "owned"),
    [
        ("<metadata><v:owned xmlns:v='urn:vnetmgr:1'/></metadata>", True),
        ("<metadata><x xmlns='urn:x'/><owned xmlns='urn:vnetmgr:1' a='1'/></metadata>", True),
        ("<metadata><v:data xmlns:v='urn:vnetmgr:1'/></metadata>", False),
        ("<metadata><owned/><o:owned xmlns:o='urn:other'/></metadata>", False),
        ("<v:owned xmlns:v='urn:vnetmgr:1'/><metadata/>", False),
        ("", False),
    ],
)
def test_owned(inner: str, owned: bool) -> None:  # noqa: FBT001
    assert network(inner).owned is owned


@pytest.mark.parametrize(
    ("attributes", "subnet", "gateway"),
    [
        ("address='10.1.2.3' prefix='16'", "10.1.0.0/16", "10.1.2.3"),
        ("address='10.1.2.3' netmask='255.255.254.0'", "10.1.2.0/23", "10.1.2.3"),
        ("address='10.1.2.3'", "10.0.0.0/8", "10.1.2.3"),
        ("address='172.16.5.1' prefix='0'", "172.16.0.0/16", "172.16.5.1"),
        ("address='192.168.5.1' family='ipv4'", "192.168.5.0/24", "192.168.5.1"),
        ("address='224.1.0.1'", "224.1.0.1/32", "224.1.0.1"),
        ("address='10.0.0.77' prefix='32'", "10.0.0.77/32", "10.0.0.77"),
        ("address='10.0.0.7' netmask='255.0.255.0'", "10.0.0.7/32", "10.0.0.7"),
        ("address='10.0.0.7' prefix='33'", "10.0.0.7/32", "10.0.0.7"),
        ("address='10.0.0.7' prefix='ten'", "10.0.0.7/32", "10.0.0.7"),
        ("family='ipv6' address='fd00:1::5'", "fd00:1::/64", "fd00:1::5"),
        ("family='ipv6' address='fd00:1::5' prefix='48'", "fd00:1::/48", "fd00:1::5"),
    ],
)
def test_subnets(attributes: str, subnet: str, gateway: str) -> None:
    found = network(f"<ip {attributes}/>")
    assert found.subnets == (ip_network(subnet),)
    assert found.gateways == (ip_address(gateway),)


@pytest.mark.parametrize(
    ("lease", "seconds"),
    [
        ("<lease expiry='7'/>", 420),
        ("<lease expiry='7' unit='seconds'/>", 7),
        ("<lease expiry='7' unit='minutes'/>", 420),
        ("<lease expiry='7' unit='hours'/>", 25200),
        ("<lease expiry='0' unit='hours'/>", INFINITE_S),
        ("<lease expiry='7' unit='days'/>", None),
        ("<lease expiry='x'/>", None),
        ("<lease expiry='-1'/>", None),
        ("<lease/>", None),
        ("", None),
    ],
)
def test_lease_time(lease: str, seconds: int | None) -> None:
    first = "<ip address='10.0.0.1'><dhcp><range start='10.0.0.2' end='10.0.0.3'"
    assert network(f"{first}>{lease}</range></dhcp></ip>").lease_time == seconds
    second = f"<range start='10.0.0.4' end='10.0.0.5'>{lease}</range>"
    assert network(f"{first}/>{second}</dhcp></ip>").lease_time == seconds


@pytest.mark.parametrize(
    "inner",
    [
        "<ip/><ip address='x'/><ip address=''/><ip address='fe80::1%eth0' family='ipv6'/>",
        "<mtu size='x'/><mtu/><port isolated='maybe'/><domain/>",
        "<forward mode='nat'><nat ipv6='maybe'/></forward>",
        "<dns><host ip='x'><hostname>a</hostname></host><host/></dns>",
        "<dns><host ip='10.0.0.1'><hostname/><hostname> </hostname></host></dns>",
        "<d:options><d:option/><d:option value=''/><d:option value='cname'/></d:options>",
        "<d:options><d:option value='cname=a'/><d:option value='cname=,b'/></d:options>",
        "<d:options><d:option value='pid-file=/x'/></d:options>",
        "<options xmlns='urn:other'><option value='cname=a,b'/></options>",
    ],
)
def test_what_cannot_be_read_is_left_out(inner: str) -> None:
    found = network(inner)
    assert found == Network(name="n", mode=found.mode)


def test_the_unreadable_within_the_readable() -> None:
    found = network(
        "<ip address='10.0.0.1'><dhcp><range start='10.0.0.2'/><range start='10.0.0.2' end='x'/>"
        "<range start='10.0.0.2' end='fd00::1'/><host mac='x' ip='10.0.0.9' name=''/>"
        "<host mac='52:54:00:00:00:01'/><host ip='10.0.0.1.1'/></dhcp></ip>"
        "<dns><srv port='x' weight='1'/><txt/></dns>"
    )
    assert found.dhcp_ranges == ()
    assert found.reservations == (Reservation(address=ip_address("10.0.0.9")),)
    assert found.records == (
        DnsRecord(kind=RecordKind.TXT, name="", value=""),
        DnsRecord(kind=RecordKind.SRV, name="", weight=1),
    )


@pytest.mark.parametrize(
    ("value", "aliases"),
    [
        ("cname=a,b", ["a b"]),
        (" cname = a , c , b ", ["a b", "c b"]),
        ("cname=a,b,60", ["a b"]),
        ("cname=a,60", ["a 60"]),
    ],
)
def test_aliases(value: str, aliases: list[str]) -> None:
    found = network(f"<d:options><d:option value='{value}'/></d:options>")
    assert [f"{record.name} {record.target}" for record in found.records] == aliases


@pytest.mark.parametrize("xml", ["<network/>", "<domain/>", "<network"])
def test_no_network(xml: str) -> None:
    with pytest.raises(VnetError):
        read_network(xml)


@pytest.mark.parametrize("module", ["read", "write"])
def test_ipaddress_is_not_needed_to_start(module: str) -> None:
    """It costs a command some milliseconds, and most nic commands never read an address."""
    code = (
        f"import sys, vnetmgr.libvirt_xml.networks.{module}; sys.exit('ipaddress' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
