"""Plan DNS records of a network: live and persistent at once; what is an option of
dnsmasq's needs a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import NotFoundError, RefusedError, UsageError
from vnetmgr.model.dns import RecordKind
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import NetworkPatch, NetworkWant
from vnetmgr.model.plan import Action, Change, Disruption, FieldChange, ObjectKind, Op, Step
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.planner.context import ordered
from vnetmgr.planner.networks.context import (
    NetworkContext,
    missing_network,
    note_for_command,
)
from vnetmgr.planner.networks.keeps import keeps_of
from vnetmgr.planner.networks.run import Running, refuse_disruption, run_ops
from vnetmgr.planner.result import Planned
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.dns import DnsRecord
    from vnetmgr.model.network_want import RecordWant
    from vnetmgr.planner.networks.draft import NetworkDraft


def plan_record(want: RecordWant, context: NetworkContext) -> Planned[RecordWant]:
    """The step that makes or removes a record.

    Raises NotFoundError, UsageError or RefusedError before anything is touched.
    """
    if not context.draft.documents:
        raise missing_network(want.network, context.observed)
    states = context.draft.target(want.states)
    remove = want.intent in (Intent.REMOVE, Intent.ABSENT)
    _check_mode(want, context)
    want = replace(want, record=context.draft.record(want.record))
    resolved = replace(want, intent=Intent.ABSENT if remove else Intent.PRESENT)
    patches = {}
    gone: list[DnsRecord] = []
    for state in ordered(states):
        records = context.value(state).records
        after = _without(records, want.record) if remove else _with(records, want, context)
        if after != records:
            patches[state] = NetworkPatch(records=after or None)
            gone += (each for each in records if each not in (*after, *gone))
    if not patches and context.draft.cut_short and want.record.kind.in_options:
        return _finish(resolved, context)
    if not patches:
        if want.intent is Intent.REMOVE:
            raise NotFoundError(
                f"network {want.network} has no record {want.record}",
                f"{Command('show-network', want.network)} shows its records",
            )
        note = f"network {want.network} has the record {want.record} already"
        return Planned(want=resolved, notes=() if remove else note_for_command(want.intent, note))
    change = Change(
        action=Action.DELETE if remove else Action.UPDATE if gone else Action.CREATE,
        object=ObjectKind.RECORD,
        domain=None,
        name=f"{want.network}/{want.record.kind} {want.record.name}",
        network=want.network,
        scope=ordered(frozenset(patches)),
        fields=tuple(_fields(gone, None if remove else want.record)),
    )
    return _part(resolved, change, patches, states, context)


def _finish(want: RecordWant, context: NetworkContext) -> Planned[RecordWant]:
    """The record is in the config, and the restart that brings it about was cut short."""
    network = NetworkWant(name=want.network, intent=Intent.PRESENT, running=None, guests=True)
    run = run_ops(network, context, Running())
    step = Step(
        group=f"network {want.network}",
        changes=tuple(run.changes),
        ops=tuple(run.ops),
        keeps=keeps_of(context.draft),
    )
    return Planned(want=want, steps=(step,) if run.changes else (), notes=run.notes)


def _fields(gone: list[DnsRecord], new: DnsRecord | None) -> Iterator[FieldChange]:
    if new is None:
        yield from (FieldChange(field="record", before=str(each), after=None) for each in gone)
    else:
        before = ", ".join(map(str, gone)) or None
        yield FieldChange(field="record", before=before, after=str(new))


def _part(
    want: RecordWant,
    change: Change,
    patches: dict[State, NetworkPatch],
    states: frozenset[State],
    context: NetworkContext,
) -> Planned[RecordWant]:
    draft, group = context.draft, f"network {want.network}"
    if not want.record.kind.in_options:
        ops = draft.edit(patches)
        return Planned(want=want, steps=(_step(draft, change, ops),))
    # dnsmasq reads an option at its start alone.
    if State.LIVE in patches:
        refuse_disruption(want.network, str(want.record), states, context)
    ops = []
    if State.CONFIG in patches:
        ops += draft.rewrite(patches[State.CONFIG])
    if State.LIVE not in patches:
        return Planned(want=want, steps=(_step(draft, change, ops),))
    network = NetworkWant(name=want.network, intent=Intent.PRESENT, guests=True)
    run = run_ops(network, context, Running(restart=True))
    changes = (replace(change, disruption=Disruption.RESTART), *run.changes)
    step = Step(group=group, changes=changes, ops=(*ops, *run.ops), keeps=keeps_of(draft))
    return Planned(want=want, steps=(step,), notes=run.notes)


def _step(draft: NetworkDraft, change: Change, ops: list[Op]) -> Step:
    group = f"network {draft.name}"
    return Step(group=group, changes=(change,), ops=tuple(ops), keeps=keeps_of(draft))


def _check_mode(want: RecordWant, context: NetworkContext) -> None:
    """libvirt takes records for networks that have no DNS server."""
    for state in (State.CONFIG, State.LIVE):
        network = context.draft.value(state)
        if network is not None and network.is_overlay:
            _refuse_of_overlay(want)
        elif network is not None and not (network.has_own_bridge and network.subnets):
            raise UsageError(
                f"network {want.network} answers no DNS: it is {network.mode}"
                + ("" if network.subnets else " and has no subnet"),
                "records belong to nat, routed, open and isolated networks, and to overlays",
            )
        adds = want.intent not in (Intent.REMOVE, Intent.ABSENT)
        if network is not None and network.dns is False and adds:
            raise UsageError(
                f"network {want.network} answers no DNS: its dns is off",
                Worded(
                    str(Command("update-network", want.network, "--dns", "on")),
                    f"dns: on, of network {want.network}, turns it on",
                ),
            )


def _refuse_of_overlay(want: RecordWant) -> None:
    adds = want.intent not in (Intent.REMOVE, Intent.ABSENT)
    if adds and want.record.kind is not RecordKind.HOST:
        raise UsageError(
            f"network {want.network} is an overlay, and OVN's DNS has addresses of hosts alone: no "
            f"{want.record.kind}",
            "give the name an address of its own",
        )


def _without(records: tuple[DnsRecord, ...], unwanted: DnsRecord) -> tuple[DnsRecord, ...]:
    """All but what is meant: what it does not say (a TXT's value, a port) may be anything."""
    said = {
        field: value for field in unwanted.FIELDS if (value := getattr(unwanted, field)) is not None
    }
    return tuple(
        each
        for each in records
        if any(getattr(each, field) != value for field, value in said.items())
    )


def _with(
    records: tuple[DnsRecord, ...], want: RecordWant, context: NetworkContext
) -> tuple[DnsRecord, ...]:
    """With the wanted one, in place of what it cannot stand beside."""
    wanted = want.record
    if wanted in records:
        return records
    for each in records:
        if each.identity == wanted.identity and want.intent is Intent.CREATE:
            raise RefusedError(
                f"network {context.name} has the record {each} already",
                "remove it first: "
                f"{Command('remove-dns-record', context.name, f'--{each.kind}', each.name)}",
            )
    return (*(each for each in records if each.identity != wanted.identity), wanted)
