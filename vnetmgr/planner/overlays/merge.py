"""Networks with what OVN has of them: an overlay is one network, half of it in libvirt. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.model.dhcp import Lease
from vnetmgr.model.network import OVERLAY_FIELDS, Network
from vnetmgr.model.options.addressing import first_host
from vnetmgr.model.patch import Unset
from vnetmgr.model.record import replace
from vnetmgr.planner.overlays.sources import with_sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.network_want import NetworkPatch
    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.model.seen.observed import Observed


def database_of(observed: Observed, overlay: str) -> Northbound:
    """The database that has an overlay, by its name. Raises VnetError where it cannot be asked."""
    found = observed.northbound
    if found is None:
        raise observed.northbound_unseen or RefusedError(
            f"network {overlay} is an overlay, and it is not known where OVN's northbound "
            "database is",
            "say where: --ovn-nb tcp:HOST:6641, or OVN_NB_DB in the environment",
        )
    return found


def no_switch(overlay: str, fleet: str, northbound: Northbound) -> RefusedError:
    """That OVN has an overlay no more, of which libvirt has a network yet."""
    return RefusedError(
        f"network {overlay} has no logical switch of fleet {fleet} in OVN ({northbound.at}), and "
        "all that it was stood there",
        "apply the spec that has it; or make it anew: "
        f"{Command('delete-network', overlay)}, then create-network",
    )


def refuse_other_fleet(overlay: str, fleet: str | None, northbound: Northbound) -> None:
    """Raise RefusedError where a spec is not of the fleet that has an overlay."""
    if fleet not in (None, northbound.fleet):
        raise RefusedError(
            f"network {overlay} is an overlay of fleet {fleet}, and this spec writes for fleet "
            f"{northbound.fleet}",
            "say whose it is: ovn: {fleet: ...} in the spec",
        )


def with_northbound(observed: Observed, northbound: Northbound) -> Observed:
    """With what OVN has: that of each overlay at its network, and each running nic on the overlay
    that has its port."""
    networks = tuple(_filled_states(seen, northbound) for seen in observed.networks)
    placed = with_sources(observed, northbound)
    leases = (*observed.leases, *_leases(networks, northbound))
    return replace(placed, northbound=northbound, networks=networks, leases=leases)


def _leases(networks: Iterable[SeenNetwork], northbound: Northbound) -> Iterator[Lease]:
    """Who has which address: OVN's DHCP gives each nic those of its port."""
    for seen in networks:
        network = seen.any
        if not network.is_overlay:
            continue
        for port in northbound.ports_of(network.name):
            for address in port.addresses:
                index = network.subnet_index(address)
                if index is not None and port.mac is not None:
                    yield Lease(
                        network=network.name,
                        address=address,
                        prefix=network.subnets[index].prefixlen,
                        mac=port.mac,
                        hostname=None if port.owner is None else port.owner.domain_name,
                    )


def _filled_states(seen: SeenNetwork, northbound: Northbound) -> SeenNetwork:
    config, live = seen.config, seen.live
    return replace(
        seen,
        config=None if config is None else of_database(config, northbound),
        live=None if live is None else of_database(live, northbound),
    )


def of_database(network: Network, northbound: Northbound) -> Network:
    """A network as libvirt has it with what OVN has of it, where it is an overlay."""
    if not network.is_overlay:
        return network
    overlay = northbound.overlay_of(network)
    return network if overlay is None else filled(network, overlay.network)


def filled(network: Network, switch: Network) -> Network:
    """A network as libvirt has it, with the fields of a logical switch."""
    return replace(network, **{field: getattr(switch, field) for field in OVERLAY_FIELDS})


def patched(switch: Network, patch: NetworkPatch) -> Network:
    """A logical switch as somebody wants it: each of its subnets has a gateway."""
    fields: dict[str, object] = {}
    for field in OVERLAY_FIELDS:
        value = getattr(patch, field)
        if not isinstance(value, Unset):
            fields[field] = getattr(Network, field) if value is None else value
    after = replace(switch, **fields)
    known = (*after.gateways, *switch.gateways)
    gateways = tuple(
        next((each for each in known if each in subnet), first_host(subnet))
        for subnet in after.subnets
    )
    return replace(after, gateways=gateways)
