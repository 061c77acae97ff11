"""What is read of a `<domain>`, cut out of its text: of what libvirt writes most is never looked
at, and parsing it is most of the work where thousands are read.

It is cut only where the text proves what stands where, as in all that libvirt writes; else there
is None, and the whole is read. Of a well-formed document:

- Outside of comments, CDATA and instructions each `<` begins a tag, and no attribute's value has
  one. Those are looked for, and may stand in the metadata alone, whose ends are found without them.
- `_nesting` is how much deeper a piece of text ends than it begins, or less: a `/>` within a value
  or a text makes it less, nothing makes it more. Behind a child of the root it is -1 up to the
  end, behind a grandchild -2: so where -1 is counted, what is before that was a child of the root.
  In the same way a nic is a child of the devices where it is 0 from there to the devices' end.
- Without a default namespace on the root and on `<devices>`, names are what they look like;
  without numeric references and entities of its own, so are values.

Text that is no XML at all is not noticed where it is left out; nothing is written without parsing
the whole document.
"""

from __future__ import annotations

import re

from vnetmgr.libvirt_xml.domain_read import AGENT_CHANNEL

_VALUE = rb"""(?:'[^'<]*'|"[^"<]*")"""
# A text that says what it looks like: neither a reference nor the end of CDATA, and in ASCII.
_TEXT = rb"([ -%'-;=?-~]+)"
# No default namespace: it would be every element's.
_HEAD = re.compile(
    rb"<domain(?:\s+(?!xmlns\s*=)[\w:]+="
    + _VALUE
    + rb")*>\s*<name>"
    + _TEXT
    + rb"</name>\s*<uuid>"
    + _TEXT
    + rb"</uuid>"
)
# Of these one may be in metadata that is left out.
_OURS = (b"vnetmgr", b"&")
_AGENT = AGENT_CHANNEL.encode()


class Excerpt:
    """A document in pieces, each as it stands there."""

    __slots__ = ("channels", "head", "metadata", "name", "nics", "uuid")

    def __init__(
        self, head: re.Match[bytes], metadata: bytes, nics: list[bytes], channels: list[bytes]
    ) -> None:
        self.head = head[0]
        """The root's start tag, name and UUID."""
        self.name, self.uuid = head[1].decode(), head[2].decode()
        self.metadata = metadata
        """Empty where nothing of it can be vnetmgr's."""
        self.nics = nics
        self.channels = channels
        """Empty where no agent can be connected."""

    def document(self, *, nics: bool = True) -> str:
        """A smaller document that reads the same; without the nics, but for these."""
        devices = (*self.nics, *self.channels) if nics else self.channels
        cut = (self.head, self.metadata, b"<devices>", *devices, b"</devices></domain>")
        return b"".join(cut).decode("utf-8", "surrogatepass")


def excerpt(xml: str) -> Excerpt | None:
    """The excerpt of a domain's document; None where nothing proves that it reads the same."""
    text = xml.encode("utf-8", "surrogatepass").rstrip()
    head = _HEAD.match(text)
    if head is None or b"override" in text or not text.endswith(b"</domain>"):
        return None  # MSI-X vectors are in the override: few domains have one
    begin, metadata = head.end(), b""
    if b"<metadata" in text:
        span = _element(text, b"metadata", begin)
        if (
            span is None
            or b"<devices" in text[begin : span.start]
            or not _plain(text[: span.start])
        ):
            return None
        begin, metadata = span.stop, text[span.start : span.stop]
    rest = text[begin:]
    devices = _element(rest, b"devices", 0)
    if devices is None or not _plain(rest) or _nesting(rest[devices.stop :]) != -1:
        return None
    # The namespace may be declared on the root, too.
    kept = metadata and any(each in head[0] + metadata for each in _OURS)
    if kept and _nesting(rest) != -1:
        return None
    inner = rest[devices.start + len("<devices>") : devices.stop - len("</devices>")]
    nics = _children(inner, b"interface")
    may_talk = _AGENT in inner and (b"'connected'" in inner or b'"connected"' in inner)
    channels = _children(inner, b"channel") if may_talk else []
    if nics is None or channels is None:
        return None
    return Excerpt(head, metadata if kept else b"", nics, channels)


def _element(text: bytes, name: bytes, begin: int) -> slice | None:
    """Where the only element of a name is, behind `begin`; None where it is not certain."""
    opening, closing = b"<" + name, b"</" + name
    start, end = text.find(opening + b">", begin), text.rfind(closing + b">")
    if not 0 <= start < end or text.count(opening) != 1 or text.count(closing) != 1:
        return None
    return slice(start, end + len(closing) + 1)


def _plain(text: bytes) -> bool:
    """Whether each `<` in it begins a tag, and values are what they look like."""
    # One character is looked for ten times as fast as two, and seldom there.
    return not (
        (b"!" in text and b"<!" in text)
        or (b"?" in text and b"<?" in text)
        or (b"&" in text and b"&#" in text)
    )


def _nesting(text: bytes) -> int:
    """How much deeper the text ends than it begins, or less (above)."""
    return text.count(b"<") - 2 * text.count(b"</") - text.count(b"/>")


def _children(devices: bytes, name: bytes) -> list[bytes] | None:
    """The devices of a name, in their order; None where one that begins like this may be another
    element, or within one."""
    _, *pieces = devices.split(b"<" + name)
    close = b"</" + name + b">"
    found = []
    for piece in pieces:
        if piece.count(close) != 1 or not piece.startswith(b" ") or _nesting(piece) != -1:
            return None
        found.append(b"<" + name + piece[: piece.index(close)] + close)
    return found
