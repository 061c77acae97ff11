"""Reads and edits `<dnsmasq:options>` of a network: lines of dnsmasq's configuration, some of which
have fields of their own.

`read` imports this only for networks that have one, or `<dns>`.
Element meanings: libvirt's formatnetwork.html, "Network namespaces"; the lines: dnsmasq.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from vnetmgr.libvirt_xml.edit import add_all, append, clearing, edit_all, remove, set_attribute
from vnetmgr.libvirt_xml.networks.dns import dns_of
from vnetmgr.libvirt_xml.networks.order import DNSMASQ, OPTIONS
from vnetmgr.model.dns import DnsRecord, RecordKind
from vnetmgr.model.options.dnsmasq import (
    ADDRESS,
    CNAME,
    DHCP_OPTION,
    check_line,
    is_plain,
    read_wildcards,
    wildcard_line,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element as Element

_OPTION = f"{{{DNSMASQ}}}option"


def dns_side(root: Element) -> dict[str, tuple[object, ...]]:
    """The fields of Network that are read from `<dns>` and from `<dnsmasq:options>`."""
    found = dns_of(root)
    lines = [line for _, line in _lines(root)]
    records = (record for line in lines for record in _records_of(line).records)
    return {
        **found,
        "records": (*found["records"], *records),
        "dhcp_options": tuple(_value(line) for line in lines if _name(line) == DHCP_OPTION),
        "dns_options": tuple(check_line(line) for line in lines if is_plain(line)),
    }


def is_said(line: str) -> bool:
    """Whether a field has a line."""
    return _name(line) in (DHCP_OPTION, CNAME) or bool(_records_of(line).names) or is_plain(line)


def write_option_records(root: Element, records: Sequence[DnsRecord]) -> None:
    """Make these the records that are options. The root has to declare the namespace for one."""
    left = [record for record in records if record.kind.in_options]
    with clearing(root, OPTIONS):
        for option, line in _lines(root):
            present = _records_of(line)
            kept = present.only(left)
            for record in kept.records:
                left.remove(record)
            if kept.names and kept != present:
                set_attribute(option, "value", kept.line)
            elif present.names and not kept.names:
                remove(option)
        _add(root, [_line(record) for record in left])


def write_dhcp_options(root: Element, wanted: Sequence[str]) -> None:
    """Make these the network's DHCP options. The root has to declare the namespace for one."""
    present = [(node, _value(line)) for node, line in _lines(root) if _name(line) == DHCP_OPTION]
    with clearing(root, OPTIONS):
        left = edit_all(present, wanted, lambda node, value: _set(node, f"{DHCP_OPTION}={value}"))
        _add(root, [f"{DHCP_OPTION}={value}" for value in left])


def write_dns_options(root: Element, wanted: Sequence[str]) -> None:
    """Make these the options that nothing else says. The root has to declare the namespace for
    one."""
    present = [(node, check_line(line)) for node, line in _lines(root) if is_plain(line)]
    with clearing(root, OPTIONS):
        _add(root, edit_all(present, wanted, _set))


class _Records(NamedTuple):
    """The records of a line, each with the word that names it, and what stands around them."""

    names: tuple[tuple[str, DnsRecord], ...] = ()
    head: str = ""
    between: str = ""
    tail: str = ""

    @property
    def records(self) -> list[DnsRecord]:
        """The records alone."""
        return [record for _, record in self.names]

    @property
    def line(self) -> str:
        """The line that says them."""
        return f"{self.head}{self.between.join(word for word, _ in self.names)}{self.tail}"

    def only(self, records: Sequence[DnsRecord]) -> _Records:
        """Those that are among others."""
        return self._replace(names=tuple(each for each in self.names if each[1] in records))


def _records_of(line: str) -> _Records:
    if _name(line) == CNAME:
        return _aliases(_value(line))
    found = read_wildcards(line)
    if found is None:
        return _Records()
    records = (
        DnsRecord(kind=RecordKind.WILDCARD, name=name, address=found.address)
        for name in found.names
    )
    names = tuple(zip(found.words, records, strict=True))
    return _Records(names, f"{ADDRESS}=/", "/", f"/{found.address}")


def _aliases(value: str) -> _Records:
    """dnsmasq.8: `--cname=<cname>,[<cname>,]<target>[,<TTL>]`."""
    parts = [part.strip() for part in value.split(",")]
    end = -2 if len(parts) > 2 and parts[-1].isdigit() else -1
    behind = parts[end:]
    names = tuple(
        (alias, DnsRecord(kind=RecordKind.CNAME, name=alias, target=behind[0]))
        for alias in parts[:end]
        if alias and behind[0]
    )
    return _Records(names, f"{CNAME}=", ",", f",{','.join(behind)}")


def _line(record: DnsRecord) -> str:
    if record.kind is RecordKind.WILDCARD and record.address is not None:
        return wildcard_line(record.name, record.address)
    return f"{CNAME}={record.name},{record.target}"


def _lines(root: Element) -> list[tuple[Element, str]]:
    nodes = root.findall(f"{OPTIONS}/{_OPTION}")
    return [(node, node.get("value", "")) for node in nodes]


def _name(line: str) -> str:
    return line.partition("=")[0].strip()


def _value(line: str) -> str:
    return line.partition("=")[2].strip()


def _add(root: Element, lines: Sequence[str]) -> None:
    if lines:
        options = root.find(OPTIONS)
        if options is None:
            options = append(root, etree.Element(OPTIONS))
        add_all(options, _OPTION, lines, _set)


def _set(option: Element, line: str) -> None:
    set_attribute(option, "value", line)
