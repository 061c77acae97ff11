"""Guests of other hosts that have addresses on an overlay: OVN has their ports, and whose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.model.record import replace
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vnetmgr.model.overlay.northbound import LogicalPort
    from vnetmgr.model.overlay.southbound import Southbound
    from vnetmgr.model.rows.networks import LeaseRow
    from vnetmgr.model.seen.observed import Observed

_Hosts = dict[str, str]
"""A logical port -> the host that has it."""


def with_guests_elsewhere(
    rows: Iterable[LeaseRow], observed: Observed, ask: Callable[[], Southbound]
) -> tuple[tuple[LeaseRow, ...], tuple[str, ...]]:
    """The rows with the guests of other hosts and where these are, and what could not be checked
    of that. `ask`: for what OVN's southbound database has, or VnetError."""
    rows = tuple(rows)
    there = _ports_elsewhere(observed)
    ports = {
        at: port
        for at, row in enumerate(rows)
        if row.domain is None and (port := there.get((row.network, row.mac)))
    }
    hosts, notes = _hosts_of(ports.values(), ask) if ports else (None, ())
    found = (
        _there(row, ports[at], hosts) if at in ports else _here(row, observed)
        for at, row in enumerate(rows)
    )
    return tuple(found), notes


def _ports_elsewhere(observed: Observed) -> dict[tuple[str, Mac | None], LogicalPort]:
    """The ports of guests that are not here, if OVN has them as vnetmgr's: by overlay and MAC the
    first of each."""
    overlays = {each.name for each in observed.networks if each.is_overlay}
    here = {each.uuid for each in observed.domains}
    found: dict[tuple[str, Mac | None], LogicalPort] = {}
    for port in () if observed.northbound is None else observed.northbound.ports:
        domain = None if port.owner is None else port.owner.domain
        if domain and domain not in here and port.switch in overlays:
            found.setdefault((port.switch, port.mac), port)
    return found


def _here(row: LeaseRow, observed: Observed) -> LeaseRow:
    return row if row.domain is None else replace(row, host=observed.host)


def _there(row: LeaseRow, port: LogicalPort, hosts: _Hosts | None) -> LeaseRow:
    owner = port.owner
    if owner is None:
        return row
    return replace(
        row,
        domain=owner.domain_name or owner.domain,
        nic=None if owner.nic is None or _is_mac(owner.nic) else owner.nic,
        is_elsewhere=True,
        bound=port.up if hosts is None else port.name in hosts,
        host=None if hosts is None else hosts.get(port.name),
    )


def _is_mac(text: str) -> bool:
    try:
        return bool(Mac.normalise(text))
    except ValueError:
        return False


def _hosts_of(
    ports: Iterable[LogicalPort], ask: Callable[[], Southbound]
) -> tuple[_Hosts | None, tuple[str, ...]]:
    """Which hosts have the ports; or None, and why that is not known."""
    try:
        found = ask()
    except VnetError as error:
        return None, (f"on which hosts guests of other hosts are was not checked: {error.message}",)
    names = {port.name for port in ports}
    chassis = {each.name: each.label for each in found.chassis}
    return {
        each.port: chassis[each.chassis]
        for each in found.bindings
        if each.port in names and each.chassis in chassis
    }, ()
