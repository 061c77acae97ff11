"""Reads libvirt's network filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.documents import parse_as
from vnetmgr.libvirt_xml.values import number
from vnetmgr.model.path.networks import FilterFacts, FilterRule

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


def _rule(element: Element) -> FilterRule:
    protocols = [each.tag for each in element.iterchildren("*") if isinstance(each.tag, str)]
    priority = number(element.get("priority"))
    return FilterRule(
        action=element.get("action", ""),
        direction=element.get("direction", ""),
        protocol=protocols[0] if protocols else "all",
        priority=500 if priority is None else priority,
    )
