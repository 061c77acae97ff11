"""A document's elements as values, to see whether what nobody wanted to change is still there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.documents import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

# What libvirt counts, or gives anew, by itself.
_ITS_OWN = frozenset({"connections", "portid", "bridge"})


def unchanged_elements(before: str, after: str) -> tuple[str, ...]:
    """The elements that two documents have in common: paths with attributes and text."""
    return tuple((_elements(before) & _elements(after)).elements())


def missing_elements(wanted: tuple[str, ...], xml: str) -> tuple[str, ...]:
    """Those that a document has not, by their paths alone."""
    missing = Counter(wanted) - _elements(xml)
    return tuple(sorted({each.partition(" ")[0] for each in missing}))


def _elements(xml: str) -> Counter[str]:
    return Counter(_of(parse(xml), ""))


def _of(parent: Element, path: str) -> Iterator[str]:
    for node in parent:
        if isinstance(node.tag, str):
            here = f"{path}/{node.tag}" if path else node.tag
            pairs = sorted((k, v) for k, v in node.attrib.items() if k not in _ITS_OWN)
            yield f"{here} {pairs} {(node.text or '').strip()}"
            yield from _of(node, here)
