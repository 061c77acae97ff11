"""Nics that are alike but for their MAC, as most of a host's are, are read once.

What is read of an `<interface>` depends on its text alone, where no prefix in it is declared
elsewhere; and of the text in its only `<mac address>` nothing depends but the MAC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.values import mac_of
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vnetmgr.model.nic import Nic

_MAC = b"<mac address='"
_LENGTH = len("52:54:00:00:00:00")
# So many are kept: a daemon meets ever new ones.
_MOST = 4096

_known: dict[bytes, tuple[Nic, str, str]] = {}
"""One of them, and its element as text before and behind the MAC; by how it stands in a document,
without the MAC."""


def known_nics(texts: Iterable[bytes]) -> tuple[tuple[Nic, str], ...] | None:
    """Nics, each with its element as text, by how they stand in a document; None where one is like
    none of those that are known."""
    found = []
    for text in texts:
        address, rest = _parted(text)
        alike, mac = _known.get(rest), mac_of(address)
        if alike is None or mac != address:
            return None
        nic, before, behind = alike
        found.append((replace(nic, mac=mac), f"{before}{address}{behind}"))
    return tuple(found)


def remember(texts: Sequence[bytes], nics: Sequence[tuple[Nic, str]]) -> None:
    """That these nics were read of these texts."""
    if len(texts) != len(nics):
        return  # some are of another namespace
    for text, (nic, xml) in zip(texts, nics, strict=True):
        address, rest = _parted(text)
        alone = address == nic.mac and text.count(b"<mac") == 1 == xml.count(address)
        if alone and b":" not in rest and b"xmlns" not in rest:
            if len(_known) >= _MOST:
                _known.clear()
            before, _, behind = xml.partition(address)
            _known[rest] = (nic, before, behind)


def _parted(text: bytes) -> tuple[str, bytes]:
    """What stands where a MAC does, and the rest."""
    before, begin, behind = text.partition(_MAC)
    return behind[:_LENGTH].decode("latin-1"), before + begin + behind[_LENGTH:]
