"""Untrusted XML is refused in words; everything else survives a round trip."""

from __future__ import annotations

import pytest

from tests.unit.libvirt_xml.samples import LIVE
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.documents import parse, parse_as, serialise, serialise_document

BOMB = """<?xml version="1.0"?>
<!-- harmless --><!DOCTYPE interface [
  <!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">
]>
<interface type='bridge'><source bridge='&c;'/></interface>"""


@pytest.mark.parametrize(
    "xml",
    [
        BOMB,
        "<!DOCTYPE interface><interface/>",
        "<?pi <!-- ?><!DOCTYPE interface SYSTEM 'http://example.org/x.dtd'><interface/>",
        "<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><interface>&f;</interface>",
    ],
)
def test_a_document_type_is_refused(xml: str) -> None:
    with pytest.raises(VnetError, match="document type"):
        parse(xml)


@pytest.mark.parametrize("xml", ["", "  ", "<a", "<a></b>", "<a/><b/>", "text", "<a>\x00</a>"])
def test_no_xml(xml: str) -> None:
    with pytest.raises(VnetError, match="does not parse"):
        parse(xml)


def test_no_characters() -> None:
    with pytest.raises(VnetError, match="no characters"):
        parse("<a b='\ud800'/>")


def test_an_entity_that_nobody_declared() -> None:
    with pytest.raises(VnetError, match="does not parse"):
        parse("<a>&nobody;</a>")


def test_too_deep_a_tree_is_refused() -> None:
    with pytest.raises(VnetError, match="does not parse"):
        parse("<a>" * 5000 + "</a>" * 5000)


def test_the_wrong_element_is_named() -> None:
    with pytest.raises(VnetError, match="a <disk>, not a <interface>"):
        parse_as("interface", "<disk/>")


@pytest.mark.parametrize(
    "xml",
    [
        "<a><!-- <!DOCTYPE is text here> --> <b/>\n\t<?pi x?><![CDATA[<&>]]>&lt;&amp; é 漢</a>",
        "<!-- before -->\n<a/>\n<!-- after -->",
        '<a xmlns:q="urn:q" q:b="1"><q:c/></a>',
    ],
)
def test_round_trip(xml: str) -> None:
    assert serialise_document(parse(xml)) == xml


def test_an_encoding_declaration_is_ignored() -> None:
    assert serialise(parse("<?xml version='1.0' encoding='latin1'?><a b='é'/>")) == '<a b="é"/>'


def test_a_libvirt_document_only_changes_its_quotes() -> None:
    assert serialise_document(parse(LIVE)) == LIVE.strip().replace("'", '"')


def test_an_element_carries_only_the_namespaces_that_it_uses() -> None:
    root = parse('<a xmlns:p="urn:p" xmlns:q="urn:q"><b q:x="1"><c/></b> tail</a>')
    assert serialise(root[0]) == '<b xmlns:q="urn:q" q:x="1"><c/></b>'


@pytest.mark.parametrize(
    "odd",
    [
        "<v:x xmlns:v='urn:a\u202eb'>1</v:x>",
        "<x xmlns='a b'/>",
        "<q:x y='1'/>",
        "<x q:y='1'/>",
        "<x xmlns:a='u' xmlns:b='u' a:y='1' b:y='2'/>",
        "<x xml:id='i'/><y xml:id='i'/>",
        "<x xml:id='1 2'/>",
    ],
)
def test_odd_namespaces_and_ids_are_kept_as_libvirt_keeps_them(odd: str) -> None:
    text = f"<domain><metadata>{odd}</metadata></domain>"
    assert serialise(parse(text)) == text.replace("'", '"')
    with pytest.raises(VnetError, match="does not parse"):
        parse(text.removesuffix("</domain>"))  # and only those
    with pytest.raises(VnetError, match="does not parse"):
        parse(text.replace("<metadata>", "<metadata><name>&odd;</name>"))
