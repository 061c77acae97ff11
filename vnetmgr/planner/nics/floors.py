"""A nic's floor: refused where libvirt cannot guarantee it, and gone where the nic moves there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError, concerning
from vnetmgr.model.nic import Mode
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.model.values import Rate
from vnetmgr.planner.guarantees import Floors, floor_of, most, total
from vnetmgr.problem import About, Worded, behind

if TYPE_CHECKING:
    from vnetmgr.model.network import Network
    from vnetmgr.model.nic import Nic, NicPatch
    from vnetmgr.planner.context import Context


def check_floor(nic: Nic, context: Context, states: frozenset[State]) -> None:
    """Refuse a guarantee that libvirt refuses when the nic is plugged in, or the guest starts."""
    floor, name = floor_of(nic), nic.source.name or ""
    if floor is None:
        return
    live = State.LIVE in states and context.domain.active
    floors = _floors(context)
    network = floors.network(name, live=live)
    if network is None:
        return
    whose = context.domain.name, nic.key
    with concerning(About("nic", nic.key, context.domain.name, "inbound")):
        others = floors.others(name, whose) if live else None
        _check(f"{context.domain.name}/{nic.key}", floor, network, others)
    if live:
        floors.hold(name, whose, floor)


def _check(label: str, floor: Rate, network: Network, others: Rate | None) -> None:
    limit, asked = most(network), total((floor, others))
    if not network.has_own_bridge:
        raise RefusedError(
            f"network {network.name} is on no bridge of its own, so libvirt cannot guarantee "
            f"{floor} to {label} there",
            "leave floor= out, or use a network of the mode nat, routed, open or isolated",
        )
    if limit is None or asked is None:
        raise RefusedError(
            f"network {network.name} has no inbound rate of which it could guarantee {floor} to "
            f"{label}",
            Worded(
                f"give it one: {_with_inbound(network.name, 'RATE')}",
                "give it one: inbound, of the network",
            ),
        )
    if asked.kilobytes_per_s > limit.kilobytes_per_s:
        left = limit.kilobytes_per_s - (others.kilobytes_per_s if others else 0)
        taken = f", of which {others} are others'" if others else ""
        raise RefusedError(
            f"network {network.name} can guarantee {limit}{taken}: not {floor} to {label}",
            behind(
                f"floor={Rate(left)} is left; or " if left > 0 else "",
                Worded(
                    str(_with_inbound(network.name, str(asked))),
                    f"give the network inbound: {asked}",
                ),
            ),
        )


def _with_inbound(network: str, rate: str) -> Command:
    return Command("update-network", network, "--inbound", rate, "--allow", "restart")


def _floors(context: Context) -> Floors:
    return Floors(context.observed) if context.floors is None else context.floors()


def without_floor(patch: NicPatch, after: Nic, context: Context) -> NicPatch:
    """The patch, of a nic that moves, which also takes away what its new place cannot guarantee."""
    inbound = after.inbound
    if inbound is None or inbound.floor is None or patch.inbound is not UNSET:
        return patch
    network = None
    if after.source.mode is Mode.NETWORK:
        name = after.source.name or ""
        network = _floors(context).network(name, live=context.domain.active)
        if network is None:
            return patch
    if network is not None and most(network) is not None:
        return patch
    return replace(patch, inbound=replace(inbound, floor=None) if inbound.average else None)
