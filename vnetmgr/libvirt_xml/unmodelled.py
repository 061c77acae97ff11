"""What a nic's or a network's document has that no option of vnetmgr's says: kept by every change,
and told by export."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.libvirt_xml.documents import parse_as, serialise
from vnetmgr.libvirt_xml.metadata import NETWORK, OVERLAY, OWNED
from vnetmgr.libvirt_xml.networks.dnsmasq import is_said
from vnetmgr.libvirt_xml.networks.ip import lease_of
from vnetmgr.libvirt_xml.networks.order import DNSMASQ, OPTIONS
from vnetmgr.libvirt_xml.networks.places import PLACES as NETWORK_PLACES
from vnetmgr.libvirt_xml.nics.places import PLACES, SOURCE_PLACES
from vnetmgr.libvirt_xml.nics.read import TEXTS, UNTAGGED, family_of
from vnetmgr.model.network_want import NetworkPatch
from vnetmgr.model.nic import NIC_FIELDS, Mode
from vnetmgr.model.options.extra import EXTRA_KEYS, FAMILIES
from vnetmgr.model.options.network_extra import NETWORK_EXTRA, bare
from vnetmgr.model.sources import ASKED_FOR
from vnetmgr.model.values import DIRECTIONS, Bandwidth

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from lxml.etree import _Element as Element

    from vnetmgr.libvirt_xml.nics.places import Place
    from vnetmgr.model.options.network_extra import ExtraKey

_Attributes: TypeAlias = "Mapping[str, Collection[str] | None]"
"""Attribute -> the values that are said, or of no account; None: any."""
_Known: TypeAlias = "Mapping[str, _Attributes]"
"""Path below the root -> its attributes."""

_LONGEST = 160
_OPTION = f"{OPTIONS}/{{{DNSMASQ}}}option"
_PCI: _Attributes = {"type": ("pci",), **dict.fromkeys(("domain", "bus", "slot", "function"))}
_BANDWIDTH: _Known = {
    "bandwidth": {},
    **{f"bandwidth/{direction}": dict.fromkeys(Bandwidth.FIELDS) for direction in DIRECTIONS},
}
_SHAPING: _Known = {
    **_BANDWIDTH,
    "vlan": {"trunk": None},
    "vlan/tag": {"id": None},
}


class _Some(frozenset[str]):
    """Any value but none: `<rom file=''/>` has a meaning of its own."""

    def __contains__(self, value: object) -> bool:
        return bool(value)


_SOME = _Some()


def _names(modes: Collection[Mode]) -> Iterator[str]:
    """The attributes that name sources of these kinds."""
    for mode, place in SOURCE_PLACES.items():
        if mode in modes and place.name is not None:
            yield place.name


def _nic_known() -> dict[str, dict[str, Collection[str] | None]]:
    known: dict[str, dict[str, Collection[str] | None]] = {
        "": {"type": None, "managed": ("yes",)},
        # portid, type and startupPolicy are libvirt's, of a live nic; so is its target.
        "source": dict.fromkeys((*_names(ASKED_FOR), "portid", "type", "startupPolicy")),
        "target": {"dev": None},
        "source/address": dict(_PCI),
        "alias": {"name": None},
        "address": dict(_PCI),
        "filterref/parameter": {"name": None, "value": None},
        **{path: dict(attributes) for path, attributes in _SHAPING.items()},
    }
    _say(known, PLACES, NIC_FIELDS)
    known["ip"] = {"address": None, "prefix": None, "family": None}
    for key, values in EXTRA_KEYS.items():
        *tags, attribute = key.split(".")
        if tags and tags[0] in FAMILIES:
            continue
        path = "/".join(tags)
        if key in TEXTS:
            _known_at(known, f"{path}/{attribute}")
        else:
            _known_at(known, path).setdefault(attribute, values or _SOME)
    return known


def _say(
    known: dict[str, dict[str, Collection[str] | None]],
    places: Mapping[str, Place],
    fields: Collection[str],
) -> None:
    """What is in these places is said, but for what nobody can ask for."""
    for field, place in places.items():
        if field in fields:
            _known_at(known, place.path)[place.attribute] = None


def _known_at(
    known: dict[str, dict[str, Collection[str] | None]], path: str
) -> dict[str, Collection[str] | None]:
    """The attributes of an element, which is known from now on with those that it is in."""
    parent = path.rpartition("/")[0]
    if parent:
        _known_at(known, parent)
    return known.setdefault(path, {})


_NIC = _nic_known()
# Sources that no option of attach-nic names, and that a nic has all the same.
_NIC_SOCKETS = _NIC | {
    "source": _NIC["source"] | dict.fromkeys((*_names(SOURCE_PLACES), "address", "port")),
    "source/local": dict.fromkeys(("address", "port")),
}
_NIC_SEVERAL = frozenset({"vlan/tag", "filterref/parameter"})
_NIC_TEXTS = frozenset(key.replace(".", "/") for key in TEXTS)

# Values that libvirt writes where nobody said otherwise are of no account.
_TAGS = ("vlan/tag", "portgroup/vlan/tag")
_NETWORK: dict[str, dict[str, Collection[str] | None]] = {
    "": {"connections": None},
    **{tag: {} for tag in ("name", "uuid", "metadata", "dns", "ip/dhcp")},
    f"metadata/{OWNED}": {"network": None, OVERLAY: None},
    f"metadata/{NETWORK}": {OVERLAY: None},
    "forward": {"mode": None, "dev": None, "managed": ("yes",)},
    "forward/nat/address": {"start": None, "end": None},
    "forward/nat/port": {"start": None, "end": None},
    "forward/interface": {"dev": None, "connections": None},
    "forward/pf": {"connections": None},
    "dns/forwarder": {"addr": None, "domain": None},
    "dns/host": {"ip": None},
    "dns/host/hostname": {},
    "dns/txt": {"name": None, "value": None},
    "dns/srv": dict.fromkeys(
        ("service", "protocol", "domain", "target", "port", "priority", "weight")
    ),
    "ip": dict.fromkeys(("address", "netmask", "prefix", "family")),
    "ip/tftp": {"root": None},
    "ip/dhcp/bootp": {"file": None, "server": None},
    "ip/dhcp/range": {"start": None, "end": None},
    "ip/dhcp/range/lease": {"expiry": None, "unit": None},
    "ip/dhcp/host": dict.fromkeys(("mac", "id", "name", "ip")),
    "route": dict.fromkeys(("family", "address", "netmask", "prefix", "gateway", "metric")),
    **{path: dict(attributes) for path, attributes in _BANDWIDTH.items()},
    "portgroup": {"name": None, "default": None},
    **{f"portgroup/{path}": dict(attributes) for path, attributes in _SHAPING.items()},
    "vlan": {"trunk": None},
    **{path: {"id": None, "nativeMode": (UNTAGGED,)} for path in _TAGS},
    "portgroup/virtualport": {"type": None},
    OPTIONS: {},
    _OPTION: {"value": None},
}
_say(_NETWORK, NETWORK_PLACES, NetworkPatch.FIELDS)


class _Readable(frozenset[str]):
    """The values that a key of a network's extra takes."""

    key: ExtraKey

    def __contains__(self, value: object) -> bool:
        try:
            return bool(self.key.read(str(value)))
        except ValueError:
            return False


def _values_of(key: ExtraKey) -> _Readable:
    values = _Readable()
    values.key = key
    return values


def _say_extra() -> None:
    for path, key in NETWORK_EXTRA.items():
        if not key.clearable:
            continue
        place, _, last = bare(path).replace(".", "/").rpartition("/")
        if key.text:
            _known_at(_NETWORK, last)
        else:
            _known_at(_NETWORK, place)[last] = _values_of(key)
    _NETWORK["forward/address"] |= dict.fromkeys((*_PCI, "connections"))


_say_extra()
_NETWORK_SEVERAL = frozenset(
    {
        *("ip", "ip/dhcp/range", "ip/dhcp/host", "dns/host", "dns/host/hostname", "dns/txt"),
        *("forward/interface", "forward/address", "dns/srv", "portgroup", *_TAGS),
        *("dns/forwarder", "route", _OPTION),
    }
)
_NETWORK_TEXTS = frozenset({"name", "uuid", "title", "description", "dns/host/hostname"})


def unmodelled_of_nic(xml: str, *, sockets: bool = False) -> tuple[str, ...]:
    """What an `<interface>` has besides, a line each. `sockets`: these are said, too."""
    root = parse_as("interface", xml)
    known = _NIC_SOCKETS if sockets else _NIC
    if root.get("type") == Mode.USER:  # passt's source is a link of the host
        known = {**known, "source": {}}
    return tuple(_Walk(known, _NIC_SEVERAL, _NIC_TEXTS).below(root, ""))


def unmodelled_of_network(xml: str) -> tuple[str, ...]:
    """What a `<network>` has besides, a line each."""
    root = parse_as("network", xml)
    walk = _Walk(_NETWORK, _NETWORK_SEVERAL, _NETWORK_TEXTS)
    return (*walk.below(root, ""), *_other_leases(root))


def _other_leases(root: Element) -> Iterator[str]:
    """The ranges whose lease time is not the one that is said of all."""
    ranges = [(element, lease_of(element)) for element in root.iterfind("ip/dhcp/range")]
    said = next((seconds for _, seconds in ranges if seconds is not None), None)
    for element, seconds in ranges:
        if seconds != said:
            yield _line(f"ip/dhcp {serialise(element)}")


class _Walk:
    """One walk through a document."""

    def __init__(self, known: _Known, several: Collection[str], texts: Collection[str]) -> None:
        self._known, self._several, self._texts = known, several, texts

    def below(self, element: Element, path: str) -> Iterator[str]:
        """The attributes, text and children of a known element that are not said."""
        known = self._known[path]
        attributes = [
            f'{name}="{value}"'
            for name, value in sorted(_attributes(element))
            if name not in known or not _is_said(value, known[name])
        ]
        text = "" if path in self._texts else (element.text or "").strip()
        if attributes or text:
            yield _line(" ".join((path or str(element.tag), *attributes, text)))
        met: set[str] = set()
        for child in element.iterchildren("*"):
            place = f"{path}/{child.tag!s}" if path else str(child.tag)
            kind = f"{place} {family_of(child)}" if place == "ip" else place  # one of each
            again = kind in met and place not in self._several
            met.add(kind)
            if place not in self._known or again or not _is_read(place, child):
                yield _line(f"{path} {serialise(child)}")
            else:
                yield from self.below(child, place)


def _attributes(element: Element) -> Iterator[tuple[str, str]]:
    return ((str(name), str(value)) for name, value in element.attrib.items())


def _is_said(value: str, said: Collection[str] | None) -> bool:
    return said is None or value in said


def _is_read(place: str, element: Element) -> bool:
    """Whether an element of a known place is one that is read."""
    if place == _OPTION:
        return is_said(element.get("value", ""))
    if place in ("ip/dhcp/host", "dns/host"):
        return bool(element.get("ip"))
    return place != "portgroup" or bool(element.get("name"))


def _line(text: str) -> str:
    short = " ".join(text.split()).replace("> <", "><").replace(f"{{{DNSMASQ}}}", "dnsmasq:")
    return short if len(short) <= _LONGEST else f"{short[:_LONGEST]}..."
