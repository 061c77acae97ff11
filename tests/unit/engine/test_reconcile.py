"""What is said of a change that was made, and is not there when everything is read back."""

from __future__ import annotations

import pytest

from vnetmgr.engine.reconcile import not_kept
from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind
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
    assert not_kept(left) == said
