"""What is around one want while it is planned, and what those before it have taken already."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.domain_read import read_aliases
from vnetmgr.model.names import OWNED_PREFIX, USER_ALIAS_PREFIX
from vnetmgr.model.nic import Source
from vnetmgr.model.patch import UNSET
from vnetmgr.model.plan import FieldChange, Op, Step
from vnetmgr.model.record import Record, replace
from vnetmgr.model.show import show
from vnetmgr.model.sources import ON_LINKS
from vnetmgr.model.state import State
from vnetmgr.model.writes import DefineDomain, SetMetadata

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from vnetmgr.model.desired import NicWant, Policy
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import NicPatch
    from vnetmgr.model.patch import Differences
    from vnetmgr.model.seen.observed import Features, Observed
    from vnetmgr.model.seen.unlisted import Unlisted
    from vnetmgr.model.values import Mac, PciAddress
    from vnetmgr.planner.allocate import TakenMacs
    from vnetmgr.planner.guarantees import Floors
    from vnetmgr.planner.overlays.context import Overlays

BOTH = frozenset(State)


class Draft:
    """One domain while it is planned: what is in use, also by the nics planned so far."""

    def __init__(self, domain: SeenDomain, unlisted: Collection[Unlisted] = ()) -> None:
        """Start from what was observed."""
        mine = [each for each in unlisted if each.domain == domain.name] if unlisted else []
        self.domain = domain
        self.document = domain.config_xml or ""
        """Its config as the writes planned so far leave it."""
        self.named: set[str] | None = None
        """What is called by a name; None until it is asked for, as that takes reading it all."""
        self.addresses: set[PciAddress] = {each.address for each in mine if each.address}
        self.unlisted = frozenset(each.name for each in mine if each.name)
        """The names of devices that QEMU alone knows."""
        self.data_xml = domain.data_xml
        """vnetmgr's element of its metadata, as the writes planned so far leave it."""
        self.owned_nics = domain.owned_nics
        """The nics that it says are owned."""

    @cached_property
    def macs(self) -> set[Mac]:
        """The MACs of its nics."""
        return set(self.domain.macs)

    @property
    def names(self) -> set[str]:
        """The names of all its devices."""
        if self.named is None:
            documents = (self.domain.config_xml, self.domain.live_xml)
            aliases = {alias for xml in documents if xml is not None for alias in read_aliases(xml)}
            self.named = {
                name.removeprefix(USER_ALIAS_PREFIX).removeprefix(OWNED_PREFIX) for name in aliases
            }
            self.named |= self.unlisted
        return self.named

    def redefine(self, whole: str) -> Op:
        """Write the whole config, on top of what is planned so far."""
        name, before = self.domain.name, self.document
        self.document = whole
        return Op(
            do=DefineDomain(domain=name, xml=whole, expect=before),
            undo=(DefineDomain(domain=name, xml=before, expect=whole),),
        )


class Context(Record):
    """Everything around one want."""

    observed: Observed
    policy: Policy
    draft: Draft
    taken: TakenMacs
    planned_networks: frozenset[str] = frozenset()
    """Networks that earlier steps of the same plan make and start."""
    other_networks: frozenset[str] = frozenset()
    """Those that are of another mode than the spec has them, and stay so: no nic comes onto one."""
    failed_networks: frozenset[str] = frozenset()
    """Those that the spec has and that could not be planned, which is told."""
    floors: Callable[[], Floors] | None = None
    """What networks guarantee to nics by now; None: to those that run."""
    overlays: Overlays | None = None
    """None: there are none, nor will be."""

    @property
    def domain(self) -> SeenDomain:
        """The want's domain."""
        return self.draft.domain


def set_metadata(domain: SeenDomain, data_xml: str | None) -> Op:
    """Write vnetmgr's own element of a domain's metadata, in every state that it has.

    libvirt keeps what it could not save: with /etc/libvirt read-only, the call fails, and the
    domain has the new element until libvirtd ends (9.0). So it is put back then, too.
    """
    do = SetMetadata(domain=domain.name, xml=data_xml, states=domain.states)
    undo = SetMetadata(domain=domain.name, xml=domain.data_xml, states=domain.states)
    return Op(do=do, undo=(undo,), undo_when_failed=True)


def is_plugged(steps: Iterable[Step]) -> bool:
    """Whether a nic's steps plug it into the running domain."""
    return any(State.LIVE in change.scope for step in steps for change in step.changes)


def ordered(states: frozenset[State]) -> tuple[State, ...]:
    """config before live, as they are shown."""
    return tuple(state for state in State if state in states)


def target_states(
    kind: str, name: str, asked: frozenset[State], there: frozenset[State]
) -> frozenset[State]:
    """The states that a want applies to: as asked, else all that its domain or network has.

    Raises RefusedError for one that it does not have.
    """
    if State.LIVE in asked - there:
        raise RefusedError(
            f"{kind} {name} does not run, so there is nothing live to change",
            "leave --live out: the config is changed, and used at the next start",
        )
    if State.CONFIG in asked - there:
        raise RefusedError(
            f"{kind} {name} is transient: it has no config",
            f"use --live; the change lasts as long as the {kind}",
        )
    return asked or there


def nic_states(want: NicWant, domain: SeenDomain, features: Features) -> frozenset[State]:
    """The states that a nic's want applies to. Raises RefusedError as `target_states`, and where
    the driver cannot change what runs."""
    states = target_states("domain", domain.name, want.states, domain.states)
    if features.device_calls:
        return states
    if State.LIVE in want.states:
        raise RefusedError(
            f"domain {domain.name}: this libvirt driver cannot change a running domain",
            "leave --live out",
        )
    return states - {State.LIVE}


def state_notes(domain: SeenDomain, states: frozenset[State], features: Features) -> list[str]:
    """What a change to the config alone means for this domain."""
    notes = []
    if not features.device_calls:
        notes.append(
            f"{domain.name}: this libvirt driver has no device calls; the persistent "
            "configuration is redefined instead"
        )
    if State.CONFIG in states and State.LIVE not in states:
        if domain.managed_save:
            notes.append(
                f"{domain.name}: its managed save restores the devices of the time it was saved; "
                "the change waits for a cold start (virsh managedsave-remove drops the save)"
            )
        elif domain.active:
            notes.append(
                f"{domain.name}: the running domain is unchanged until its next cold start"
            )
    return notes


def resolve(patch: NicPatch, **values: object) -> NicPatch:
    """The patch with fields filled in that it leaves open."""
    missing = {name: value for name, value in values.items() if getattr(patch, name) is UNSET}
    return replace(patch, **missing)


def field_changes(differences: Differences) -> tuple[FieldChange, ...]:
    """Differences as they are shown."""
    return tuple(
        FieldChange(field=name, before=show(before), after=show(after))
        for name, before, after in differences
    )


_LINKS = frozenset({"bridge", "forward_devs", "pf"})  # a network's


def links_of(differences: Differences) -> frozenset[str]:
    """The host's own links that a nic or a network is put on, or taken off."""
    found: set[str] = set()
    for name, *values in differences:
        for value in values:
            if isinstance(value, Source) and value.mode in ON_LINKS and value.name:
                found.add(value.name)
            elif name in _LINKS:
                several = value if isinstance(value, tuple) else (value,)
                found.update(each for each in several if isinstance(each, str))
    return frozenset(found)
