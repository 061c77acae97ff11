"""Whether a spec's networks and bridges are on the hosts that it needs them on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vnetmgr.errors import ExitCode
from vnetmgr.fleet.answer import Answers
from vnetmgr.fleet.domains import domains_task, found_domains
from vnetmgr.fleet.place import place
from vnetmgr.fleet.task import Task
from vnetmgr.spec.checks import spec_problems
from vnetmgr.spec.files import by_place
from vnetmgr.spec.host_checks import networks_elsewhere
from vnetmgr.spec.parts import Parts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vnetmgr.fleet.hosts import ManagedHost
    from vnetmgr.fleet.workers import Workers
    from vnetmgr.model.spec import Placed, Spec
    from vnetmgr.problem import Problem
    from vnetmgr.spec.files import Loaded

_MODULES = ("vnetmgr.engine.observe", "vnetmgr.planner.spec_checks")


def validate_on(
    workers: Workers, hosts: Sequence[ManagedHost], loaded: Loaded, *, timeout_s: float
) -> Answers:
    """What each host says of its part; what is wrong with the spec itself is not told again."""
    listed = workers.ask_all(hosts, domains_task(timeout_s))
    found, failed = found_domains(listed)
    placement = place(loaded.spec.domains, [host.name for host in hosts], found)
    parts = Parts(loaded.spec, placement.placed)
    task = Task(
        local=partial(_validate, loaded=loaded, placed=placement.placed, parts=parts),
        kinds=frozenset({"validation"}),
        modules=_MODULES,
        timeout_s=timeout_s,
    )
    asked = [host for host in hosts if host.name not in failed]
    answers = {each.host: each for each in workers.ask_all(asked, task)} | failed
    return Answers(
        each=tuple(answers[host.name] for host in hosts),
        notes=placement.notes,
        errors=placement.errors,
    )


def _validate(
    host: ManagedHost, *, loaded: Loaded, placed: Mapping[str, Placed], parts: Parts
) -> None:
    from vnetmgr.engine.observe import observe
    from vnetmgr.host.connect import Host
    from vnetmgr.model.seen.observed import EVERY, Scope
    from vnetmgr.planner.spec_checks import host_problems
    from vnetmgr.render import console
    from vnetmgr.render.documents.specs import VALIDATION

    part = parts.of(host.name)
    with Host.connect(host.connect, readonly=True) as connection:
        observed = observe(connection, Scope(networks=(EVERY,), links=True))
    unread = any(about.kind == "file" for each in loaded.problems for about in each.abouts)
    own = part_problems(loaded.spec, part, placed)
    told = {each.origin for each in own}  # a network of other hosts is not here, either
    missing = host_problems(part, observed, unread=unread)
    problems = by_place((*own, *(each for each in missing if each.origin not in told)), part.files)
    known = set(map(str, loaded.problems))
    new = [each for each in problems if str(each) not in known]
    console.out_data(VALIDATION.whole(new))
    if new:
        raise SystemExit(int(ExitCode.USAGE))


def part_problems(spec: Spec, part: Spec, placed: Mapping[str, Placed]) -> list[Problem]:
    """What is wrong with a host's part, now that it is known which domains are there."""
    here = {domain.name for domain in part.domains}
    elsewhere = [
        each
        for each in networks_elsewhere(spec, placed)
        if each.about is not None and each.about.domain in here
    ]
    return [*spec_problems(part), *elsewhere]
