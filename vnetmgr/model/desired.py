"""What commands and specs want, and how far a plan may go for it."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from vnetmgr.model.intent import Intent
from vnetmgr.model.record import Record, replace
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.model.forward import ForwardsWant, ForwardWant, UnownedWant
    from vnetmgr.model.network_want import AddressWant, NetworkWant, RecordWant
    from vnetmgr.model.nic import NicPatch
    from vnetmgr.model.overlay.joining import ChassisWant
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.model.state import State
    from vnetmgr.model.values import Mac
    from vnetmgr.problem import Place, Problem


class NicWant(Record):
    """What is wanted of one nic of one domain.

    `nic` addresses an existing one by name, MAC, target or PCI address.
    """

    among = "nics"
    """Which of Desired's lists it is in."""
    domain: str
    intent: Intent
    patch: NicPatch
    nic: str | None = None
    template: str | None = None
    """The document of templates/nic that a new nic starts from."""
    edited_template: str | None = None
    """Where that document comes from, if it is not vnetmgr's own: then it is validated."""
    states: frozenset[State] = frozenset()
    """Where it was asked for by name (--config, --live); empty: config, and live if it runs."""
    spec_name: str | None = None
    """The name that a spec gives it: it is found by MAC, then by owned alias, then by plain alias.
    One that is found is adopted, and never renamed; a new one is owned."""
    by_source: bool = False
    """Whether a spec's nic that neither leads to is the one on its source that no other means."""
    origin: Place | None = None

    @property
    def about(self) -> About:
        """The nic, by the name that whoever wants it knows it by."""
        named = self.patch.name if isinstance(self.patch.name, str) else None
        return About("nic", self.spec_name or self.nic or named or "", self.domain)


class SlotsWant(Record):
    """`count` spare hot-plug slots, for nics of `model`, in a domain's config."""

    among = "slots"
    domain: str
    count: int
    model: str
    ports_before: int | None = None
    """Set once planned: how many there were, so that planning again adds no more."""

    @property
    def about(self) -> About:
        """The domain."""
        return About("domain", self.domain)


class HoldWant(Record):
    """That specs leave a domain, or one of its nics, alone for a while."""

    among = "holds"
    domain: str
    intent: Intent
    nic: str | None = None
    """Its name, MAC, target or PCI address; None: all of the domain."""
    until_s: int = 0
    """Seconds since the epoch."""
    reason: str = ""

    @property
    def about(self) -> About:
        """Who is held."""
        return About("domain", self.domain) if not self.nic else About("nic", self.nic, self.domain)


class MigrationWant(Record):
    """That a domain's ports on overlays are ready for its migration."""

    among = "migrations"
    domain: str
    target: str | None
    """Where it is to go: a chassis of OVN's, by its name or its host's; None: nowhere."""
    intent: Intent = Intent.PRESENT

    @property
    def about(self) -> About:
        """The domain."""
        return About("domain", self.domain)


class DomainFields(Record):
    """What a new domain has of its own; None keeps what the template says."""

    name: str
    uuid: str | None = None
    memory_bytes: int | None = None
    vcpus: int | None = None
    machine: str | None = None
    disk: str | None = None
    """An image, or a block device under /dev: in the first disk, else in a new virtio one."""
    disk_format: str | None = None
    """None: the template's, raw where it has none."""
    kernel: str | None = None
    initrd: str | None = None
    cmdline: str | None = None
    virt_type: str | None = None
    """kvm, qemu or test; None: what the host does best."""


class DomainWant(Record):
    """A new domain, made from a template, with its nics; and whether it has to run."""

    among = "domains"
    fields: DomainFields
    template: str
    edited_template: str | None = None
    """Where the template comes from, if it is not vnetmgr's own: then it is validated."""
    nics: tuple[NicWant, ...] = ()
    start: bool = False
    intent: Intent = Intent.CREATE

    @property
    def about(self) -> About:
        """The domain."""
        return About("domain", self.fields.name)


_OF_DOMAINS = ("nics", "slots", "holds", "migrations", "forwards", "addresses")
"""The lists whose wants are of a domain."""


class Desired(Record):
    """Everything that is wanted, in the order in which it has to be made."""

    networks: tuple[NetworkWant, ...] = ()
    addresses: tuple[AddressWant, ...] = ()
    records: tuple[RecordWant, ...] = ()
    domains: tuple[DomainWant, ...] = ()
    slots: tuple[SlotsWant, ...] = ()
    nics: tuple[NicWant, ...] = ()
    holds: tuple[HoldWant, ...] = ()
    migrations: tuple[MigrationWant, ...] = ()
    forwards: tuple[ForwardWant | ForwardsWant, ...] = ()
    unowned: tuple[UnownedWant, ...] = ()
    chassis: tuple[ChassisWant, ...] = ()
    """What this machine is to be to OVN: one, or none."""
    ovn: OvnSettings | None = None
    """Where OVN's northbound database is; None: the connection or the environment says it."""
    spec: SpecScope | None = None
    """None: what a command wants, where the first problem ends it."""
    if_exists: bool = False
    """Whether a command has nothing to do where what it takes away, or whose that is, is not
    there."""

    @property
    def overlays(self) -> tuple[NetworkWant, ...]:
        """The networks that are asked to be overlays."""
        return tuple(want for want in self.networks if want.patch.is_overlay)

    @property
    def about(self) -> About | None:
        """What a command is about; None for a spec, of which each want stands for itself."""
        if self.spec is not None:
            return None
        every = (self.domains, self.networks, self.nics, self.slots, self.holds, self.migrations)
        wants = chain(*every, self.addresses, self.records, self.forwards, self.chassis)
        return next((want.about for want in wants), None)

    @property
    def domain_names(self) -> tuple[str, ...]:
        """The domains that it is about, each once; not those that it makes."""
        wants = (want for field in _OF_DOMAINS for want in getattr(self, field))
        names = (want.domain for want in wants)
        return tuple(dict.fromkeys(name for name in names if name is not None))

    def renamed(self, names: Mapping[str, str]) -> Desired:
        """The same of domains by other names."""
        lists = {
            field: tuple(
                replace(want, domain=names.get(want.domain, want.domain))
                for want in getattr(self, field)
            )
            for field in _OF_DOMAINS
        }
        return replace(self, **lists)


class SpecScope(Record):
    """How a spec is meant besides its wants: each stands for itself, and what cannot be done is
    told of that one alone."""

    domains: tuple[tuple[str, Place | None], ...] = ()
    """(name, origin) of every domain that it names; one that the host does not have is skipped."""
    strict: bool = False
    """Such a domain is an error."""
    prune_domains: frozenset[str] = frozenset()
    """Domains whose owned nics have to be in the spec, or go."""
    prune_all: bool = False
    """Whether this holds for every domain of the host, and for owned networks."""
    forwards: bool = True
    """Whether port forwards are looked after: those of domains that it does not name, too."""
    forwards_of_these: bool = False
    """Only where a domain that is looked at has some: then all, since they share the host's ports.
    So it is in a part of a spec, where nothing may be read of each domain of the host."""
    incomplete: bool = False
    """Whether parts of it had to be left out: then nothing goes, since what is missing may stand in
    one of them."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with those."""
    partial: bool = False
    """A part of a spec, for which not all of the host's domains are looked at."""
    nothing_asked: bool = False
    """There is no spec: what a killed libvirtd has left of networks is told as well."""
    others: tuple[str, ...] = ()
    """In such a part: domains that the spec does not name, of which forwards alone matter, and
    nics on its overlays."""
    overlays: tuple[str, ...] = ()
    """In such a part: the overlays that the whole spec has; whoever is on one needs a port."""
    host: str | None = None
    """What the spec calls this host; None: it is not one of several."""
    elsewhere: tuple[Elsewhere, ...] = ()
    """The spec's domains that are not this host's, and are in none of the lists of wants."""
    other_networks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(name, hosts) of the spec's networks that are for other hosts alone."""
    notes: tuple[str, ...] = ()
    """What is to be said of it besides."""


class Elsewhere(Record):
    """A domain of a spec that is not this host's: nothing is planned for it here, and whatever is
    defined here by its name or UUID is left alone."""

    name: str
    host: str | None = None
    """Where it is. None: that is not known, or not settled; then what is kept here for it stays."""
    origin: Place | None = None
    uuid: str | None = None
    """None: it has not been seen there, only the spec says so."""
    macs: tuple[tuple[str | None, Mac], ...] = ()
    """(name, MAC) of each nic that it has been seen with."""
    nics: tuple[NicWant, ...] = ()
    """What the spec wants of it, where it is: those, with their addresses and forwards."""
    addresses: tuple[AddressWant, ...] = ()
    forwards: ForwardsWant | None = None


class Policy(Record):
    """How far a plan may go."""

    allow: frozenset[str] = frozenset()
    """replug, restart, taint, force-model."""


ALLOWANCES = ("replug", "restart", "taint", "force-model")
