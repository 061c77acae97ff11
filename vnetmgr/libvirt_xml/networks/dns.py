"""Reads and edits `<dns>` of a network: its records, and whom it asks in turn.

`read` imports this only for networks that have one.
Element meanings: libvirt's formatnetwork.html, "Addressing".
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.edit import (
    add_all,
    child,
    clearing,
    edit_all,
    remove,
    set_attribute,
    set_text,
    write_attributes,
)
from vnetmgr.libvirt_xml.networks.ip import address_of
from vnetmgr.libvirt_xml.networks.order import NETWORK_ORDER
from vnetmgr.libvirt_xml.values import number
from vnetmgr.model.dns import DnsForwarder, DnsRecord, RecordKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lxml.etree import _Element as Element

_DNS_ORDER = ("forwarder", "txt", "srv", "host")


def dns_of(root: Element) -> dict[str, tuple[object, ...]]:
    """The fields of Network that are read from `<dns>`."""
    records = [record for host in root.findall("dns/host") for _, record in _names_of(host)]
    records += [record for kind in _READERS for _, record in plain_records(root, kind)]
    forwarders = tuple(forwarder for _, forwarder in _forwarders(root))
    return {"records": tuple(records), "dns_forwarders": forwarders}


def write_records(root: Element, records: Sequence[DnsRecord]) -> None:
    """Make these the network's records, but for those that are options of dnsmasq's."""
    wanted: dict[RecordKind, list[DnsRecord]] = {kind: [] for kind in RecordKind}
    for record in records:
        if not record.kind.in_options:
            wanted[record.kind].append(record)
    dns = root.find("dns")
    if dns is None and any(wanted.values()):
        dns = child(root, "dns", NETWORK_ORDER)
    if dns is not None:
        with clearing(root, "dns"):
            for kind in _READERS:
                present = plain_records(root, kind)
                left = edit_all(present, wanted[kind], write_record, attrgetter("identity"))
                add_all(dns, kind.value, left, write_record, _DNS_ORDER)
            _write_hosts(dns, wanted[RecordKind.HOST])


def write_forwarders(root: Element, wanted: Sequence[DnsForwarder]) -> None:
    """Make these the forwarders, in this order: dnsmasq asks one after the other."""
    with clearing(root, "dns"):
        left = edit_all(_forwarders(root), wanted, _write_forwarder)
        if left:
            dns = child(root, "dns", NETWORK_ORDER)
            add_all(dns, "forwarder", left, _write_forwarder, _DNS_ORDER)
    present = _forwarders(root)
    for (element, found), forwarder in zip(present, wanted, strict=False):
        if found != forwarder:
            _write_forwarder(element, forwarder)


def _forwarders(root: Element) -> list[tuple[Element, DnsForwarder]]:
    found = root.findall("dns/forwarder")
    return [(node, _forwarder(node)) for node in found]


def _forwarder(node: Element) -> DnsForwarder:
    return DnsForwarder(address=address_of(node.get("addr")), domain=node.get("domain"))


def _write_forwarder(element: Element, forwarder: DnsForwarder) -> None:
    write_attributes(element, {"domain": forwarder.domain, "addr": forwarder.address})


def write_record(element: Element, record: DnsRecord) -> None:
    """Write a TXT or SRV record into its element."""
    if record.kind is RecordKind.TXT:
        write_attributes(element, {"name": record.name, "value": record.value or ""})
        return
    values = {"service": record.name, "protocol": record.protocol, "domain": record.domain}
    numbers = {"port": record.port, "priority": record.priority, "weight": record.weight}
    write_attributes(element, {**values, "target": record.target, **numbers})


def write_host(element: Element, address: str, names: Sequence[str]) -> None:
    """Write an address and further names into a `<host>` of `<dns>`."""
    set_attribute(element, "ip", address)
    add_all(element, "hostname", names, set_text, ("hostname",))


def _txt_of(node: Element) -> DnsRecord:
    return DnsRecord(kind=RecordKind.TXT, name=node.get("name", ""), value=node.get("value", ""))


def _srv_of(node: Element) -> DnsRecord:
    return DnsRecord(
        kind=RecordKind.SRV,
        name=node.get("service", ""),
        protocol=node.get("protocol"),
        domain=node.get("domain"),
        target=node.get("target"),
        port=number(node.get("port")),
        priority=number(node.get("priority")),
        weight=number(node.get("weight")),
    )


# The kinds whose records are one element each; the tag is the kind.
_READERS: dict[RecordKind, Callable[[Element], DnsRecord]] = {
    RecordKind.TXT: _txt_of,
    RecordKind.SRV: _srv_of,
}


def plain_records(root: Element, kind: RecordKind) -> list[tuple[Element, DnsRecord]]:
    """The TXT or SRV records, each with its element."""
    return [(node, _READERS[kind](node)) for node in root.findall(f"dns/{kind}")]


def _names_of(host: Element) -> list[tuple[Element, DnsRecord]]:
    """The records of a `<host>`, each with its `<hostname>`; none without a readable address."""
    address = address_of(host.get("ip"))
    if address is None:
        return []
    names = ((node, (node.text or "").strip()) for node in host.findall("hostname"))
    return [
        (node, DnsRecord(kind=RecordKind.HOST, name=name, address=address))
        for node, name in names
        if name
    ]


def _write_hosts(dns: Element, wanted: Sequence[DnsRecord]) -> None:
    """An address keeps its element, whichever names come and go."""
    hosts = [host for host in dns.findall("host") if address_of(host.get("ip")) is not None]
    present = [pair for host in hosts for pair in _names_of(host)]
    missing: dict[object, list[str]] = {}
    for record in edit_all(present, wanted, lambda _node, _record: None):
        missing.setdefault(record.address, []).append(record.name)
    for host in hosts:
        address = address_of(host.get("ip"))
        write_host(host, host.get("ip", ""), missing.pop(address, []))
        if host.find("hostname") is None:
            remove(host)
    add_all(
        dns,
        "host",
        missing.items(),
        lambda host, item: write_host(host, str(item[0]), item[1]),
        _DNS_ORDER,
    )
