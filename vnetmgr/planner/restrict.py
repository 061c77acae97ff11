"""Pure: the part of a spec that is about some domains and networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from vnetmgr.model.desired import SpecScope
from vnetmgr.model.nic import Mode
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.problem import About

if TYPE_CHECKING:
    from vnetmgr.model.desired import Desired, Elsewhere, NicWant


class Key(NamedTuple):
    """What is reconciled, and backs off, by itself."""

    kind: Literal["domain", "network", "host", "forwards"]
    name: str


HOST = Key("host", "")
"""All of it: what cannot be told to be about one domain or network."""
FORWARDS = Key("forwards", "")
"""The port forwards of all domains, and what is left behind of others."""


def restrict(desired: Desired, keys: frozenset[Key], *, forwards: bool = False) -> Desired:
    """The part of a spec that is about some domains and networks: all nics of the domains; the
    networks, with the nics and reservations on them. What is planned for it is what would be
    planned for it in the whole spec, and never more. Of domains that the spec does not name it is
    their port forwards. `forwards`: all port forwards, whoever has some.
    """
    spec = desired.spec or SpecScope()
    forwards = forwards or FORWARDS in keys
    domains = frozenset(key.name for key in keys if key.kind == "domain")
    networks = frozenset(key.name for key in keys if key.kind == "network")
    # A network that lists its reservations has no others: all that the spec has must be there.
    reserved = {(a.domain, a.nic) for a in desired.addresses if a.network in networks}
    bridges = bridges_of(desired, networks)
    nics = tuple(
        nic
        for nic in desired.nics
        if nic.domain in domains
        or (nic.domain, nic.spec_name) in reserved
        or is_on(nic, networks, bridges)
    )
    whose = {(nic.domain, nic.spec_name) for nic in nics}
    about = domains.union(nic.domain for nic in nics)
    forwarded = tuple(want for want in desired.forwards if want.domain in about)
    return replace(
        desired,
        networks=tuple(want for want in desired.networks if want.name in networks),
        addresses=tuple(
            want
            for want in desired.addresses
            if want.network in networks or (want.domain, want.nic) in whose
        ),
        nics=nics,
        forwards=forwarded,
        spec=replace(
            _about(spec, domains, about, networks),
            overlays=overlays_of(desired),
            # A network's start takes away what forwards into it need.
            forwards_of_these=not (forwards or networks or forwarded),
        ),
    )


def _about(
    spec: SpecScope, domains: frozenset[str], about: frozenset[str], networks: frozenset[str]
) -> SpecScope:
    """A spec's scope for some domains and networks, and others that are only touched."""
    others = domains.difference(name for name, _ in spec.domains)
    return replace(
        spec,
        domains=tuple(each for each in spec.domains if each[0] in about),
        # Only domains all of whose nics are in here may lose others; the host as a whole is
        # pruned in full passes.
        prune_domains=domains - others if spec.prune_all else domains & spec.prune_domains,
        prune_all=False,
        problems=(),  # those are the whole spec's
        elsewhere=tuple(each for each in spec.elsewhere if _concerns(each, domains, networks)),
        partial=True,
        others=tuple(sorted(others)),
    )


def overlays_of(desired: Desired) -> tuple[str, ...]:
    """The overlays of a spec, or of the whole that it is a part of."""
    known = desired.spec.overlays if desired.spec is not None else ()
    here = (want.name for want in desired.overlays)
    return tuple(dict.fromkeys((*known, *here)))


def _concerns(each: Elsewhere, domains: frozenset[str], networks: frozenset[str]) -> bool:
    """Whether one of those is of another host's domain, by its name or by what is kept for it."""
    kept = (want.network for want in each.addresses)
    nics = (nic.patch.source for nic in each.nics)
    on = (source.name for source in nics if source is not UNSET and source.mode is Mode.NETWORK)
    return each.name in domains or not networks.isdisjoint((*kept, *on))


def bridges_of(desired: Desired, networks: frozenset[str]) -> frozenset[str]:
    """The bridges that the spec gives to some networks."""
    given = (want.patch.bridge for want in desired.networks if want.name in networks)
    return frozenset(bridge for bridge in given if isinstance(bridge, str))


def is_on(nic: NicWant, networks: frozenset[str], bridges: frozenset[str]) -> bool:
    """Whether a nic is on one of the networks, for all that its want says. One whose source is
    unmanaged may be on any."""
    source = nic.patch.source
    if source is UNSET:
        return bool(networks)
    return source.is_on(networks, bridges)


def key_of(about: About | None) -> Key:
    """Whose problem something is: HOST, where it is of a domain that is gone, or of them all."""
    match about and about.whole:
        case About(kind="domain", name=name):
            return Key("domain", name)
        case About(kind="network", name=name):
            return Key("network", name)
    return HOST
