"""Addresses that forwards lead to, while reservations change: the rules follow, or it is refused.

A guest takes a new reservation when it asks for its address the next time, and not before. Until
then a rule leads to the one that it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.model.record import Record
from vnetmgr.model.seen.forwarded import nic_of
from vnetmgr.planner.forwards.plan import ForwardPlanner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import AddressWant
    from vnetmgr.model.plan import Step
    from vnetmgr.model.seen.observed import Observed


class Followed(Record):
    """The steps that let rules follow reservations, and what to say of them."""

    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()


def forwards_of(want: AddressWant, observed: Observed) -> Iterator[tuple[SeenDomain, Forward]]:
    """The forwards that lead to the nic that an address is kept for."""
    for domain in observed.domains:
        for forward in domain.forwards:
            seen = nic_of(domain, forward)
            if seen is not None and want.mac is not None and seen.any.mac == want.mac:
                yield domain, forward


def refuse_given(wants: Iterable[AddressWant], observed: Observed) -> None:
    """Refuse an address for a nic that a forward gives another: each would take the other's."""
    for want in wants:
        for domain, forward in forwards_of(want, observed):
            given = forward.given_address(want.address.version) if want.address else None
            if given not in (None, want.address):
                raise RefusedError(
                    f"network {want.network}: forward {domain.name}/{forward.name} says that the "
                    f"guest has {given}, and {want.address} is to be reserved for it",
                    "take the forward away first: "
                    f"{Command('remove-forward', domain.name, forward.name)}",
                )


def follow(
    wants: Iterable[AddressWant],
    observed: Observed,
    network_named: Callable[[str], Network | None],
) -> Followed:
    """What becomes of the forwards to nics whose reservations a command changes."""
    wants = list(wants)
    names = {domain.name for want in wants for domain, _ in forwards_of(want, observed)}
    if not names:
        return Followed()
    if observed.rules is None:
        why = observed.rules_unseen
        return Followed(notes=() if why is None else (f"forwards stay as they are: {why.message}",))
    planner = ForwardPlanner(observed, network_named=network_named)
    planner.settle(sorted(names))
    steps = tuple(planner.steps(repairs=False))
    problems = [error.message for error in (*planner.errors, *planner.lost)]
    return Followed(steps=steps, notes=(*planner.later, *problems))
