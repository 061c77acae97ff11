"""A domain that is read by its excerpt is read as the whole document is."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.libvirt_xml.samples import CONFIG, LIVE
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.libvirt_xml.excerpt import excerpt
from vnetmgr.libvirt_xml.excerpt_read import read_one_of_many
from vnetmgr.model.domain import DomainDocument

QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"
UUID = "6f6b85e6-5ba2-498d-a1f1-093c7ccd92ec"
NIC = (
    "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/></interface>"
)
AGENT = "<target type='virtio' name='org.qemu.guest_agent.0' state='connected'/>"
OSINFO = (
    '<libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">'
    '<libosinfo:os id="http://debian.org/debian/12"/></libosinfo:libosinfo>'
)
OURS = (
    f"<vnetmgr:data xmlns:vnetmgr='urn:vnetmgr:1' domain='{UUID}'><vnetmgr:owned nic='lan'/>"
    "</vnetmgr:data>"
)
OVERRIDE = (
    "<qemu:override><qemu:device alias='ua-x'><qemu:frontend>"
    "<qemu:property name='vectors' type='unsigned' value='4'/>"
    "</qemu:frontend></qemu:device></qemu:override>"
)


def document(*, root: str = "type='kvm'", metadata: str = "", devices: str = NIC) -> str:
    inner = f"<metadata>{metadata}</metadata>" if metadata else ""
    return (
        f"<domain {root}><name>x</name><uuid>{UUID}</uuid>{inner}<os><boot dev='hd'/></os>"
        f"<devices>{devices}</devices></domain>"
    )


# What libvirt writes, and what shortens the work: it is of no use where nothing is cut.
CUT = {
    "config": CONFIG,
    "live": LIVE,
    "connected": LIVE.replace("'disconnected'", "'connected'"),
    "osinfo": document(metadata=OSINFO),
    "ours": document(metadata=OSINFO + OURS),
    "ours-comment": document(metadata=f"<!-- </domain> <devices> {NIC} -->{OURS}"),
    "ours-cdata": document(metadata=f"<a:b xmlns:a='u'><![CDATA[<devices>{NIC}]]></a:b>{OURS}"),
    "ours-by-reference": document(metadata=OURS.replace("urn:vnetmgr", "urn&#58;vnetmgr")),
    "ours-by-the-root's-prefix": document(
        root="xmlns:v='urn:vnetmgr:1'", metadata=f"<v:data domain='{UUID}'/>"
    ),
    "instruction": document(metadata=f"<?php <devices>{NIC} ?>{OURS}"),
    "nics-in-metadata": document(metadata=f"<x><devices>{NIC}</devices><name>y</name></x>"),
    "prefix-undeclared": document(metadata=f"<x:y/>{OURS}"),
    "uri-that-is-none": document(metadata=f"<x:y xmlns:x='&lt;&gt; '/>{OURS}"),
    "xml-id-twice": document(
        metadata="<x:y xmlns:x='u' xml:id='i'/><z xml:id='i'/><a xml:id='1 '/>"
    ),
    "commandline": document(root=f"type='kvm' xmlns:qemu='{QEMU}'").replace(
        "</domain>", "<qemu:commandline><qemu:arg value='-s'/></qemu:commandline></domain>"
    ),
    "no-nic": document(devices="<emulator>/usr/bin/qemu</emulator>"),
    "two-nics": document(devices=f"<a/>{NIC}<b><c/></b>{NIC}<channel/>"),
}
# What nobody can be sure of without parsing it.
WHOLE = {
    "declaration": f"<?xml version='1.0' encoding='latin1'?>{document()}",
    "comment-before": f"<!-- -->{document()}",
    "comment": document(devices=f"<!--{NIC}-->"),
    "comment-in-a-nic": document(devices=NIC.replace("<mac", "<!-- </interface> --><mac")),
    "cdata": document(devices=f"<a><![CDATA[{NIC}]]></a>"),
    "instruction": document(devices=f"<?a {NIC}?>"),
    "reference": document(devices=f"<channel>{AGENT.replace('ted', '&#116;ed')}</channel>"),
    "default-namespace": document(root="xmlns='urn:other'"),
    "namespace-spaced": document(root="type='kvm' xmlns ='urn:other'"),
    "devices-namespace": document().replace("<devices>", "<devices xmlns='urn:other'>"),
    "override": document(root=f"xmlns:q='{QEMU}'").replace(
        "</domain>", OVERRIDE.replace("qemu:", "q:") + "</domain>"
    ),
    "nested": document(devices=f"<a>{NIC}</a>"),
    "nested-and-not": document(devices=f"{NIC}<a>{NIC}</a>"),
    "within-a-nic": document(devices=NIC.replace("<mac", f"{NIC}<mac")),
    "hides-its-end": document(devices=f"<a b='/>'>{NIC}</a>"),
    "hides-a-nic's": document(devices=NIC.replace("<mac", "<a b='/>'/><mac")),
    "capabilities": document(
        devices="<hostdev><source><interface>eth0</interface></source></hostdev>"
    ),
    "closed-at-once": document(devices="<interface type='user'/>"),
    "end-spaced": document(devices=NIC.replace("</interface>", "</interface >")),
    "line-after-name": document(devices=NIC.replace("<interface ", "<interface\n")),
    "deeper-devices": document()
    .replace("<devices>", "<a><devices>")
    .replace("</devices>", "</devices></a>"),
    "deeper-by-a-value": document()
    .replace("<devices>", "<a b='/>'><devices>")
    .replace("</devices>", "</devices></a>"),
    "two-devices": document().replace("</domain>", "<devices/></domain>"),
    "devices-first": document(metadata=OURS).replace(
        "<metadata>", f"<devices>{NIC}</devices><metadata>"
    ),
    "two-metadata": document(metadata=OSINFO).replace("<os>", f"<metadata>{OURS}</metadata><os>"),
    "deeper-metadata": document(metadata=OURS)
    .replace("<metadata>", "<a><metadata>")
    .replace("</metadata>", "</metadata></a>"),
    "metadata-in-metadata": document(metadata=f"<metadata>{OURS}</metadata>"),
    "metadata-end-in-comment": document(metadata=f"<!-- </metadata> -->{OURS}"),
    "metadata-in-cdata": document(metadata=f"<![CDATA[</metadata><metadata>]]>{OURS}"),
    "no-uuid": document().replace(f"<uuid>{UUID}</uuid>", ""),
    "uuid-later": document().replace("<name>x</name>", "").replace("<os>", "<name>x</name><os>"),
    "named-by-entity": document().replace("<name>x<", "<name>a&amp;b&#33; <"),
    "named-in-other-letters": document().replace("<name>x<", "<name>tür<"),
    "named-in-lines": document().replace("<name>x<", "<name>a\r\nb<"),
    "uuid-by-reference": document().replace("<uuid>6", "<uuid>&#54;"),
    "comment-behind": f"{document()}<!-- </domain> -->",
    "spice": document(
        devices=f"{NIC}<graphics><channel name='main'/></graphics><channel>{AGENT}</channel>"
    ),
}


def outcome(read: object, xml: str) -> DomainDocument | str:
    assert callable(read)
    try:
        found = read(xml)
    except VnetError as error:
        return str(error)
    assert isinstance(found, DomainDocument)
    return found


@pytest.mark.parametrize("xml", [pytest.param(xml, id=name) for name, xml in CUT.items()])
def test_what_libvirt_writes_is_cut(xml: str) -> None:
    assert excerpt(xml) is not None
    assert outcome(read_one_of_many, xml) == outcome(read_domain, xml)


@pytest.mark.parametrize("xml", [pytest.param(xml, id=name) for name, xml in WHOLE.items()])
def test_in_doubt_the_whole_is_read(xml: str) -> None:
    assert excerpt(xml) is None
    assert outcome(read_one_of_many, xml) == outcome(read_domain, xml)


def test_what_is_not_read_is_left_out() -> None:
    cut = excerpt(LIVE.replace("<devices>", "<devices>\n  <secret/>"))
    assert cut is not None
    assert "<secret" not in cut.document()
    assert "<memory" not in cut.document()


# Any well-formed document of names and texts that look like those that are sought.
_NAMES = st.sampled_from(
    ["interface", "interfaces", "devices", "metadata", "channel", "source", "target", "name", "q:x"]
)
_TEXTS = st.sampled_from(
    [
        *("", " ", "\n  ", "x", "/>", "]]&gt;", "&lt;interface &gt;", "&amp;", "&#99;onnected"),
        *("<!-- <interface type='user'/> -->", "<!--</devices>-->", "<?x <metadata>?>"),
        *("<![CDATA[</metadata>]]>", "<![CDATA[<interface ]]>", OURS, OSINFO, OVERRIDE, NIC),
        f"<channel type='unix'>{AGENT}</channel>",
    ]
)
_VALUES = st.sampled_from(
    ["", "a>b", "/>", "&lt;interface ", "connected", "org.qemu.guest_agent.0"]
)
_QUOTES = st.sampled_from(["'", '"'])
_ATTRIBUTE = st.builds(
    lambda name, value, quote, space: f"{name}{space}={quote}{value}{quote}",
    st.sampled_from(["name", "state", "type", "xmlns", "address"]),
    _VALUES,
    _QUOTES,
    st.sampled_from(["", "", "", " "]),
)


def _element(name: str, attributes: list[str], children: list[str], end: str) -> str:
    unique = {each.partition("=")[0].strip(): each for each in [*attributes, "xmlns:q='urn:z'"]}
    start = " ".join((name, *unique.values()))
    return f"<{start}/>" if not children else f"<{start}>{''.join(children)}</{name}{end}>"


_ENDS = st.sampled_from(["", "", "", " ", "\n"])
_NODES = st.recursive(
    _TEXTS,
    lambda inner: st.builds(
        _element,
        _NAMES,
        st.lists(_ATTRIBUTE, max_size=2),
        st.lists(inner, max_size=4),
        _ENDS,
    ),
    max_leaves=12,
)
_SOME = st.lists(_NODES, max_size=4).map("".join)


@settings(max_examples=1000)
@given(_SOME, _SOME, _SOME, _SOME, st.sampled_from(["", " xmlns='u'", " xmlns:a='u'"]))
@example("", OURS, NIC, "<a xmlns='relative'/><a xmlns='a>b'/>", "")
def test_any_document(before: str, metadata: str, devices: str, behind: str, extra: str) -> None:
    inner = f"<metadata>{metadata}</metadata>" if metadata else ""
    xml = (
        f"<domain type='kvm' xmlns:qemu='{QEMU}' xmlns:q='urn:q'{extra}><name>x</name>"
        f"<uuid>{UUID}</uuid>{before}{inner}<devices>{devices}</devices>{behind}</domain>"
    )
    assert outcome(read_one_of_many, xml) == outcome(read_domain, xml)


_PLACES = [found.start() for found in re.finditer("<", LIVE)]
_PUT_IN = st.sampled_from(
    [
        *(
            NIC,
            "<interface/>",
            "<!-- < -->",
            "<?x?>",
            "<![CDATA[<]]>",
            "<a b='/>'/>",
            "<a b='>'>c</a>",
        ),
        *(
            "<devices/>",
            f"<metadata>{OURS}</metadata>",
            f"<channel>{AGENT}</channel>",
            "<channel/>",
        ),
    ]
)
_STATES = st.sampled_from(["'connected'", "'disconnected'"])


@settings(max_examples=1000)
@given(st.lists(st.tuples(st.sampled_from(_PLACES), _PUT_IN), max_size=3), _STATES)
def test_libvirts_document_with_more_in_it(more: list[tuple[int, str]], state: str) -> None:
    xml = LIVE
    for place, text in sorted(more, reverse=True):
        xml = xml[:place] + text + xml[place:]
    xml = xml.replace("'disconnected'", state)
    assert outcome(read_one_of_many, xml) == outcome(read_domain, xml)
