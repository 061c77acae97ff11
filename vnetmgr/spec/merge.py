"""One spec of several files: each network and each nic stands in one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.intent import Intent
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_want import NetworkPatch, NetworkWant
from vnetmgr.model.options.nics import DEFAULT_NETWORK
from vnetmgr.model.spec import Spec, SpecDomain
from vnetmgr.problem import About, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.network_want import AddressWant
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.problem import Place
    from vnetmgr.spec.nodes import Places


def merged(
    specs: Sequence[Spec], places: Places, problems: list[Problem], *, default: bool = True
) -> Spec:
    """All of them in one; what clashes is added to `problems`, at the later of the two places.
    `default`: with the network that nics with `nat` are on, where none of them says it."""
    merge = _Merge(places, problems)
    networks: dict[str, list[NetworkWant]] = {}
    domains: dict[str, SpecDomain] = {}
    addresses: dict[tuple[str | None, str | None], AddressWant] = {}
    for spec in specs:
        for want in spec.networks:
            merge.network(networks.setdefault(want.name, []), want)
        for domain in spec.domains:
            present = domains.get(domain.name)
            domains[domain.name] = domain if present is None else merge.both(present, domain)
        for address in spec.addresses:
            addresses.setdefault((address.domain, address.nic), address)
    merge.prunes([(file, spec.prune) for spec in specs for file in spec.files], "prune")
    nats = tuple(
        nic.origin
        for domain in domains.values()
        for nic in domain.nics
        if (nic.origin, "nat") in places
    )
    implied = default and nats and DEFAULT_NETWORK not in networks
    if implied:
        networks[DEFAULT_NETWORK] = [_default_network(nats[0])]
    return Spec(
        files=tuple(file for spec in specs for file in spec.files),
        networks=tuple(want for same in networks.values() for want in same),
        addresses=tuple(addresses.values()),
        domains=tuple(domains.values()),
        prune=any(spec.prune for spec in specs),
        nats=nats if implied else (),
        ovn=_merged_ovn(specs, places, problems),
    )


def _merged_ovn(
    specs: Sequence[Spec], places: Places, problems: list[Problem]
) -> OvnSettings | None:
    said = [spec.ovn for spec in specs if spec.ovn is not None]
    if not said:
        return None
    from vnetmgr.spec.overlays.settings import merged_ovn  # most specs have no overlays

    return merged_ovn(said, places, problems)


class _Merge:
    def __init__(self, places: Places, problems: list[Problem]) -> None:
        self._places, self._problems = places, problems

    def clash(
        self, what: str, first: Place | None, second: Place | None, about: About | None
    ) -> None:
        """Two files say two things."""
        self._problems.append(Problem(about, f"{what}: {first} and {second}", origin=second))

    def network(self, same: list[NetworkWant], want: NetworkWant) -> None:
        """One more of a name, which may be on other hosts."""
        first = next((each for each in same if each.meets(want) or _are_one(each, want)), None)
        if first is None:
            same.append(want)
        else:
            self.clash(f"network {want.name} stands twice", first.origin, want.origin, want.about)

    def both(self, first: SpecDomain, second: SpecDomain) -> SpecDomain:
        """One domain of two files."""
        part = About("domain", first.name)
        said = [(first.origin, first.prune), (second.origin, second.prune)]
        self.prunes(said, f"prune of domain {first.name}", part)
        nics: dict[str | None, NicWant] = {nic.spec_name: nic for nic in first.nics}
        for nic in second.nics:
            present = nics.setdefault(nic.spec_name, nic)
            if present is not nic:
                what = f"nic {nic.spec_name} of domain {first.name} stands twice"
                self.clash(what, present.origin, nic.origin, nic.about)
        if first.forwards is not None and second.forwards is not None:
            what = f"forwards of domain {first.name} stand twice, and such a list is complete"
            self.clash(what, first.forwards.origin, second.forwards.origin, part)
        if first.host and second.host and first.host.name != second.host.name:
            what = f"host of domain {first.name} is said in two ways"
            self.clash(what, first.host.origin, second.host.origin, part)
        # Whichever says `prune` stands for both: a third file is held against that.
        given = [each for each in (first, second) if (each.origin, "prune") in self._places]
        says = given[0] if given else first
        return SpecDomain(
            name=first.name,
            origin=says.origin,
            prune=says.prune,
            nics=tuple(nics.values()),
            forwards=first.forwards or second.forwards,
            host=first.host or second.host,
        )

    def prunes(
        self, owners: Iterable[tuple[object, bool]], what: str, about: About | None = None
    ) -> None:
        """Files that differ in what they prune."""
        said: list[tuple[bool, Place]] = []
        for owner, prune in owners:
            place = self._places.get((owner, "prune"))
            if place is None:
                continue
            said.append((prune, place))
            if prune is not said[0][0]:
                self.clash(f"{what} is said in two ways", said[0][1], place, about)


def _are_one(first: NetworkWant, second: NetworkWant) -> bool:
    """Whether two of a name are one although they are on different hosts: an overlay is all
    hosts'."""
    return first.patch.is_overlay and second.patch.is_overlay


def _default_network(origin: Place | None) -> NetworkWant:
    """What a nic with `nat: true` is on."""
    return NetworkWant(
        name=DEFAULT_NETWORK,
        intent=Intent.PRESENT,
        patch=NetworkPatch(mode=NetworkMode.NAT),
        guests=True,
        origin=origin,
    )
