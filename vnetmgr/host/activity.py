"""What all domains do, by libvirt's calls for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libvirt

from vnetmgr.errors import NotFoundError
from vnetmgr.model.rows.domains import DomainState
from vnetmgr.model.seen.traffic import DomainActivity, Traffic
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vnetmgr.host.session import Session

# virConnectGetAllDomainStats, VIR_DOMAIN_STATS_INTERFACE: of the guest's point of view.
_FIELDS = {
    f"{way}_{field}": f"{short}.{word}"
    for way, short in (("receive", "rx"), ("transmit", "tx"))
    for field, word in (
        ("bytes", "bytes"),
        ("packets", "pkts"),
        ("errors", "errs"),
        ("drops", "drop"),
    )
}

_WORDS = {
    libvirt.VIR_DOMAIN_RUNNING: "running",
    libvirt.VIR_DOMAIN_BLOCKED: "idle",
    libvirt.VIR_DOMAIN_PAUSED: "paused",
    libvirt.VIR_DOMAIN_SHUTDOWN: "in shutdown",
    libvirt.VIR_DOMAIN_SHUTOFF: "shut off",
    libvirt.VIR_DOMAIN_CRASHED: "crashed",
    libvirt.VIR_DOMAIN_PMSUSPENDED: "pmsuspended",
}
"""As virsh calls them."""


def read_activity(session: Session, *, traffic: bool) -> tuple[DomainActivity, ...]:
    """Every domain, by name. `traffic` is dear: for each nic libvirt reads the kernel's list of
    all links."""
    what = libvirt.VIR_DOMAIN_STATS_STATE
    what |= libvirt.VIR_DOMAIN_STATS_INTERFACE if traffic else 0
    # A domain with a job under way, as a migration, says what it can at once.
    wait = libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
    found = session.call("domains", session.conn.getAllDomainStats, what, wait)
    activity = (
        DomainActivity(
            name=handle.name(),
            uuid=handle.UUIDString(),
            run=handle.ID(),
            traffic=dict(_nics(stats)),
        )
        for handle, stats in found
    )
    return tuple(sorted(activity, key=lambda domain: domain.name))


def _nics(stats: Mapping[str, Any]) -> Iterator[tuple[str, Traffic]]:
    """Those that libvirt has counted; it leaves out what a nic in user mode does."""
    for number in range(stats.get("net.count", 0)):
        keys = {field: f"net.{number}.{key}" for field, key in _FIELDS.items()}
        if stats.keys() >= set(keys.values()):
            yield (
                stats[f"net.{number}.name"],
                Traffic(**{field: stats[key] for field, key in keys.items()}),
            )


def read_states(session: Session) -> dict[str, DomainState]:
    """By the domain's UUID."""
    call, conn = session.call, session.conn
    found = {}
    for handle in call("domains", conn.listAllDomains, 0):
        number = handle.ID()
        found[handle.UUIDString()] = (
            DomainState(None, _WORDS[libvirt.VIR_DOMAIN_SHUTOFF])
            if number < 0
            else DomainState(number, _WORDS[libvirt.VIR_DOMAIN_RUNNING])
        )
    # Most are as the id tells; a call each is for those that are not.
    odd = libvirt.VIR_CONNECT_LIST_DOMAINS_PAUSED | libvirt.VIR_CONNECT_LIST_DOMAINS_OTHER
    for handle in call("domains", conn.listAllDomains, odd):
        uuid = handle.UUIDString()
        if uuid in found:
            found[uuid] = found[uuid]._replace(state=_word(session, handle))
    return found


def _word(session: Session, handle: libvirt.virDomain) -> str:
    try:
        state, _ = session.call(About("domain", handle.name()), handle.state)
    except NotFoundError:
        state = libvirt.VIR_DOMAIN_SHUTOFF  # it has just gone
    return _WORDS.get(state, "no state")
