"""A nic's MSI-X vectors, which libvirt's XML has no place for but `<qemu:override>`.

Measured on 9.0: config keeps it, also for an alias that no device has; at the start QEMU gets it,
and libvirt calls the domain tainted ("custom device configuration"). A nic that is plugged in
gets QEMU's own number, whatever the running document says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.libvirt_xml.domain_read import read_overrides
from vnetmgr.libvirt_xml.domain_write import set_vectors
from vnetmgr.model.nic import nic_alias
from vnetmgr.model.patch import UNSET
from vnetmgr.model.plan import Op
from vnetmgr.model.state import State
from vnetmgr.model.writes import SetVectors
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.nic import Nic, NicPatch
    from vnetmgr.planner.context import Context

Override = tuple[str, int | None, int | None]
"""An alias, its vectors before, and after."""


_SUITS = "QEMU chooses a number that suits the queues"
_TAINTS, _SUITED = "--allow taint sets them; without", "QEMU suits them to the queues"


def check_vectors(nic: Nic, context: Context, states: frozenset[State]) -> None:
    """Refuse vectors where they cannot be, or where nobody said that the domain may be tainted."""
    domain = context.domain.name
    if not context.observed.features.overrides:
        raise RefusedError(
            f"domain {domain}: this libvirt cannot set vectors (<qemu:override> is QEMU's, and "
            "since libvirt 8.2)",
            Worded(f"leave --vectors out: {_SUITS}", f"leave vectors out: {_SUITS}"),
        )
    if State.CONFIG not in states:
        raise RefusedError(
            f"domain {domain}: vectors are in the config only; QEMU is told them at a cold start",
            "leave --live out",
        )
    if nic.name is None:
        naming = Command("update-nic", "DOMAIN", "MAC", "--name", "NAME")
        raise RefusedError(
            f"domain {domain}: vectors are set by a nic's name, and nic {nic.mac} has none",
            Worded("name it in the same command: --name NAME", f"name it first: {naming}"),
        )
    if "taint" not in context.policy.allow:
        raise RefusedError(
            f"domain {domain}: vectors of nic {nic.name} can only be set by <qemu:override>, and "
            "libvirt marks such a domain as tainted from its next start on",
            Worded(f"{_TAINTS} --vectors {_SUITED}", f"{_TAINTS} vectors {_SUITED}"),
        )


def overrides_of_new(patch: NicPatch, states: frozenset[State], context: Context) -> list[Override]:
    """What has to be set for a nic that is about to be there."""
    if patch.vectors is UNSET or patch.name is UNSET or State.CONFIG not in states:
        return []
    alias = nic_alias(patch.name, owned=patch.owned is True)
    # Of a nic of that name that somebody else has taken away.
    before = read_overrides(context.domain.config_xml or "").get(alias)
    return [] if before == patch.vectors else [(alias, before, patch.vectors)]


def overrides_of_changed(before: Nic, after: Nic) -> list[Override]:
    """What has to be set for a nic of the config that changes: vectors stay with it under
    another name."""
    if before.alias == after.alias:
        alias = after.alias
        changed = alias is not None and before.vectors != after.vectors
        return [(alias, before.vectors, after.vectors)] if alias is not None and changed else []
    found: list[Override] = []
    if before.alias is not None and before.vectors is not None:
        found.append((before.alias, before.vectors, None))
    if after.alias is not None and after.vectors is not None:
        found.append((after.alias, None, after.vectors))
    return found


def override_ops(overrides: Iterable[Override], domain: str) -> list[Op]:
    """The writes of a domain that is there."""
    return [
        Op(
            do=SetVectors(domain=domain, alias=alias, vectors=after),
            undo=(SetVectors(domain=domain, alias=alias, vectors=before),),
        )
        for alias, before, after in overrides
    ]


def with_overrides(document: str, overrides: Iterable[Override]) -> str:
    """A domain's document that is about to be defined anyway."""
    for alias, _, after in overrides:
        document = set_vectors(document, alias, after)
    return document
