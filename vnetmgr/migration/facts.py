"""What is known of both hosts, of what a guest has and needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.nic import as_it_runs, pending_fields
from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vnetmgr.migration.called import Called
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.path.networks import FilterBody
    from vnetmgr.model.seen.machine import GuestMachine, HostMachines
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.state import Seen


class Side(Record):
    """One of the hosts."""

    called: Called
    observed: Observed
    machines: HostMachines
    filters: Mapping[str, FilterBody] | None = None
    """Those that the guest has, and those that they include; None: libvirt shows none."""
    links: Mapping[str, int | None] | None = None
    """Those of the links that matter which are there, with the MTU where that is told; None: they
    cannot be seen."""

    @property
    def name(self) -> str:
        """How people call it."""
        return self.called.name

    def mtu(self, link: str) -> int | None:
        """That of a link; None where it is not known."""
        return None if self.links is None else self.links.get(link)


class Facts(Record):
    """A guest, where it is, and where it is to be."""

    domain: SeenDomain
    machine: GuestMachine
    source: Side
    destination: Side
    finds_name: bool | None = None
    """Whether the source finds an address of what the destination calls itself; None: that cannot
    be seen from here."""
    assigned: tuple[str, ...] = ()
    """PCI devices of the host's that it has beside its nics."""

    @property
    def running(self) -> bool:
        """Whether it migrates as it runs; else its definition does."""
        return self.domain.active


class Carried(Record):
    """A nic as the guest takes it along: what runs, where it runs."""

    facts: Facts
    nic: Nic
    config: Nic | None = None
    """Where there is one: a running nic has what its network gives, too."""
    later: bool = False
    """Whether it counts from the guest's next start on: its definition goes along, too."""

    @property
    def key(self) -> str:
        """Its name, or its MAC."""
        return self.nic.key


def carried(facts: Facts) -> tuple[Carried, ...]:
    """The nics that it takes along, and behind each what its config has instead."""
    return tuple(each for seen in facts.domain.nics for each in _states(seen, facts))


def _states(seen: Seen[Nic], facts: Facts) -> Iterator[Carried]:
    config = seen.config
    if not facts.running or seen.live is None:
        if config is not None:
            yield Carried(facts=facts, nic=config, config=config, later=facts.running)
        return
    yield Carried(facts=facts, nic=as_it_runs(config=config, live=seen.live), config=config)
    if config is not None and "source" in pending_fields(config=config, live=seen.live):
        yield Carried(facts=facts, nic=config, config=config, later=True)
