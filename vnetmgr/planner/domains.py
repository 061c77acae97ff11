"""Plan a new domain, with its nics in its first definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.libvirt_xml.domain_write import fill_domain
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.libvirt_xml.nics.write import new_nic, with_interface_id
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.intent import Intent
from vnetmgr.model.patch import UNSET
from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind, Op, Step
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.model.writes import DefineDomain, StartDomain, StopDomain, UndefineDomain
from vnetmgr.planner.allocate import TakenMacs, derive_mac, lowest_name
from vnetmgr.planner.context import Context, Draft, resolve
from vnetmgr.planner.nics.attach import judged
from vnetmgr.planner.nics.switches import choose_interface_id, with_port
from vnetmgr.planner.nics.vectors import Override, overrides_of_new, with_overrides
from vnetmgr.planner.result import Planned
from vnetmgr.printable import shell_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.desired import DomainWant, NicWant, Policy
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.overlays.context import Overlays


def plan_domain(
    want: DomainWant,
    *,
    observed: Observed,
    policy: Policy,
    networks: frozenset[str],
    overlays: Overlays | None = None,
) -> Planned[DomainWant]:
    """The step that defines (and starts) a domain.

    Raises RefusedError when a domain of that name exists.
    """
    name = want.fields.name
    resolved = replace(want, intent=Intent.PRESENT)
    if observed.domain(name) is not None:
        if want.intent is Intent.PRESENT:
            return Planned(want=resolved)
        raise _exists(name)
    fields = replace(want.fields, virt_type=want.fields.virt_type or observed.virt_type)
    if overlays is not None and any(map(overlays.is_wanted, want.nics)):
        # The ports' ids come of it.
        fields = replace(fields, uuid=fields.uuid or overlays.new_uuid(name))
    document = fill_domain(want.template, fields)
    empty = SeenDomain(name=name, uuid=fields.uuid or name, config_xml=document)
    context = Context(
        observed=observed,
        policy=policy,
        draft=Draft(empty),
        taken=TakenMacs(observed),
        planned_networks=networks,
        overlays=overlays,
    )
    nics = [_nic_document(nic, context, starts=want.start) for nic in want.nics]
    whole = fill_domain(want.template, fields, [nic for nic, _ in nics])
    whole = with_overrides(whole, [each for _, overrides in nics for each in overrides])
    ops = tuple(_ops(name, whole, start=want.start))
    step = Step(group=name, changes=(_change(want, whole),), ops=ops)
    return Planned(want=resolved, steps=(step,))


def _ops(name: str, xml: str, *, start: bool) -> Iterator[Op]:
    yield Op(
        do=DefineDomain(domain=name, xml=xml, expect=None), undo=(UndefineDomain(domain=name),)
    )
    if start:  # running, it would outlive its config
        yield Op(do=StartDomain(domain=name), undo=(StopDomain(domain=name),))


def _exists(name: str) -> RefusedError:
    word = shell_word(name)
    return RefusedError(
        f"domain {name} exists already; nothing was changed",
        f"choose another name; or attach nics to it ({Command('attach-nic', name)}), or start it "
        f"(virsh start {word})",
    )


def _nic_document(want: NicWant, context: Context, *, starts: bool) -> tuple[str, list[Override]]:
    """A nic's element, and what belongs to it elsewhere in the domain."""
    draft, patch = context.draft, want.patch
    name = patch.name if patch.name is not UNSET else lowest_name(draft.names)
    mac = patch.mac if patch.mac is not UNSET else derive_mac(draft.domain.uuid, name, draft.macs)
    if name in draft.names or mac in draft.macs:
        raise RefusedError(
            f"domain {draft.domain.name}: two of its nics have the name {name} or the MAC {mac}",
            "give each nic its own name= and mac=",
        )
    draft.names.add(name)
    draft.macs.add(mac)
    patch = with_port(patch, None, context, read_nic(want.template or ""))
    full = resolve(patch, name=name, owned=False, mac=mac)
    states = frozenset({State.CONFIG})
    preview = judged(replace(want, patch=full), context, states)
    document = new_nic(want.template or "", full)
    if context.overlays is not None and context.overlays.network(preview.source) is not None:
        document = with_interface_id(document, choose_interface_id(context, preview, None))
        run = frozenset(State) if starts else states
        context.overlays.plugged(draft.domain, None, read_nic(document), run)
    return document, overrides_of_new(full, states, context)


def _change(want: DomainWant, document: str) -> Change:
    nics = [f"{nic.name}: {nic.source}" for nic, _ in read_domain(document).nics]
    fields = [FieldChange(field="nics", before=None, after="; ".join(nics))] if nics else []
    scope = (State.CONFIG, State.LIVE) if want.start else (State.CONFIG,)
    return Change(
        action=Action.CREATE,
        object=ObjectKind.DOMAIN,
        domain=want.fields.name,
        name=want.fields.name,
        scope=scope,
        fields=tuple(fields),
    )
