"""OVN is asked, by ovn-trace, what it does with the packet that is traced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.engine.northbound import settings_for
from vnetmgr.errors import VnetError
from vnetmgr.model.path.unseen import Need, Unseen
from vnetmgr.model.record import replace
from vnetmgr.trace.choose import choose
from vnetmgr.trace.destination import resolve
from vnetmgr.trace.guests import source_of
from vnetmgr.trace.overlaid import Sent, answer_of, question_of

if TYPE_CHECKING:
    from vnetmgr.doctor.targets import Target
    from vnetmgr.host.connect import Host
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.overlays import Flow
    from vnetmgr.trace.destination import Destination


def with_flows(host: Host, facts: PathFacts, asked: Target, to: Destination) -> PathFacts:
    """The facts with what OVN says, where the nic is on an overlay and OVN can be asked."""
    overlays = facts.overlays
    if overlays.southbound is None:
        return _unseen(facts, "OVN's southbound database was not seen")
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
    tls = settings_for(host, None).tls
    try:
        flows.append(ask_flow(overlays.southbound.at, *question, tls))
        back = answer_of(subject, question, flows[0], sent)
        if back is not None:
            flows.append(ask_flow(overlays.southbound.at, *back, tls))
    except VnetError as error:
        facts = _unseen(facts, error.message)
    return replace(facts, overlays=replace(overlays, flows=tuple(flows)))


def _unseen(facts: PathFacts, why: str) -> PathFacts:
    unseen = Unseen(part="overlays.flows", needs=Need.OTHER, why=why)
    return replace(facts, unseen=(*facts.unseen, unseen))
