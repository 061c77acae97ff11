"""A domain's secrets, such as a graphics password: libvirt hides them from who does not ask for
them (VIR_DOMAIN_XML_SECURE), and forgets them where a document is defined without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.documents import parse, serialise_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

_PASSWORD = "passwd"  # noqa: S105 - the attribute's name
_COOKIE, _COOKIES = "cookie", "cookies"  # a disk's, for a web server: hidden as a whole
_SECRETS = (_PASSWORD, _COOKIE)
"""What libvirt hides (src/conf/domain_conf.c, VIR_DOMAIN_DEF_FORMAT_SECURE)."""
HIDDEN = "*****"
"""As libvirt has it."""


def with_secrets(edited: str, *, plain: str, secure: str) -> str:
    """A document that was made of `plain`, with what `secure` has besides: the same document with
    its secrets, of which nobody needs to know what they are.

    Raises RefusedError where one has no place in the edited document: it would be lost.
    """
    root = parse(edited)
    for found, before, after, parts in _differing(parse(plain), parse(secure), [root]):
        if found is None or dict(found.attrib) != dict(before.attrib):
            raise _no_place(before)
        found.attrib.update(after.attrib)
        found.text = after.text
        found.extend(parts)
    return serialise_document(root)


def without_passwords(xml: str) -> str:
    """A document of somebody's own, which libvirt has not hidden anything of yet: its own kinds of
    secrets, wherever they stand, and comments that name one."""
    if not any(word in xml for word in _SECRETS):
        return xml
    root = parse(xml)
    around = (*root.itersiblings(preceding=True), *root.itersiblings())
    for node in (*around, *root.iter()):
        if not isinstance(node.tag, str):
            if any(word in (node.text or "") for word in _SECRETS):
                node.text = HIDDEN
            continue
        node.attrib.pop(_PASSWORD, None)
        if node.tag == _COOKIE and node.text:
            node.text = HIDDEN
    return serialise_document(root)


def shown_value(name: object, value: object) -> str:
    """The value of an attribute, or an element's text, as a message has it."""
    return HIDDEN if name in _SECRETS else str(value)


def _differing(
    plain: Element, secure: Element, places: list[Element]
) -> Iterator[tuple[Element | None, Element, Element, list[Element]]]:
    """(the edited document's, plain, secure, whole elements) of each element that has more in the
    secure document. `places`: the one that is in the plain one's place."""
    here = places[0] if places else None
    parts = [] if plain.find(_COOKIES) is not None else secure.findall(_COOKIES)
    for each in parts:
        secure.remove(each)
    if (plain.tag, len(plain)) != (secure.tag, len(secure)):
        raise _no_place(secure)
    if parts or (plain.attrib, plain.text) != (secure.attrib, secure.text):
        yield here, plain, secure, parts
    seen: dict[str, int] = {}
    for one, other in zip(plain, secure, strict=True):
        tag = str(one.tag)
        number = seen[tag] = seen.get(tag, -1) + 1
        alike = [] if here is None else [each for each in here if each.tag == one.tag]
        yield from _differing(one, other, alike[number : number + 1])


def _no_place(element: Element) -> RefusedError:
    return RefusedError(
        f"its <{element.tag!s}> has a secret that would be lost, as this change moves it",
        "nothing was written; change the domain with virsh edit",
    )
