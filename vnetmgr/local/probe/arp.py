"""Who has an address on a bridge of this host's: asked by the host, without a probe's port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.local.probe.frames.ethernet import ARP
from vnetmgr.local.probe.listening import ask_owners
from vnetmgr.local.probe.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address

    from vnetmgr.model.path.probe import ArpAnswer


def probe_arp(bridge: str, addresses: Sequence[IPv4Address]) -> tuple[ArpAnswer, ...]:
    """Who answers for each. From the bridge's own MAC and from no address, so that nobody's
    neighbour table changes. Raises VnetError, without root above all."""
    try:
        with Wire(bridge, ARP) as wire:
            return ask_owners(wire, addresses)
    except PermissionError:
        raise VnetError("asking who has an address needs root, or CAP_NET_RAW") from None
    except OSError as error:
        raise VnetError(f"bridge {bridge}: nobody can be asked there: {error.strerror}") from None
