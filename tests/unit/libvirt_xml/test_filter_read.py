"""libvirt's network filters."""

from __future__ import annotations

import pytest

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.filter_read import read_filter
from vnetmgr.model.path.networks import FilterFacts, FilterRule


def test_rules_and_what_it_includes() -> None:
    found = read_filter(
        """<filter name='mine' chain='root'><uuid>x</uuid>
        <filterref filter='clean-traffic'/><filterref filter='no-ip-spoofing'/><filterref/>
        <rule action='drop' direction='inout' priority='0'><!-- all --></rule>
        <rule action='accept' direction='in' statematch='false'><tcp dstportstart='22'/></rule>
        </filter>"""
    )
    assert found == FilterFacts(
        name="mine",
        refs=("clean-traffic", "no-ip-spoofing"),
        rules=(
            FilterRule(action="drop", direction="inout", protocol="all", priority=0),
            FilterRule(action="accept", direction="in", protocol="tcp"),
        ),
    )


def test_another_document_is_refused() -> None:
    with pytest.raises(VnetError):
        read_filter("<network/>")
