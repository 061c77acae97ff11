"""A row for every option of a network: what has it made, changed and refused.

A row is data alone; test_every_option.py takes each all the way.
"""

from __future__ import annotations

from typing import NamedTuple

SUBNET = "--subnet 10.20.0.0/24"
SWITCH = "--bridge ovsbr0 --virtualport openvswitch"
RANGE = "--dhcp-range 10.20.0.100-10.20.0.150"


class Row(NamedTuple):
    """One option."""

    create: str
    """What `create-network lab` is given, the option among it."""
    has: str
    """What libvirt's document then has."""
    key: str
    """Its key in a spec, and in JSON."""
    update: str = ""
    """What `update-network lab` is given; empty: a lab has nothing else for it."""
    then: str = ""
    """What libvirt's document then has."""
    live: bool = False
    """Whether libvirt changes it while the network runs: else it takes --allow restart."""
    mode: str = "open"
    """The one that starts and stops fastest: it has no firewall rules."""
    bad: tuple[tuple[str, str], ...] = ()
    """(options, what is said of them): told with all else that is wrong."""
    refused: tuple[tuple[str, str], ...] = ()
    """The same of what only the host shows to be wrong."""
    clears: bool = True
    """Whether such a network can be without it, where `none` clears it."""
    starts: bool = True
    """Whether such a network can be started in a lab."""
    lacking: str = ""
    """What is said of it in a lab, whose host has not what it takes."""
    switch: bool = False
    """Whether it is on a bridge of Open vSwitch."""


ROWS: dict[str, Row] = {
    "mode": Row(
        create=SUBNET,
        has="<forward mode='open'/>",
        update="--mode isolated",
        then="<bridge ",
        key="mode",
        bad=(("--mode wide", "'wide'"),),
        refused=(("--mode bridge", "needs --bridge"),),
    ),
    "bridge": Row(
        create=f"{SUBNET} --bridge ev1",
        has="<bridge name='ev1'",
        update="--bridge ev2",
        then="<bridge name='ev2'",
        key="bridge",
        bad=(("--bridge a/b", "'a/b'"), ("--bridge sixteen-letters-", "15")),
    ),
    "subnet": Row(
        create=SUBNET,
        has="<ip address='10.20.0.1' prefix='24'>",
        update="--subnet 10.21.0.0/24",
        then="<ip address='10.21.0.1' prefix='24'>",
        key="subnets",
        clears=False,
        bad=(
            ("--subnet 10.20.0.5/24", "is an address in 10.20.0.0/24"),
            ("--subnet x/24", "'x/24'"),
        ),
    ),
    "gateway": Row(
        create=f"{SUBNET} {RANGE} --gateway 10.20.0.254",
        has="<ip address='10.20.0.254' prefix='24'>",
        update="--gateway 10.20.0.253",
        then="<ip address='10.20.0.253' prefix='24'>",
        key="gateways",
        bad=(("--gateway x", "'x'"),),
        refused=((f"{SUBNET} --gateway 10.20.0.255", "is the broadcast address"),),
    ),
    "dhcp_range": Row(
        create=f"{SUBNET} {RANGE}",
        has="<range start='10.20.0.100' end='10.20.0.150'/>",
        update="--dhcp-range 10.20.0.50-10.20.0.60",
        then="<range start='10.20.0.50' end='10.20.0.60'/>",
        key="dhcp_ranges",
        live=True,
        bad=(("--dhcp-range 10.20.0.60-10.20.0.50", "runs backwards"),),
        refused=((f"{SUBNET} --dhcp-range 10.29.0.1-10.29.0.9", "is not within one of"),),
    ),
    "no_dhcp": Row(
        create=f"{SUBNET} --no-dhcp",
        has="<ip address='10.20.0.1' prefix='24'>\n  </ip>",
        update=RANGE,
        then="<range start='10.20.0.100' end='10.20.0.150'/>",
        key="dhcp_ranges",
        live=True,
        bad=((f"--no-dhcp {RANGE}", "does not go with --no-dhcp"),),
    ),
    "lease_time": Row(
        create=f"{SUBNET} {RANGE} --lease-time 30m",
        has="<lease expiry='1800' unit='seconds'/>",
        update="--lease-time 2h",
        then="<lease expiry='7200' unit='seconds'/>",
        key="lease_time",
        live=True,
        bad=(("--lease-time soon", "'soon' is not a time"),),
        refused=((f"{SUBNET} {RANGE} --lease-time 1m", "2 minutes"),),
    ),
    "dhcp_option": Row(
        create=f"{SUBNET} --dhcp-option option:ntp-server,10.20.0.1",
        has="value='dhcp-option=option:ntp-server,10.20.0.1'",
        update="--dhcp-option option:ntp-server,10.20.0.2",
        then="value='dhcp-option=option:ntp-server,10.20.0.2'",
        key="dhcp_options",
        bad=(("--dhcp-option 'a b'", "'a b'"),),
    ),
    "bootp": Row(
        create=f"{SUBNET} --bootp pxe.0,server=10.20.0.9",
        has="<bootp file='pxe.0' server='10.20.0.9'/>",
        update="--bootp http://10.20.0.9/boot.ipxe",
        then="<bootp file='http://10.20.0.9/boot.ipxe'/>",
        key="bootp",
        bad=(("--bootp 'a b'", "'a b'"), ("--bootp f,server=x", "'x' is no IP address")),
        refused=((f"{SUBNET} --no-dhcp --bootp pxe.0", "the network has none for IPv4"),),
    ),
    "tftp_root": Row(
        create=f"{SUBNET} --tftp-root /srv",
        has="<tftp root='/srv'/>",
        update="--tftp-root /usr",
        then="<tftp root='/usr'/>",
        key="tftp_root",
        bad=(("--tftp-root srv", "does not begin with '/'"), ("--tftp-root '/a b'", "'/a b'")),
        refused=(
            (f"{SUBNET} --tftp-root /srv/nowhere", "directory /srv/nowhere does not exist"),
            ("--mode isolated --subnet fd00:20::/64 --tftp-root /srv", "serves IPv4 alone"),
        ),
    ),
    "route": Row(
        create=f"{SUBNET} --route 10.99.0.0/16,via=10.20.0.9",
        has="<route address='10.99.0.0' prefix='16' gateway='10.20.0.9'/>",
        update="--route 10.98.0.0/16,via=10.20.0.9,metric=5",
        then="<route address='10.98.0.0' prefix='16' gateway='10.20.0.9' metric='5'/>",
        key="routes",
        bad=(
            ("--route 10.99.0.0/16", "has no via"),
            ("--route 10.99.0.1/16,via=10.20.0.9", "did you mean 10.99.0.0/16?"),
        ),
        refused=((f"{SUBNET} --route 10.99.0.0/16,via=10.29.0.9", "in none of the subnets"),),
    ),
    "dns_domain": Row(
        create=f"{SUBNET} --dns-domain one.test",
        has="<domain name='one.test'",
        update="--dns-domain two.test",
        then="<domain name='two.test'",
        key="dns_domain",
        bad=(("--dns-domain 'a b'", "'a b'"),),
    ),
    "dns": Row(
        create=f"{SUBNET} --dns on",
        has="<bridge ",
        update="--dns off",
        then="<dns enable='no'/>",
        key="dns",
        bad=(
            ("--dns maybe", "'maybe' is not yes or no"),
            ("--dns off --dns-forwarder 9.9.9.9", "--dns-forwarder: does not go with --dns off"),
            ("--dns off --dns-option port=54", "port: libvirt says it itself"),
        ),
    ),
    "dns_forwarder": Row(
        create=f"{SUBNET} --dns-forwarder 9.9.9.9 --dns-forwarder domain=own.test",
        has="<forwarder addr='9.9.9.9'/>\n    <forwarder domain='own.test'/>",
        update="--dns-forwarder fd00::53,domain=corp.test --dns-forwarder 9.9.9.9",
        then="<forwarder domain='corp.test' addr='fd00::53'/>\n    <forwarder addr='9.9.9.9'/>",
        key="dns_forwarders",
        bad=(
            ("--dns-forwarder dns.test", "'dns.test' is no IP address"),
            ("--dns-forwarder 9.9.9.9,domain='a b'", "a DNS name has letters"),
            ("--dns-forwarder 9.9.9.9,port=53", "'port=53' of '9.9.9.9,port=53' is none of"),
            ("--dns-forwarder 0.0.0.0", "is no DNS server's address"),
            ("--dns-forwarder 9.9.9.9 --dns-forwarder 9.9.9.9", "9.9.9.9 is given twice"),
        ),
        refused=((f"{SUBNET} --dns-forwarder 10.20.0.1", "it would ask itself"),),
    ),
    "dns_local_only": Row(
        create=f"{SUBNET} --dns-domain one.test --dns-local-only",
        has="<domain name='one.test' localOnly='yes'/>",
        update="--no-dns-local-only",
        then="<domain name='one.test'",
        key="dns_local_only",
        bad=(("--dns-local-only --dns-domain none", "does not go with --dns-domain none"),),
        refused=((f"{SUBNET} --dns-local-only", "--dns-local-only: needs --dns-domain"),),
    ),
    "dns_forward_plain_names": Row(
        create=f"{SUBNET} --no-dns-forward-plain-names",
        has="<dns forwardPlainNames='no'/>",
        update="--dns-forward-plain-names",
        then="<bridge ",
        key="dns_forward_plain_names",
        bad=(("--no-dns-forward-plain-names --dns off", "does not go with --dns off"),),
    ),
    "dns_option": Row(
        create=f"{SUBNET} --dns-option cache-size=1000 --dns-option no-hosts",
        has="<dnsmasq:option value='cache-size=1000'/>",
        update="--dns-option 'server=/corp.test/10.9.0.1#5353'",
        then="<dnsmasq:option value='server=/corp.test/10.9.0.1#5353'/>",
        key="dns_options",
        bad=(
            ("--dns-option cash-size=1", "Did you mean cache-size?"),
            ("--dns-option 'no-hosts\nlog-queries'", "without line breaks"),
            ("--dns-option cache-size=many", "'many' is no number"),
            ("--dns-option dhcp-option=3", "is what --dhcp-option says"),
            ("--dns-option cname=a.test,b.test", "add-dns-record --cname"),
            ("--dns-option address=/a.test/10.0.0.5", "--wildcard '*.a.test' --address 10.0.0.5"),
            ("--dns-option port=53 --dns-option port=54", "port is given twice"),
        ),
    ),
    "register_names": Row(
        create=f"{SUBNET} --dns-domain one.test --register-names",
        has="<domain name='one.test' localOnly='yes' register='yes'/>",
        key="register_names",
        bad=(("--register-names --no-dns-local-only", "needs --dns-local-only"),),
        refused=((f"{SUBNET} --register-names", "--register-names: needs --dns-domain"),),
        starts=False,
        lacking="resolvectl dns BRIDGE 10.20.0.1 && resolvectl domain BRIDGE '~one.test'",
    ),
    "mtu": Row(
        create=f"{SUBNET} --mtu 1400",
        has="<mtu size='1400'/>",
        update="--mtu 1300",
        then="<mtu size='1300'/>",
        key="mtu",
        bad=(("--mtu 67", "MTU '67'"), ("--mtu big", "MTU 'big'")),
    ),
    "inbound": Row(
        create=f"{SUBNET} --inbound 80mbit,peak=160mbit,burst=1MB",
        has="<inbound average='10000' peak='20000' burst='1024'/>",
        update="--inbound 40mbit",
        then="<inbound average='5000'/>",
        key="inbound",
        bad=(
            ("--inbound fast", "'fast'"),
            ("--inbound 9mbit,peak=1mbit", "peak 1mbit is below the average"),
            ("--inbound 9mbit,burst=5", "burst '5' is not a size"),
            ("--inbound 9mbit,floor=1mbit", "guarantees a rate to single nics alone"),
            ("--mode macvtap --inbound 9mbit", "a macvtap network has none"),
        ),
    ),
    "outbound": Row(
        create=f"{SUBNET} --outbound 80mbit,burst=64KiB",
        has="<outbound average='10000' burst='64'/>",
        update="--outbound 80mbit,burst=128KiB",
        then="<outbound average='10000' burst='128'/>",
        key="outbound",
        bad=(("--outbound 9", "'9'"), ("--mode hostdev --outbound 9mbit", "network has none")),
    ),
    "vlan": Row(
        create=f"{SWITCH} --vlan 10 --vlan 20",
        has="<tag id='20'/>",
        update="--vlan 10 --vlan 30",
        then="<tag id='30'/>",
        key="vlan",
        mode="bridge",
        switch=True,
        bad=(
            ("--vlan 4095", "'4095'"),
            ("--vlan 5 --vlan 5", "5 is given twice"),
            ("--mode nat --vlan 5", "a nat network has none"),
        ),
        refused=(("--bridge br0 --vlan 5", "br0 is a Linux bridge, where this host tags none"),),
    ),
    "native_vlan": Row(
        create=f"{SWITCH} --vlan 10 --vlan 20 --native-vlan 10",
        has="<tag id='10' nativeMode='untagged'/>",
        update="--native-vlan 20",
        then="<tag id='20' nativeMode='untagged'/>",
        key="native_vlan",
        mode="bridge",
        switch=True,
        bad=(
            ("--native-vlan x", "'x'"),
            ("--vlan 5 --native-vlan 6", "native VLAN 6 is none of the VLANs (5)"),
        ),
        refused=((f"{SWITCH} --native-vlan 6", "native VLAN 6 is none of the VLANs"),),
    ),
    "virtualport": Row(
        create=SWITCH,
        has="<virtualport type='openvswitch'/>",
        update="--virtualport midonet",
        then="<virtualport type='midonet'/>",
        key="virtualport",
        mode="bridge",
        switch=True,
        bad=(
            ("--virtualport openswitch", "Did you mean openvswitch?"),
            ("--virtualport 802.1Qbg", "has virtual ports of midonet or openvswitch"),
        ),
        refused=(("--bridge br0 --virtualport openvswitch", "br0 is a Linux bridge"),),
    ),
    "portgroup": Row(
        create=f"{SUBNET} --portgroup name=one,inbound=8mbit,peak=16mbit,default",
        has="<inbound average='1000' peak='2000'/>",
        update="--portgroup name=one,inbound=16mbit",
        then="<inbound average='2000'/>",
        key="portgroups",
        live=True,
        bad=(("--portgroup vlan=5", "has no name"), ("--portgroup a,b=c", "'b=c'")),
    ),
    "forward_dev": Row(
        create=f"{SUBNET} --forward-dev br0",
        has="<forward dev='br0' mode='nat'>",
        update="--forward-dev br1",
        then="<forward dev='br1' mode='nat'>",
        key="forward_devs",
        mode="nat",
        live=True,
        bad=(
            ("--forward-dev a/b", "'a/b'"),
            ("--forward-dev br0 --forward-dev br0", "br0 is given twice"),
            ("--mode nat --forward-dev br0 --forward-dev br1", "forwards to one link"),
        ),
        refused=(("--forward-dev nowhere0", "link nowhere0 does not exist"),),
    ),
    "direct_mode": Row(
        create="--forward-dev br0 --forward-dev br1 --direct-mode private",
        has="<forward dev='br0' mode='private'>",
        update="--direct-mode vepa",
        then="<forward dev='br0' mode='vepa'>",
        key="direct_mode",
        mode="macvtap",
        bad=(
            ("--direct-mode x", "'x' is not one of bridge, vepa"),
            ("--mode nat --direct-mode vepa", "a nat network has none"),
        ),
        refused=(("--forward-dev lan0", "link lan0 is a port of bridge br0"),),
    ),
    "isolated_ports": Row(
        create=f"{SUBNET} --isolated-ports",
        has="<port isolated='yes'/>",
        update="--no-isolated-ports",
        then="<bridge ",
        key="isolated_ports",
    ),
    "nat_ipv6": Row(
        create="--subnet fd00:20::/64 --nat-ipv6",
        has="<nat ipv6='yes'",
        update="--no-nat-ipv6",
        then="<forward mode='nat'",
        key="nat_ipv6",
        mode="nat",
        bad=(("--mode open --nat-ipv6", "an open network has none"),),
    ),
    "nat_address": Row(
        create=f"{SUBNET} --nat-address 203.0.113.5-203.0.113.9",
        has="<address start='203.0.113.5' end='203.0.113.9'/>",
        update="--nat-address 203.0.113.7",
        then="<address start='203.0.113.7' end='203.0.113.7'/>",
        key="nat_address",
        mode="nat",
        bad=(
            ("--nat-address 203.0.113.9-203.0.113.5", "runs backwards"),
            ("--mode open --nat-address 203.0.113.5", "an open network has none"),
        ),
    ),
    "nat_port": Row(
        create=f"{SUBNET} --nat-port 20000-29999",
        has="<port start='20000' end='29999'/>",
        update="--nat-port none",
        then="<forward mode='nat'",
        key="nat_port",
        mode="nat",
        bad=(("--nat-port 5", "'5' is not like"), ("--nat-port 7-7", "two ports or more")),
    ),
    "zone": Row(
        create=f"{SUBNET} --zone libvirt",
        has="<bridge name='virbr0' zone='libvirt'",
        update="--zone public",
        then="zone='public'",
        key="zone",
        mode="isolated",
        starts=False,  # that takes a firewalld
        bad=(("--zone 'a b'", "'a b'"), ("--mode bridge --zone x", "a bridge network has none")),
        refused=((f"{SUBNET} --zone public", "firewalld does not run"),),
    ),
    "stp": Row(
        create=f"{SUBNET} --no-stp",
        has="stp='off'",
        update="--stp",
        then="stp='on'",
        key="stp",
        bad=(("--mode bridge --no-stp", "a bridge network has none"),),
    ),
    "bridge_delay": Row(
        create=f"{SUBNET} --bridge-delay 2",
        has="delay='2'",
        update="--bridge-delay 5",
        then="delay='5'",
        key="bridge_delay",
        bad=(("--bridge-delay 31", "from 0 to 30"),),
        refused=((f"{SUBNET} --bridge-delay 1", "2 seconds at least"),),
    ),
    "mac_table_manager": Row(
        create=f"{SUBNET} --mac-table-manager libvirt",
        has="macTableManager='libvirt'",
        update="--mac-table-manager kernel",
        then="stp='on' delay='0'/>",  # what libvirt does where nothing is said
        key="mac_table_manager",
        starts=False,  # that takes a kernel that filters VLANs on bridges
        bad=(("--mac-table-manager x", "'x' is not one of kernel, libvirt"),),
    ),
    "trust_guest_rx_filters": Row(
        create=f"{SUBNET} --trust-guest-rx-filters",
        has="trustGuestRxFilters='yes'",
        update="--no-trust-guest-rx-filters",
        then="<network>",
        key="trust_guest_rx_filters",
    ),
    "extra": Row(
        create=f"{SUBNET} --portgroup p --extra ipv6=yes --extra ip[10.20.0.0/24].localPtr=yes "
        "--extra portgroup[p].trustGuestRxFilters=no",
        has="<ip address='10.20.0.1' prefix='24' localPtr='yes'>",
        update="--extra portgroup[p].trustGuestRxFilters=yes --extra ipv6=none",
        then="<portgroup name='p' trustGuestRxFilters='yes'>",
        key="extra",
        bad=(
            ("--extra ipv6=no", "ipv6 takes yes"),
            ("--extra bridge.stp=off", "said by --stp"),
            ("--extra uuid=x", "cannot be set"),
        ),
        refused=(
            (f"{SUBNET} --extra ip[10.9.0.0/24].localPtr=yes", "no subnet 10.9.0.0/24"),
            (f"{SUBNET} --extra portgroup[x].trustGuestRxFilters=yes", "no portgroup x"),
        ),
    ),
    "pf": Row(
        create="--pf ens1",
        has="<pf dev='ens1'/>",
        key="pf",
        mode="hostdev",
        starts=False,
        bad=(("--pf a/b", "'a/b'"),),
        refused=(
            ("--pf lo", "belongs to no PCI network device"),
            ("--pf ens2", "virtual functions are switched off"),
        ),
    ),
}
