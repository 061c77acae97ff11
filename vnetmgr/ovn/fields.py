"""An overlay's fields as texts in its switch's external_ids: as they were given, where OVN's own
columns have them in another form, or not at all.

Writer and reader are one table. What the columns say counts more (reading.py): a text here only
tells which of the ways to say the same was meant.
"""

from __future__ import annotations

import json
import re
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, Any

from vnetmgr.model.dhcp import DhcpRange, Reservation, parse_duid
from vnetmgr.model.dns import DnsForwarder
from vnetmgr.model.record import Row
from vnetmgr.model.values import Mac
from vnetmgr.ovn.marks import FIELD, RESERVED
from vnetmgr.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vnetmgr.model.network import Network


class Form(Row):
    """How a kind of value is written, and read. Reading raises ValueError."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]


def _each(read: Callable[[str], object]) -> Callable[[str], tuple[Any, ...]]:
    return lambda text: tuple(map(read, text.split()))


def _words(values: tuple[object, ...]) -> str:
    return " ".join(map(str, values))


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text == "true"


def _range(text: str) -> DhcpRange:
    start, end = map(ip_address, text.split("-"))
    if start.version != end.version or int(start) > int(end):
        raise ValueError(f"{text!r} is no range")
    return DhcpRange(start=start, end=end)


def _forwarder(text: str) -> DnsForwarder:
    address, _, domain = text.partition(",domain=")
    return DnsForwarder(address=ip_address(address), domain=domain or None)


def _texts(text: str) -> tuple[str, ...]:
    found = json.loads(text)
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError(f"{text!r} is no list of texts")
    return tuple(found)


def _number(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise ValueError(f"{text!r} is no number")
    return int(text)


_TEXTS = Form(lambda values: json.dumps(list(values)), _texts)
_TEXT = Form(str, str)
_NUMBER = Form(str, _number)
_TRUTH = Form(lambda value: "true" if value else "false", _truth)

FORMS: dict[str, Form] = {
    "subnets": Form(_words, _each(ip_network)),
    "gateways": Form(_words, _each(ip_address)),
    "dhcp_ranges": Form(_words, _each(_range)),
    "lease_time": _NUMBER,
    "dhcp_options": _TEXTS,
    "dns_domain": _TEXT,
    "dns_forwarders": Form(_words, _each(_forwarder)),
    "mtu": _NUMBER,
    "isolated_ports": _TRUTH,
    "external": _TEXT,
    "external_addresses": Form(_words, _each(ip_interface)),
    "external_gateways": Form(_words, _each(ip_address)),
    "external_hosts": _TEXTS,
    "port_security": _TRUTH,
}
"""Every field of an overlay but its reservations, which have a key each, and its DNS records, of
which OVN has all."""


def key_of(field: str) -> str:
    """Where a field stands."""
    return FIELD + field.replace("_", "-")


def written(network: Network) -> dict[str, str]:
    """A network's fields as texts by their keys; those that are not set have none."""
    found = {
        key_of(field): form.write(value)
        for field, form in FORMS.items()
        if (value := getattr(network, field)) is not None and value != ()
    }
    for each in sorted(network.reservations, key=lambda one: one.address.packed):
        key = f"{RESERVED}{each.client}"
        text = str(each.address) + (f",{each.hostname}" if each.hostname else "")
        found[key] = " ".join(filter(None, (found.get(key), text)))
    return found


def is_own(key: str) -> bool:
    """Whether a key of a switch's external_ids is one of these."""
    return key.startswith(RESERVED) or key in _KEYS


_KEYS = frozenset(map(key_of, FORMS))


def read(texts: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields that a switch's external_ids say, and what of these is not to be read."""
    fields: dict[str, Any] = {}
    flaws: list[str] = []
    for field, form in FORMS.items():
        if (text := texts.get(key_of(field))) is not None:
            try:
                fields[field] = form.read(text)
            except (ValueError, RecursionError) as error:
                flaws.append(f"external_ids:{key_of(field)}: {printable(str(error))}")
    if key_of("subnets") in texts:
        flaws += _outside(fields)
    reserved: list[Reservation] = []
    for key in sorted(key for key in texts if key.startswith(RESERVED)):
        try:
            reserved += _reservations(key.removeprefix(RESERVED), texts[key])
        except ValueError as error:
            flaws.append(f"external_ids:{printable(key)}: {printable(str(error))}")
    if reserved:
        fields["reservations"] = tuple(reserved)
    return fields, tuple(flaws)


def _outside(fields: dict[str, Any]) -> list[str]:
    """Take out what is in no subnet, as where these are not to be read; what was."""
    wrong: list[str] = []
    subnets = fields.get("subnets", ())
    for field in ("gateways", "dhcp_ranges"):
        values = fields.get(field, ())
        kept = tuple(
            one for one in values if any(getattr(one, "start", one) in subnet for subnet in subnets)
        )
        if kept != values:
            fields[field] = kept
            wrong.append(f"external_ids:{key_of(field)}: in no subnet")
    return wrong


def _reservations(client: str, text: str) -> list[Reservation]:
    found = []
    known = _known_by(client)
    for part in text.split():
        address, _, hostname = part.partition(",")
        named = {"hostname": _name(hostname)} if hostname else {}
        found.append(Reservation(address=ip_address(address), **(known | named)))
    return found


def _known_by(client: str) -> dict[str, Any]:
    for field, read in (("mac", Mac.normalise), ("duid", parse_duid)):
        try:
            return {field: read(client)}
        except ValueError:
            continue
    return {"hostname": _name(client)}


def _name(text: str) -> str:
    if not text or not text.isprintable() or set(text) & set(' ,"\\'):
        raise ValueError(f"{text!r} is no name")
    return text
