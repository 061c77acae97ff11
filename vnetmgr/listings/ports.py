"""What OVN knows of running nics on overlays: their ports, and whether a host has these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.address import Address, Origin
from vnetmgr.model.nic import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.network import Network, SeenNetwork
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.overlay.northbound import LogicalPort
    from vnetmgr.model.seen.observed import Observed


def overlay_of(nic: Nic, observed: Observed) -> Network | None:
    """The overlay that a running nic is on."""
    if nic.source.mode is not Mode.NETWORK or nic.source.name is None:
        return None
    seen = observed.network(nic.source.name)
    found = None if seen is None else seen.live or seen.any
    return found if found is not None and found.is_overlay else None


def _port_of(nic: Nic, observed: Observed) -> LogicalPort | None:
    northbound = observed.northbound
    return None if northbound is None else northbound.port(nic.interface_id)


def port_addresses(observed: Observed) -> Iterator[Address]:
    """The addresses that OVN's DHCP gives to running nics: its ports have them."""
    for domain in observed.domains:
        for seen in domain.nics:
            network = None if seen.live is None else overlay_of(seen.live, observed)
            if seen.live is not None and network is not None:
                yield from _addresses(seen.live, network, observed)


def _addresses(nic: Nic, network: Network, observed: Observed) -> Iterator[Address]:
    port = _port_of(nic, observed)
    if port is None or nic.mac is None or port.mac != nic.mac:
        return
    for address in port.addresses:
        index = network.subnet_index(address)
        yield Address(
            address=str(address),
            prefix=address.max_prefixlen if index is None else network.subnets[index].prefixlen,
            mac=nic.mac,
            origin=Origin.PORT,
            network=network.name,
        )


def is_bound(nic: Nic | None, observed: Observed) -> bool | None:
    """Whether a host has a running nic's port; None: it is on no overlay, or that is not known."""
    if nic is None or observed.northbound is None or overlay_of(nic, observed) is None:
        return None
    port = _port_of(nic, observed)
    return False if port is None else port.up


def port_problem(nic: Nic | None, observed: Observed) -> str | None:
    """What is wrong with a running nic's port, in words."""
    if is_bound(nic, observed) is not False or nic is None:
        return None
    return "no port in OVN" if _port_of(nic, observed) is None else "port not bound"


def unchecked_port(nic: Nic | None, observed: Observed) -> str | None:
    """That it is not known whether a running nic's port is in use, in words."""
    on_overlay = nic is not None and overlay_of(nic, observed) is not None
    return "port not checked" if on_overlay and is_bound(nic, observed) is None else None


def unseen_ports(observed: Observed) -> str | None:
    """Why OVN could not be asked about running nics on overlays; None where there are none."""
    why = observed.northbound_unseen
    nics = (seen.live for domain in observed.domains for seen in domain.nics)
    if why is None or not any(nic is not None and overlay_of(nic, observed) for nic in nics):
        return None
    return f"ports on overlays not checked: {why.message}"


def overlay_notes(networks: Iterable[SeenNetwork], observed: Observed) -> Iterator[str]:
    """Overlays of which OVN could not be asked, or that it has not."""
    names = [each.name for each in networks if each.is_overlay]
    why, northbound = observed.northbound_unseen, observed.northbound
    if names and northbound is None:
        said = "OVN was not asked" if why is None else why.message
        yield f"what OVN has of {', '.join(names)} was not checked: {said}"
        return
    for name in names:
        seen = observed.network(name)
        fleet = None if seen is None else seen.any.fleet
        if northbound is not None and northbound.overlay(name, fleet or "") is None:
            yield f"{name} has no logical switch of fleet {fleet} in OVN ({northbound.at})"
