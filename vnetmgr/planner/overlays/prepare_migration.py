"""Plan that a guest's logical ports know of its migration before it begins. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.model.intent import Intent
from vnetmgr.model.overlay.migration import Migration
from vnetmgr.model.overlay.northbound import PortChange
from vnetmgr.model.record import replace
from vnetmgr.planner.overlays.steps import step_of
from vnetmgr.planner.result import Planned
from vnetmgr.printable import shell_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.desired import MigrationWant
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.overlay.northbound import LogicalPort
    from vnetmgr.model.plan import Step
    from vnetmgr.model.seen.observed import Observed


def plan_migration(want: MigrationWant, observed: Observed) -> Planned[MigrationWant]:
    """The step that tells the ports where their guest goes, or that it does not go after all; none
    when there is nothing to do. Raises RefusedError, and what keeps the database from being seen.
    """
    domain = observed.domain(want.domain)
    if domain is None:
        return Planned(want=want)
    ports = _ports_of(domain, observed)
    target = want.target
    if want.intent is Intent.ABSENT or target is None:
        told = [port for port in ports if port.migration is not None]
        return Planned(want=want, steps=_telling(told, None, domain))
    if not ports:
        note = f"domain {domain.name} has no port on an overlay: nothing to prepare"
        return Planned(want=want, notes=(note,))
    if not domain.active:
        raise RefusedError(
            f"domain {domain.name} does not run: only a running guest has its network in two "
            "places for a while",
            f"start it where it is to be: vnetmgr prepares nothing for {target}",
        )
    source = _source(want, target, observed)
    migration = Migration(source=source, target=target, since_s=int(observed.now_s))
    untold = [port for port in ports if not _is_ready(port.migration, migration)]
    steps = _telling(untold, migration, domain)
    return Planned(want=want, steps=steps, notes=tuple(_unknown(target, observed)))


def _telling(
    ports: Iterable[LogicalPort], migration: Migration | None, domain: SeenDomain
) -> tuple[Step, ...]:
    changes = [PortChange(before=port, after=replace(port, migration=migration)) for port in ports]
    return step_of(changes, domain.name)


def _unknown(target: str, observed: Observed) -> Iterator[str]:
    """The northbound database knows of other hosts by their guests alone."""
    ports = observed.northbound.ports if observed.northbound is not None else ()
    hosts = {port.owner.host for port in ports if port.owner is not None and port.owner.host}
    if target not in hosts | {host.partition(".")[0] for host in hosts}:
        yield (
            f"not checked: whether OVN has a chassis {target}, as no guest there is on an overlay: "
            "ovn-sbctl show lists them"
        )


def _ports_of(domain: SeenDomain, observed: Observed) -> list[LogicalPort]:
    """Its own; none where nothing of it is on an overlay, and OVN was not asked."""
    found = observed.northbound
    if found is None:
        if observed.northbound_unseen is not None:
            raise observed.northbound_unseen
        return []
    return [port for port in found.ports if port.is_of(domain.uuid, found.fleet)]


def _source(want: MigrationWant, target: str, observed: Observed) -> str:
    """The chassis that the guest is on. Raises RefusedError."""
    name = observed.chassis_name
    if name is None:
        raise RefusedError(
            f"what {observed.host} is called as OVN's chassis cannot be seen from here",
            f"run it on that host: ssh {shell_word(observed.host)} "
            f"{Command('prepare-migration', want.domain, target, there=True)}",
        )
    if name == target:
        raise RefusedError(f"domain {want.domain} is on {name} already", "name another host")
    return name


def _is_ready(migration: Migration | None, wanted: Migration) -> bool:
    """A migration that is under way is not set back."""
    if migration is None or migration.stage == "settled":
        return False
    return (migration.source, migration.target) == (
        wanted.source,
        wanted.target,
    ) and not migration.is_over(None, wanted.since_s)
