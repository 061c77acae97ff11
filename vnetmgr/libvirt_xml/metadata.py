"""vnetmgr's own element in the `<metadata>` of domains and networks.

libvirt keeps one element for each namespace (formatdomain.html, "General metadata"): a domain's
is `<vnetmgr:data domain='UUID'>`, with one child for each thing that it holds; what is not known
stays. Whoever copies a domain copies its metadata (virt-clone, `virsh dumpxml` and define): the
UUID tells whose it is, and with another one it is a copy, that the first write replaces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from vnetmgr.libvirt_xml.documents import parse, serialise
from vnetmgr.libvirt_xml.edit import append, child, drop_attributes, remove_if_empty, set_text
from vnetmgr.libvirt_xml.values import number
from vnetmgr.model.domain import Hold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lxml.etree import _Element as Element

    from vnetmgr.model.forward import Forward
    from vnetmgr.model.network import Kept

VNETMGR = "urn:vnetmgr:1"
KEY = "vnetmgr"
"""The prefix that libvirt writes the element with."""

OWNED = f"{{{VNETMGR}}}owned"
"""In a network: that vnetmgr made it from a spec. In a domain's data: a nic that it made, where its
MAC alone does not tell."""

_KEPT = f"{{{VNETMGR}}}kept"
NETWORK = f"{{{VNETMGR}}}network"
"""What marks a network that no spec has made."""

_UNFINISHED = "unfinished"
OVERLAY = "overlay"
DATA = f"{{{VNETMGR}}}data"
"""In a domain: all that vnetmgr keeps there."""

_HOLD = f"{{{VNETMGR}}}hold"
_FORWARD = f"{{{VNETMGR}}}forward"
_PAIR = f"{{{VNETMGR}}}pair"
_STAMP, _MARK = "domain", "network"


def mark_owned(root: Element, order: Sequence[str]) -> None:
    """Mark a network as made from a spec."""
    metadata = child(root, "metadata", order)
    mark = etree.Element(OWNED, nsmap={KEY: VNETMGR})
    if uuid := root.findtext("uuid"):
        mark.set(_MARK, uuid)
    append(metadata, mark)


def is_owned(root: Element) -> bool:
    """Whether a network's mark is its own. One with another UUID was copied with the document."""
    of = marked_for(root)
    return root.find(f"metadata/{OWNED}") is not None and of in (None, root.findtext("uuid"))


def marked_for(root: Element) -> str | None:
    """The UUID of the network that was marked; None where the mark does not say."""
    found = root.find(f"metadata/{OWNED}")
    return None if found is None else found.get(_MARK)


def mark_unfinished(root: Element, order: Sequence[str]) -> None:
    """Mark a network as one that is being made. libvirt keeps one element of a namespace: it is
    an attribute of the one that is there."""
    _mark(root, order).set(_UNFINISHED, "yes")


def _mark(root: Element, order: Sequence[str]) -> Element:
    metadata = child(root, "metadata", order)
    found = next((node for node in metadata if _is_ours(node)), None)
    if found is None:
        found = append(metadata, etree.Element(NETWORK, nsmap={KEY: VNETMGR}))
    return found


def is_unfinished(root: Element) -> bool:
    """Whether a network is marked like this."""
    return any(node.get(_UNFINISHED) == "yes" for node in root.iterfind("metadata/*"))


def mark_finished(root: Element) -> None:
    """Take that mark away, and what was there for it alone."""
    _unmark(root, _UNFINISHED)


def mark_overlay(root: Element, fleet: str, order: Sequence[str]) -> None:
    """Mark a network on OVN's bridge as an overlay of a fleet: its switch is OVN's that has its
    name."""
    _mark(root, order).set(OVERLAY, fleet)


def fleet_of(root: Element) -> str | None:
    """The fleet that a network is marked for like this; None where it is not."""
    marks = (node.get(OVERLAY) for node in root.iterfind("metadata/*") if _is_ours(node))
    return next((fleet for fleet in marks if fleet), None)


def forget_overlay(root: Element) -> None:
    """Take that mark away, and what was there for it alone."""
    _unmark(root, OVERLAY)


def _unmark(root: Element, attribute: str) -> None:
    for node in root.findall("metadata/*"):
        if _is_ours(node):
            drop_attributes(node, attribute)
            if node.tag == NETWORK:
                remove_if_empty(node)
    metadata = root.find("metadata")
    if metadata is not None:
        remove_if_empty(metadata)


def _is_ours(node: Element) -> bool:
    return isinstance(node.tag, str) and etree.QName(node).namespace == VNETMGR


def write_kept(root: Element, kept: Kept, order: Sequence[str]) -> None:
    """Write into a hop network what has to come back."""
    if not (kept.ports or kept.bridge or kept.document):
        return
    element = etree.SubElement(child(root, "metadata", order), _KEPT, nsmap={KEY: VNETMGR})
    for port in kept.ports:
        etree.SubElement(element, f"{{{VNETMGR}}}port").set("name", port)
    if kept.bridge is not None:
        bridge = etree.SubElement(element, f"{{{VNETMGR}}}bridge")
        for attribute, value in zip(("name", "mac"), kept.bridge, strict=True):
            bridge.set(attribute, value)
    if kept.document is not None:
        set_text(etree.SubElement(element, f"{{{VNETMGR}}}document"), kept.document)


def read_kept(root: Element) -> Kept | None:
    """What a hop network says has to come back; None where it says nothing."""
    found = root.find(f"metadata/{_KEPT}")
    if found is None:
        return None
    from vnetmgr.model.network import Kept

    ports = (node.get("name") for node in found.findall(f"{{{VNETMGR}}}port"))
    document = found.findtext(f"{{{VNETMGR}}}document") or None
    bridge = found.find(f"{{{VNETMGR}}}bridge")
    name, mac = (None, None) if bridge is None else (bridge.get("name"), bridge.get("mac"))
    return Kept(
        ports=tuple(name for name in ports if name),
        document=document,
        bridge=(name, mac) if name and mac else None,
    )


def data_of(root: Element) -> str | None:
    """A domain's `<vnetmgr:data>` as text; None without one."""
    metadata = root.find("metadata")
    found = None if metadata is None else metadata.find(DATA)
    return None if found is None else serialise(found)


def forget_data(root: Element) -> None:
    """Take a domain's `<vnetmgr:data>` out of its document."""
    metadata = root.find("metadata")
    found = None if metadata is None else metadata.find(DATA)
    if metadata is not None and found is not None:
        metadata.remove(found)
        remove_if_empty(metadata)


def read_stamp(data: str | None) -> str | None:
    """The UUID of the domain that a `<vnetmgr:data>` was written for; None where it does not say,
    as of versions that did not."""
    return None if data is None else parse(data).get(_STAMP)


def with_stamp(data: str | None, uuid: str) -> str | None:
    """A `<vnetmgr:data>` that says whose it is."""
    if data is None:
        return None
    root = parse(data)
    root.set(_STAMP, uuid)
    return serialise(root)


def says_the_same(one: str | None, other: str | None) -> bool:
    """Whether two `<vnetmgr:data>` say the same; libvirt lays them out in several ways. What is
    noted of the config's nics alone counts for nothing."""
    return one == other or _said(one) == _said(other)


def _said(data: str | None) -> object:
    if data is None:
        return None
    root = parse(data)
    nodes = [
        (node.tag, sorted(node.items()))
        for node in root.iterchildren("*")
        if node.tag not in (_PAIR, OWNED)
    ]
    if not nodes:
        return None
    return sorted(root.items()), sorted(nodes)


def read_owned(data: str | None) -> frozenset[str]:
    """The names of the nics that a `<vnetmgr:data>` says were made from a spec."""
    if data is None or "owned" not in data:
        return frozenset()
    return frozenset(name for node in parse(data).iterchildren(OWNED) if (name := node.get("nic")))


def with_owned(data: str | None, names: Iterable[str], uuid: str | None) -> str | None:
    """A `<vnetmgr:data>` with the names of these nics alone; None where nothing is left in it."""
    root = _emptied(data, OWNED, uuid)
    for name in sorted(names):
        etree.SubElement(root, OWNED).set("nic", name)
    return serialise(root) if len(root) else None


def read_pairs(data: str | None) -> dict[str, str]:
    """A config nic's MAC -> that of the running nic, where neither name nor MAC tells that they are
    one."""
    if data is None or "pair" not in data:
        return {}
    found = ((node.get("config"), node.get("live")) for node in parse(data).iterchildren(_PAIR))
    return {config: live for config, live in found if config and live}


def with_pairs(data: str | None, pairs: Mapping[str, str], uuid: str | None) -> str | None:
    """A `<vnetmgr:data>` with these pairs alone; None where nothing is left in it."""
    root = _emptied(data, _PAIR, uuid)
    for config, live in sorted(pairs.items()):
        node = etree.SubElement(root, _PAIR)
        node.set("config", config)
        node.set("live", live)
    return serialise(root) if len(root) else None


def read_holds(data: str | None) -> tuple[Hold, ...]:
    """The holds of a `<vnetmgr:data>`; those that cannot be read are none."""
    if data is None or "hold" not in data:
        return ()
    return tuple(hold for node in parse(data).iterchildren(_HOLD) if (hold := _hold(node)))


def _hold(node: Element) -> Hold | None:
    until = number(node.get("until"))
    if until is None:
        return None
    return Hold(nic=node.get("nic"), until_s=until, reason=node.get("reason", ""))


def settable(data: str) -> str:
    """The element as setMetadata takes it: libvirt itself puts it, and all that is in it, into
    the namespace, and refuses one that has it already (virXMLInjectNamespace)."""
    root = parse(data)
    for node in root.iter(etree.Element):
        node.tag = etree.QName(node).localname
    etree.cleanup_namespaces(root)
    return serialise(root)


def with_holds(data: str | None, holds: Sequence[Hold], uuid: str | None = None) -> str | None:
    """A `<vnetmgr:data>` with these holds alone; None where nothing is left in it."""
    root = _emptied(data, _HOLD, uuid)
    for hold in holds:
        node = etree.SubElement(root, _HOLD)
        if hold.nic is not None:
            node.set("nic", hold.nic)
        node.set("until", str(hold.until_s))
        if hold.reason:
            node.set("reason", hold.reason)
    return serialise(root) if len(root) else None


def _emptied(data: str | None, tag: str, uuid: str | None) -> Element:
    """The element without its children of one kind, stamped with its domain's UUID; a new one in
    the place of a copy. `uuid` None: it cannot be told yet whose it is."""
    root = None if data is None else parse(data)
    if root is None or (uuid is not None and root.get(_STAMP) not in (None, uuid)):
        root = etree.Element(DATA, nsmap={KEY: VNETMGR})
    if uuid is not None:
        root.set(_STAMP, uuid)
    for node in root.findall(tag):
        root.remove(node)
    return root


def read_forwards(data: str | None) -> tuple[Forward, ...]:
    """The port forwards of a `<vnetmgr:data>`; those that cannot be read are none."""
    if data is None or "forward" not in data:
        return ()
    nodes = parse(data).iterchildren(_FORWARD)
    return tuple(forward for node in nodes if (forward := _forward(node)) is not None)


def _forward(node: Element) -> Forward | None:
    # Few domains have any.
    from vnetmgr.model.options.forwards import FORWARD_OPTIONS, forward_of, read_option

    fields: dict[str, object] = {}
    try:
        for key, text in node.attrib.items():
            texts = str(text).split() if FORWARD_OPTIONS[str(key)].kind.repeatable else [str(text)]
            fields[str(key)] = read_option(str(key), texts)
        return forward_of(fields)
    except (KeyError, ValueError):
        return None


def with_forwards(
    data: str | None, forwards: Sequence[Forward], uuid: str | None = None
) -> str | None:
    """A `<vnetmgr:data>` with these forwards alone; None where nothing is left in it."""
    root = _emptied(data, _FORWARD, uuid)
    for forward in forwards:
        node = etree.SubElement(root, _FORWARD)
        for key, value in _attributes(forward):
            node.set(key, value)
    return serialise(root) if len(root) else None


def _attributes(forward: Forward) -> Iterator[tuple[str, str]]:
    """A forward's attributes are the keys that a spec has for it."""
    from vnetmgr.model.forward import port_text

    yield "host_port", port_text(forward.host_port, forward.ports)
    yield "guest_port", port_text(forward.guest_port, forward.ports)
    yield "protocol", forward.protocol.value
    if forward.nic is not None:
        yield "nic", forward.nic
    if forward.listen is not None:
        yield "listen", str(forward.listen)
    for key, values in (
        ("allow_from", forward.allow_from),
        ("guest_address", forward.guest_address),
    ):
        if values:
            yield key, " ".join(map(str, values))
    if forward.loopback:
        yield "loopback", "yes"
