"""What programs and command lines say of OVN, read."""

from __future__ import annotations

from vnetmgr.errors import UsageError
from vnetmgr.model.overlay.options import parse_northbound, parse_revision
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.problem import About


def ovn_of(northbound: str) -> OvnSettings:
    """Where the northbound database is. Raises UsageError for what is none."""
    try:
        return OvnSettings(northbound=parse_northbound(northbound))
    except ValueError as error:
        raise UsageError(f"--ovn-nb: {error}", about=About("command", field="ovn_nb")) from None


def revision_of(revision: int | str | None) -> int | None:
    """A spec's. Raises UsageError for what is no such number."""
    if revision is None:
        return None
    try:
        return parse_revision(str(revision))
    except ValueError as error:
        about = About("command", field="revision")
        raise UsageError(f"--revision: {error}", about=about) from None
