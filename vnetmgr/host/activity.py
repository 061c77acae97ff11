"""What all domains do, by libvirt's one call for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libvirt

from vnetmgr.model.seen.traffic import DomainActivity, Traffic

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
