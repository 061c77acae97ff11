"""Plug in the tap of a running nic that has lost its bridge, or is on another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.libvirt_xml.nics.write import merge_nic, update_form
from vnetmgr.model.network import HOP
from vnetmgr.model.nic import OPENVSWITCH, NicPatch
from vnetmgr.model.plan import Op, Step
from vnetmgr.model.seen.guests import Guest, bridge_of, home_of, is_orphan
from vnetmgr.model.state import State
from vnetmgr.model.writes import PlugSwitchPort, UpdateDevice
from vnetmgr.planner.nics.checks import network_is_off

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.context import Context


def repair(seen: Seen[Nic], context: Context) -> Step | None:
    """The step that plugs a nic's tap in again; None where it has not lost its bridge, as far as
    can be seen here, or a network gets it back that the plan starts.

    Raises RefusedError where its network is off: only its start brings the bridge back.
    """
    nic, observed = seen.live, context.observed
    if nic is None or not is_orphan(nic, observed):
        return None
    network = home_of(nic, observed)
    if network is not None and network.name in context.planned_networks:
        return None
    if network is not None and network.live is None:
        raise network_is_off(network.name, context.domain)
    from vnetmgr.planner.nics.taps import repairs, replug, strays_of

    guest = Guest(context.domain, seen, nic)
    changes = tuple(repairs([guest]))
    if nic.virtualport == OPENVSWITCH:
        ops = list(_switch_ops(guest))
    else:
        write = replug(nic.source.name or nic.bridge or "", [guest], former=None)
        ops = [Op(do=stray) for stray in strays_of([guest], observed.links)]
        ops.append(Op(do=write, may_finish_later=True))
    return Step(group=context.domain.name, changes=changes, ops=tuple(ops))


def lost_note(seen: Seen[Nic], context: Context) -> str | None:
    """What a user should know of a nic whose tap has lost its bridge, and is left there."""
    nic, name = seen.live, context.domain.name
    if nic is None or not is_orphan(nic, context.observed):
        return None
    network = home_of(nic, context.observed)
    source = (nic.source.name or "").removeprefix(HOP)
    remedy = Command("update-nic", name, nic.key, f"--{nic.source.mode}", source)
    if network is not None and network.live is None:
        remedy = Command("start-network", network.name)
    return (
        f"{name}: the tap {nic.target} of nic {nic.key} is no port of "
        f"{bridge_of(nic, network) or 'its bridge'}; plug it in again: {remedy}"
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
