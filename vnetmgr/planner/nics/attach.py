"""Plan a new nic: the same one, with the same MAC, name and slot, in config and live."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.domain_write import insert_nic
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.libvirt_xml.nics.write import attach_form, new_nic_as_read, with_interface_id
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import NIC_FIELDS, OPENVSWITCH, Mode, NicPatch, differences, whole
from vnetmgr.model.patch import UNSET
from vnetmgr.model.plan import (
    Action,
    Change,
    Disruption,
    FieldChange,
    ObjectKind,
    Op,
    Step,
)
from vnetmgr.model.record import replace
from vnetmgr.model.show import show
from vnetmgr.model.state import State
from vnetmgr.planner.allocate import derive_mac, lowest_name
from vnetmgr.planner.context import (
    Context,
    field_changes,
    links_of,
    nic_states,
    ordered,
    resolve,
    state_notes,
)
from vnetmgr.planner.nics.checks import check_nic
from vnetmgr.planner.nics.identity import refuse_taken_mac, refuse_taken_name
from vnetmgr.planner.nics.match import describe, find_wanted, nothing_to_do, on_source
from vnetmgr.planner.nics.switches import choose_interface_id, with_port
from vnetmgr.planner.result import Planned
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen
    from vnetmgr.model.values import PciAddress


def plan_creation(want: NicWant, context: Context) -> Planned[NicWant]:
    """A new nic; or nothing, when the domain has it as asked; or a refusal, when it differs."""
    states = nic_states(want, context.domain, context.observed.features)
    same = find_wanted(context.domain, want.patch)
    if same is None and want.patch.name is UNSET and want.patch.mac is UNSET:
        found = on_source(context.domain, want.patch)
        same = next((seen for seen in found if not _conflicts(seen, want.patch, states)), None)
        same = same or next(iter(found), None)
    if same is None:
        return plan_new(want, context)
    conflicts = _conflicts(same, want.patch, states)
    if conflicts:
        what = "; ".join(
            f"{field} is {show(before) or 'not set'}, asked for {show(after) or 'none'}"
            for field, before, after in conflicts
        )
        raise RefusedError(
            f"domain {context.domain.name} has nic {describe(same.any)} already, and {what}",
            f"change it: {Command('update-nic', context.domain.name, same.any.key)}"
            " with the options that differ; or give the second nic a --name and MAC of its own",
        )
    return complete_nic(want, same, states, context)


def _conflicts(
    seen: Seen[Nic], patch: NicPatch, states: frozenset[State]
) -> tuple[tuple[str, object, object], ...]:
    """Where an existing nic is not as asked; the config decides where it counts."""
    if State.CONFIG in states:
        if seen.config is not None:
            return differences(seen.config, patch)
        patch = replace(patch, vectors=UNSET)  # which it gets in the config
    return differences(seen.live if State.LIVE in states and seen.live else seen.any, patch)


def complete_nic(
    want: NicWant, seen: Seen[Nic], states: frozenset[State], context: Context
) -> Planned[NicWant]:
    """The nic exists: put it into the state that lacks it, or do nothing and say so."""
    nic, domain = seen.any, context.domain
    missing = frozenset(state for state in states if seen.value(state) is None)
    patch = NicPatch(
        name=nic.name if nic.name is not None else UNSET,
        owned=nic.owned if nic.name is not None else UNSET,
        mac=nic.mac if nic.mac is not None else UNSET,
        # A device of the host may have a model in its document, and libvirt has no use for it.
        model=nic.model if nic.model and nic.source.mode is not Mode.HOSTDEV else UNSET,
        pci_address=nic.pci_address if nic.pci_address is not None else UNSET,
    )
    # The config has the vectors already, when that is where the nic is.
    elsewhere = {"name"} if State.CONFIG in missing else {"name", "vectors"}
    asked = {field: value for field, value in want.patch.items() if field not in elsewhere}
    full = replace(want, patch=replace(patch, **asked))
    if context.overlays is not None:
        context.overlays.touches(domain, seen)
    if missing:
        if seen.config_xml is not None:
            # The very nic of the config, with all that nobody asked for now.
            full = replace(full, template=attach_form(seen.config_xml), edited_template=None)
        else:
            # As it was made: a run may have ended when it was plugged in, and before its config.
            template = _read_template(full.template or "")
            full = replace(full, patch=with_port(full.patch, None, context, template))
        return _plug(full, missing, context, seen)
    from vnetmgr.planner.nics.repair import lost_note

    note, _ = nothing_to_do(domain, nic)
    notes = tuple(filter(None, (note, lost_note(seen, context))))
    keep = NicPatch(mac=patch.mac, name=patch.name)
    settled = replace(full, intent=Intent.PRESENT, states=states, patch=keep)
    return Planned(want=settled, notes=notes)


def plan_new(want: NicWant, context: Context) -> Planned[NicWant]:
    """A nic that the domain does not have."""
    states = nic_states(want, context.domain, context.observed.features)
    draft, patch = context.draft, want.patch
    name = patch.name if patch.name is not UNSET else lowest_name(draft.names)
    refuse_taken_name(name, context)
    mac = (
        patch.mac
        if patch.mac is not UNSET
        else derive_mac(draft.domain.uuid, name, draft.macs, context.taken.macs, *_ports(context))
    )
    if patch.mac is not UNSET:
        refuse_taken_mac(str(mac), context)
    template = _read_template(want.template or "")
    full = resolve(with_port(patch, None, context, template), name=name, owned=False, mac=mac)
    return _plug(replace(want, patch=full), states, context)


def _plug(
    want: NicWant, states: frozenset[State], context: Context, seen: Seen[Nic] | None = None
) -> Planned[NicWant]:
    """The step that attaches a nic whose name and MAC are settled. `seen`: it, in the other
    state."""
    domain, draft = context.domain, context.draft
    preview = judged(want, context, states)
    _refuse_unpluggable(preview, states, context)
    if context.overlays is not None:
        context.overlays.admit(domain, preview)
    address = _choose_slot(preview, states, context)
    patch = want.patch if address is None else replace(want.patch, pci_address=address)
    xml, nic = new_nic_as_read(want.template or "", patch)
    if preview.virtualport == OPENVSWITCH:
        xml = with_interface_id(xml, choose_interface_id(context, preview, seen))
        nic = read_nic(xml)
    nic = replace(nic, vectors=preview.vectors)
    change = _creation(nic, states, context)
    if nic.name is not None:
        draft.names.add(nic.name)
    if nic.mac is not None:
        draft.macs.add(nic.mac)
    if nic.pci_address is not None:
        draft.addresses.add(nic.pci_address)
    # The vectors first: a run that is cut off in between is simply repeated.
    ops = (*_vector_ops(patch, states, context), *_attach_ops(xml, nic, states, context))
    step = Step(group=domain.name, changes=(change,), ops=ops)
    resolved = replace(want, intent=Intent.PRESENT, states=states, patch=patch)
    notes = state_notes(domain, states, context.observed.features)
    if context.overlays is not None:
        notes += context.overlays.plugged(domain, seen, nic, states)
    waiting = tuple(_waiting_vectors(nic, states, context))
    return Planned(want=resolved, steps=(step,), waiting=waiting, notes=tuple(notes))


def _creation(nic: Nic, states: frozenset[State], context: Context) -> Change:
    made = tuple(
        (field, None, value)
        for field in NIC_FIELDS
        if (value := getattr(nic, field)) is not None
        and field not in ("name", "owned")
        and show(value)
    )
    return Change(
        action=Action.CREATE,
        object=ObjectKind.NIC,
        domain=context.domain.name,
        name=nic.key,
        scope=ordered(states),
        disruption=_next_start(states, context),
        fields=field_changes(made),
        links=links_of(made),
    )


def _waiting_vectors(nic: Nic, states: frozenset[State], context: Context) -> Iterator[Change]:
    """A nic that is plugged in has QEMU's own vectors until the next start."""
    if nic.vectors is not None and State.LIVE in states:
        yield Change(
            action=Action.UPDATE,
            object=ObjectKind.NIC,
            domain=context.domain.name,
            name=nic.key,
            scope=(State.LIVE,),
            disruption=Disruption.NEXT_START,
            fields=(FieldChange(field="vectors", before=None, after=str(nic.vectors)),),
        )


def _refuse_unpluggable(nic: Nic, states: frozenset[State], context: Context) -> None:
    if State.LIVE not in states:
        return
    from vnetmgr.planner.nics.routes import not_pluggable

    reason = not_pluggable(nic)
    if reason is not None:
        raise RefusedError(
            f"domain {context.domain.name} runs, and {reason}; nothing was attempted",
            Worded("--config plugs it at the next start", "apply the spec while it is off"),
        )


def _ports(context: Context) -> tuple[frozenset[str], ...]:
    """The MACs that other domains have on overlays, also on other hosts."""
    overlays = context.overlays
    return () if overlays is None else (overlays.macs_but(context.domain.uuid),)


def judged(want: NicWant, context: Context, states: frozenset[State]) -> Nic:
    """The new nic as it would be, after everything that can be known to be wrong with it."""
    template = _read_template(want.template or "")
    asked = dict(whole(want.patch, template).items())
    nic = replace(template, **asked)
    check_nic(nic, fields=frozenset(asked), context=context, states=states, command="attach-nic")
    return nic


# A spec makes many nics from one.
_read_template = cache(read_nic)


def _next_start(states: frozenset[State], context: Context) -> Disruption:
    waits = context.domain.active and State.LIVE not in states
    return Disruption.NEXT_START if waits else Disruption.NONE


def _attach_ops(xml: str, nic: Nic, states: frozenset[State], context: Context) -> tuple[Op, ...]:
    if not context.observed.features.device_calls:
        return (context.draft.redefine(insert_nic(context.draft.document, xml)),)
    from vnetmgr.planner.nics.device_ops import LIVE_FIRST, plug_op

    name, label = context.domain.name, f"nic {describe(nic)}"
    return tuple(plug_op(name, xml, state, label=label) for state in LIVE_FIRST if state in states)


def _vector_ops(patch: NicPatch, states: frozenset[State], context: Context) -> Sequence[Op]:
    if patch.vectors is UNSET:
        return ()
    from vnetmgr.planner.nics.vectors import override_ops, overrides_of_new

    return override_ops(overrides_of_new(patch, states, context), context.domain.name)


def _choose_slot(nic: Nic, states: frozenset[State], context: Context) -> PciAddress | None:
    """The slot for a running domain; None: libvirt's choice."""
    if nic.pci_address is None and State.LIVE not in states:
        return None
    from vnetmgr.planner.nics.slots import choose_slot

    return choose_slot(nic, states, context.domain, context.draft.addresses)
