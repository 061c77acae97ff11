"""What is wrong between the port forwards of a spec, and with the nics that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.forward import HostPorts
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.spec import Part, problem_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.forward import Forward
    from vnetmgr.model.spec import Problem, Spec, SpecDomain

_NOWHERE = frozenset({Mode.BRIDGE, Mode.DIRECT, Mode.HOSTDEV})


def forward_problems(spec: Spec) -> Iterator[Problem]:
    """The later one of two that want the same port of the host, and what leads nowhere."""
    ports = HostPorts()
    owners: dict[str, str] = {}
    for domain in spec.domains:
        for forward, origin in domain.forwards.forwards if domain.forwards else ():
            part = Part("domain", domain.name)
            yield from (problem_at(origin, each, part) for each in _nic_problems(domain, forward))
            owners[origin] = domain.name
            clash = ports.take(origin, forward)
            if clash is not None:
                place, other = clash
                what = f"host port {forward.name} leads to domain {owners[place]} already"
                text = f"{what} ({other.text}): {place} and {origin}"
                yield problem_at(origin, text, part, Part("domain", owners[place]))


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
        if source.mode in _NOWHERE:
            yield (
                f"host port {forward.name}: nic {forward.nic} is on {source}, where the guest has "
                "an address of its own on the LAN; nothing is forwarded there"
            )
