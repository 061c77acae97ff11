"""Plan the networks that nics need: made and started where they are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.network_xml import fill_network
from vnetmgr.model.domain import State
from vnetmgr.model.plan import (
    Action,
    AutostartNetwork,
    Change,
    DefineNetwork,
    FieldChange,
    Op,
    StartNetwork,
    Step,
    StopNetwork,
    UndefineNetwork,
)

if TYPE_CHECKING:
    from vnetmgr.model.desired import Observed
    from vnetmgr.model.network import NetworkWant

GROUP = "networks"


def plan_network(want: NetworkWant, observed: Observed) -> Step | None:
    """The step that makes and starts a network; None when it runs already."""
    name = want.name
    found = observed.network(name)
    start = Op(do=StartNetwork(network=name), undo=(StopNetwork(network=name),))
    if found is None:
        if want.pf is not None:
            from vnetmgr.planner.hostdev import check_pool

            check_pool(want, observed)
        template = observed.templates[f"network/{want.mode}.xml"]
        xml = fill_network(template, name=name, pf=want.pf)
        define = Op(do=DefineNetwork(network=name, xml=xml), undo=(UndefineNetwork(network=name),))
        autostart = Op(
            do=AutostartNetwork(network=name, autostart=True),
            undo=(AutostartNetwork(network=name, autostart=False),),
        )
        change = _change(want, Action.CREATE, (State.CONFIG, State.LIVE))
        return Step(group=GROUP, changes=(change,), ops=(define, autostart, start))
    if found.any.mode is not want.mode:
        raise RefusedError(
            f"network {name} is {found.any.mode}, not {want.mode}",
            f"use --network {name} to take it as it is, or another network",
        )
    if want.pf is not None and found.any.pf != want.pf:
        raise RefusedError(
            f"network {name} hands out the virtual functions of {found.any.pf}, not of {want.pf}",
            f"use --network {name} to take it as it is, or give the new one another name",
        )
    if found.live is None:
        change = _change(want, Action.START, (State.LIVE,))
        return Step(group=GROUP, changes=(change,), ops=(start,))
    return None


def _change(want: NetworkWant, action: Action, scope: tuple[State, ...]) -> Change:
    fields = [FieldChange(field="mode", before=None, after=str(want.mode))]
    if want.pf is not None:
        fields.append(FieldChange(field="pf", before=None, after=want.pf))
    return Change(
        action=action,
        object="network",
        domain=None,
        name=want.name,
        scope=scope,
        fields=tuple(fields) if action is Action.CREATE else (),
    )
