"""What the ways of forwarding a port have in common: three derive from it (ways.py has the table).

A way lives as long as one planning does: it may keep in mind what it has found.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.model.record import Record
from vnetmgr.model.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from vnetmgr.errors import RefusedError, VnetError
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward, ForwardWant
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import AddressWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.plan import Change, Op, Step
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.forwards.targets import Target
    from vnetmgr.problem import Place

Written: TypeAlias = frozenset[tuple[str, str, State]]
"""(domain, MAC, state) of the nics that the nics' own steps write, plug in or take out."""


class Setting(Record):
    """What a planning of forwards starts from."""

    observed: Observed
    network_of: Callable[[Nic], Network | None]
    """The network behind a nic, as the plan leaves it."""
    wanted: Mapping[str, Sequence[tuple[Forward, Place | None]]]
    """By domain, with where each was asked for."""
    planned: Mapping[tuple[str, str], Nic]
    """(domain, key) -> a nic as the plan leaves it."""
    plugged: Collection[tuple[str, str | None]]
    """(domain, MAC) of the nics that the plan plugs into running domains."""
    gone: Collection[tuple[str, str]]
    """(domain, key) of the nics that it takes away."""
    allow: frozenset[str]


class Resolved(Record):
    """A forward with all that is known of where it leads."""

    forward: Forward
    target: Target
    addresses: tuple[IpAddress, ...]
    """The guest's; none where it has the host's own."""
    origin: Place | None = None


class DomainForwards(Record):
    """One domain's forwards as they will be."""

    domain: SeenDomain
    resolved: tuple[Resolved, ...]
    stranded: tuple[Forward, ...] = ()
    """Those that lead nowhere now: their nic is gone, or where nothing can be forwarded. They stay
    in the metadata, for a nic that comes back, and nothing else is done for them."""
    untouched: tuple[Forward, ...] = ()
    """Those of which it cannot be told now where they lead: what they have stays as it is."""

    @property
    def forwards(self) -> tuple[Forward, ...]:
        """What its metadata will say."""
        return (*(each.forward for each in self.resolved), *self.stranded, *self.untouched)


class Share(Record):
    """What one way has to do for a domain's forwards; those that it is about, by their names."""

    ops: tuple[Op, ...] = ()
    config: frozenset[str] = frozenset()
    """Written into the config."""
    live: frozenset[str] = frozenset()
    """Made, or ended, in the running domain."""
    replugged: frozenset[str] = frozenset()
    """Those of them for which the nic is plugged out and in."""
    waiting: frozenset[str] = frozenset()
    """What the running domain has otherwise until its next start."""
    unnamed: tuple[Change, ...] = ()
    """What goes besides, and is no forward's."""


def joined(shares: Sequence[Share]) -> Share:
    """All of it."""
    return Share(
        ops=tuple(op for each in shares for op in each.ops),
        config=frozenset().union(*(each.config for each in shares)),
        live=frozenset().union(*(each.live for each in shares)),
        replugged=frozenset().union(*(each.replugged for each in shares)),
        waiting=frozenset().union(*(each.waiting for each in shares)),
        unnamed=tuple(change for each in shares for change in each.unnamed),
    )


class Way(ABC):
    """One way in which a port of the host leads to a guest's."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.notes: list[str] = []
        self.later: list[str] = []
        """What to say of guests that have another address than is reserved for them."""

    @abstractmethod
    def addresses(
        self, domain: SeenDomain, forward: Forward, target: Target
    ) -> Iterable[IpAddress]:
        """The guest's addresses that a forward leads to. Raises VnetError for what cannot be
        forwarded this way."""

    @abstractmethod
    def is_live(self, domain: SeenDomain, nic: Nic) -> bool:
        """Whether what is written of a nic's forwards counts at once, as the domain runs."""

    @abstractmethod
    def share(self, plan: DomainForwards, written: Written) -> Share:
        """What has to be done for a domain's forwards. Raises VnetError where nothing can be."""

    @staticmethod
    def is_active(_domain: SeenDomain, _seen: Seen[Nic], _forward: Forward) -> bool | None:
        """Whether the device of a nic that is plugged in has a forward; None: not seen."""
        return None

    @staticmethod
    def missing() -> str:
        """What to say of a forward that the device of its nic has not."""
        return ""

    @staticmethod
    def default_address(_nic: Nic) -> IpAddress | None:
        """The guest's address where none was given by hand; None: it is not the nic's to tell."""
        return None

    def along(self, step: Step, _domain: SeenDomain, _plan: DomainForwards | None) -> Step:
        """A nic's step with what it has to bring of the nic's forwards by itself. `plan`: the
        domain's forwards as they will be; None where they stay as they are."""
        return step

    def refusal(self, _plan: DomainForwards) -> RefusedError | None:
        """What of it nobody has allowed."""
        return None

    def block(self, _domain: SeenDomain, _resolved: Resolved) -> VnetError | None:
        """Why a forward that was there before gets back no port that somebody has taken since."""
        return None

    def has_any(self, _domain: SeenDomain) -> bool:
        """Whether there may be something of a domain that its metadata does not tell."""
        return False

    def pins(self, _resolved: Resolved) -> Iterable[AddressWant]:
        """The addresses that have to be kept for a forward."""
        return ()

    def strays(self) -> Iterable[Step]:
        """The steps for what is left of domains that are gone, and for what all forwards need."""
        return ()

    def left_open(self, _plans: Sequence[DomainForwards]) -> Iterable[Step]:
        """The steps for what forwards have opened, and none needs any more."""
        return ()

    def warnings(
        self, _wants: Sequence[ForwardWant], _plans: Sequence[DomainForwards]
    ) -> list[str]:
        """What will keep connections from getting through, or lets too many, whatever is done."""
        return []
