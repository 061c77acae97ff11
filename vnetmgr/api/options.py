"""The options of nics, networks and DNS records as keywords: for type checkers and editors.

A test holds them equal to the tables that read them (model/options). Whatever prints as what the
command line takes will do: a Mac, an IPv4Network, a Rate. None clears a setting; where there is
nothing to clear, it is as if it were left out.
"""

from collections.abc import Mapping, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
)
from os import PathLike
from typing import Literal, TypeAlias, TypedDict

from vnetmgr.model.values import Bandwidth, Mac, PciAddress

Address: TypeAlias = str | IPv4Address | IPv6Address
Subnet: TypeAlias = str | IPv4Network | IPv6Network
DirectMode: TypeAlias = Literal["bridge", "vepa", "private", "passthrough"]
Rate: TypeAlias = str | Bandwidth
"""`10mbit`, or with its parts `10mbit,peak=20mbit,burst=1MB`."""


class NicOptions(TypedDict, total=False):
    """A nic: one source (bridge, network, nat, user, direct or hostdev), and its settings."""

    bridge: str | None
    network: str | None
    nat: bool | None
    user: bool | None
    direct: str | None
    hostdev: str | PciAddress | None
    name: str | None
    mac: str | Mac | None
    model: str | None
    portgroup: str | None
    direct_mode: DirectMode | None
    virtualport: Literal["openvswitch"] | None
    vlan: int | Sequence[int] | None
    mtu: int | None
    queues: int | None
    pci_address: str | PciAddress | None
    boot_order: int | None
    link: Literal["up", "down"] | None
    inbound: Rate | None
    outbound: Rate | None
    filter: str | None
    filter_param: Mapping[str, str | None] | None
    vectors: int | None
    extra: Mapping[str, str | None] | None
    isolated_port: bool | None


class NetworkOptions(TypedDict, total=False):
    """A virtual network. What can be given several times is a sequence, or one alone."""

    mode: (
        Literal["nat", "routed", "open", "isolated", "bridge", "hostdev", "macvtap", "overlay"]
        | None
    )
    bridge: str | None
    subnet: Subnet | Sequence[Subnet] | None
    gateway: Address | Sequence[Address] | None
    dhcp_range: str | Sequence[str] | None
    no_dhcp: bool | None
    lease_time: str | int | None
    dhcp_option: str | Sequence[str] | None
    bootp: str | None
    tftp_root: str | None
    route: str | Sequence[str] | None
    dns_domain: str | None
    dns: Literal["on", "off"] | bool | None
    dns_forwarder: str | Sequence[str] | None
    dns_local_only: bool | None
    dns_forward_plain_names: bool | None
    dns_option: str | Sequence[str] | None
    register_names: bool | None
    mtu: int | None
    inbound: Rate | None
    outbound: Rate | None
    vlan: int | Sequence[int] | None
    native_vlan: int | None
    virtualport: Literal["openvswitch", "802.1Qbg", "802.1Qbh", "midonet"] | None
    portgroup: str | Sequence[str] | None
    forward_dev: str | Sequence[str] | None
    direct_mode: DirectMode | None
    isolated_ports: bool | None
    nat_ipv6: bool | None
    nat_address: str | None
    nat_port: str | None
    zone: str | None
    stp: bool | None
    bridge_delay: int | None
    mac_table_manager: Literal["kernel", "libvirt"] | None
    trust_guest_rx_filters: bool | None
    pf: str | None
    external: str | None
    external_address: str | Sequence[str] | None
    external_gateway: Address | Sequence[Address] | None
    external_host: str | Sequence[str] | None
    port_security: bool | None
    extra: Mapping[str, str | None] | None


class RecordOptions(TypedDict, total=False):
    """A DNS record: one of host, srv, txt, cname and wildcard names it, the rest says where to."""

    host: str | None
    address: Address | Sequence[Address] | None
    srv: str | None
    protocol: Literal["tcp", "udp"] | None
    domain: str | None
    target: str | None
    port: int | None
    priority: int | None
    weight: int | None
    txt: str | None
    value: str | None
    cname: str | None
    wildcard: str | None


class ChassisOptions(TypedDict, total=False):
    """What a host is to OVN; the files go together."""

    southbound: str | None
    encap_ip: Address | None
    encap_type: str | None
    system_id: str | None
    datapath: str | None
    private_key: str | PathLike[str] | None
    certificate: str | PathLike[str] | None
    ca_cert: str | PathLike[str] | None
