"""What a network is to serve by TFTP, as far as its files can be seen from here."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping


class Access(StrEnum):
    """Whether dnsmasq can read a path: it runs without root's rights, as whom only it knows."""

    OPEN = "open"
    """Everybody can."""
    CLOSED = "closed"
    """Not everybody: it is owned by the one, or a folder on the way is."""
    MISSING = "missing"
    OTHER = "other"
    """It is something else than it should be: a file for a directory, or a directory for a file."""
    UNSEEN = "unseen"
    """Whoever runs vnetmgr may not look."""


class ServedFolder(Record):
    """A directory that is served, or to be."""

    access: Access
    files: Mapping[str, Access] = MappingProxyType({})
    """Those that were looked for, by their names in it."""
