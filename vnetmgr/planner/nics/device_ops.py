"""The writes of one device, each of one state and with what takes it back."""

from __future__ import annotations

from vnetmgr.libvirt_xml.nics.write import down_form, update_form, without_floor
from vnetmgr.model.plan import Op
from vnetmgr.model.state import State
from vnetmgr.model.writes import AttachDevice, DetachDevice, UpdateDevice

LIVE_FIRST = (State.LIVE, State.CONFIG)
"""What is done in both states. The live half fails more often: the config then still is what it
was, and the other way round libvirt may have added a controller to it that stays."""


def plug_op(domain: str, xml: str, state: State, *, label: str) -> Op:
    """Plug a device in; `label` is how messages call it."""
    return Op(
        do=AttachDevice(domain=domain, xml=xml, state=state),
        undo=(DetachDevice(domain=domain, xml=xml, state=state, label=label),),
        undo_when_failed=True,
    )


def unplug_op(domain: str, xml: str, state: State, *, label: str, late: bool = False) -> Op:
    """Take a device out; `late`: what comes behind it need not wait for the guest."""
    back = update_form(xml) if state is State.LIVE else xml
    return Op(
        do=DetachDevice(domain=domain, xml=xml, state=state, label=label),
        undo=(AttachDevice(domain=domain, xml=back, state=state),),
        may_finish_later=late,
    )


def update_op(domain: str, before: str, after: str, state: State) -> Op:
    """Change a device in place."""
    return Op(
        do=UpdateDevice(domain=domain, xml=after, state=state),
        undo=(UpdateDevice(domain=domain, xml=before, state=state),),
    )


def in_place_ops(domain: str, before: str, after: str) -> tuple[Op, ...]:
    """Change a running domain's device in place. libvirt takes a network's new port before it gives
    the old one back, and so counts what both guarantee (9.0): the nic is without in between."""
    between = without_floor(after)
    if between == after or without_floor(before) == before:
        return (update_op(domain, before, after, State.LIVE),)
    return (
        update_op(domain, before, between, State.LIVE),
        update_op(domain, between, after, State.LIVE),
    )


def rewire_ops(domain: str, before: str, after: str) -> tuple[Op, Op]:
    """Move a running domain's nic to another bridge, as a cable is: its link is down meanwhile. So
    the guest asks for an address there, also when it is taken back. libvirt does not tell it (9.0,
    11.3), and one that did finds the link down, and leaves it so."""
    between = down_form(after)
    back = UpdateDevice(domain=domain, xml=before, state=State.LIVE, raises=True)
    return (
        Op(do=UpdateDevice(domain=domain, xml=between, state=State.LIVE), undo=(back,)),
        Op(
            do=UpdateDevice(domain=domain, xml=after, state=State.LIVE, raises=True),
            undo=(UpdateDevice(domain=domain, xml=between, state=State.LIVE),),
        ),
    )


def replug_ops(domain: str, before: str, after: str, *, label: str) -> tuple[Op, Op]:
    """Unplug a running domain's device, and plug it in otherwise."""
    return (
        unplug_op(domain, before, State.LIVE, label=label),
        plug_op(domain, after, State.LIVE, label=label),
    )
