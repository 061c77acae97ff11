"""Plan all wants of networks, each on top of what those before it have planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import replace
from vnetmgr.planner.addresses import plan_address
from vnetmgr.planner.network_draft import NetworkDraft
from vnetmgr.planner.network_part import NetworkContext, NetworkPart
from vnetmgr.planner.networks import plan_network
from vnetmgr.planner.records import plan_record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.desired import Desired, Observed, Policy
    from vnetmgr.model.network_want import AddressWant, NetworkWant, RecordWant


def plan_networks(
    desired: Desired, observed: Observed, policy: Policy, *, group: str | None
) -> Iterator[NetworkPart[NetworkWant] | NetworkPart[AddressWant] | NetworkPart[RecordWant]]:
    """The parts of the plan in their order: networks, then what is in them.

    `group` is that of networks which something else brings along.
    """
    drafts: dict[str, NetworkDraft] = {}

    def context(name: str) -> NetworkContext:
        draft = drafts.setdefault(name, NetworkDraft.of(name, observed.network(name)))
        return NetworkContext(observed=_as_planned(observed, drafts), policy=policy, draft=draft)

    for network in desired.networks:
        part = plan_network(network, context(network.name))
        if group is not None:
            part = replace(part, steps=tuple(replace(step, group=group) for step in part.steps))
        yield part
    for address in desired.addresses:
        yield plan_address(address, context(address.network))
    for record in desired.records:
        yield plan_record(record, context(record.network))


def _as_planned(observed: Observed, drafts: dict[str, NetworkDraft]) -> Observed:
    """What is there with the networks that are planned by now: no two may overlap."""
    planned = [draft for draft in drafts.values() if draft.seen is None and draft.documents]
    if not planned:
        return observed
    made = tuple(seen for draft in planned if (seen := draft.as_seen()) is not None)
    return replace(observed, networks=(*observed.networks, *made))
