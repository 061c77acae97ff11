"""Reads and edits a network's DNS records and DHCP options: `<dns>` and `<dnsmasq:options>`.

`read` imports this only for networks that have such elements.
Element meanings: libvirt's formatnetwork.html, "Addressing" and "Network namespaces"; an option
is a line of dnsmasq's configuration (dnsmasq.8).
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from lxml import etree

from vnetmgr.libvirt_xml.edit import (
    add_all,
    append,
    child,
    clearing,
    edit_all,
    remove,
    set_attribute,
    set_text,
    write_attributes,
)
from vnetmgr.libvirt_xml.networks.ip import address_of
from vnetmgr.libvirt_xml.networks.order import DNSMASQ, NETWORK_ORDER, OPTIONS
from vnetmgr.libvirt_xml.values import number
from vnetmgr.model.dns import DnsRecord, RecordKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lxml.etree import _Element as Element

_OPTION = f"{{{DNSMASQ}}}option"
_DHCP_OPTION = "dhcp-option"
_CNAME = "cname"
_DNS_ORDER = ("forwarder", "txt", "srv", "host")


def dns_of(root: Element) -> dict[str, object]:
    """The fields of Network that are read from `<dns>` and `<dnsmasq:options>`."""
    records = [record for host in root.findall("dns/host") for _, record in _names_of(host)]
    records += [record for kind in _READERS for _, record in plain_records(root, kind)]
    records += [record for node in _options(root, _CNAME) for record in _aliases_of(node)[0]]
    options = (_value(node) for node in _options(root, _DHCP_OPTION))
    return {"records": tuple(records), "dhcp_options": tuple(options)}


def write_records(root: Element, records: Sequence[DnsRecord]) -> None:
    """Make these the network's records. For an alias the root has to declare the namespace."""
    wanted: dict[RecordKind, list[DnsRecord]] = {kind: [] for kind in RecordKind}
    for record in records:
        wanted[record.kind].append(record)
    aliases = wanted.pop(RecordKind.CNAME)
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
    with clearing(root, OPTIONS):
        _write_aliases(root, aliases)


def write_dhcp_options(root: Element, wanted: Sequence[str]) -> None:
    """Make these the network's DHCP options. The root has to declare the namespace for one."""
    with clearing(root, OPTIONS):
        present = [(node, _value(node)) for node in _options(root, _DHCP_OPTION)]
        _add_options(root, _DHCP_OPTION, edit_all(present, wanted, _set_value))


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


def _options(root: Element, name: str) -> list[Element]:
    """The options of `<dnsmasq:options>` with a name."""
    nodes = root.findall(f"{OPTIONS}/{_OPTION}")
    return [node for node in nodes if node.get("value", "").partition("=")[0].strip() == name]


def _value(option: Element) -> str:
    return option.get("value", "").partition("=")[2].strip()


def _aliases_of(option: Element) -> tuple[list[DnsRecord], list[str]]:
    """An option's records, one for each alias, and what stands behind the aliases.

    dnsmasq.8: `--cname=<cname>,[<cname>,]<target>[,<TTL>]`.
    """
    parts = [part.strip() for part in _value(option).split(",")]
    end = -2 if len(parts) > 2 and parts[-1].isdigit() else -1
    aliases, behind = parts[:end], parts[end:]
    records = [
        DnsRecord(kind=RecordKind.CNAME, name=alias, target=behind[0])
        for alias in aliases
        if alias and behind[0]
    ]
    return records, behind


def _write_aliases(root: Element, wanted: Sequence[DnsRecord]) -> None:
    left = list(wanted)
    for option in _options(root, _CNAME):
        records, behind = _aliases_of(option)
        kept = [record for record in records if record in left]
        for record in kept:
            left.remove(record)
        if kept and kept != records:
            names = (record.name for record in kept)
            set_attribute(option, "value", f"{_CNAME}={','.join((*names, *behind))}")
        elif records and not kept:
            remove(option)
    _add_options(root, _CNAME, [f"{record.name},{record.target}" for record in left])


def _add_options(root: Element, name: str, values: Sequence[str]) -> None:
    if values:
        options = root.find(OPTIONS)
        if options is None:
            options = append(root, etree.Element(OPTIONS))
        lines = [f"{name}={value}" for value in values]
        add_all(options, _OPTION, lines, _set_value)


def _set_value(option: Element, value: str) -> None:
    set_attribute(option, "value", value)
