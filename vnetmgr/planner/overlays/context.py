"""The overlays of a host, and the nics on them, while a plan is made."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.model.nic import OPENVSWITCH, Mode, NicPatch
from vnetmgr.model.overlay.port_id import overlay_port_id
from vnetmgr.model.patch import Unset
from vnetmgr.model.record import Row, replace
from vnetmgr.model.state import State
from vnetmgr.planner.overlays.ids import PortIds, new_domain_uuid
from vnetmgr.planner.overlays.macs import SwitchMacs, twins
from vnetmgr.planner.overlays.merge import database_of, no_switch, refuse_other_fleet
from vnetmgr.planner.overlays.needs import (
    other_port,
    warnings,
    with_checksums,
    with_needs,
    without_needs,
)
from vnetmgr.planner.overlays.revisions import refuse_older

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import Network
    from vnetmgr.model.nic import Nic, Source
    from vnetmgr.model.overlay.host import Chassis
    from vnetmgr.model.overlay.migration import Migration
    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.model.patch import Differences
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.state import Seen


class Becoming(Row):
    """A nic as the plan leaves it."""

    domain: SeenDomain
    seen: Seen[Nic] | None
    """None: it is a new one."""
    config: Nic | None
    live: Nic | None

    @property
    def ids_before(self) -> frozenset[str]:
        """What it is known by now, and not any more after the plan."""
        return _ids(self.seen.config, self.seen.live) - self.ids if self.seen else frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """What it is known by then."""
        return _ids(self.config, self.live)


def _ids(*nics: Nic | None) -> frozenset[str]:
    return frozenset(nic.interface_id for nic in nics if nic and nic.interface_id)


class Overlays:
    """What a plan knows of overlays. `named`: a network as it is planned by now."""

    def __init__(
        self,
        observed: Observed,
        named: Callable[[str], Network | None],
        *,
        made: set[str],
        of_spec: bool,
    ) -> None:
        self._observed, self._named, self._made = observed, named, made
        self._of_spec = of_spec
        self._becoming: dict[int, Becoming] = {}

    @cached_property
    def ids(self) -> PortIds:
        """Who has which id."""
        return PortIds(self._observed.domains, self._observed.northbound)

    @cached_property
    def macs(self) -> SwitchMacs:
        """Who has which MAC on overlays."""
        return SwitchMacs(self._observed.northbound, self.fleet_of)

    @property
    def chassis(self) -> Chassis | None:
        """What this host is to OVN."""
        return self._observed.chassis

    def is_over(self, migration: Migration | None) -> bool:
        """Whether nothing of a migration is needed any more, by what this host knows of it."""
        here, now_s = self._observed.chassis_name, self._observed.now_s
        return migration is not None and migration.is_over(here, now_s)

    def network(self, source: Source | None) -> Network | None:
        """The overlay that a source is; None for any other."""
        if source is None or source.mode is not Mode.NETWORK or source.name is None:
            return None
        return self.named(source.name)

    def named(self, name: str) -> Network | None:
        """An overlay by name, as it is planned by now."""
        found = self._named(name)
        return found if found is not None and found.is_overlay else None

    def database(self, network: Network) -> Northbound:
        """The database that has an overlay. Raises VnetError where it cannot be asked."""
        return database_of(self._observed, network.name)

    def writable(self, network: Network) -> Northbound:
        """The same, where an overlay's ports are to change. Raises RefusedError where it has no
        such switch, or has it from a newer spec."""
        found = self.database(network)
        overlay = found.overlay_of(network)
        if overlay is None and network.name not in self._made:
            raise no_switch(network.name, network.fleet or found.fleet, found)
        if self._of_spec:
            refuse_other_fleet(network.name, network.fleet, found)
            refuse_older(overlay, found.revision)
        return found

    def fleet_of(self, overlay: str) -> str | None:
        """For which fleet an overlay's ports are written: for a spec's own, or by a command for
        that which has the overlay."""
        found = self._observed.northbound
        network = None if self._of_spec else self.named(overlay)
        given = None if network is None else network.fleet
        return given or (None if found is None else found.fleet)

    def refuse_unwritable(self, source: Source | Unset) -> None:
        """Raise VnetError for an overlay on which no port can be made now: before anything of a
        nic that is to be there is taken down."""
        network = None if isinstance(source, Unset) else self.network(source)
        if network is not None:
            self.writable(network)

    def admit(self, domain: SeenDomain, nic: Nic) -> None:
        """The same for a new nic, whose MAC has to be its own there, too."""
        network = self.network(nic.source)
        if network is not None:
            self.writable(network)
            self.macs.claim(network.name, nic, domain)

    @property
    def touched(self) -> Iterable[Becoming]:
        """The nics that wants of the plan are about, as it leaves them."""
        return self._becoming.values()

    def touches(self, domain: SeenDomain, seen: Seen[Nic]) -> None:
        """Note that a nic is wanted, be there something to do for it or not."""
        self._becoming.setdefault(id(seen), Becoming(domain, seen, seen.config, seen.live))

    def as_it_will_be(self, domain: SeenDomain, seen: Seen[Nic]) -> Becoming:
        """A nic that is there, as the plan leaves it."""
        found = self._becoming.get(id(seen))
        return found or Becoming(domain, seen, seen.config, seen.live)

    def plugged(
        self, domain: SeenDomain, seen: Seen[Nic] | None, nic: Nic, states: frozenset[State]
    ) -> list[str]:
        """Note that a nic is plugged in; what to say of it. `seen`: it, in the other state. Raises
        VnetError where it cannot have a port."""
        network = self.network(nic.source)
        if network is None:
            return []
        self.writable(network)
        config = nic if State.CONFIG in states else (seen.config if seen is not None else None)
        live = nic if State.LIVE in states else (seen.live if seen is not None else None)
        self._becoming[id(seen or nic)] = Becoming(domain, seen, config, live)
        return self._warnings(domain, nic, network)

    def updated(
        self,
        domain: SeenDomain,
        seen: Seen[Nic],
        config: Differences,
        live: Differences,
        *,
        replugged: bool,
    ) -> list[str]:
        """Note how a nic changes; what to say of it. Raises VnetError where it comes onto an
        overlay, and cannot have a port there."""
        after = _changed(seen.config, config)
        runs = after if replugged and seen.live is None else _changed(seen.live, live)
        if replugged and runs is not None and after is not None:
            runs = replace(runs, interface_id=after.interface_id)
        notes: dict[str, None] = {}
        for before, nic in ((seen.config, after), (seen.live, runs)):
            network = None if nic is None else self.network(nic.source)
            if network is None or nic is None:
                continue
            stays = before is not None and (before.source, before.mac) == (nic.source, nic.mac)
            if stays and not any(field == "interface_id" for field, _, _ in config):
                continue
            self.writable(network)
            if not stays:
                self.macs.claim(network.name, nic, domain)
            notes |= dict.fromkeys(self._warnings(domain, nic, network))
        self._becoming[id(seen)] = Becoming(domain, seen, *map(self._as_known, (after, runs)))
        return [
            *notes,
            *self._copied(domain, seen, config),
            *self._moved(domain, seen, live),
            *self._later(domain, after, runs, config),
        ]

    def _warnings(self, domain: SeenDomain, nic: Nic, network: Network) -> list[str]:
        label = f"{domain.name}: nic {nic.key}"
        return warnings(label, nic, network, self._observed)

    def _as_known(self, nic: Nic | None) -> Nic | None:
        """A nic, which OVN knows by no id any more where it is on no overlay."""
        if nic is None or nic.interface_id is None or self.network(nic.source) is not None:
            return nic
        return replace(nic, interface_id=None)

    def _copied(self, domain: SeenDomain, seen: Seen[Nic], config: Differences) -> Iterator[str]:
        had = next((had for field, had, _ in config if field == "interface_id"), None)
        others = "" if had is None else self.ids.named_others(domain, seen, str(had))
        if others:
            yield (
                f"{domain.name}: nic {seen.any.key} has the interfaceid of {others}, as a copied "
                "domain has: from its next start on it has its own"
            )

    def _moved(self, domain: SeenDomain, seen: Seen[Nic], live: Differences) -> Iterator[str]:
        to = next((to for field, _, to in live if field == "source"), None)
        if to is not None and seen.live is not None and self.moves_by_port(seen.live, to):  # type: ignore[arg-type]
            yield (
                f"{domain.name}: nic {seen.any.key} moves without its guest's noticing: it goes on "
                f"with its address until it asks for one anew, as a link that goes down and up "
                "makes it do"
            )

    def _later(
        self, domain: SeenDomain, after: Nic | None, runs: Nic | None, config: Differences
    ) -> Iterator[str]:
        """That a port follows a config only when vnetmgr looks again."""
        changed = any(field in ("source", "mac") for field, _, _ in config)
        if after is None or runs is None or not changed:
            return
        if (after.source, after.mac) == (runs.source, runs.mac):
            return
        if self.network(after.source) is not None and self.network(runs.source) is not None:
            yield (
                f"{domain.name}: nic {after.key} has one port, which is for what runs: behind the "
                "next start it follows when vnetmgr looks at it, as "
                f"`{Command('watch')}` does at once"
            )

    def unplugged(self, domain: SeenDomain, seen: Seen[Nic], states: frozenset[State]) -> None:
        """Note that a nic goes. Raises RefusedError where it was made by a newer spec."""
        for state in states if self._of_spec else ():
            self._refuse_newer(seen.value(state))
        config = None if State.CONFIG in states else seen.config
        live = None if State.LIVE in states else seen.live
        self._becoming[id(seen)] = Becoming(domain, seen, config, live)

    def _refuse_newer(self, nic: Nic | None) -> None:
        network = None if nic is None else self.network(nic.source)
        found = self._observed.northbound
        if network is not None and found is not None:
            refuse_older(found.overlay_of(network), found.revision)

    def is_wanted(self, want: NicWant) -> bool:
        """Whether a nic is wanted on an overlay."""
        source = want.patch.source
        return not isinstance(source, Unset) and self.network(source) is not None

    def new_uuid(self, domain: str) -> str:
        """The UUID of a domain that is being made, where it has to be known: another at any other
        host and time."""
        return new_domain_uuid(domain, self._observed.host, self._observed.now_s)

    def macs_but(self, uuid: str) -> frozenset[str]:
        """The MACs that domains but that one have on overlays, on any host."""
        northbound = self._observed.northbound
        if northbound is None:
            return frozenset()
        others = (
            port for port in northbound.ports if port.owner is None or port.owner.domain != uuid
        )
        return frozenset(port.mac for port in others if port.mac is not None)

    def config_id(self, domain: SeenDomain, seen: Seen[Nic] | None, after: Nic) -> str:
        """What a nic is known by in its config. Raises RefusedError."""
        if seen is None:
            return overlay_port_id(domain.uuid, after.mac)
        if after.virtualport not in (None, OPENVSWITCH):
            raise other_port(domain, after)
        found = self.ids.of_config(domain, seen, after)
        if seen.config is None or seen.config.interface_id != found:
            self.refuse_twin(domain, seen, after)
        return found

    def refuse_twin(self, domain: SeenDomain, seen: Seen[Nic] | None, nic: Nic) -> None:
        """Raise RefusedError where another nic of the domain has a nic's MAC on overlays, too."""
        for other in domain.nics:
            states = (each for each in (other.config, other.live) if each is not None)
            if other is not seen and any(
                each.mac == nic.mac and self.network(each.source) is not None for each in states
            ):
                raise twins(domain, nic)

    def patch_of(self, patch: NicPatch, nic: Nic) -> NicPatch:
        """The patch of a nic with what it needs on the overlay that it is on, or comes onto, and
        without what it had for one that it leaves. `nic`: as it is, or as its template has it."""
        source = nic.source if isinstance(patch.source, Unset) else patch.source
        to, was = self.network(source), self.network(nic.source)
        if to is None:
            return patch if was is None else without_needs(patch, nic, was, self.chassis)
        if was is None:
            return with_needs(patch, nic, to, self.chassis)
        if isinstance(patch.virtualport, Unset) and nic.virtualport is None:
            patch = replace(patch, virtualport=OPENVSWITCH)
        return with_checksums(patch, nic, self.chassis)

    def is_as_needed(self, domain: SeenDomain, seen: Seen[Nic]) -> bool:
        """Whether a nic has what it needs on the overlays that it is on. Raises RefusedError."""
        nic = seen.config
        if nic is None or self.network(nic.source) is None:
            return True
        return (
            nic.interface_id is not None
            and self.config_id(domain, seen, nic) == nic.interface_id
            and self.patch_of(NicPatch(), nic) == NicPatch()
        )

    def moves_by_port(self, live: Nic, after: Source) -> bool:
        """Whether a running nic gets to another source by its logical port alone."""
        on = self.network(live.source), self.network(after)
        return live.source != after and None not in on and live.interface_id is not None


def _changed(nic: Nic | None, changes: Differences) -> Nic | None:
    if nic is None or not changes:
        return nic
    return replace(nic, **{field: to for field, _, to in changes if field in nic.FIELDS})
