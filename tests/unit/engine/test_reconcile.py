"""What is said of a change that was made, and is not there when everything is read back."""

from __future__ import annotations

import pytest

from vnetmgr.engine.reconcile import not_kept
from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind
from vnetmgr.model.record import replace
from vnetmgr.model.state import State


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
    ],
)
def test_who_did_not_keep_it(
    what: str, scope: tuple[State, ...], fields: tuple[str, ...], said: str
) -> None:
    left = Change(
        action=Action.CREATE,
        object=ObjectKind(what),
        domain="vm1",
        name="x",
        scope=scope,
        fields=tuple(FieldChange(field=each, before=None, after="1") for each in fields),
    )
    assert not_kept(left, left) == said


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("nic", "vm1: nic x: the change was made, and it is not there any more"),
        ("port", "vm1: port x: it was written to OVN, and is not there any more"),
    ],
)
def test_what_somebody_took_away_meanwhile(what: str, said: str) -> None:
    fields = (FieldChange(field="mac", before=None, after="52:54:00:00:00:01"),)
    left = Change(
        action=Action.CREATE,
        object=ObjectKind(what),
        domain="vm1",
        name="x",
        scope=(State.LIVE,),
        fields=fields,
    )
    done = replace(left, action=Action.CREATE if what == "port" else Action.UPDATE)
    assert not_kept(left, done) == said
