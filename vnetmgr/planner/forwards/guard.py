"""Bridges that the kernel sends 127.0.0.0/8 to, and whose guests nothing keeps from it any more.

The setting is the kernel's, the guard is of vnetmgr's table: whoever flushes all rules takes the
guard alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind, Op, Step
from vnetmgr.model.state import State
from vnetmgr.model.writes import SetRules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.seen.rules import LiveRules, Rule

OPEN_TO_ALL = (
    "net.ipv4.conf.all.route_localnet is 1, which is not vnetmgr's doing and not undone by it: "
    "every link's neighbours, guests among them, get at what listens on 127.0.0.1; "
    "`sysctl net.ipv4.conf.all.route_localnet=0`"
)


def unguarded_steps(live: LiveRules, planned: Iterable[Rule]) -> Iterator[Step]:
    """Put the setting back where no forward needs it; what a forward that goes needed, its own
    step puts back."""
    needed = _bridges((*live.rules, *planned))
    stray = tuple(sorted(live.localnet - needed))
    if stray:
        changes = tuple(
            Change(
                action=Action.REPAIR,
                object=ObjectKind.FORWARD,
                domain=None,
                name=f"net.ipv4.conf.{bridge}.route_localnet",
                scope=(State.LIVE,),
                fields=(FieldChange(field="value", before="1", after="0"),),
            )
            for bridge in stray
        )
        yield Step(group="forwards", changes=changes, ops=(Op(do=SetRules(uuid="", shut=stray)),))


def _bridges(rules: Iterable[Rule]) -> frozenset[str]:
    return frozenset(rule.bridge for rule in rules if rule.needs_localnet)
