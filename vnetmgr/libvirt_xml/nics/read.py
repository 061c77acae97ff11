"""Reads an `<interface>` element. Lenient: what libvirt accepts, or wrote, never fails here.

Element meanings: libvirt's formatdomain.html, "Network interfaces".
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.documents import parse_as
from vnetmgr.libvirt_xml.nics.places import PLACES, SEEN_PLACES
from vnetmgr.libvirt_xml.values import bandwidths_of, number, pci_address_of
from vnetmgr.model.names import OWNED_PREFIX, USER_ALIAS_PREFIX
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.options.extra import EXTRA_KEYS, FAMILIES, GENERATED_TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from lxml.etree import _Element as Element

    from vnetmgr.model.nic import Pairs

_MODES = {mode.value: mode for mode in Mode}
# Keys of an extra whose value is an element's text rather than an attribute.
TEXTS = frozenset({"tune.sndbuf"})
UNTAGGED = "untagged"
"""The nativeMode of a tag whose frames come and go without one."""


def read_nic(xml: str) -> Nic:
    """Read one `<interface>`; raises VnetError for anything else."""
    return nic_of(parse_as("interface", xml))


def read_device_alias(xml: str) -> str | None:
    """The alias of an `<interface>`: the user's, or in a live one the one that libvirt gave."""
    alias = parse_as("interface", xml).find("alias")
    return None if alias is None else alias.get("name")


def nic_of(nic: Element) -> Nic:
    """Read an `<interface>` element."""
    # One pass in place of a search for each field: most elements are not there, and thousands
    # of nics are read.
    children: dict[object, Element] = {}
    for node in nic:
        children.setdefault(node.tag, node)
    source = _source(nic, children.get("source"))
    fields: dict[str, object] = {}
    for tag, element in children.items():
        for field, below, attribute, read, only in _PLACES_IN.get(tag, ()):
            found = element.find(below) if below else element
            text = None if found is None else found.get(attribute)
            if text is not None and (only is None or only is source.mode):
                fields[field] = read(text)
    if "alias" in children:
        fields["name"], fields["owned"] = _name(children["alias"].get("name", ""))
    if "vlan" in children:
        fields["vlan"] = vlan_of(nic)
    if "bandwidth" in children:
        fields |= bandwidths_of(nic)
    if "filterref" in children:
        fields["filter_param"] = _filter_param(children["filterref"])
    fields["pci_address"] = pci_address_of(children.get("address"))
    fields["extra"] = _extras(nic, children)
    return Nic(source=source, **fields)  # type: ignore[arg-type]  # the table's readers fit


def _places_in() -> dict[object, list[tuple[str, str, str, Callable[[str], object], Mode | None]]]:
    places: dict[object, list[tuple[str, str, str, Callable[[str], object], Mode | None]]] = {}
    for field, place in PLACES.items():
        tag, _, below = place.path.partition("/")
        places.setdefault(tag, []).append((field, below, place.attribute, place.read, place.only))
    return places


# The table by the child of `<interface>` that a field is in.
_PLACES_IN = _places_in()


def shown_mode(xml: str) -> Mode:
    """The type that libvirt shows: of a live nic on a network, what is behind that."""
    return _MODES.get(parse_as("interface", xml).get("type", ""), Mode.OTHER)


def shown_link(xml: str) -> str | None:
    """The link of the host's that libvirt shows a macvtap on, also of one on a network."""
    source = parse_as("interface", xml).find("source")
    return None if source is None else source.get("dev")


def source_of(nic: Element) -> Source:
    """Where a nic's packets go.

    libvirt shows a live nic on a forward=bridge (or macvtap) network with the type of what is
    behind it, and the network in <source>. The network is what the nic is on.
    """
    return _source(nic, nic.find("source"))


def _source(nic: Element, element: Element | None) -> Source:
    mode = _MODES.get(nic.get("type", ""), Mode.OTHER)
    if element is None:
        return Source(mode)
    if "network" in element.attrib:
        mode = Mode.NETWORK
    if mode is Mode.HOSTDEV:
        # Without a type attribute in what people write by hand, with it in what libvirt writes.
        address = pci_address_of(element.find("address"), typed=False)
        return Source(mode, None if address is None else str(address))
    place = SEEN_PLACES.get(mode)
    if place is None:
        return Source(mode)
    if place.socket:
        ends = (_endpoint(end) for end in (element, element.find("local")) if end is not None)
        return Source(mode, " ".join(filter(None, ends)) or None)
    return Source(mode, place.name and (element.get(place.name) or None))


def _endpoint(element: Element) -> str | None:
    address, port = element.get("address", ""), element.get("port", "")
    return f"{address}:{port}" if address or port else None


def vlan_of(nic: Element) -> tuple[int, ...] | None:
    """The VLAN tags, None without any."""
    vlan = nic.find("vlan")
    if vlan is None:
        return None
    ids = (number(tag.get("id")) for tag in vlan.iterchildren("tag"))
    return tuple(tag for tag in ids if tag is not None) or None


def native_vlan_of(element: Element) -> int | None:
    """The tag whose frames come and go without one, of a network or portgroup; None without any."""
    tag = element.find(f"vlan/tag[@nativeMode='{UNTAGGED}']")
    return None if tag is None else number(tag.get("id"))


def extra_of(nic: Element) -> Pairs | None:
    """The settings that QEMU users know, in the order of EXTRA_KEYS; None without any.

    Only the first `<ip>` of each family is looked at.
    """
    return _extras(nic, {node.tag for node in nic})


def _extras(nic: Element, tags: Container[object]) -> Pairs | None:
    # Most nics have few of them: only what is below a child that is there is looked for.
    found: list[tuple[str, str]] = []
    for top, path, keys in _EXTRA_PLACES:
        if not top or top in tags:
            element = ip_of(nic, path) if path in FAMILIES else nic.find(path) if path else nic
            if element is not None:
                found += ((key, value) for key in keys if (value := _extra(nic, element, key)))
    return tuple(found) or None


def _extra_places() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The child of `<interface>`, the element at or below it, and the keys that are read there."""
    for path, keys in groupby(EXTRA_KEYS, lambda key: key.replace(".", "/").rpartition("/")[0]):
        yield "ip" if path in FAMILIES else path.partition("/")[0], path, tuple(keys)


_EXTRA_PLACES = tuple(_extra_places())


def _extra(nic: Element, element: Element, key: str) -> str | None:
    name = key.rpartition(".")[2]
    if key in TEXTS:
        return (element.findtext(name) or "").strip()
    value = element.get(name)
    if not value or (EXTRA_KEYS[key] and value not in EXTRA_KEYS[key]):
        return None  # <driver name='vfio'/> is another thing, and libvirt's own in live
    if key == "target.dev" and _generated(nic, value):
        return None
    return value


def ip_of(nic: Element, key: str) -> Element | None:
    """The first `<ip>` of a family, `ip` or `ip6`."""
    return next((ip for ip in nic.iterchildren("ip") if family_of(ip) == FAMILIES[key]), None)


def family_of(ip: Element) -> str:
    """ipv4 or ipv6: as it says, else as its address does."""
    return ip.get("family") or ("ipv6" if ":" in ip.get("address", "") else "ipv4")


def _generated(nic: Element, target: str) -> bool:
    """Whether libvirt found that name by itself; for vhost-user it asks Open vSwitch."""
    return target.startswith(GENERATED_TARGETS) or nic.get("type") == Mode.VHOSTUSER


def _name(alias: str) -> tuple[str | None, bool]:
    if not alias.startswith(USER_ALIAS_PREFIX):
        return None, False  # libvirt's own (net0)
    name = alias.removeprefix(USER_ALIAS_PREFIX)
    owned = name.startswith(OWNED_PREFIX)
    return name.removeprefix(OWNED_PREFIX), owned


def _filter_param(filterref: Element) -> Pairs | None:
    params = filterref.iterchildren("parameter")
    return tuple((item.get("name", ""), item.get("value", "")) for item in params) or None
