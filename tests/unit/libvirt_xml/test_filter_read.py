"""libvirt's network filters."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.filter_read import read_filter, read_filter_body
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


BODY = """<filter name='mine' chain='root' priority='-700'>
  <uuid>{}</uuid><!-- {} --><rule action='drop' direction='in'>
    <tcp dstportstart='{}'/></rule><filterref filter='clean-traffic'/></filter>"""


def test_what_it_does_is_compared_without_what_it_is_on_one_host() -> None:
    one = read_filter_body(BODY.format("x", "of kvm1", 22))
    assert one == read_filter_body(BODY.format("y", "of kvm2", 22).replace("\n", "\n\n"))
    assert one != read_filter_body(BODY.format("x", "of kvm1", 23))
    assert one.refs == ("clean-traffic",)


@pytest.mark.parametrize("read", [read_filter, read_filter_body])
def test_another_document_is_refused(read: Callable[[str], object]) -> None:
    with pytest.raises(VnetError):
        read("<network/>")
