"""What programs and command lines say of OVN, read."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vnetmgr.errors import UsageError
from vnetmgr.model.overlay.options import parse_fleet, parse_northbound, parse_revision
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def ovn_of(northbound: str | None, fleet: str | None = None) -> OvnSettings:
    """Where the northbound database is, and whose overlays are meant. Raises UsageError for what is
    no such thing."""
    return OvnSettings(
        northbound=_read("ovn_nb", parse_northbound, northbound),
        fleet=_read("fleet", parse_fleet, fleet),
    )


def revision_of(revision: int | str | None) -> int | None:
    """A spec's. Raises UsageError for what is no such number."""
    return _read("revision", parse_revision, None if revision is None else str(revision))


def _read(field: str, parse: Callable[[str], T], text: str | None) -> T | None:
    if text is None:
        return None
    about = About("command", field=field)
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError(f"--{field.replace('_', '-')}: {error}", about=about) from None
