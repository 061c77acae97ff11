"""What is wrong with the hosts that a spec names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from vnetmgr.model.names import did_you_mean, joined
from vnetmgr.model.nic import Mode
from vnetmgr.model.patch import Unset
from vnetmgr.problem import About, problem_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.names import HostRef
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.spec import Placed, Spec, SpecDomain
    from vnetmgr.problem import Problem


class KnownHosts(Protocol):
    """The hosts that there are."""

    @property
    def file(self) -> str:
        """Who says so."""

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""


def unknown_hosts(spec: Spec, known: KnownHosts) -> Iterator[Problem]:
    """Hosts that a spec names, and the administrator does not."""
    names = frozenset(known.names)
    for about, ref in _named(spec):
        if ref.name not in names:
            text = f"{known.file} has no host {ref.name}.{did_you_mean(ref.name, known.names)}"
            yield problem_at(ref.origin, text.removesuffix("."), about)


def _named(spec: Spec) -> Iterator[tuple[About, HostRef]]:
    for want in spec.networks:
        for ref in want.hosts or ():
            yield About("network", want.name, field="hosts"), ref
    for domain in spec.domains:
        if domain.host is not None:
            yield About("domain", domain.name, field="host"), domain.host


def networks_by_name(spec: Spec) -> dict[str, list[NetworkWant]]:
    """Different hosts may have different ones of one name."""
    found: dict[str, list[NetworkWant]] = {}
    for want in spec.networks:
        found.setdefault(want.name, []).append(want)
    return found


def networks_together(spec: Spec) -> list[list[NetworkWant]]:
    """The networks that are on one host, for each host that any of them names, and for those that
    none does."""
    hosts = dict.fromkeys(each.name for want in spec.networks for each in want.hosts or ())
    everywhere = [want for want in spec.networks if want.hosts is None]
    groups = ([want for want in spec.networks if want.is_on(host)] for host in hosts)
    return [everywhere, *groups]


def domains_together(spec: Spec) -> list[list[SpecDomain]]:
    """The domains that the spec itself has on one host, for each; where one is that names none has
    to be found out, and it may be alone there."""
    groups: dict[object, list[SpecDomain]] = {}
    for domain in spec.domains:
        key = (domain.name,) if domain.host is None else domain.host.name
        groups.setdefault(key, []).append(domain)
    return list(groups.values())


def networks_elsewhere(spec: Spec, placed: Mapping[str, Placed] | None = None) -> Iterator[Problem]:
    """Nics on networks that the spec has on other hosts than the one that their domain is on: as
    it says itself, or as it was found."""
    networks = networks_by_name(spec)
    for domain in spec.domains if networks else ():
        found = (placed or {}).get(domain.name)
        host = domain.host.name if domain.host else found.host if found else None
        if host is None:
            continue
        for nic in domain.nics:
            named = networks.get(_network_of(nic), [])
            if named and not any(want.is_on(host) for want in named):
                yield problem_at(nic.origin, _missing(named, domain.name, host), nic.about)


def _network_of(nic: NicWant) -> str:
    source = nic.patch.source
    if isinstance(source, Unset) or source.mode is not Mode.NETWORK:
        return ""
    return source.name or ""


def _missing(networks: Sequence[NetworkWant], domain: str, host: str) -> str:
    hosts = [each.name for want in networks for each in want.hosts or ()]
    where = f"on {joined(hosts)} alone" if hosts else "on no host"
    return f"domain {domain} is on {host}, and the spec has network {networks[0].name} {where}"
