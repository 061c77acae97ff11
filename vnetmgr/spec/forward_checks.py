"""What is wrong between the port forwards of a spec, and with the nics that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.forward import HostPorts
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.sources import FORWARDED
from vnetmgr.problem import problem_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.forward import Forward
    from vnetmgr.model.spec import SpecDomain
    from vnetmgr.problem import Place, Problem


def forward_problems(domains: Iterable[SpecDomain]) -> Iterator[Problem]:
    """The later one of two that want the same port of the host, and what leads nowhere. The domains
    are on one host."""
    ports: HostPorts[tuple[str, Place | None]] = HostPorts()
    for domain in domains:
        for forward, origin in domain.forwards.forwards if domain.forwards else ():
            about = forward.about(domain.name)
            yield from (problem_at(origin, each, about) for each in _nic_problems(domain, forward))
            clash = ports.take((domain.name, origin), forward)
            if clash is not None:
                (owner, place), other = clash
                what = f"host port {forward.name} leads to domain {owner} already"
                text = f"{what} ({other.text}): {place} and {origin}"
                yield problem_at(origin, text, about, other.about(owner))


def _nic_problems(domain: SpecDomain, forward: Forward) -> Iterator[str]:
    for nic in domain.nics:
        source = nic.patch.source
        if forward.nic != nic.spec_name or not isinstance(source, Source):
            continue
        if source.mode is Mode.NETWORK and forward.listen and forward.listen.is_loopback:
            yield (
                f"host port {forward.name}: {forward.listen} alone cannot lead to nic "
                f"{forward.nic} on {source}; loopback adds it to a forward"
            )
        if source.mode not in FORWARDED:
            yield (
                f"host port {forward.name}: nic {forward.nic} is on {source}, where the guest has "
                "an address of its own on the LAN; nothing is forwarded there"
            )
