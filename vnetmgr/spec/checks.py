"""What is wrong between the parts of a spec, whatever host it is for."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.model.dhcp import Reservation
from vnetmgr.model.network_want import NetworkPatch
from vnetmgr.model.nic import Mode
from vnetmgr.model.options.nics import DEFAULT_NETWORK
from vnetmgr.model.patch import UNSET, Unset, given
from vnetmgr.problem import About, problem_at
from vnetmgr.spec.host_checks import (
    domains_together,
    networks_by_name,
    networks_elsewhere,
    networks_together,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.dhcp import IpNetwork
    from vnetmgr.model.network_want import AddressWant, NetworkWant
    from vnetmgr.model.spec import Spec
    from vnetmgr.model.values import Mac
    from vnetmgr.problem import Place, Problem

_NOWHERE: Mapping[tuple[object, object], Place] = MappingProxyType({})


def spec_problems(
    spec: Spec,
    places: Mapping[tuple[object, object], Place] = _NOWHERE,
    *,
    apart: bool = False,
) -> Iterator[Problem]:
    """Every clash, at the place of the later one. A value whose place is not known is where its
    nic or network is. `apart`: it is for many hosts, and only what is on one host can clash there.
    """
    checks = _Checks(spec, places, apart=apart)
    yield from checks.macs()
    yield from checks.portgroups()
    yield from checks.nat()
    yield from checks.addresses()
    yield from checks.bridges()
    yield from checks.subnets()
    if apart:
        yield from networks_elsewhere(spec)
    if any(domain.forwards for domain in spec.domains):
        from vnetmgr.spec.forward_checks import forward_problems

        for domains in checks.domains_together:
            yield from forward_problems(domains)


class _Checks:
    def __init__(
        self, spec: Spec, places: Mapping[tuple[object, object], Place], *, apart: bool
    ) -> None:
        self.domains_together = domains_together(spec) if apart else [spec.domains]
        self._networks_together = networks_together(spec) if apart else [spec.networks]
        self._host_of = {each.name: each.host and each.host.name for each in spec.domains}
        self._apart = apart
        self._networks = networks_by_name(spec)
        self._nics = [nic for domain in spec.domains for nic in domain.nics]
        self._addresses = spec.addresses
        self._places = places

    def _place(self, want: NicWant | NetworkWant, value: object) -> Place | None:
        return self._places.get((want.origin, value), want.origin)

    def _network(self, name: str | None, host: str | None) -> NetworkWant | None:
        """The one of that name; of several, that of the host, where it is known."""
        found = self._networks.get(name or "", [])
        if len(found) > 1:
            found = [want for want in found if host is not None and want.is_on(host)]
        return found[0] if found else None

    def _is_overlay(self, name: str) -> bool:
        """Whether a network is one for all hosts, by its name."""
        found = self._networks.get(name, ())
        return any(want.patch.is_overlay for want in found)

    def macs(self) -> Iterator[Problem]:
        """Two nics with one MAC."""
        nics = [(nic, nic.patch.mac) for nic in self._nics if nic.patch.mac is not UNSET]
        yield from _twice(
            (
                (mac, f"{nic.domain}/{nic.spec_name}", self._place(nic, mac), nic.about)
                for nic, mac in nics
            ),
            "MAC",
        )

    def portgroups(self) -> Iterator[Problem]:
        """Nics on portgroups that their networks do not have."""
        for nic in self._nics:
            group = nic.patch.portgroup
            if isinstance(group, Unset) or group is None:
                continue
            network = self._network(_network_of(nic), self._host_of.get(nic.domain))
            if network is None or isinstance(network.patch.portgroups, Unset):
                continue
            if group not in [each.name for each in given(network.patch.portgroups)]:
                text = f"network {network.name} has no portgroup {group}"
                yield problem_at(self._place(nic, group), text, nic.about)

    def nat(self) -> Iterator[Problem]:
        """Nics with `nat` where the network for it translates nothing."""
        if all(
            want.patch.mode_if_new.kind.translated
            for want in self._networks.get(DEFAULT_NETWORK, ())
        ):
            return
        for nic in self._nics:
            place = self._places.get((nic.origin, "nat"))
            network = self._network(DEFAULT_NETWORK, self._host_of.get(nic.domain))
            if place is None or network is None:
                continue
            if not (mode := network.patch.mode_if_new).kind.translated:
                text = f"nat: network {DEFAULT_NETWORK} is {mode} in this spec"
                yield problem_at(place, text, nic.about)

    def addresses(self) -> Iterator[Problem]:
        """Addresses of nics that their networks cannot reserve."""
        if not self._addresses:
            return
        macs: dict[tuple[str | None, str | None], Mac] = {
            (nic.domain, nic.spec_name): nic.patch.mac
            for nic in self._nics
            if nic.patch.mac is not UNSET
        }
        together: dict[tuple[str, str | None], list[AddressWant]] = {}
        for want in self._addresses:
            spans = self._is_overlay(want.network)
            host = self._host_of.get(want.domain or "") if self._apart and not spans else None
            together.setdefault((want.network, host), []).append(want)
        for (name, host), wants in together.items():
            network = self._network(name, host)
            mode = UNSET if network is None else network.patch.mode
            if not isinstance(mode, Unset) and "reservations" in mode.kind.lacks:
                for want in wants:
                    text = f"address: network {name} is of mode {mode}, which has no DHCP"
                    yield problem_at(want.origin, text, want.about)
            else:
                alone = self._apart and host is None and not self._is_overlay(name)
                yield from self._reservations(network, wants, macs, alone=alone)

    def _reservations(
        self,
        network: NetworkWant | None,
        wants: Sequence[AddressWant],
        macs: Mapping[tuple[str | None, str | None], Mac],
        *,
        alone: bool,
    ) -> Iterator[Problem]:
        """Those of nics beside a network's own. `alone`: each of the domains may be on a host where
        none of the others is."""
        from vnetmgr.spec.network_checks import patch_problems  # many modules

        patch = NetworkPatch() if network is None else network.patch
        own = given(patch.reservations)
        by_mac = {(each.mac, each.address.version): each for each in own if each.mac is not None}
        mine: list[Reservation] = []
        found: dict[object, _Found] = {}
        if network is not None:
            for each in own:
                found[each] = _Found(self._place(network, each), network.about)
        for want in wants:
            if want.address is None:
                continue
            label = f"{want.domain}/{want.nic}"
            each = Reservation(address=want.address, hostname=label)
            mine.append(each)
            found[each] = _Found(want.origin, want.about)
            mac = macs.get((want.domain, want.nic))
            listed = None if mac is None else by_mac.get((mac, want.address.version))
            if listed is not None and listed.address != want.address:
                yield problem_at(
                    want.origin,
                    f"{label} has two reservations: {listed.address}, which network "
                    f"{want.network} lists for {listed.mac}, and {want.address}",
                    want.about,
                )
        known = set(patch_problems(patch, own))
        for problem in patch_problems(patch, (*own, *mine)):
            if problem not in known and not (alone and _between_domains(problem, found)):
                yield _at_nic(problem, found)

    def bridges(self) -> Iterator[Problem]:
        """Two networks that make one bridge."""
        for networks in self._networks_together:
            made = [
                (want, want.patch.bridge)
                for want in networks
                if isinstance(want.patch.bridge, str) and not want.patch.is_on_hosts_bridge
            ]
            yield from _twice(
                (
                    (name, f"network {want.name}", self._place(want, name), want.about)
                    for want, name in made
                ),
                "bridge",
            )

    def subnets(self) -> Iterator[Problem]:
        """Subnets of two networks that overlap: one is within the other."""
        for networks in self._networks_together:
            yield from self._overlaps(networks)

    def _overlaps(self, networks: Sequence[NetworkWant]) -> Iterator[Problem]:
        order = {want.name: number for number, want in enumerate(networks)}
        every = sorted(
            ((subnet, want) for want in networks if _is_local(want) for subnet in _subnets(want)),
            key=lambda each: (each[0].version, each[0]),
        )
        around: list[tuple[IpNetwork, NetworkWant]] = []
        for subnet, want in every:
            while around and not _within(subnet, around[-1][0]):
                around.pop()
            for other in around:
                if other[1] is not want:
                    pair = sorted((other, (subnet, want)), key=lambda each: order[each[1].name])
                    yield self._overlap(*pair)
            around.append((subnet, want))

    def _overlap(
        self, first: tuple[IpNetwork, NetworkWant], second: tuple[IpNetwork, NetworkWant]
    ) -> Problem:
        (other, owner), (subnet, want) = first, second
        return problem_at(
            self._place(want, subnet),
            f"subnet {subnet} of network {want.name} overlaps {other} of network {owner.name} "
            f"({self._place(owner, other)})",
            want.about,
            owner.about,
        )


def _is_local(want: NetworkWant) -> bool:
    """Whether its addresses are the hosts' own, and no two may have the same."""
    return not want.patch.is_overlay


def _network_of(nic: NicWant) -> str | None:
    source = nic.patch.source
    if isinstance(source, Unset) or source.mode is not Mode.NETWORK:
        return None
    return source.name


class _Found(NamedTuple):
    """Where a reservation stands, and who it is for."""

    origin: Place | None
    about: About


def _between_domains(problem: Problem, found: Mapping[object, _Found]) -> bool:
    domains = {found[value].about.domain for value in problem.values if value in found}
    return len(domains - {None}) > 1


def _at_nic(problem: Problem, found: Mapping[object, _Found]) -> Problem:
    """A problem that the nics' addresses bring, at the last of those that it is about."""
    named = [found[value] for value in problem.values if value in found]
    at, text = named[-1], problem.text
    others = [each for each in named if each.origin != at.origin]
    if others:  # two have one address
        text = f"{text}; the first is at {others[0].origin}"
    return problem_at(at.origin, text, at.about, *(each.about for each in others))


def _twice(
    things: Iterable[tuple[Hashable, str, Place | None, About]], what: str
) -> Iterator[Problem]:
    seen: dict[Hashable, tuple[str, Place | None, About]] = {}
    for key, owner, origin, part in things:
        first = seen.setdefault(key, (owner, origin, part))
        if first != (owner, origin, part):
            text = f"{what} {key} of {owner} is that of {first[0]} ({first[1]})"
            yield problem_at(origin, text, part, first[2])


def _subnets(network: NetworkWant) -> tuple[IpNetwork, ...]:
    """Those that the host has a route to; an overlay's it has not."""
    return () if network.patch.is_overlay else given(network.patch.subnets)


def _within(subnet: IpNetwork, other: IpNetwork) -> bool:
    return subnet.version == other.version and subnet[0] in other
