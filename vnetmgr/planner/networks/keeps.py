"""What a step leaves alone in documents that it changes: read back, it has to be there still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.elements import missing_elements, unchanged_elements
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.libvirt_xml.nics.write import update_form
from vnetmgr.model.plan import Keep
from vnetmgr.model.state import State
from vnetmgr.model.writes import UpdateDevice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.plan import Change, Plan, Step
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.networks.draft import NetworkDraft


def keeps_of(draft: NetworkDraft) -> tuple[Keep, ...]:
    """What stays of a network's documents as they are planned by now."""
    found = []
    for state in State:
        before = draft.seen.xml(state) if draft.seen is not None else None
        after = draft.documents.get(state)
        if before is not None and after is not None and before != after:
            elements = unchanged_elements(before, after)
            found.append(Keep(network=draft.name, state=state, elements=elements))
    return tuple(found)


def lost(plan: Plan, observed: Observed) -> Iterator[tuple[Change, tuple[str, ...]]]:
    """The changes that took more along than they were to, and the paths of that."""
    last = {(keep.network, keep.state): keep for step in plan.steps for keep in step.keeps}
    for step in plan.steps:
        # An earlier step may have left alone what a later one was to change.
        keeps = [keep for keep in step.keeps if last[keep.network, keep.state] is keep]
        missing = {path for keep in keeps for path in _missing(keep, observed)}
        missing |= set(_missing_of_nics(step, observed))
        if missing:
            yield step.changes[0], tuple(sorted(missing))


def _missing(keep: Keep, observed: Observed) -> Iterable[str]:
    network = observed.network(keep.network)
    xml = network.xml(keep.state) if network is not None else None
    return missing_elements(keep.elements, xml) if xml is not None else ()


def _missing_of_nics(step: Step, observed: Observed) -> Iterator[str]:
    for op in step.ops:
        undo = op.undo[0] if op.undo else None
        if not (isinstance(op.do, UpdateDevice) and isinstance(undo, UpdateDevice)):
            continue
        state, mac = op.do.state, read_nic(op.do.xml).mac
        domain, wanted = observed.domain(op.do.domain), unchanged_elements(undo.xml, op.do.xml)
        found = [
            missing_elements(wanted, update_form(xml) if state is State.LIVE else xml)
            for seen in (domain.nics if domain is not None else ())
            if (value := seen.value(state)) and value.mac == mac and (xml := seen.xml(state))
        ]
        yield from min(found, key=len, default=())  # two may have one MAC
