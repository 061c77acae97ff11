"""One host's part of a spec that is for many. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.desired import Elsewhere
from vnetmgr.model.options.nics import DEFAULT_NETWORK
from vnetmgr.model.record import replace
from vnetmgr.spec.host_checks import networks_by_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from vnetmgr.model.network_want import AddressWant, NetworkWant
    from vnetmgr.model.spec import Placed, Spec, SpecDomain


def part_of(spec: Spec, host: str, placed: Mapping[str, Placed] | None = None) -> Spec:
    """What a spec says of one host.

    `placed` has where each domain without `host` has been found: one that is not in it is on no
    host's part. None: nobody has looked, and such a domain may be here.
    """
    return Parts(spec, placed).of(host)


class Parts:
    """All hosts' parts of a spec: what they have in common is found out once."""

    def __init__(self, spec: Spec, placed: Mapping[str, Placed] | None = None) -> None:
        """`placed`: as part_of has it."""
        self._spec, self._placed = spec, placed
        self._where = _where(spec, placed)
        self._unplaced = {domain.name for domain in spec.domains} - self._where.keys()
        self._elsewhere = list(self._all_elsewhere())

    def of(self, host: str) -> Spec:
        """That of one host."""
        spec = self._spec
        here = tuple(domain for domain in spec.domains if self._is_on(host, domain.name))
        return replace(
            spec,
            networks=tuple(_networks(spec, host, here)),
            addresses=tuple(
                want for want in spec.addresses if self._is_on(host, want.domain or "")
            ),
            domains=here,
            host=host,
            elsewhere=tuple(each for each in self._elsewhere if not self._is_on(host, each.name)),
            other_networks=tuple(
                (name, tuple(each.name for want in named for each in want.hosts or ()))
                for name, named in networks_by_name(spec).items()
                if not any(want.is_on(host) for want in named)
            ),
        )

    def _is_on(self, host: str, domain: str) -> bool:
        if domain in self._where:
            return self._where[domain] == host
        return domain in self._unplaced

    def _all_elsewhere(self) -> Iterator[Elsewhere]:
        """Each domain, as it is for the hosts that it is not on."""
        addresses: dict[str | None, list[AddressWant]] = {}
        for want in self._spec.addresses:
            addresses.setdefault(want.domain, []).append(want)
        for domain in self._spec.domains:
            if domain.name in self._where:
                yield self._as_elsewhere(domain, tuple(addresses.get(domain.name, ())))

    def _as_elsewhere(self, domain: SpecDomain, addresses: tuple[AddressWant, ...]) -> Elsewhere:
        there = self._where[domain.name]
        found = (self._placed or {}).get(domain.name)
        seen = found if found is not None and found.host == there else None
        return Elsewhere(
            name=domain.name,
            host=there,
            uuid=None if seen is None else seen.uuid,
            macs=() if seen is None else seen.macs,
            nics=domain.nics,
            addresses=addresses,
            forwards=domain.forwards,
            origin=domain.origin,
        )


def _where(spec: Spec, placed: Mapping[str, Placed] | None) -> dict[str, str | None]:
    """Where each domain is, of which that is said, or has been looked for."""
    said = {each.name: each.host.name for each in spec.domains if each.host is not None}
    if placed is None:
        return {**said}
    found = {name: each.host for name, each in placed.items()}
    return {each.name: found.get(each.name) for each in spec.domains} | said


def _networks(spec: Spec, host: str, here: Collection[SpecDomain]) -> Iterator[NetworkWant]:
    nats = {nic.origin for domain in here for nic in domain.nics} & {*spec.nats}
    for want in spec.networks:
        if spec.nats and want.name == DEFAULT_NETWORK:  # no file says it: it is where it is needed
            origins = (origin for origin in spec.nats if origin in nats)
            yield from (replace(want, origin=origin) for origin in list(origins)[:1])
        elif want.is_on(host):
            yield want
