"""One host's part of a spec that is for many. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.desired import Elsewhere
from vnetmgr.model.options.nics import DEFAULT_NETWORK
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from vnetmgr.model.network_want import AddressWant, NetworkWant
    from vnetmgr.model.spec import Placed, Spec, SpecDomain


def part_of(spec: Spec, host: str, placed: Mapping[str, Placed] | None = None) -> Spec:
    """What a spec says of one host.

    `placed` has where each domain without `host` has been found: one that is not in it is on no
    host's part. None: nobody has looked, and such a domain may be here.
    """
    where = {domain.name: _host_of(domain, host, placed) for domain in spec.domains}
    here = tuple(domain for domain in spec.domains if where[domain.name] == host)
    return replace(
        spec,
        networks=tuple(_networks(spec, host, here)),
        addresses=tuple(want for want in spec.addresses if where.get(want.domain or "") == host),
        domains=here,
        host=host,
        elsewhere=tuple(_elsewhere(spec, host, where, placed or {})),
        other_networks=tuple(
            (want.name, tuple(each.name for each in want.hosts or ()))
            for want in spec.networks
            if not want.is_on(host)
        ),
    )


def _host_of(domain: SpecDomain, host: str, placed: Mapping[str, Placed] | None) -> str | None:
    if domain.host is not None:
        return domain.host.name
    if placed is None:
        return host
    return placed[domain.name].host if domain.name in placed else None


def _networks(spec: Spec, host: str, here: Collection[SpecDomain]) -> Iterator[NetworkWant]:
    nats = {nic.origin for domain in here for nic in domain.nics} & {*spec.nats}
    for want in spec.networks:
        if spec.nats and want.name == DEFAULT_NETWORK:  # no file says it: it is where it is needed
            origins = (origin for origin in spec.nats if origin in nats)
            yield from (replace(want, origin=origin) for origin in list(origins)[:1])
        elif want.is_on(host):
            yield want


def _elsewhere(
    spec: Spec, host: str, where: Mapping[str, str | None], placed: Mapping[str, Placed]
) -> Iterator[Elsewhere]:
    addresses: dict[str, list[AddressWant]] = {name: [] for name in where}
    for want in spec.addresses:
        if want.domain in addresses:
            addresses[want.domain].append(want)
    for domain in spec.domains:
        there = where[domain.name]
        if there == host:
            continue
        found = placed.get(domain.name)
        seen = found if found is not None and found.host == there else None
        yield Elsewhere(
            name=domain.name,
            host=there,
            uuid=None if seen is None else seen.uuid,
            macs=() if seen is None else seen.macs,
            nics=domain.nics,
            addresses=tuple(addresses[domain.name]),
            forwards=domain.forwards,
            origin=domain.origin,
        )
