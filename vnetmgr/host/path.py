"""What libvirt knows of its domains beside their documents, and of its network filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import libvirt

from vnetmgr.errors import NotFoundError, VnetError
from vnetmgr.libvirt_xml.filter_read import read_filter, read_filter_body
from vnetmgr.model.path.domains import DomainState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vnetmgr.host.session import Session
    from vnetmgr.model.path.networks import FilterBody, FilterFacts

_MANY = 16
"""From this many domains on, all of them cost less than a call for each."""

# enum virDomainState; what is not here runs: blocked, or being shut down.
_STATES = {
    3: DomainState.PAUSED,
    5: DomainState.OFF,
    6: DomainState.CRASHED,
    7: DomainState.SUSPENDED,
}
# enum virDomainPausedReason and virDomainShutoffReason, as far as they explain something.
_REASONS = {
    (3, 1): "by a user",
    (3, 2): "it migrates",
    (3, 3): "it is being saved",
    (3, 4): "it is being dumped",
    (3, 5): "I/O error of a disk",
    (3, 6): "its watchdog",
    (3, 7): "restored from a snapshot",
    (3, 9): "a snapshot is made of it",
    (3, 10): "its guest crashed",
    (3, 11): "it starts",
    (3, 12): "it migrates",
    (3, 13): "its migration failed",
    (5, 3): "it crashed",
    (5, 4): "it migrated away",
    (5, 5): "it is saved",
    (5, 6): "it did not start",
}


class DomainRun(NamedTuple):
    """What a domain does now."""

    state: DomainState
    reason: str | None
    sent: Mapping[str, int]
    """Host's link of a nic -> frames that the guest has sent."""


def read_runs(session: Session, names: Sequence[str]) -> dict[str, DomainRun]:
    """By domain; one that has gone is left out. One call, whatever their number."""
    groups = libvirt.VIR_DOMAIN_STATS_STATE | libvirt.VIR_DOMAIN_STATS_INTERFACE
    if len(names) >= _MANY:
        answers = session.call("domains", session.conn.getAllDomainStats, groups, 0)
    else:
        handles = list(_handles(session, names))
        answers = (
            session.call("domains", session.conn.domainListGetStats, handles, groups, 0)
            if handles
            else []
        )
    return {handle.name(): _run(stats) for handle, stats in answers if handle.name() in names}


def _handles(session: Session, names: Sequence[str]) -> Iterator[libvirt.virDomain]:
    for name in names:
        try:
            yield session.lookup(name)
        except NotFoundError:
            continue


def _run(stats: Mapping[str, Any]) -> DomainRun:
    state = stats.get("state.state", 1)
    nics = [f"net.{number}" for number in range(stats.get("net.count", 0))]
    return DomainRun(
        state=_STATES.get(state, DomainState.RUNNING),
        reason=_REASONS.get((state, stats.get("state.reason", 0))),
        sent={
            stats[f"{nic}.name"]: stats[f"{nic}.tx.pkts"]
            for nic in nics
            if f"{nic}.name" in stats and f"{nic}.tx.pkts" in stats
        },
    )


def read_filters(session: Session, names: Iterable[str]) -> tuple[FilterFacts, ...] | None:
    """Network filters, with those that they include; one that libvirt does not have is left out.
    None where libvirt cannot be asked for any."""
    documents = _filter_documents(session, names)
    return None if documents is None else tuple(map(read_filter, documents.values()))


def read_filter_bodies(session: Session, names: Iterable[str]) -> dict[str, FilterBody] | None:
    """By name, what each does."""
    documents = _filter_documents(session, names)
    if documents is None:
        return None
    return {name: read_filter_body(xml) for name, xml in documents.items()}


def _filter_documents(session: Session, names: Iterable[str]) -> dict[str, str] | None:
    """The same as documents, by name, in the order of names."""
    found: dict[str, str] = {}
    wanted = sorted(set(names))
    if not wanted:
        return found
    try:
        known = frozenset(session.call("filters", session.conn.listNWFilters))
        while wanted:
            name = wanted.pop()
            document = _filter_document(session, name) if name in known else None
            if document is not None:
                found[name] = document
                refs = read_filter(document).refs
                wanted += [each for each in refs if each not in found and each not in wanted]
    except VnetError:  # a session's libvirt, the test driver; or no right to
        return None
    return {name: found[name] for name in sorted(found)}


def _filter_document(session: Session, name: str) -> str | None:
    """None for one that has gone since it was listed."""
    what = f"filter {name}"
    try:
        handle = session.call(what, session.conn.nwfilterLookupByName, name)
        return session.call(what, handle.XMLDesc, 0)
    except VnetError:
        if name in session.call("filters", session.conn.listNWFilters):
            raise
        return None
