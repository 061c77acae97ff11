"""Changes (shown), operations (done), steps, plans and reports: all plain values."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.errors import ExitCode
from vnetmgr.model.record import Record
from vnetmgr.model.writes import CreateNetwork, StartNetwork, UpdateDevice, Write
from vnetmgr.problem import About

if TYPE_CHECKING:
    from vnetmgr.errors import VnetError
    from vnetmgr.model.desired import Desired, Policy
    from vnetmgr.model.seen.observed import Scope
    from vnetmgr.model.state import State


class Action(StrEnum):
    """What a change does to its object."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPAIR = "repair"
    START = "start"
    STOP = "stop"
    RESTART = "restart"


class ObjectKind(StrEnum):
    """What a change is of."""

    NIC = "nic"
    NETWORK = "network"
    FORWARD = "forward"
    ADDRESS = "address"
    RECORD = "record"
    DOMAIN = "domain"
    SLOTS = "slots"
    FILE = "file"
    PORT = "port"
    """Of OVN's, for a nic."""
    CHASSIS = "chassis"
    """A machine, as OVN has it."""


class Disruption(StrEnum):
    """What a change does to the guest's device."""

    NONE = "none"
    LINK_FLAP = "link-flap"
    RESTART = "restart"
    """Of the network: the guest's device and its link stay, packets are lost meanwhile."""
    REPLUG = "replug"
    NEXT_START = "next-start"


class FieldChange(Record):
    """One field, before and after, as users write it."""

    field: str
    before: str | None
    after: str | None


class Change(Record):
    """One object's change, for people."""

    action: Action
    object: ObjectKind
    domain: str | None
    name: str
    network: str | None = None
    """Which one has it: an address's or a record's, whose `name` only people read."""
    scope: tuple[State, ...]
    disruption: Disruption = Disruption.NONE
    fields: tuple[FieldChange, ...] = ()
    links: frozenset[str] = frozenset()
    """The host's own that something is put on, or taken off."""
    risk: str | None = None
    """What it may cut off, if it goes wrong: the domain's only nic, the host's own way out."""

    @property
    def key(self) -> tuple[str | None, ObjectKind, str]:
        """The object that changes."""
        return self.domain, self.object, self.name

    @property
    def subject(self) -> str:
        """The same, in words."""
        domain = f"{self.domain}: " if self.domain else ""
        return f"{domain}{self.object} {self.name}"

    @property
    def about(self) -> About:
        """The same, as problems name it; what a network has is a field of it."""
        match self.object:
            case ObjectKind.NIC | ObjectKind.PORT:
                return About("nic", self.name, self.domain)
            case ObjectKind.FORWARD:
                return About("forward", self.name, self.domain)
            case ObjectKind.DOMAIN | ObjectKind.SLOTS:
                return About("domain", self.domain or self.name)
            case ObjectKind.FILE:
                return About("file", self.name)
            case ObjectKind.CHASSIS:
                return About("host", self.name)
        field = {ObjectKind.ADDRESS: "addresses", ObjectKind.RECORD: "records"}.get(self.object)
        return About("network", self.network or self.name, field=field)


class Op(Record):
    """One write and what takes it back."""

    do: Write
    undo: tuple[Write, ...] = ()
    may_finish_later: bool = False
    """Whether the ops behind it go on when it is not finished (UnfinishedError): a guest has not
    let go of a device yet, some taps could not be plugged in."""
    undo_when_failed: bool = False
    """Whether the undo looks for itself what there is to take back: then it is tried as well when
    this very op fails, since libvirt can report an error of something that it has done."""


class Keep(Record):
    """Elements of a network's document that a step does not touch."""

    network: str
    state: State
    elements: tuple[str, ...]


class Step(Record):
    """What happens whole or not at all. Steps of one group are undone together."""

    group: str
    changes: tuple[Change, ...]
    ops: tuple[Op, ...]
    keeps: tuple[Keep, ...] = ()
    """What has to be there afterwards as it was."""

    @property
    def edits(self) -> bool:
        """Whether it changes a part of a document, of which the rest stays."""
        return bool(self.keeps) or any(isinstance(op.do, UpdateDevice) for op in self.ops)


class Plan(Record):
    """Everything that apply will do; nothing that is not in here is done."""

    host: str
    steps: tuple[Step, ...]
    desired: Desired
    """The wants, resolved: every name and MAC chosen, every intent a state."""
    scope: Scope
    policy: Policy
    waiting: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    """What the user should know: already there, waits for a cold start, ..."""
    errors: tuple[VnetError, ...] = ()
    """Of a spec: why some of its wants cannot be planned; the others are."""
    asked: Desired | None = None
    """What was asked for, of a plan that somebody keeps."""

    @property
    def starts_networks(self) -> bool:
        """Whether a network starts, or starts anew."""
        return any(
            isinstance(op.do, StartNetwork | CreateNetwork)
            for step in self.steps
            for op in step.ops
        )

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every change, in order."""
        return tuple(change for step in self.steps for change in step.changes)


class Result(StrEnum):
    """What became of a change."""

    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    SKIPPED = "skipped"
    WAITING = "waiting"


class Outcome(Record):
    """A change and what became of it."""

    change: Change
    result: Result
    error: str | None = None


class NicFacts(Record):
    """What was verified of a nic: three facts that are not the same. None: cannot be seen."""

    domain: str
    name: str | None
    mac: str | None
    configured: bool | None
    plugged: bool | None
    used: bool | None
    reason: str | None = None
    """Why the nic is not used, or why that cannot be seen."""
    evidence: str | None = None
    """What proves that it is used."""


class Report(Record):
    """What really happened."""

    host: str
    outcomes: tuple[Outcome, ...] = ()
    facts: tuple[NicFacts, ...] = ()
    notes: tuple[str, ...] = ()
    errors: tuple[VnetError, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything is not as it was before."""
        return any(outcome.result is Result.DONE for outcome in self.outcomes)

    @property
    def exit_code(self) -> ExitCode:
        """The worst of all errors; a nic that was waited for in vain is a failure."""
        if self.errors:
            return max(error.exit_code for error in self.errors)
        bad = {Result.FAILED, Result.UNDONE, Result.SKIPPED}
        if any(outcome.result in bad for outcome in self.outcomes):
            return ExitCode.FAILED
        return ExitCode.DONE
