"""What a domain's metadata says of its forwards, and whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.metadata import with_forwards, with_stamp
from vnetmgr.model.writes import SetMetadata
from vnetmgr.planner.context import set_metadata
from vnetmgr.planner.forwards.claims import copies_of, stamping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.plan import Op, Step
    from vnetmgr.planner.forwards.way import DomainForwards


def with_metadata(
    domain: SeenDomain, after: tuple[Forward, ...], ops: Sequence[Op]
) -> Sequence[Op]:
    """With what the metadata says of it: a run that is killed in between leaves nothing that works
    and that nothing tells of. So what is new is told of before it is made, and what goes until
    it is gone."""
    before = domain.forwards
    if set(before) == set(after):
        return ops
    names = {each.name for each in after}
    going = tuple(each for each in before if each.name not in names)
    every = (*after, *going)
    first = []
    if ops and going and set(every) != set(before):
        first.append(set_metadata(domain, with_forwards(domain.own_data_xml, every, domain.uuid)))
    last = set_metadata(domain, with_forwards(domain.own_data_xml, after, domain.uuid))
    return [*first, *ops, last] if going else [last, *ops]


def stamp_steps(
    plan: DomainForwards, step: Step | None, domains: Iterable[SeenDomain], *, asked: bool
) -> Iterator[Step]:
    """Stamp what an older version wrote, when something is written anyway, or when somebody
    says whose it is. By itself: no rule has to wait until that can be done."""
    domain, uuid = plan.domain, plan.domain.uuid
    if domain.stamped or not domain.forwards:
        return
    stamped = step is not None and any(isinstance(op.do, SetMetadata) for op in step.ops)
    if step is None and not (domain.rivals and asked):
        return
    if not stamped:
        data = with_forwards(domain.own_data_xml, plan.forwards, uuid)
        yield stamping(domain, data, "its own")
    # Else they would claim it when this one gives it up.
    for copy in copies_of(domain, domains):
        yield stamping(copy, with_stamp(copy.data_xml, uuid), f"a copy of {domain.name}'s")
