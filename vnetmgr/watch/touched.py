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
        elsewhere = any(each.name == event.name for each in desired.spec.elsewhere)
        if elsewhere and not gone:
            return frozenset()  # it is left alone here; while it migrates, it is on both hosts
        if gone and (elsewhere or desired.spec.forwards):
            # Its rules lead to whoever is given its address next. A transient one just stops.
            left = {FORWARDS} if desired.spec.forwards else set()
            return frozenset(left | {Key("domain", event.name)} if elsewhere else left)
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
    """The errors of a report, by whose they are. What failed without an error of its own is in
    there, too."""
    failed = (Result.FAILED, Result.UNDONE, Result.SKIPPED)
    found: dict[Key, list[VnetError]] = {
        key_of(outcome.change.about): [] for outcome in report.outcomes if outcome.result in failed
    }
    known = frozenset(_keys(desired)).union(found)
    for error in report.errors:
        key = key_of(error.about)
        found.setdefault(key if key in known else HOST, []).append(error)
    return found


def _keys(desired: Desired) -> Iterator[Key]:
    """What can be looked at again by itself."""
    for name, _ in desired.spec.domains if desired.spec else ():
        yield Key("domain", name)
    yield from (Key("domain", nic.domain) for nic in desired.nics)
    yield from (Key("network", want.name) for want in desired.networks)
    yield from (Key("network", want.network) for want in desired.addresses)
