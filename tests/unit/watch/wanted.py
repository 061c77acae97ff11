"""A spec's wants, as values."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from vnetmgr.model.desired import Desired, NicWant, SpecScope
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import AddressWant, NetworkPatch, NetworkWant
from vnetmgr.model.options.nic_patch import build_patch
from vnetmgr.problem import Place


def nic(domain: str, name: str, **options: str) -> NicWant:
    """A nic of a spec; its place is `DOMAIN/NAME`."""
    return NicWant(
        domain=domain,
        intent=Intent.PRESENT,
        patch=build_patch(options, source_needed=False),
        spec_name=name,
        origin=Place(f"{domain}.yaml", 4),
    )


def network(name: str, **patch: Any) -> NetworkWant:
    """A network of a spec."""
    return NetworkWant(
        name=name,
        intent=Intent.PRESENT,
        patch=NetworkPatch(**patch),
        guests=True,
        origin=Place("net.yaml", 2),
    )


def address(
    network: str, last: int, domain: str | None = None, nic: str | None = None
) -> AddressWant:
    """A reservation of a spec."""
    return AddressWant(
        network=network,
        intent=Intent.PRESENT,
        domain=domain,
        nic=nic,
        address=ip_address(f"192.168.150.{last}"),
        origin=Place("addresses.yaml", last),
    )


def spec(*wants: NicWant | NetworkWant | AddressWant, **scope: Any) -> Desired:
    """A spec of these wants, and of the domains that they name."""
    nics = tuple(want for want in wants if isinstance(want, NicWant))
    names = dict.fromkeys(want.domain for want in nics)
    domains = tuple((name, Place(f"{name}.yaml", 1)) for name in names)
    return Desired(
        networks=tuple(want for want in wants if isinstance(want, NetworkWant)),
        addresses=tuple(want for want in wants if isinstance(want, AddressWant)),
        nics=nics,
        spec=SpecScope(domains=domains, **scope),
    )
