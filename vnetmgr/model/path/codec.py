"""Records as JSON and back, by the types of their fields.

Nothing here knows a single record: a field that is added is saved and read from then on. One that
has a default may be missing in a file, as in those of before it was added; one that nobody knows
may not be there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import reduce
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from operator import or_
from types import NoneType, UnionType
from typing import Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from vnetmgr.errors import UsageError
from vnetmgr.model.dhcp import (
    AddressRange,
    Bootp,
    DhcpRange,
    IpAddress,
    IpInterface,
    IpNetwork,
    Lease,
    PortRange,
    Reservation,
    Route,
)
from vnetmgr.model.dns import DnsForwarder, DnsRecord
from vnetmgr.model.forward import Forward, Protocol
from vnetmgr.model.network import Network
from vnetmgr.model.nic import Nic, Pairs, Source
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.overlay.migration import Migration
from vnetmgr.model.overlay.northbound import LogicalPort, Northbound, Overlay, Owner
from vnetmgr.model.overlay.southbound import Binding, SeenChassis, Southbound
from vnetmgr.model.path.domains import DomainFacts, NicFacts
from vnetmgr.model.path.links import FdbEntry, LinkFacts, Neighbour, PortVlan
from vnetmgr.model.path.networks import DnsmasqFacts, FilterFacts, NetworkFacts
from vnetmgr.model.path.overlays import Flow, OverlayFacts, Tunnel
from vnetmgr.model.path.probe import ProbeFacts
from vnetmgr.model.path.routes import RouteFacts, RouteRule
from vnetmgr.model.path.rulesets import Rulesets
from vnetmgr.model.path.unseen import Unseen
from vnetmgr.model.record import Row
from vnetmgr.model.seen.rules import Listener
from vnetmgr.model.values import Bandwidth, Burst, Mac, PciAddress, Rate

R = TypeVar("R")

_KINDS = (
    *(DhcpRange, Lease, Reservation, DnsForwarder, DnsRecord, Forward, Network, Nic, Source),
    *(DomainFacts, NicFacts, FdbEntry, LinkFacts, Neighbour, PortVlan, DnsmasqFacts, FilterFacts),
    *(NetworkFacts, ProbeFacts, RouteFacts, RouteRule, Rulesets, Unseen, Listener),
    *(Mac, PciAddress, Rate, Burst, Bandwidth, Protocol, Mapping),
    *(AddressRange, Bootp, PortRange, Route),
    *(OverlayFacts, Tunnel, Flow, Chassis, Northbound, Overlay, LogicalPort, Owner, Migration),
    *(Southbound, SeenChassis, Binding),
)
# What modules import for type checkers alone: the names in their annotations.
_NAMES = {kind.__name__: kind for kind in _KINDS} | {
    "IpAddress": IpAddress,
    "IpInterface": IpInterface,
    "IpNetwork": IpNetwork,
    "Pairs": Pairs,
}


class _Text(NamedTuple):
    """A value that is a text in JSON."""

    parse: Callable[[str], object]
    what: str


_TEXTS: dict[object, _Text] = {
    str: _Text(str, "a text"),
    Mac: _Text(Mac.normalise, "a MAC"),
    PciAddress: _Text(PciAddress.parse, "a PCI address"),
    IpAddress: _Text(ip_address, "an IP address"),
    IpInterface: _Text(ip_interface, "an IP address with a prefix length"),
    IpNetwork: _Text(ip_network, "an IP network"),
}
_NO_DEFAULT = object()
_IP = (IPv4Address, IPv6Address, IPv4Interface, IPv6Interface, IPv4Network, IPv6Network)
_AS_TEXT = (str, PciAddress, *_IP)


def to_json(value: object) -> Any:
    """A record, or what a field of one can be, as JSON has it: without what is at its default, and
    sets sorted."""
    kind = type(value)
    if isinstance(value, Rate):
        return value.kilobytes_per_s
    if isinstance(value, Burst):
        return value.kibibytes
    if isinstance(value, Bandwidth) and value.is_plain:
        return to_json(value.average)
    if isinstance(value, _AS_TEXT):
        return str(value)
    if isinstance(value, tuple | list):
        return [to_json(each) for each in value]
    if isinstance(value, frozenset):
        return sorted(to_json(each) for each in value)
    if isinstance(value, Mapping):
        return {str(key): to_json(each) for key, each in value.items()}
    if isinstance(value, Row):
        fields = ((name, getattr(value, name)) for name in field_types(kind))
        return {
            name: to_json(own) for name, own in fields if own != getattr(kind, name, _NO_DEFAULT)
        }
    return value


def from_json(kind: type[R], value: object, place: str = "") -> R:
    """A record from what `to_json` made of it. Raises UsageError, which names the place of what is
    wrong: `domains[3].nics[0].live.mac`."""
    read: R = _read(kind, value, place)
    return read


_field_types: dict[object, dict[str, Any]] = {}


def field_types(kind: Any) -> dict[str, Any]:
    """A record's fields with their types."""
    known = _field_types.get(kind)
    if known is not None:
        return known
    hints = get_type_hints(kind, localns=_NAMES)
    return _field_types.setdefault(kind, {name: hints[name] for name in kind.FIELDS})


def _read(kind: Any, value: object, place: str) -> Any:
    if kind is Any:
        return value
    if kind in _TEXTS:
        return _text(_TEXTS[kind], value, place)
    if kind in (bool, int, float):
        return _number(kind, value, place)
    if kind in (Rate, Burst):
        return kind(_number(int, value, place))
    if kind is Bandwidth and type(value) is int:
        return Bandwidth(Rate(value))
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _optional(kind, value, place)
    if origin in (tuple, frozenset):
        return _several(origin, get_args(kind), value, place)
    if origin is Mapping:
        return _mapping(get_args(kind)[1], value, place)
    if issubclass(kind, StrEnum):
        return _text(_Text(kind, f"one of {', '.join(kind)}"), value, place)
    return _record(kind, value, place)


def _optional(kind: Any, value: object, place: str) -> Any:
    """`X | None`; an alternative of two IP versions is in the table of texts."""
    others = [each for each in get_args(kind) if each is not NoneType]
    if value is None and NoneType in get_args(kind):
        return None
    return _read(reduce(or_, others), value, place)


def _text(text: _Text, value: object, place: str) -> object:
    if isinstance(value, str):
        try:
            return text.parse(value)
        except ValueError:
            pass
    raise _wrong(place, text.what, value)


def _number(kind: type, value: object, place: str) -> Any:
    # To Python a bool is an int, and an int does for a float.
    if type(value) is kind or (kind is float and type(value) is int):
        return value
    raise _wrong(place, {bool: "true or false", int: "an integer"}.get(kind, "a number"), value)


def _several(origin: type, kinds: tuple[Any, ...], value: object, place: str) -> Any:
    if not isinstance(value, list):
        raise _wrong(place, "a list", value)
    if origin is frozenset or kinds[1:] == (...,):
        kinds = (kinds[0],) * len(value)
    if len(kinds) != len(value):
        raise _wrong(place, f"a list of {len(kinds)}", value)
    both = zip(kinds, value, strict=True)
    return origin(_read(kind, each, f"{place}[{at}]") for at, (kind, each) in enumerate(both))


def _mapping(kind: Any, value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(place, "an object", value)
    return {key: _read(kind, each, _within(place, key)) for key, each in value.items()}


def _record(kind: Any, value: object, place: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(place, "an object", value)
    types = field_types(kind)
    for name in value:
        if name not in types:
            raise UsageError(f"{_within(place, name)}: there is no such field")
    read = {name: _read(types[name], each, _within(place, name)) for name, each in value.items()}
    try:
        return kind(**read)
    except TypeError:  # the others have defaults
        missing = ", ".join(sorted(types.keys() - read.keys()))
        raise UsageError(f"{place or 'the file'}: fields are missing, of: {missing}") from None


def _within(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _wrong(place: str, what: str, value: object) -> UsageError:
    shown = repr(value)
    return UsageError(
        f"{place or 'the file'}: {shown if len(shown) <= 60 else shown[:57] + '...'} is not {what}"
    )
