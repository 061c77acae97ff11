"""What a spec names that neither it nor the host has. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.names import did_you_mean
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.nic import Mode
from vnetmgr.model.patch import Unset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.desired import Observed
    from vnetmgr.model.spec import Spec


def host_problems(spec: Spec, observed: Observed) -> list[str]:
    """Networks and bridges that are nowhere, as `FILE:LINE:COLUMN: ...`."""
    return [*_network_problems(spec, observed), *_bridge_problems(spec, observed)]


def _network_problems(spec: Spec, observed: Observed) -> Iterator[str]:
    known = {want.name for want in spec.networks} | {seen.name for seen in observed.networks}
    for nic in (nic for domain in spec.domains for nic in domain.nics):
        source = nic.patch.source
        if not isinstance(source, Unset) and source.mode is Mode.NETWORK:
            name = source.name or ""
            if name not in known:
                yield (
                    f"{nic.origin}: network {name} is neither in the spec nor on "
                    f"{observed.host}.{did_you_mean(name, known)}"
                ).removesuffix(".")


def _bridge_problems(spec: Spec, observed: Observed) -> Iterator[str]:
    links = observed.links
    if links is None:
        return
    known = links.names or links.bridges
    networks = [(want, want.patch.bridge) for want in spec.networks]
    hosts = [(want, name) for want, name in networks if want.patch.mode is NetworkMode.BRIDGE]
    made = {name for want, name in networks if want.patch.mode is not NetworkMode.BRIDGE}
    for want, name in hosts:
        # Over a remote connection only Linux bridges can be seen, and this may be another.
        if isinstance(name, str) and links.names is not None and name not in (*known, *made):
            yield _no_bridge(want.origin, name, observed)
    for nic in (nic for domain in spec.domains for nic in domain.nics):
        source = nic.patch.source
        if isinstance(source, Unset) or source.mode is not Mode.BRIDGE:
            continue
        name = source.name or ""
        # Over a remote connection only Linux bridges can be seen.
        unseen = links.names is None and isinstance(nic.patch.virtualport, str)
        if name not in known and name not in made and not unseen:
            yield _no_bridge(nic.origin, name, observed)


def _no_bridge(origin: str, name: str, observed: Observed) -> str:
    bridges = () if observed.links is None else observed.links.bridges
    guess = did_you_mean(name, bridges)
    problem = f"{origin}: bridge {name} is neither in the spec nor on {observed.host}.{guess}"
    return problem.removesuffix(".")
