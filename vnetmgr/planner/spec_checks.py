"""What a spec names that neither it nor the host has. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.names import did_you_mean
from vnetmgr.model.nic import Mode
from vnetmgr.model.patch import Unset
from vnetmgr.problem import About, problem_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.spec import Spec
    from vnetmgr.problem import Place, Problem


def host_problems(spec: Spec, observed: Observed, *, unread: bool = False) -> list[Problem]:
    """Networks and bridges that are nowhere. `unread`: some file of the spec, which may have
    them, could not be read."""
    where = f"neither in {'what could be read of ' if unread else ''}the spec nor on"
    where = f"{where} {observed.host}."
    return [*_network_problems(spec, observed, where), *_bridge_problems(spec, observed, where)]


def _network_problems(spec: Spec, observed: Observed, where: str) -> Iterator[Problem]:
    known = {want.name for want in spec.networks} | {seen.name for seen in observed.networks}
    for nic in (nic for domain in spec.domains for nic in domain.nics):
        source = nic.patch.source
        if not isinstance(source, Unset) and source.mode is Mode.NETWORK:
            name = source.name or ""
            if name not in known:
                text = f"network {name} is {where}{did_you_mean(name, known)}"
                yield problem_at(nic.origin, text.removesuffix("."), nic.about)


def _bridge_problems(spec: Spec, observed: Observed, where: str) -> Iterator[Problem]:
    links = observed.links
    if links is None:
        return
    known = links.names or links.bridges
    networks = [(want, want.patch.bridge) for want in spec.networks]
    hosts = [(want, name) for want, name in networks if want.patch.is_on_hosts_bridge]
    made = {name for want, name in networks if not want.patch.is_on_hosts_bridge}
    for want, name in hosts:
        # Over a remote connection only Linux bridges can be seen, and this may be another.
        if isinstance(name, str) and links.names is not None and name not in (*known, *made):
            part = want.about
            yield _no_bridge(want.origin, name, part, observed, where)
    for nic in (nic for domain in spec.domains for nic in domain.nics):
        source = nic.patch.source
        if isinstance(source, Unset) or source.mode is not Mode.BRIDGE:
            continue
        name = source.name or ""
        # Over a remote connection only Linux bridges can be seen.
        unseen = links.names is None and isinstance(nic.patch.virtualport, str)
        if name not in known and name not in made and not unseen:
            part = nic.about
            yield _no_bridge(nic.origin, name, part, observed, where)


def _no_bridge(
    origin: Place | None, name: str, part: About, observed: Observed, where: str
) -> Problem:
    bridges = () if observed.links is None else observed.links.bridges
    text = f"bridge {name} is {where}{did_you_mean(name, bridges)}"
    return problem_at(origin, text.removesuffix("."), part)
