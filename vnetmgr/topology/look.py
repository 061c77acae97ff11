"""From a host to its picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.observe import observe_paths
from vnetmgr.doctor.walk import walk
from vnetmgr.engine.called import choose_some
from vnetmgr.topology.build import build_graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.host.connect import Host
    from vnetmgr.model.graph import Graph


def look(host: Host, domains: Sequence[str]) -> Graph:
    """What is connected to what around these domains, or of all, with what doctor finds wrong."""
    facts = observe_paths(host, choose_some(host, domains).names)
    findings = (finding for path in walk(facts) for finding in path.findings)
    return build_graph(facts, findings, everything=not domains)
