"""OVN is asked, by ovn-trace, what it does with the packet that is traced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.engine.northbound import settings_for
from vnetmgr.errors import VnetError
from vnetmgr.model.path.unseen import Need, Unseen
from vnetmgr.model.record import replace
from vnetmgr.trace.choose import choose
from vnetmgr.trace.destination import resolve
from vnetmgr.trace.following import ends_of
from vnetmgr.trace.guests import source_of
from vnetmgr.trace.overlaid import Sent, answer_of, question_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from vnetmgr.doctor.check import Subject
    from vnetmgr.doctor.targets import Target
    from vnetmgr.host.connect import Host
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.model.overlay.southbound import Southbound
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.overlays import Flow
    from vnetmgr.trace.destination import Destination

_FOLLOW_S = 3.0
"""How long hosts are waited for that are behind: they follow within 0.1 s."""


def with_flows(host: Host, facts: PathFacts, asked: Target, to: Destination) -> PathFacts:
    """The facts with what OVN says, where the nic is on an overlay and OVN can be asked."""
    overlays = facts.overlays
    if overlays.southbound is None:
        unseen = facts.why_unseen("overlays.southbound")
        why = "" if unseen is None else f": {unseen.why}"
        return _unseen(facts, f"OVN's southbound database was not seen{why}")
    subject = choose(facts, asked, to)
    target = resolve(to, subject)
    if target is None:
        return facts
    sent = Sent(source_of(subject, target.version), target, to.protocol, to.port)
    question = question_of(subject, sent)
    if question is None:
        return facts
    from vnetmgr.local.chassis.flows import ask_flow

    flows: list[Flow] = []
    settings = settings_for(host, None)
    try:
        flows.append(ask_flow(overlays.southbound.at, *question, settings.tls))
        back = answer_of(subject, question, flows[0], sent)
        if back is not None:
            flows.append(ask_flow(overlays.southbound.at, *back, settings.tls))
    except VnetError as error:
        facts = _unseen(facts, error.message)
    overlays = replace(overlays, flows=tuple(flows))
    return settled(replace(facts, overlays=overlays), subject, settings)


def settled(facts: PathFacts, subject: Subject, settings: OvnSettings) -> PathFacts:
    """With the hosts of the ends as they are a moment later, where one is behind: who is at work
    follows within that time."""
    southbound, flows = facts.overlays.southbound, facts.overlays.flows
    ends = {each.name for each in ends_of(subject, flows[0].outputs)} if flows else set()
    if southbound is None or not _behind(southbound, ends):
        return facts
    from vnetmgr.ovn.southbound import wait_for_hosts

    def enough(now: Southbound) -> bool:
        return not _behind(now, ends)

    try:
        now = wait_for_hosts(southbound.at, settings, enough, _FOLLOW_S)
    except VnetError:  # what was seen stays
        return facts
    southbound = replace(southbound, asked=now.asked, chassis=now.chassis)
    return replace(facts, overlays=replace(facts.overlays, southbound=southbound))


def _behind(southbound: Southbound, names: Collection[str]) -> bool:
    return any(southbound.is_behind(each) for each in southbound.chassis if each.name in names)


def _unseen(facts: PathFacts, why: str) -> PathFacts:
    unseen = Unseen(part="overlays.flows", needs=Need.OTHER, why=why)
    return replace(facts, unseen=(*facts.unseen, unseen))
