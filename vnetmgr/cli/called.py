"""What another vnetmgr was told on its command line, of which this one carries a part out."""

from __future__ import annotations

from vnetmgr.command import Called
from vnetmgr.runtime.session import CALLED, Session


def told_by_session() -> Called:
    """As it says."""
    return told(None if Session.current is None else Session.current.given.get(CALLED))


def told(found: object) -> Called:
    """The same of a document, which may say anything."""
    fields = found if isinstance(found, dict) else {}
    connect, file, northbound = (
        _text(fields.get(key)) for key in ("connect", "hosts_file", "ovn_nb")
    )
    hosts = fields.get("hosts")
    names = [each for each in hosts if isinstance(each, str)] if isinstance(hosts, list) else []
    return Called(connect=connect, hosts_file=file, hosts=tuple(names), ovn_nb=northbound)


def _text(found: object) -> str | None:
    return found if isinstance(found, str) else None
