"""Reads the leases that libvirt's networks have given out."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from vnetmgr.errors import NotFoundError, UnsupportedError, VnetError
from vnetmgr.host.networks import network_handles
from vnetmgr.model.dhcp import Lease
from vnetmgr.model.values import Mac
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Sequence

    import libvirt

    from vnetmgr.host.session import Session


def read_leases(session: Session, names: Sequence[str]) -> tuple[Lease, ...]:
    """The leases of networks, also of those that are off; none where the driver has no DHCP."""
    found: list[Lease] = []
    for handle in network_handles(session, names):
        name = handle.name()
        try:
            found += (
                _lease(name, each)
                for each in session.call(About("network", name), handle.DHCPLeases)
            )
        except VnetError as error:
            if not isinstance(error, UnsupportedError) and _is_active(session, handle):
                raise
    return tuple(found)


def _is_active(session: Session, handle: libvirt.virNetwork) -> bool:
    try:
        return bool(session.call(About("network", handle.name()), handle.isActive))
    except NotFoundError:
        return False


def _lease(network: str, raw: dict[str, Any]) -> Lease:
    """libvirt's dictionary as a lease. `clientid` is an IPv6 client's DUID."""
    address = ip_address(raw["ipaddr"])
    mac = raw.get("mac")
    return Lease(
        network=network,
        address=address,
        prefix=raw["prefix"],
        mac=Mac.normalise(mac) if mac else None,
        duid=(raw.get("clientid") or None) if address.version == 6 else None,
        hostname=raw.get("hostname") or None,
        expires_s=raw["expirytime"] or None,  # 0 stands for one that never ends
    )
