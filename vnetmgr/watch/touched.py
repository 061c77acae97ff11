"""Pure: what an event touches, what of a spec that is, and who an error is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from vnetmgr.model.desired import SpecScope
from vnetmgr.model.network import HOP
from vnetmgr.model.nic import Mode
from vnetmgr.model.patch import UNSET
from vnetmgr.model.plan import Result
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.errors import VnetError
    from vnetmgr.host.events import Event
    from vnetmgr.model.desired import Desired, NicWant
    from vnetmgr.model.plan import Change, Report


class Key(NamedTuple):
    """What is reconciled, and backs off, by itself."""

    kind: Literal["domain", "network", "host"]
    name: str


HOST = Key("host", "")
"""All of it: what cannot be told to be about one domain or network."""

# A domain whose packets stop flowing, and nothing of whose nics changes.
_NO_MATTER = frozenset({"suspended", "shutdown", "pmsuspended"})


def touched(event: Event, desired: Desired) -> frozenset[Key]:
    """What of a spec an event may have changed; nothing where the spec does not name it."""
    if event.name is None or desired.spec is None:
        return frozenset()
    if event.kind == "domain":
        named = any(name == event.name for name, _ in desired.spec.domains)
        if named and event.what not in _NO_MATTER:
            return frozenset({Key("domain", event.name)})
    # Hop networks are a repair's own.
    elif event.kind == "network" and not event.name.startswith(HOP):
        networks = frozenset({event.name})
        if any(want.name == event.name for want in desired.networks) or any(
            _on_network(nic, networks, _bridges(desired, networks)) for nic in desired.nics
        ):
            return frozenset({Key("network", event.name)})
    return frozenset()


def restrict(desired: Desired, keys: frozenset[Key]) -> Desired:
    """The part of a spec that is about some domains and networks: all nics of the domains; the
    networks, with the nics and reservations on them. What is planned for it is what would be
    planned for it in the whole spec, and never more.
    """
    spec = desired.spec or SpecScope()
    domains = frozenset(key.name for key in keys if key.kind == "domain")
    networks = frozenset(key.name for key in keys if key.kind == "network")
    # A network that lists its reservations has no others: all that the spec has must be there.
    reserved = {(a.domain, a.nic) for a in desired.addresses if a.network in networks}
    bridges = _bridges(desired, networks)
    nics = tuple(
        nic
        for nic in desired.nics
        if nic.domain in domains
        or (nic.domain, nic.spec_name) in reserved
        or _on_network(nic, networks, bridges)
    )
    whose = {(nic.domain, nic.spec_name) for nic in nics}
    about = domains.union(nic.domain for nic in nics)
    named = tuple(each for each in spec.domains if each[0] in about)
    pruned = domains if spec.prune_all else domains & spec.prune_domains
    return replace(
        desired,
        networks=tuple(want for want in desired.networks if want.name in networks),
        addresses=tuple(
            want
            for want in desired.addresses
            if want.network in networks or (want.domain, want.nic) in whose
        ),
        nics=nics,
        # Only domains all of whose nics are in here may lose others; the host as a whole is
        # pruned in full passes.
        spec=replace(spec, domains=named, prune_domains=pruned, prune_all=False),
    )


def _bridges(desired: Desired, networks: frozenset[str]) -> frozenset[str]:
    """The bridges that the spec gives to some networks."""
    given = (want.patch.bridge for want in desired.networks if want.name in networks)
    return frozenset(bridge for bridge in given if isinstance(bridge, str))


def _on_network(nic: NicWant, networks: frozenset[str], bridges: frozenset[str]) -> bool:
    """Whether a nic is on one of the networks, for all that its want says. One whose source is
    unmanaged may be on any."""
    source = nic.patch.source
    if source is UNSET:
        return bool(networks)
    if source.mode is Mode.NETWORK:
        return source.name in networks
    return source.mode is Mode.BRIDGE and source.name in bridges


def problems(desired: Desired, report: Report) -> dict[Key, list[VnetError]]:
    """The errors of a report, by what they are about. What failed without an error of its own
    is in there, too."""
    places = dict(_places(desired))
    outcomes = [
        outcome
        for outcome in report.outcomes
        if outcome.result in (Result.FAILED, Result.UNDONE, Result.SKIPPED)
    ]
    by_text = {each.error: _key(each.change) for each in outcomes if each.error}
    found: dict[Key, list[VnetError]] = {_key(outcome.change): [] for outcome in outcomes}
    for error in report.errors:
        key = by_text.get(error.message) or _named(error.message, places)
        found.setdefault(key, []).append(error)
    return found


def _places(desired: Desired) -> Iterator[tuple[str, Key]]:
    """How messages begin -> what they are about: by a want's place, or by a name."""
    for name, origin in desired.spec.domains if desired.spec else ():
        yield f"domain {name}", Key("domain", name)
        yield origin, Key("domain", name)
    for nic in desired.nics:
        yield nic.origin, Key("domain", nic.domain)
    for address in desired.addresses:
        network = Key("network", address.network)
        yield address.origin, Key("domain", address.domain) if address.domain else network
    for network_want in desired.networks:
        yield network_want.origin, Key("network", network_want.name)
        yield f"network {network_want.name}", Key("network", network_want.name)


def _named(message: str, places: dict[str, Key]) -> Key:
    """What a message is about. Names have blanks and colons, too: the longest that fits."""
    fitting = [
        start
        for start in places
        if start and message.startswith(start) and message[len(start) :][:1] in (":", " ")
    ]
    return places[max(fitting, key=len)] if fitting else HOST


def _key(change: Change) -> Key:
    if change.domain is not None:
        return Key("domain", change.domain)
    if change.object == "network":
        return Key("network", change.name)
    # `lab/52:54:00:...`
    return Key("network", change.name.partition("/")[0])
