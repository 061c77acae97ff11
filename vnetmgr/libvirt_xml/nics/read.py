"""Reads an `<interface>` element. Lenient: what libvirt accepts, or wrote, never fails here.

Element meanings: libvirt's formatdomain.html, "Network interfaces".
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.documents import parse_as
from vnetmgr.model.names import OWNED_PREFIX, USER_ALIAS_PREFIX
from vnetmgr.model.nic import Mode, Nic, Source
from vnetmgr.model.nic_extra import EXTRA_KEYS, FAMILIES, GENERATED_TARGETS
from vnetmgr.model.values import Mac, PciAddress, Rate

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from vnetmgr.model.nic import Pairs

_MODES = {mode.value: mode for mode in Mode}
# Which attribute of <source> names it; what is not here has none, or an address and a port.
_SOURCE_NAMES = {
    Mode.BRIDGE: "bridge",
    Mode.NETWORK: "network",
    Mode.DIRECT: "dev",
    Mode.VDPA: "dev",
    Mode.VHOSTUSER: "path",
    Mode.INTERNAL: "name",
}
_SOCKETS = {Mode.SERVER, Mode.CLIENT, Mode.MCAST, Mode.UDP}
# Keys of an extra whose value is an element's text rather than an attribute.
TEXTS = frozenset({"tune.sndbuf"})


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

    def get(tag: str, attribute: str) -> str | None:
        return _get(children.get(tag), attribute)

    source_element = children.get("source")
    source = source_of(nic)
    name, owned = _name(get("alias", "name"))
    network = source.mode is Mode.NETWORK
    shaped = "bandwidth" in children
    return Nic(
        source=source,
        name=name,
        owned=owned,
        mac=mac_of(get("mac", "address")),
        model=get("model", "type"),
        portgroup=_get(source_element, "portgroup") if network else None,
        direct_mode=_get(source_element, "mode") if source.mode is Mode.DIRECT else None,
        virtualport=get("virtualport", "type"),
        vlan=vlan_of(nic) if "vlan" in children else None,
        mtu=number(get("mtu", "size")),
        queues=number(get("driver", "queues")),
        pci_address=pci_address_of(children.get("address")),
        boot_order=number(get("boot", "order")),
        link=get("link", "state"),
        inbound=rate_of(attribute_of(nic, "bandwidth/inbound", "average")) if shaped else None,
        outbound=rate_of(attribute_of(nic, "bandwidth/outbound", "average")) if shaped else None,
        filter=get("filterref", "filter"),
        filter_param=_filter_param(nic) if "filterref" in children else None,
        isolated_port=yes_no(get("port", "isolated")),
        extra=extra_of(nic),
        target=get("target", "dev"),
        bridge=_get(source_element, "bridge"),
        port_id=_get(source_element, "portid"),
        interface_id=attribute_of(nic, "virtualport/parameters", "interfaceid")
        if "virtualport" in children
        else None,
    )


def shown_mode(xml: str) -> Mode:
    """The type that libvirt shows: of a live nic on a network, what is behind that."""
    return _MODES.get(parse_as("interface", xml).get("type", ""), Mode.OTHER)


def source_of(nic: Element) -> Source:
    """Where a nic's packets go.

    libvirt shows a live nic on a forward=bridge (or macvtap) network with the type of what is
    behind it, and the network in <source>. The network is what the nic is on.
    """
    element = nic.find("source")
    mode = _MODES.get(nic.get("type", ""), Mode.OTHER)
    if _get(element, "network") is not None:
        mode = Mode.NETWORK
    if element is None:
        return Source(mode)
    if mode is Mode.HOSTDEV:
        # Without a type attribute in what people write by hand, with it in what libvirt writes.
        address = pci_address_of(element.find("address"), typed=False)
        return Source(mode, None if address is None else str(address))
    if mode in _SOCKETS:
        ends = (_endpoint(end) for end in (element, element.find("local")) if end is not None)
        return Source(mode, " ".join(filter(None, ends)) or None)
    attribute = _SOURCE_NAMES.get(mode)
    return Source(mode, attribute and (element.get(attribute) or None))


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


def extra_of(nic: Element) -> Pairs | None:
    """The settings that QEMU users know, in the order of EXTRA_KEYS; None without any.

    Only the first `<ip>` of each family is looked at.
    """
    # Most nics have few of them: only what is below a child that is there is looked for.
    tags = {"", *(node.tag for node in nic)}
    found = (
        (key, value)
        for key, top, path, attribute in _EXTRA_PLACES
        if top in tags and (value := _extra(nic, key, path, attribute))
    )
    return tuple(found) or None


def _place(key: str) -> tuple[str, str, str, str]:
    path, _, attribute = key.replace(".", "/").rpartition("/")
    top = path.partition("/")[0] or (attribute if key in TEXTS else "")
    return key, "ip" if path in FAMILIES else top, path, attribute


# (key, the child that it is below, its path, its attribute)
_EXTRA_PLACES = tuple(_place(key) for key in EXTRA_KEYS)


def _extra(nic: Element, key: str, path: str, attribute: str) -> str | None:
    if key in TEXTS:
        return (nic.findtext(f"{path}/{attribute}") or "").strip()
    found = ip_of(nic, path) if path in FAMILIES else nic.find(path) if path else nic
    value = _get(found, attribute)
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


def pci_address_of(address: Element | None, *, typed: bool = True) -> PciAddress | None:
    """An `<address type='pci'>`; None for other buses and for one without numbers."""
    if address is None or address.get("type", "" if typed else "pci") != "pci":
        return None
    parts = [number(address.get(part, "0")) for part in ("domain", "bus", "slot", "function")]
    if "slot" not in address.attrib and "bus" not in address.attrib:
        return None
    domain, bus, slot, function = parts
    if domain is None or bus is None or slot is None or function is None:
        return None
    return PciAddress(domain, bus, slot, function)


def number(text: str | None) -> int | None:
    """A number as libvirt reads them (0x is hexadecimal); None for anything else."""
    if text is None:
        return None
    try:
        return int(text, 16 if text[:2] in ("0x", "0X") else 10)
    except ValueError:
        return None


def _get(element: Element | None, attribute: str) -> str | None:
    return None if element is None else element.get(attribute)


def attribute_of(element: Element, path: str, attribute: str) -> str | None:
    """An attribute of the first descendant at a path; None if either is missing."""
    return _get(element.find(path), attribute)


def _name(alias: str | None) -> tuple[str | None, bool]:
    alias = alias or ""
    if not alias.startswith(USER_ALIAS_PREFIX):
        return None, False  # libvirt's own (net0)
    name = alias.removeprefix(USER_ALIAS_PREFIX)
    owned = name.startswith(OWNED_PREFIX)
    return name.removeprefix(OWNED_PREFIX), owned


@cache
def mac_of(text: str | None) -> Mac | None:
    """A MAC in its normal form; None for what is none."""
    try:
        return None if text is None else Mac.normalise(text)
    except ValueError:
        return None


def rate_of(text: str | None) -> Rate | None:
    """An `average`; None for anything but a number above 0."""
    value = number(text)
    return Rate(value) if value else None


def yes_no(text: str | None) -> bool | None:
    """A switch of libvirt's; None for anything but yes and no."""
    return {"yes": True, "no": False}.get(text or "")


def _filter_param(nic: Element) -> Pairs | None:
    filterref = nic.find("filterref")
    if filterref is None:
        return None
    params = filterref.iterchildren("parameter")
    return tuple((item.get("name", ""), item.get("value", "")) for item in params) or None
