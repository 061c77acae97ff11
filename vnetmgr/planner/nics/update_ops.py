"""What is written to change a nic: of each state, from its own document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.domain_write import replace_nic, set_data
from vnetmgr.libvirt_xml.metadata import with_pairs
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.libvirt_xml.nics.write import (
    attach_form,
    merge_nic,
    update_form,
    with_interface_id,
)
from vnetmgr.model.nic import NIC_FIELDS
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.model.writes import AttachDevice, UpdateDevice
from vnetmgr.planner.nics.behind import own_form
from vnetmgr.planner.nics.dependents import lost_notes
from vnetmgr.planner.nics.device_ops import (
    in_place_ops,
    plug_op,
    replug_ops,
    rewire_ops,
    update_op,
)
from vnetmgr.planner.nics.match import describe
from vnetmgr.planner.nics.rewired import moves_unplugged, only_live_down
from vnetmgr.planner.nics.switches import choose_interface_id
from vnetmgr.planner.nics.vectors import (
    Override,
    override_ops,
    overrides_of_changed,
    with_overrides,
)

if TYPE_CHECKING:
    from vnetmgr.model.nic import Nic, NicPatch
    from vnetmgr.model.patch import Differences
    from vnetmgr.model.plan import Op
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.context import Context

# What libvirt finds a nic by: updateDeviceFlags cannot change these, not even in the config.
_IDENTITY = frozenset({"mac", "name", "owned", "pci_address"})


def _only(patch: NicPatch, changed: Differences) -> NicPatch:
    """The patch, restricted to the fields that change."""
    keep = {field for field, _, _ in changed}
    dropped = {field: UNSET for field in NIC_FIELDS if field not in keep}
    return replace(patch, **dropped)


def ops_of(
    seen: Seen[Nic],
    patch: NicPatch,
    *,
    config: Differences,
    live: Differences,
    replug: bool,
    rewire: bool,
    out: bool,
    context: Context,
) -> tuple[Op, ...]:
    """Live, then config, each from its own document. `out`: it is not plugged in, and has to be."""
    name, label = context.domain.name, f"nic {describe(seen.any)}"
    ops: list[Op] = []
    if live and seen.live_xml is not None:
        before = update_form(seen.live_xml)
        now = _only(patch, live)
        after = merge_nic(own_form(seen, before, now, context), now)
        if replug:  # what is plugged in anew is known by what the config says
            after = with_interface_id(after, _interface_id(seen, patch, context), overwrite=True)
            ops += replug_ops(name, before, after, label=label)
        else:
            ops += rewire_ops(name, before, after) if rewire else in_place_ops(name, before, after)
    kept = _config_ops(seen, patch, config, context)
    ops = [*kept, *ops] if _config_first(seen, live) else [*ops, *kept]
    if out and seen.config_xml is not None:
        plugged = attach_form(merge_nic(seen.config_xml, patch))
        ops.append(plug_op(name, plugged, State.LIVE, label=label))
    return tuple(ops)


def _config_first(seen: Seen[Nic], live: Differences) -> bool:
    """Whether a nic moves whose running link alone is down and stays so. With the config written
    last, a run that is killed would leave it as one whose link is down just for its move, and that
    comes up in the next run."""
    return only_live_down(seen) and moves_unplugged(seen, live)


def _config_ops(
    seen: Seen[Nic],
    patch: NicPatch,
    config: Differences,
    context: Context,
) -> list[Op]:
    name, overrides = context.domain.name, _overrides(seen, config)
    config = tuple(each for each in config if each[0] != "vectors")
    if not config or seen.config_xml is None:
        return list(override_ops(overrides, name))
    merged = merge_nic(seen.config_xml, _only(patch, config))
    given = any(field == "interface_id" for field, _, _ in config)
    merged = with_interface_id(merged, _interface_id(seen, patch, context), overwrite=given)
    if _by_define(config, context):
        whole = replace_nic(context.draft.document, seen.config_xml, merged)
        whole = _with_pair(with_overrides(whole, overrides), seen, patch, context)
        return [context.draft.redefine(whole)]
    return [
        update_op(name, seen.config_xml, merged, State.CONFIG),
        *override_ops(overrides, name),
    ]


def lost_by(seen: Seen[Nic], ops: tuple[Op, ...], domain: str) -> list[str]:
    """What goes with the change, and no field says: of each state, from what is written."""
    label = f"{domain}: nic {describe(seen.any)}"
    found: list[str] = []
    for op in ops:
        write = op.do
        if isinstance(write, UpdateDevice | AttachDevice) and (before := seen.xml(write.state)):
            after = read_nic(write.xml).interface_id
            if after is not None:  # another one is shown as a change
                before = with_interface_id(before, after, overwrite=True)
            found += lost_notes(label, before, write.xml)
    return list(dict.fromkeys(found))


def _interface_id(seen: Seen[Nic], patch: NicPatch, context: Context) -> str:
    changed = {
        field: value for field, value in patch.items() if field in ("source", "mac", "virtualport")
    }
    return choose_interface_id(context, replace(seen.any, **changed), seen)


def _with_pair(whole: str, seen: Seen[Nic], patch: NicPatch, context: Context) -> str:
    """The config with a note, in the same write, of which running nic the one with a new MAC is:
    its name may change as well, before or after."""
    domain, draft, live = context.domain, context.draft, seen.live
    if patch.mac is UNSET or live is None or live.mac is None or domain.rivals:
        return whole
    running = {str(each.live.mac) for each in domain.nics if each.live}
    pairs = {config: mac for config, mac in domain.pairs.items() if mac in running}
    pairs = {config: mac for config, mac in pairs.items() if mac != live.mac}
    if patch.mac != live.mac:
        pairs[str(patch.mac)] = str(live.mac)
    own = domain.own_data_xml if draft.data_xml == domain.data_xml else draft.data_xml
    draft.data_xml = with_pairs(own, pairs, domain.uuid)
    return set_data(whole, draft.data_xml)


def _overrides(seen: Seen[Nic], config: Differences) -> list[Override]:
    if seen.config is None:
        return []
    after = replace(seen.config, **{field: value for field, _, value in config})
    return overrides_of_changed(seen.config, after)


def _by_define(config: Differences, context: Context) -> bool:
    identity = any(field in _IDENTITY for field, _, _ in config)
    return identity or not context.observed.features.device_calls
