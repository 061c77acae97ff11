"""Nics that are alike but for what each one is given, as most of a host's are, are read once.

What is read of an `<interface>` depends on its text alone, where no prefix in it is declared
elsewhere. Of an attribute that is the only one of its kind, and has a plain value of the form that
it is given, nothing depends but the field that it is read as.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.libvirt_xml.values import mac_of
from vnetmgr.model.record import Row, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vnetmgr.model.nic import Nic


class _Given(Row):
    """A value that each nic is given, by libvirt or for OVN."""

    field: str
    begin: bytes
    """What it stands behind."""
    sign: bytes
    """What stands once in a nic that has no other such value."""
    chars: bytes
    prefix: str = ""
    """How the value begins, where that is a part of `begin`."""


_DIGITS = b"0123456789"
_GIVEN = (
    _Given("mac", b"<mac address='", b"<mac", _DIGITS + b"abcdef:"),
    _Given("target", b"<target dev='vnet", b"<target", _DIGITS, "vnet"),
    _Given("port_id", b" portid='", b"portid", _DIGITS + b"abcdef-"),
    _Given("interface_id", b" interfaceid='", b"interfaceid", _DIGITS + b"abcdef-"),
)
# No document has this.
_HOLE = b"\0"
# So many are kept: a daemon meets ever new ones.
_MOST = 4096

_known: dict[bytes, tuple[Nic, str]] = {}
"""One of them with its element as text, by how it stands in a document, without what is given."""


def known_nics(texts: Iterable[bytes]) -> tuple[tuple[Nic, str], ...] | None:
    """Nics, each with its element as text, by how they stand in a document; None where one is like
    none of those that are known."""
    found = []
    for text in texts:
        values, rest = _parted(text)
        alike, mac = _known.get(rest), mac_of(values.get("mac"))
        if alike is None or mac is None or mac != values["mac"]:
            return None
        nic, xml = alike
        for field, value in values.items():
            before = f'"{nic.__dict__[field]}"'
            if xml.count(before) != 1:  # it was another's before, and has just been given here
                return None
            xml = xml.replace(before, f'"{value}"')
        fields: dict[str, Any] = {**values, "mac": mac}
        found.append((replace(nic, **fields), xml))
    return tuple(found)


def remember(texts: Sequence[bytes], nics: Sequence[tuple[Nic, str]]) -> None:
    """That these nics were read of these texts."""
    if len(texts) != len(nics):
        return  # some are of another namespace
    for text, (nic, xml) in zip(texts, nics, strict=True):
        values, rest = _parted(text)
        alone = all(
            text.count(each.sign) == 1 == xml.count(f'"{values[each.field]}"')
            and getattr(nic, each.field) == values[each.field]
            for each in _GIVEN
            if each.field in values
        )
        if "mac" in values and alone and b":" not in rest and b"xmlns" not in rest:
            if len(_known) >= _MOST:
                _known.clear()
            _known[rest] = (nic, xml)


def _parted(text: bytes) -> tuple[dict[str, str], bytes]:
    """The values that libvirt has given, by field, and the rest, with holes where they stand."""
    values, rest = {}, text
    for each in _GIVEN:
        before, begin, behind = rest.partition(each.begin)
        value, end, behind = behind.partition(b"'")
        if value and end and not value.strip(each.chars):
            values[each.field] = each.prefix + value.decode()
            rest = before + begin + _HOLE + end + behind
    return values, rest
