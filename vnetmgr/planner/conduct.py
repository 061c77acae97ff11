"""How a plan treats what it finds: a command's way and a spec's, decided here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.desired import Desired


class Conduct(Record):
    """A command's, unless it says otherwise: all that is asked for or nothing, and nothing else."""

    goes_on: bool = False
    """Past a want that cannot be planned: that is told with its place, and holds up no other. Else
    the first one ends it all, before anything is touched."""
    adopts: bool = False
    """A nic that its MAC or name leads to is managed as it is, and what is made is owned."""
    heeds_holds: bool = False
    """What somebody holds is left alone."""
    prunes_all: bool = False
    """What is owned, and not wanted any more, goes: nics of any domain, and networks."""
    prunes_domains: frozenset[str] = frozenset()
    """The same, of the nics of these domains."""
    leaves: frozenset[str] = frozenset()
    """Domains that are left alone."""
    tends_forwards: bool = False
    """All port forwards are looked after, and not only those that something is asked of."""
    attended: bool = True
    """Somebody waits for an answer, and is told what could not be checked, and what became of each
    nic."""

    def prunes(self, domain: str) -> bool:
        """Whether a domain's owned nics go that are not wanted any more."""
        return domain not in self.leaves and (self.prunes_all or domain in self.prunes_domains)


def conduct_of(desired: Desired) -> Conduct:
    """A spec is a state of the host, in which each want stands for itself; a command is one."""
    spec = desired.spec
    if spec is None:
        return Conduct()
    return Conduct(
        goes_on=True,
        adopts=True,
        heeds_holds=True,
        prunes_all=spec.prune_all,
        prunes_domains=spec.prune_domains,
        leaves=frozenset(each.name for each in spec.elsewhere),
        tends_forwards=spec.forwards,
        attended=False,
    )
