"""All checks, in the order in which they have the say: the first that finds something broken names
the cause, and what comes later may follow from that.

That is the way of a packet from the guest outwards, but that what has to be there at all (the
domain runs, its network is active, its bridge exists) comes before what is plugged into it; and
symptoms (no address, no lease, a neighbour that is silent) come last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.checks import (
    bridges,
    devices,
    dhcp,
    domains,
    filters,
    firewall,
    forwards,
    guests,
    ipv6,
    modes,
    mtus,
    networks,
    overlay_addresses,
    overlays,
    probes,
    routing,
    taps,
    uplinks,
    vlans,
)

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Row

CHECKS: tuple[Row, ...] = (
    *domains.ROWS,
    *networks.ROWS,
    *bridges.MISSING_ROWS,
    *devices.ROWS,
    *guests.ROWS,
    *taps.ROWS,
    *overlays.ROWS,
    *overlay_addresses.ROWS,
    *bridges.ROWS,
    *vlans.ROWS,
    *devices.MAC_ROWS,
    *bridges.MAC_ROWS,
    *filters.ROWS,
    *modes.ROWS,
    *uplinks.ROWS,
    *networks.ADDRESS_ROWS,
    *firewall.ROWS,
    *dhcp.ROWS,
    *routing.ROWS,
    *ipv6.ROWS,
    *mtus.ROWS,
    *forwards.ROWS,
    *probes.ROWS,
    *routing.LATER_ROWS,
    *dhcp.LATER_ROWS,
    *guests.LATER_ROWS,
    *networks.LATER_ROWS,
    *bridges.LATER_ROWS,
    *ipv6.LATER_ROWS,
    *modes.LATER_ROWS,
    *devices.LATER_ROWS,
    *domains.LATER_ROWS,
)
