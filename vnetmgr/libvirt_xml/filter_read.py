"""Reads libvirt's network filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from vnetmgr.libvirt_xml.documents import parse_as
from vnetmgr.libvirt_xml.values import number
from vnetmgr.model.path.networks import FilterBody, FilterFacts, FilterRule

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def read_filter(xml: str) -> FilterFacts:
    """A filter's own rules, and which others it includes; raises VnetError for another document."""
    root = parse_as("filter", xml)
    return FilterFacts(
        name=root.get("name", ""),
        rules=tuple(_rule(each) for each in root.iterchildren("rule")),
        refs=tuple(name for each in root.iterchildren("filterref") if (name := each.get("filter"))),
    )


def read_filter_body(xml: str) -> FilterBody:
    """All that a filter does: its document without UUID, comments and layout."""
    refs = read_filter(xml).refs
    root = parse_as("filter", xml)
    for each in (*root.iter(etree.Comment), *root.findall("uuid")):
        parent = each.getparent()
        if parent is not None:
            parent.remove(each)
    for each in root.iter():
        each.text = (each.text or "").strip() or None
        each.tail = None
    return FilterBody(etree.tostring(root, method="c14n").decode(), refs)


def _rule(element: Element) -> FilterRule:
    protocols = [each.tag for each in element.iterchildren("*") if isinstance(each.tag, str)]
    priority = number(element.get("priority"))
    return FilterRule(
        action=element.get("action", ""),
        direction=element.get("direction", ""),
        protocol=protocols[0] if protocols else "all",
        priority=500 if priority is None else priority,
    )
