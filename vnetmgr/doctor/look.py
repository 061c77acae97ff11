"""From the nics that are asked for to what is found of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.observe import observe_paths
from vnetmgr.doctor.targets import domains_of, nics_of
from vnetmgr.doctor.walk import walk
from vnetmgr.model.path.finding import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.doctor.targets import Target
    from vnetmgr.host.connect import Host
    from vnetmgr.model.path.facts import PathFacts


def look(
    host: Host,
    targets: Sequence[Target],
    *,
    probe: bool,
    on_progress: Callable[[str], None],
) -> tuple[PathFacts, tuple[str, ...]]:
    """What there is to see of a host now, and what to know of the looking."""
    on_progress("looking at domains, networks and links")
    facts = observe_paths(host, domains_of(targets))
    nics_of(facts, targets)  # raises for what is not there, before anything takes time
    if not probe:
        return facts, ()
    from vnetmgr.doctor.probing import warnings, with_probes

    on_progress("probing from where the guests are")
    return with_probes(facts), warnings(facts)


def diagnosed(facts: PathFacts, targets: Sequence[Target], notes: Sequence[str]) -> Diagnosis:
    """What is found in it, of the nics that are asked for."""
    nics = nics_of(facts, targets)
    asked = frozenset(domains_of(targets) or facts.asked)
    return Diagnosis(
        uri=facts.uri,
        host=facts.host,
        paths=tuple(path for path in walk(facts, nics) if path.domain in asked),
        named=nics,
        notes=tuple(notes),
    )
