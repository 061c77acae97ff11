"""Pure: what of a spec an event touches, and who an error is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.network import HOP
from vnetmgr.model.plan import Result
from vnetmgr.planner.restrict import (
    FORWARDS,
    HOST,
    Key,
    bridges_of,
    is_on,
    key_of,
    overlays_of,
    restrict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.errors import VnetError
    from vnetmgr.host.events import Event
    from vnetmgr.model.desired import Desired, SpecScope
    from vnetmgr.model.plan import Report


__all__ = ["HOST", "Key", "problems", "restrict", "touched"]

# A domain whose packets stop flowing, and nothing of whose nics changes.
_NO_MATTER = frozenset({"suspended", "shutdown", "pmsuspended"})
# What takes port forwards away: in user mode QEMU itself had them, and has begun anew.
_LOSES_FORWARDS = frozenset({"started", "device-added"})
# What a nic comes with onto an overlay, or goes with from it, whoever did so.
_ON_OVERLAYS = frozenset({"started", "resumed", "device-added", "device-removed", "defined"})


def touched(event: Event, desired: Desired) -> frozenset[Key]:
    """What of a spec an event may have changed. Where the spec does not name it, that can be the
    port forwards of the domain, or of whoever is on the network; and its ports on overlays."""
    if desired.spec is None:
        return frozenset()
    if event.kind == "rules":
        return frozenset({FORWARDS} if desired.spec.forwards else ())
    if event.name is None:
        return frozenset()
    if event.kind == "domain":
        return _touched_by_domain(event, event.name, desired, desired.spec)
    # Hop networks are a repair's own.
    if event.kind == "network" and not event.name.startswith(HOP):
        networks = frozenset({event.name})
        named = any(want.name == event.name for want in desired.networks) or any(
            is_on(nic, networks, bridges_of(desired, networks)) for nic in desired.nics
        )
        if named or (desired.spec.forwards and event.what == "started"):
            return frozenset({Key("network", event.name)})
    return frozenset()


def _touched_by_domain(
    event: Event, name: str, desired: Desired, spec: SpecScope
) -> frozenset[Key]:
    named = any(each == name for each, _ in spec.domains)
    gone = event.what == "undefined" or (event.what == "stopped" and not named)
    elsewhere = any(each.name == name for each in spec.elsewhere)
    overlays = bool(overlays_of(desired))
    if elsewhere and not gone:
        return frozenset()  # it is left alone here; while it migrates, it is on both hosts
    if gone and (elsewhere or overlays or spec.forwards):
        # Its rules lead to whoever is given its address next. A transient one just stops.
        left = {FORWARDS} if spec.forwards else set()
        return frozenset(left | {Key("domain", name)} if elsewhere or overlays else left)
    lost = (spec.forwards and event.what in _LOSES_FORWARDS) or (
        overlays and event.what in _ON_OVERLAYS
    )
    if lost or (named and event.what not in _NO_MATTER):
        return frozenset({Key("domain", name)})
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
