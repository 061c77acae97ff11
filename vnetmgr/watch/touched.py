"""Pure: what of a spec an event touches, and who an error is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.network import HOP
from vnetmgr.model.plan import Result
from vnetmgr.planner.restrict import FORWARDS, HOST, Key, bridges_of, is_on, key_of, restrict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.errors import VnetError
    from vnetmgr.host.events import Event
    from vnetmgr.model.desired import Desired
    from vnetmgr.model.plan import Report


__all__ = ["HOST", "Key", "problems", "restrict", "touched"]

# A domain whose packets stop flowing, and nothing of whose nics changes.
_NO_MATTER = frozenset({"suspended", "shutdown", "pmsuspended"})
# What takes port forwards away: in user mode QEMU itself had them, and has begun anew.
_LOSES_FORWARDS = frozenset({"started", "device-added"})


def touched(event: Event, desired: Desired) -> frozenset[Key]:
    """What of a spec an event may have changed. Where the spec does not name it, that can be the
    port forwards of the domain, or of whoever is on the network."""
    if desired.spec is None:
        return frozenset()
    if event.kind == "rules":
        return frozenset({FORWARDS} if desired.spec.forwards else ())
    if event.name is None:
        return frozenset()
    if event.kind == "domain":
        named = any(name == event.name for name, _ in desired.spec.domains)
        gone = event.what == "undefined" or (event.what == "stopped" and not named)
        if gone and desired.spec.forwards:
            # Its rules lead to whoever is given its address next. A transient one just stops.
            return frozenset({FORWARDS})
        lost = desired.spec.forwards and event.what in _LOSES_FORWARDS
        if lost or (named and event.what not in _NO_MATTER):
            return frozenset({Key("domain", event.name)})
    # Hop networks are a repair's own.
    elif event.kind == "network" and not event.name.startswith(HOP):
        networks = frozenset({event.name})
        named = any(want.name == event.name for want in desired.networks) or any(
            is_on(nic, networks, bridges_of(desired, networks)) for nic in desired.nics
        )
        if named or (desired.spec.forwards and event.what == "started"):
            return frozenset({Key("network", event.name)})
    return frozenset()


def problems(desired: Desired, report: Report) -> dict[Key, list[VnetError]]:
    """The errors of a report, by what they are about. What failed without an error of its own
    is in there, too."""
    places = dict(_places(desired))
    outcomes = [
        outcome
        for outcome in report.outcomes
        if outcome.result in (Result.FAILED, Result.UNDONE, Result.SKIPPED)
    ]
    by_text = {each.error: key_of(each.change) for each in outcomes if each.error}
    found: dict[Key, list[VnetError]] = {key_of(outcome.change): [] for outcome in outcomes}
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
