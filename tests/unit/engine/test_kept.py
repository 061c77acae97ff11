"""What is said of a change that was made, and is not there when everything is read back."""

from __future__ import annotations

import pytest

from vnetmgr.engine.kept import not_kept
from vnetmgr.model.network import Network, NetworkMode
from vnetmgr.model.overlay.northbound import LogicalPort, Overlay, PortChange
from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind, Op, Step
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.model.writes import DefineNetwork, SetOverlay, SetPorts, Write

BLUE = Overlay(network=Network(name="blue", mode=NetworkMode.OVERLAY), fleet="default")
SWITCH = SetOverlay(name="blue", before=None, after=BLUE)
PORTS = SetPorts(changes=(PortChange(before=LogicalPort(name="p", switch="a b"), after=None),))
OVN = "OVN's northbound database tcp:[::1]:6641"


def left(
    what: str,
    scope: tuple[State, ...],
    fields: tuple[str, ...],
    *writes: Write,
    action: Action = Action.UPDATE,
) -> Step:
    change = Change(
        action=action,
        object=ObjectKind(what),
        domain="vm1",
        name="x",
        scope=scope,
        fields=tuple(FieldChange(field=each, before=None, after="1") for each in fields),
    )
    return Step(group="x", changes=(change,), ops=tuple(Op(do=each) for each in writes))


@pytest.mark.parametrize(
    ("what", "scope", "fields", "said"),
    [
        (
            "forward",
            (State.LIVE,),
            (),
            "vm1: forward x: its rules were written, and are not there any more",
        ),
        (
            "forward",
            (State.CONFIG, State.LIVE),
            ("to",),
            "vm1: forward x: libvirt accepted the change and ignored to",
        ),
        ("nic", (State.LIVE,), (), "vm1: nic x: libvirt accepted the change and ignored all of it"),
        (
            "chassis",
            (State.LIVE,),
            ("a", "b"),
            "vm1: chassis x: it was written, and is otherwise by now: a, b",
        ),
    ],
)
def test_who_did_not_keep_it(
    what: str, scope: tuple[State, ...], fields: tuple[str, ...], said: str
) -> None:
    step = left(what, scope, fields)
    found = not_kept(step.changes[0], step, step.changes[0], None)
    assert found.text == said
    assert found.hint.endswith("run the command again")


@pytest.mark.parametrize(
    ("what", "writes", "said", "shows"),
    [
        ("network", (SWITCH,), f"it was written to {OVN}, which has it otherwise by now", "blue"),
        ("address", (SWITCH,), f"it was written to {OVN}, which has it otherwise by now", "blue"),
        ("port", (PORTS,), f"it was written to {OVN}, which has it otherwise by now", "'a b'"),
        (
            "network",
            (SWITCH, DefineNetwork(network="blue", xml="")),
            f"it was made, and libvirt or {OVN} has it otherwise by now",
            "blue",
        ),
    ],
)
def test_what_ovn_has_is_ovns(what: str, writes: tuple[Write, ...], said: str, shows: str) -> None:
    step = left(what, (State.LIVE,), ("mtu",), *writes)
    found = not_kept(step.changes[0], step, step.changes[0], "tcp:[::1]:6641")
    assert found.text == f"vm1: {what} x: {said}: mtu"
    assert found.hint.endswith(
        f"`ovn-nbctl --db='tcp:[::1]:6641' show {shows}` shows what is there"
    )


@pytest.mark.parametrize(
    ("what", "writes", "was", "said"),
    [
        ("nic", (), Action.UPDATE, "the change was made, and it is not there any more"),
        (
            "port",
            (PORTS,),
            Action.CREATE,
            f"it was written to {OVN}, and is not there any more",
        ),
    ],
)
def test_what_somebody_took_away_meanwhile(
    what: str, writes: tuple[Write, ...], was: Action, said: str
) -> None:
    step = left(what, (State.LIVE,), ("mac",), *writes, action=Action.CREATE)
    done = replace(step.changes[0], action=was)
    found = not_kept(step.changes[0], step, done, "tcp:[::1]:6641")
    assert found.text == f"vm1: {what} x: {said}"
