"""How large packets of guests can be that other hosts get in tunnels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vnetmgr.model.overlay.host import Chassis

USUAL_MTU = 1442
"""Through Geneve over IPv4, where packets between hosts are of 1500 bytes."""
_COST = {4: 58, 6: 78}
"""Of Geneve with OVN's option, by the IP version between the hosts: measured, `ping -s`."""


def tunnel_mtu(chassis: Chassis | None) -> int | None:
    """What fits between this host and others; None where that cannot be seen."""
    if chassis is None or chassis.underlay_mtu is None or chassis.encap_ip is None:
        return None
    return chassis.underlay_mtu - _COST[6 if ":" in chassis.encap_ip else 4]


def guest_mtu(given: int | None, chassis: Chassis | None) -> int:
    """The MTU of an overlay's guests: as given, else as large as fits."""
    return given or tunnel_mtu(chassis) or USUAL_MTU
