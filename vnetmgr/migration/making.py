"""The commands that make on one host what another has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.dhcp import INFINITE_S
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_attributes import default_of
from vnetmgr.model.options.networks import NETWORK_OPTIONS, OPTION_OF
from vnetmgr.model.options.parsers import Kind
from vnetmgr.model.overlay.host import INTEGRATION_BRIDGE
from vnetmgr.model.show import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.network import Network, SeenNetwork

_LIBVIRTS_BRIDGE = "virbr"
"""How the bridges begin that libvirt names by itself: on another host it takes the next free."""


def create_network(seen: SeenNetwork) -> tuple[str, ...] | None:
    """The words that make a network like one that is there; None: no command makes such a one. The
    addresses that it keeps, and its DNS records, are other guests' as well, and left out."""
    network = seen.config or seen.any
    if network.mode is NetworkMode.OTHER:
        return None
    if network.is_overlay:  # all else of it is there, where OVN is
        bridge = network.bridge or INTEGRATION_BRIDGE
        own = () if bridge == INTEGRATION_BRIDGE else ("--bridge", bridge)
        return ("create-network", network.name, "--mode", str(network.mode), *own)
    words = [word for field in OPTION_OF for word in _option(network, field)]
    held = ("--no-autostart",) if seen.config is not None and not seen.autostart else ()
    return ("create-network", network.name, *words, *held)


def _option(network: Network, field: str) -> Iterator[str]:
    """A field as its option says it, if there is anything to say."""
    key, value = OPTION_OF[field], getattr(network, field)
    flag = f"--{key.replace('_', '-')}"
    if field in ("subnets", "dhcp_ranges") and not value:
        yield from _nothing(network, field)
    elif value in (None, (), default_of(field)) or _comes_anyway(network, field):
        return
    elif NETWORK_OPTIONS[key].kind is Kind.SWITCH:
        yield flag if value else f"--no-{flag.removeprefix('--')}"
    elif field == "lease_time":
        yield from (flag, "infinite" if value == INFINITE_S else f"{value}s")
    elif isinstance(value, tuple):
        for each in value:
            yield from (flag, show((each,)) or "")
    else:
        yield from (flag, show(value) or "")


def _nothing(network: Network, field: str) -> Iterator[str]:
    """A new network gets a subnet, and DHCP, where nobody says that it has none."""
    if field == "subnets" and network.has_own_bridge:
        yield from ("--subnet", "none")
    elif field == "dhcp_ranges" and network.subnets:
        yield "--no-dhcp"


def _comes_anyway(network: Network, field: str) -> bool:
    """What a new network has by itself, or has of its host."""
    if field == "bridge":
        return network.has_own_bridge and (network.bridge or "").startswith(_LIBVIRTS_BRIDGE)
    if field == "gateways":
        return network.gateways == tuple(subnet[1] for subnet in network.subnets)
    return False
