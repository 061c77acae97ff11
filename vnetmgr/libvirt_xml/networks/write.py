"""Edits `<network>` documents: the managed fields in place, everything else as it stands."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from lxml import etree

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.documents import parse_as, serialise, serialise_document, with_namespace
from vnetmgr.libvirt_xml.edit import (
    add_all,
    child,
    drop_attributes,
    edit_all,
    remove,
    set_attribute,
    set_text,
    write_at,
)
from vnetmgr.libvirt_xml.metadata import (
    OWNED,
    forget_overlay,
    mark_finished,
    mark_overlay,
    mark_owned,
    mark_unfinished,
    write_kept,
)
from vnetmgr.libvirt_xml.networks.mode import (
    write_direct_mode,
    write_forward_devs,
    write_mode,
    write_nat_ipv6,
    write_pf,
)
from vnetmgr.libvirt_xml.networks.order import DNSMASQ, NETWORK_ORDER, OPTIONS, ORDERS
from vnetmgr.libvirt_xml.networks.read import mode_of, network_of, portgroups_of
from vnetmgr.libvirt_xml.networks.vlans import write_vlans
from vnetmgr.libvirt_xml.nics.fields import write_bandwidth, write_virtualport
from vnetmgr.libvirt_xml.nics.places import NIC_ORDER
from vnetmgr.model.network import OVERLAY_FIELDS
from vnetmgr.model.network_attributes import NETWORK_ATTRIBUTES
from vnetmgr.model.network_want import network_differences
from vnetmgr.model.patch import UNSET, Unset
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lxml.etree import _Element as Element

    from vnetmgr.model.network import Kept, Network, Portgroup
    from vnetmgr.model.network_want import NetworkPatch

# The fields of `<ip>` elements, and what goes by them.
_ADDRESSING = {
    *("subnets", "gateways", "dhcp_ranges", "lease_time", "reservations"),
    *("bootp", "tftp_root", "routes"),
}
# Those of `<dns>` and `<dnsmasq:options>` that take more than an attribute.
_DNS = {"dns_forwarders", "records", "dhcp_options", "dns_options"}
# What is in `<forward>` is of a mode, and written with it; a virtual port's parameters are its
# type's.
_MODES_OWN = {"pf", "nat_ipv6", "virtualport"}


def merge_network(xml: str, patch: NetworkPatch) -> str:
    """The document with the managed fields as wanted; None clears one.

    Unknown elements and attributes, comments and order survive. Raises VnetError for what is no
    `<network>`, and for a field that such a network cannot have.
    """
    return serialise_document(_merged(parse_as("network", xml), patch))


def new_network(
    template: str,
    *,
    name: str,
    patch: NetworkPatch,
    owned_as: str | None = None,
    unfinished: bool = False,
    fleet: str | None = None,
) -> str:
    """A new network of that name from a template; comments before the element are left out.
    `owned_as` is the UUID of one that is made from a spec, and marks it; `unfinished` marks it as
    one that has to be brought to its end, `fleet` as an overlay of that.

    What belongs to one network alone goes: the UUID, the bridge's MAC, counts of guests.
    """
    root = parse_as("network", template)
    set_text(child(root, "name", NETWORK_ORDER), name)
    for tag in ("uuid", "mac"):
        for node in root.findall(tag):
            remove(node)
    for node in (root, *root.findall("forward/*")):
        drop_attributes(node, "connections")
    for node in root.findall(f"metadata/{OWNED}"):
        remove(node)
    forget_overlay(root)
    if owned_as is not None:
        set_text(child(root, "uuid", NETWORK_ORDER), owned_as)
        mark_owned(root, NETWORK_ORDER)
    if unfinished:
        mark_unfinished(root, NETWORK_ORDER)
    if fleet is not None:
        mark_overlay(root, fleet, NETWORK_ORDER)
    return serialise(_merged(root, patch))


def finished_network(xml: str) -> str:
    """The document without the mark of one that is being made."""
    root = parse_as("network", xml)
    mark_finished(root)
    return serialise_document(root)


def hop_network(name: str, bridge: str, kept: Kept) -> str:
    """A network that taps can be on for a moment, with a bridge of that name; `kept` is written
    into it.

    It has no address, hence no dnsmasq; without STP a port is forwarding at once.
    """
    root = etree.Element("network")
    set_text(child(root, "name"), name)
    element = child(root, "bridge")
    for attribute, value in (("name", bridge), ("stp", "off"), ("delay", "0")):
        set_attribute(element, attribute, value)
    write_kept(root, kept, NETWORK_ORDER)
    return serialise(root)


def write_portgroup(element: Element, group: Portgroup) -> None:
    """Write a portgroup into its element; what else it gives to nics stays."""
    set_attribute(element, "name", group.name)
    if group.default:
        set_attribute(element, "default", "yes")
    elif element.get("default") == "yes":
        drop_attributes(element, "default")
    write_vlans(element, group.vlan or (), group.native_vlan, NIC_ORDER)
    write_virtualport(element, group.virtualport)
    write_bandwidth(element, "inbound", group.inbound)
    write_bandwidth(element, "outbound", group.outbound)


def _merged(root: Element, patch: NetworkPatch) -> Element:
    """The document edited; it may be another tree."""
    root = _with_fields(root, patch)
    if isinstance(patch.extra, tuple) or patch.extra is None:
        from vnetmgr.libvirt_xml.networks.extra import write_extra

        write_extra(root, patch.extra)  # some of it is in what other fields make
    return root


def _with_fields(root: Element, patch: NetworkPatch) -> Element:
    mode = mode_of(root) if isinstance(patch.mode, Unset) else patch.mode
    if mode.kind.spans_hosts:
        patch = replace(patch, **dict.fromkeys(OVERLAY_FIELDS, UNSET))  # those are in OVN
    write_mode(root, mode)
    present = network_of(root)
    differ = {field: wanted for field, _, wanted in network_differences(present, patch)}
    _write_plain(root, differ)
    if mode.kind.hosts_bridge and mode_of(root) is not mode:
        raise VnetError(f"a network of the mode {mode} needs the name of the host's bridge")
    _write_forward(root, patch, differ)
    _write_bandwidths(root, patch)
    if differ.keys() & {"vlan", "native_vlan"}:
        _write_vlans(root, present, patch)
    if "virtualport" in differ and not isinstance(patch.virtualport, Unset):
        write_virtualport(root, patch.virtualport, NETWORK_ORDER)
    if "portgroups" in differ and not isinstance(patch.portgroups, Unset):
        _write_portgroups(root, patch.portgroups or ())
    if differ.keys() & _ADDRESSING:
        from vnetmgr.libvirt_xml.networks.dhcp import write_addressing

        same = dict.fromkeys(_ADDRESSING - differ.keys(), UNSET)
        write_addressing(root, replace(patch, **same), present.lease_time)
    if differ.keys() & _DNS:
        return _with_dns(root, patch, differ)
    return root


def _write_forward(root: Element, patch: NetworkPatch, differ: Collection[str]) -> None:
    """What is in `<forward>`, but for the mode."""
    if "pf" in differ and not isinstance(patch.pf, Unset):
        write_pf(root, patch.pf)
    if "forward_devs" in differ and not isinstance(patch.forward_devs, Unset):
        write_forward_devs(root, patch.forward_devs or ())
    if "direct_mode" in differ and not isinstance(patch.direct_mode, Unset):
        write_direct_mode(root, patch.direct_mode)
    if "nat_ipv6" in differ and not isinstance(patch.nat_ipv6, Unset):
        write_nat_ipv6(root, patch.nat_ipv6)
    if "nat_address" in differ or "nat_port" in differ:
        _write_nat(root, patch, differ)


def _write_plain(root: Element, differ: Mapping[str, object]) -> None:
    """What is one attribute."""
    if "dns_domain" in differ and differ["dns_domain"] is None:
        for domain in root.findall("domain"):
            drop_attributes(domain, "localOnly", "register")  # of no domain
    for field, each in NETWORK_ATTRIBUTES.items():
        if field in differ and field not in _MODES_OWN:
            write_at(root, each.path, each.name, each.text(differ[field]), ORDERS)


def _write_nat(root: Element, patch: NetworkPatch, differ: Collection[str]) -> None:
    from vnetmgr.libvirt_xml.networks.nat import write_nat_address, write_nat_port

    if "nat_address" in differ and not isinstance(patch.nat_address, Unset):
        write_nat_address(root, patch.nat_address)
    if "nat_port" in differ and not isinstance(patch.nat_port, Unset):
        write_nat_port(root, patch.nat_port)


def _write_bandwidths(root: Element, patch: NetworkPatch) -> None:
    if not isinstance(patch.inbound, Unset):
        write_bandwidth(root, "inbound", patch.inbound, ORDERS)
    if not isinstance(patch.outbound, Unset):
        write_bandwidth(root, "outbound", patch.outbound, ORDERS)


def _write_vlans(root: Element, present: Network, patch: NetworkPatch) -> None:
    tags = present.vlan if isinstance(patch.vlan, Unset) else patch.vlan or ()
    given = patch.native_vlan
    native = present.native_vlan if isinstance(given, Unset) else given
    write_vlans(root, tags, native, NETWORK_ORDER)


def _write_portgroups(root: Element, groups: Sequence[Portgroup]) -> None:
    left = edit_all(portgroups_of(root), groups, write_portgroup, attrgetter("name"))
    add_all(root, "portgroup", left, write_portgroup, NETWORK_ORDER)


def _with_dns(root: Element, patch: NetworkPatch, differ: Collection[str]) -> Element:
    from vnetmgr.libvirt_xml.networks import dns, dnsmasq

    records = () if isinstance(patch.records, Unset) else patch.records or ()
    if "dns_forwarders" in differ and not isinstance(patch.dns_forwarders, Unset):
        dns.write_forwarders(root, patch.dns_forwarders or ())
    if "records" in differ:
        dns.write_records(root, records)
    needed = (
        patch.dhcp_options or patch.dns_options or any(each.kind.in_options for each in records)
    )
    declared = root.find(OPTIONS) is not None or DNSMASQ in root.nsmap.values()
    if needed and not declared:
        prefix = "dnsmasq" if "dnsmasq" not in root.nsmap else "vnetmgr-dnsmasq"
        root = with_namespace(root, prefix, DNSMASQ)
    if "records" in differ:
        dnsmasq.write_option_records(root, records)
    if "dhcp_options" in differ and not isinstance(patch.dhcp_options, Unset):
        dnsmasq.write_dhcp_options(root, patch.dhcp_options or ())
    if "dns_options" in differ and not isinstance(patch.dns_options, Unset):
        dnsmasq.write_dns_options(root, patch.dns_options or ())
    return root
