"""What a check is: a row of a table, whose test is a pure function of what was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from vnetmgr.model.names import joined
from vnetmgr.model.network import HOP
from vnetmgr.model.nic import Mode
from vnetmgr.model.path.finding import Finding, Layer, Status
from vnetmgr.model.record import Record
from vnetmgr.printable import printable, shell_word

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.desired import Desired
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.path.domains import DomainFacts, NicFacts
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.links import LinkFacts
    from vnetmgr.model.path.networks import NetworkFacts

T = TypeVar("T")


class Remedy(Record):
    """What mends it."""

    command: str
    """As a shell takes it: `shell_command` quotes."""
    desired: Desired | None = None
    """What `doctor --fix` wants; None: it is not vnetmgr's own to do."""


class Found(Record):
    """What a test has found that is not as it should be."""

    cause: str
    """One sentence, without a full stop at its end."""
    owner: str | None = None
    """Whose it is: `Docker: table ip filter, chain FORWARD`."""
    remedy: Remedy | None = None
    status: Status | None = None
    """None: the row's own."""


class Subject(Record):
    """A nic, and all that was seen of the host that it is on."""

    facts: PathFacts
    domain: DomainFacts
    nic: NicFacts

    @property
    def live(self) -> Nic | None:
        """What the running guest has."""
        return self.nic.live

    @property
    def any(self) -> Nic:
        """What the guest has, or will have at its start."""
        return self.nic.nic

    @property
    def tap(self) -> LinkFacts | None:
        """The host's link of the running nic, where it is there and was seen."""
        return None if self.live is None else self.facts.link(self.live.target)

    @property
    def bridge_name(self) -> str | None:
        """The bridge that the tap should be on: its network's, where it is on one."""
        network = self.network
        if network is not None and network.network.bridge is not None:
            return network.network.bridge
        if self.live is not None and self.live.bridge is not None:
            return self.live.bridge
        return self.any.source.name if self.any.source.mode is Mode.BRIDGE else None

    @property
    def bridge(self) -> LinkFacts | None:
        """That bridge, where it is there and was seen."""
        return self.facts.link(self.bridge_name)

    @property
    def network(self) -> NetworkFacts | None:
        """The network that it is on, or belongs on."""
        name = self.network_name
        return None if name is None else self.facts.network(name)

    @property
    def network_name(self) -> str | None:
        """That one's name. A repair that was cut short leaves nics on a transient network, whose
        name says where they belong."""
        source = self.any.source
        name = source.name if source.mode is Mode.NETWORK else None
        return name.removeprefix(HOP) if name is not None else None


Test: TypeAlias = "Callable[[Subject], Found | None]"


def always(subject: Subject) -> bool:  # noqa: ARG001
    """For checks that are about every nic."""
    return True


def running(subject: Subject) -> bool:
    """For checks that are about what a running guest has."""
    return subject.live is not None


class Row(NamedTuple):
    """One check."""

    id: str
    """Stable: programs and people go by it."""
    layer: Layer
    severity: Status
    """Of what the test finds, where that says nothing else."""
    test: Test
    """None: it is as it should be."""
    good: str
    """What is so then, in a few words."""
    needs: tuple[str, ...] = ()
    """The parts of PathFacts without which it cannot be told: `links`, `rulesets.nft`."""
    applies: Callable[[Subject], bool] = always
    """Whether it says anything of such a nic; else it has no finding."""


def needed(part: T | None) -> T:
    """What was seen of a part that a check's row needs: it is not asked without."""
    if part is None:
        raise ValueError("a check was asked without what its row needs")
    return part


def may_be_unread(subject: Subject) -> Found | None:
    """Of what no other domain has: that this is not known where one could not be read."""
    unread = subject.facts.unread
    if not unread:
        return None
    return Found(
        cause=f"not of {joined(unread)}, which could not be read", status=Status.NOT_CHECKED
    )


def shell_command(*words: str) -> str:
    """A command as a shell takes it, whatever is in the names."""
    return " ".join(map(shell_word, words))


def judge(row: Row, subject: Subject) -> Finding | None:
    """A row's finding of a nic; None where it says nothing of it."""
    if not row.applies(subject):
        return None
    unseen = [part for part in row.needs if not _seen(part, subject)]
    if unseen:
        return _finding(row, subject, Status.NOT_CHECKED, _why(unseen[0], subject))
    found = row.test(subject)
    if found is None:
        return _finding(row, subject, Status.OK, row.good)
    remedy = found.remedy
    return Finding(
        domain=subject.domain.name,
        nic=subject.nic.key,
        check=row.id,
        layer=row.layer,
        status=found.status or row.severity,
        cause=printable(found.cause),
        owner=None if found.owner is None else printable(found.owner),
        remedy=None if remedy is None else remedy.command,
        fixable=remedy is not None and remedy.desired is not None,
    )


def _finding(row: Row, subject: Subject, status: Status, cause: str) -> Finding:
    return Finding(
        domain=subject.domain.name,
        nic=subject.nic.key,
        check=row.id,
        layer=row.layer,
        status=status,
        cause=printable(cause),
    )


def _seen(part: str, subject: Subject) -> bool:
    """Whether a part of the facts is there: `domains.agent` is this domain's,
    `nics.tx_packets` this nic's."""
    first, _, rest = part.partition(".")
    owners: dict[str, object] = {"domains": subject.domain, "nics": subject.nic}
    value = owners[first] if first in owners else getattr(subject.facts, first)
    for name in (rest,) if rest else ():
        value = None if value is None else getattr(value, name)
    return value is not None


def _why(part: str, subject: Subject) -> str:
    facts, name = subject.facts, subject.domain.name
    unseen = facts.why_unseen(part, name) or facts.why_unseen(part.partition(".")[0], name)
    return f"{part} was not looked at" if unseen is None else unseen.why
