"""Parse and serialise libvirt documents, as untrusted input that has to survive unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from vnetmgr.errors import VnetError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def parse(xml: str) -> Element:
    """The root element of a document; comments, white space and order as they stand.

    Raises VnetError for what is no XML, and for a document type: libvirt writes none, and
    entities are how XML reads files and fills memory.
    """
    if _has_doctype(xml):
        raise VnetError(
            "the XML has a document type (<!DOCTYPE>)", "remove it: libvirt documents need none"
        )
    parser = _parser()
    try:
        text = xml.lstrip("\ufeff \t\r\n").encode()
        return etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        # A URI that is none, a prefix that is not declared, an xml:id twice: libvirt takes these in
        # <metadata>. To libxml2 such a document is well formed, where nothing is fatal; lxml alone
        # makes an error of it.
        errors = parser.error_log
        if len(errors) and not errors.filter_from_fatals():
            return etree.fromstring(text, _parser(recover=True))
        raise VnetError(f"the XML does not parse: {error.msg}") from error
    except UnicodeEncodeError as error:
        raise VnetError("the XML does not parse: it has bytes that are no characters") from error


def _parser(*, recover: bool = False) -> etree.XMLParser:
    """A parser of its own for each call: one shared by threads serialises them, and costs no less.

    The encoding is given because a str may still carry `<?xml encoding="latin1"?>`.
    """
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        strip_cdata=False,
        recover=recover,
    )


def parse_as(tag: str, xml: str) -> Element:
    """The root element, which has to be a `tag`; raises VnetError for any other."""
    root = parse(xml)
    if root.tag != tag:
        raise VnetError(f"the XML is a <{root.tag!s}>, not a <{tag}>")
    return root


def serialise(element: Element) -> str:
    """An element as text, without what follows it and without its ancestors' namespaces."""
    if element.nsmap and element.getparent() is not None:
        # lxml would repeat every namespace of the domain (qemu:commandline's) on the element.
        element = _detached(element)
    return etree.tostring(element, encoding="unicode", with_tail=False)


def serialise_document(root: Element) -> str:
    """A whole document as text, with comments and instructions around the root."""
    before = [*root.itersiblings(preceding=True)]
    nodes = [*reversed(before), root, *root.itersiblings()]
    return "\n".join(serialise(node) for node in nodes)


def with_namespace(root: Element, prefix: str, uri: str) -> Element:
    """The document again, with a namespace declared on its root.

    lxml cannot add one to an element that is there; what it offers (cleanup_namespaces, a new
    root) drops redundant declarations elsewhere.
    """
    text = serialise_document(root)
    at = sum(len(serialise(node)) + 1 for node in root.itersiblings(preceding=True))
    behind_tag = at + len(f"<{root.tag!s}")
    return parse(f'{text[:behind_tag]} xmlns:{prefix}="{uri}"{text[behind_tag:]}')


def _detached(element: Element) -> Element:
    from copy import copy

    alone = copy(element)
    etree.cleanup_namespaces(alone)
    return alone


def _has_doctype(xml: str) -> bool:
    """Whether a document type stands before the root element (in a comment it is just text)."""
    if "<!DOCTYPE" not in xml:
        return False
    at = xml.find("<")
    while at >= 0:
        if xml.startswith("<!--", at):
            at = xml.find("-->", at + 4)
        elif xml.startswith("<?", at):
            at = xml.find("?>", at + 2)
        else:
            return xml.startswith("<!DOCTYPE", at)
        at = xml.find("<", at) if at >= 0 else -1
    return False
