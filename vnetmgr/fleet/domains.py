"""Which domains and networks the hosts have: what has to be known before anything is done with one
by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.fleet.place import domains_of
from vnetmgr.fleet.task import Task
from vnetmgr.model.record import replace
from vnetmgr.problem import About
from vnetmgr.render import console
from vnetmgr.render.blocks import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vnetmgr.fleet.answer import Answer
    from vnetmgr.fleet.hosts import ManagedHost
    from vnetmgr.fleet.place import HostDomain


def domains_task(timeout_s: float) -> Task:
    """What each host is asked."""
    return _listing("domains", _domains, timeout_s)


def networks_task(timeout_s: float) -> Task:
    """The same of networks."""
    return _listing("networks", _networks, timeout_s)


def _listing(kind: str, local: Callable[[ManagedHost], None], timeout_s: float) -> Task:
    modules = ("listings", "render", "render.documents")
    return Task(
        local=local,
        words=lambda _: (f"list-{kind}",),
        kinds=frozenset({kind}),
        modules=tuple(f"vnetmgr.{each}.{kind}" for each in modules),
        timeout_s=timeout_s,
    )


def _domains(host: ManagedHost) -> None:
    from vnetmgr.host.connect import Host
    from vnetmgr.listings.domains import list_domains
    from vnetmgr.render.domains import render_domains

    with Host.connect(host.connect, readonly=True) as connection:
        console.show(render_domains(list_domains(connection, ()), form=Form.JSON))


def _networks(host: ManagedHost) -> None:
    from vnetmgr.host.connect import Host
    from vnetmgr.listings.networks import list_networks
    from vnetmgr.render.networks import render_networks

    with Host.connect(host.connect, readonly=True) as connection:
        console.show(render_networks(list_networks(connection, ()), form=Form.JSON))


def found_domains(
    answers: Iterable[Answer],
) -> tuple[dict[str, tuple[HostDomain, ...]], dict[str, Answer]]:
    """By host, the domains of those that have answered; and the answers of the others, of which
    nothing is known. One that makes no sense is no answer."""
    found: dict[str, tuple[HostDomain, ...]] = {}
    unknown: dict[str, Answer] = {}
    for answer in answers:
        if answer.document is None:
            unknown[answer.host] = answer
            continue
        try:
            found[answer.host] = domains_of(answer.document)
        except ValueError as error:
            unknown[answer.host] = _odd(answer, error)
    return found, unknown


def sensible(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """The same, where a list that makes no sense is no answer."""
    listed = tuple(answers)
    _, unknown = found_domains(listed)
    return tuple(unknown.get(each.host, each) for each in listed)


def _odd(answer: Answer, why: ValueError) -> Answer:
    error = VnetError(
        f"the domains that it lists make no sense: {why}",
        about=About("host", answer.host),
    )
    return replace(answer, code=ExitCode.FAILED, document=None, error=error, unreachable=True)
