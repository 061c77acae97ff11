"""Which nics and networks are vnetmgr's own, made from a spec: those alone are pruned.

The alias, and a network's mark, say so; but whoever copies a domain or a network copies them too.
A nic's MAC that was derived from its domain's UUID proves it; where the spec gave the MAC, the
domain's metadata has the nic's name, stamped with the UUID. A network's mark has the network's.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.metadata import with_owned
from vnetmgr.model.plan import Op
from vnetmgr.model.writes import SetMetadata
from vnetmgr.planner.allocate import is_derived

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.nic import Nic
    from vnetmgr.planner.context import Draft


class OwnedNics:
    """Which nics of the domains observed are owned. `everybody`: no domain is left out that any
    may be a copy of; then a nic of an older version is owned, too, that is a copy of none."""

    def __init__(self, domains: Iterable[SeenDomain], *, everybody: bool) -> None:
        self._everybody = everybody
        self._named = Counter(
            seen.any.name for domain in domains for seen in domain.nics if seen.any.owned
        )

    def has(self, domain: SeenDomain, nic: Nic) -> bool:
        """Whether a nic was made from a spec, for this very domain."""
        if not nic.owned or nic.name is None:
            return False
        if nic.name in domain.owned_nics or is_derived(nic.mac, domain.uuid, nic.name):
            return True
        may_be_copied = domain.stamp not in (None, domain.uuid) or self._named[nic.name] > 1
        return self._everybody and not may_be_copied


def record_owned(draft: Draft, names: frozenset[str]) -> Op | None:
    """Write down which of a domain's nics are owned; None where it is written, or where nobody
    knows yet whose the domain's metadata is."""
    domain = draft.domain
    if draft.owned_nics == names or domain.rivals:
        return None
    own = domain.own_data_xml if draft.data_xml == domain.data_xml else draft.data_xml
    before, after = draft.data_xml, with_owned(own, names, domain.uuid)
    draft.owned_nics, draft.data_xml = names, after
    states = domain.states
    return Op(
        do=SetMetadata(domain=domain.name, xml=after, states=states),
        undo=(SetMetadata(domain=domain.name, xml=before, states=states),),
    )


def owned_networks(networks: Iterable[SeenNetwork]) -> frozenset[str]:
    """The names of the networks that were made from a spec. Of those with a mark of old, which
    has no UUID, two with one subnet are copies of each other: the only one that runs is it, else
    none is."""
    marked = [seen for seen in networks if seen.any.owned]
    unstamped = [seen for seen in marked if seen.any.marked_for is None]
    return frozenset(seen.name for seen in marked if not _is_copy(seen, unstamped))


def _is_copy(seen: SeenNetwork, unstamped: Iterable[SeenNetwork]) -> bool:
    if seen.any.marked_for is not None:
        return False
    subnets = set(seen.any.subnets)
    twins = [each for each in unstamped if each is not seen and subnets & set(each.any.subnets)]
    return bool(twins) and (seen.live is None or any(each.live is not None for each in twins))
