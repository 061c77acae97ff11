"""Plug in the tap of a running nic that has lost its bridge, or is on another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.nics.write import merge_nic, update_form
from vnetmgr.model.nic import OPENVSWITCH, NicPatch
from vnetmgr.model.plan import Op, Step
from vnetmgr.model.seen.guests import Guest
from vnetmgr.model.state import State
from vnetmgr.model.writes import PlugSwitchPort, UpdateDevice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.context import Context


def repair(seen: Seen[Nic], context: Context) -> Step | None:
    """The step that plugs a nic's tap in again; None where it has not lost its bridge, as far as
    can be seen here."""
    nic, links = seen.live, context.observed.links
    if nic is None or links is None or not links.has_lost(nic):
        return None
    from vnetmgr.planner.nics.taps import repairs, replug, strays_of

    guest = Guest(context.domain, seen, nic)
    changes = tuple(repairs([guest]))
    if nic.virtualport == OPENVSWITCH:
        ops = list(_switch_ops(guest))
    else:
        write = replug(nic.source.name or nic.bridge or "", [guest], former=None)
        ops = [Op(do=stray) for stray in strays_of([guest], links)]
        ops.append(Op(do=write, may_finish_later=True))
    return Step(group=context.domain.name, changes=changes, ops=tuple(ops))


def lost_note(seen: Seen[Nic], context: Context) -> str | None:
    """What a user should know of a nic whose tap has lost its bridge, and is left there."""
    nic, links = seen.live, context.observed.links
    if nic is None or links is None or not links.has_lost(nic):
        return None
    name = context.domain.name
    return (
        f"{name}: the tap {nic.target} of nic {nic.key} is no port of {nic.bridge}; plug it in "
        f"again: vnetmgr update-nic {name} {nic.key} --{nic.source.mode} {nic.source.name}"
    )


def _switch_ops(guest: Guest) -> Iterator[Op]:
    """libvirt moves no nic that is on Open vSwitch; its rates, which went with the port, it sets
    when they change."""
    nic, name = guest.live, guest.domain.name
    port = PlugSwitchPort(
        bridge=nic.bridge or "",
        port=nic.target or "",
        mac=str(nic.mac),
        vm_id=guest.domain.uuid,
        interface_id=nic.interface_id or "",
        vlan=nic.vlan or (),
    )
    yield Op(do=port)
    if nic.inbound or nic.outbound:
        whole = update_form(guest.nic.live_xml or "")
        without = merge_nic(whole, NicPatch(inbound=None, outbound=None))
        yield Op(do=UpdateDevice(domain=name, xml=without, state=State.LIVE))
        yield Op(do=UpdateDevice(domain=name, xml=whole, state=State.LIVE))
