"""What OVN knows a nic by: the name of its logical port, which the nic has as its interfaceid.

It is derived from the domain's UUID and the nic's MAC, so that every host comes to the same; one
that somebody else chose stays. A copied domain has the ids of the one that it is a copy of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid5

from vnetmgr.errors import RefusedError
from vnetmgr.model.overlay.port_id import SPACE, overlay_port_id
from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.overlay.northbound import LogicalPort, Northbound
    from vnetmgr.model.state import Seen


def new_domain_uuid(name: str, host: str, now_s: float) -> str:
    """The UUID of a domain that is made now, here."""
    return str(uuid5(SPACE, f"{host}/{name}/{now_s}"))


class Holder(Row):
    """A nic that has an id, in one of its states."""

    domain: SeenDomain
    seen: Seen[Nic]

    @property
    def label(self) -> str:
        """How messages call it: `web1/lan`."""
        return f"{self.domain.name}/{self.seen.any.key}"

    def owns(self, port_id: str) -> bool:
        """Whether the id is the one that is derived for it."""
        nics = (nic for nic in (self.seen.config, self.seen.live) if nic is not None)
        return any(overlay_port_id(self.domain.uuid, nic.mac) == port_id for nic in nics)

    def runs_with(self, port_id: str) -> bool:
        """Whether it is plugged in, and known by the id."""
        return self.seen.live is not None and self.seen.live.interface_id == port_id


class PortIds:
    """Who has which id: of the domains that were looked at, and in OVN's database."""

    def __init__(self, domains: Iterable[SeenDomain], northbound: Northbound | None) -> None:
        self._northbound = northbound
        self._holders: dict[str, list[Holder]] = {}
        for domain in domains:
            for seen in domain.nics:
                states = (nic for nic in (seen.config, seen.live) if nic is not None)
                for port_id in dict.fromkeys(nic.interface_id for nic in states):
                    if port_id is not None:
                        self._holders.setdefault(port_id, []).append(Holder(domain, seen))

    def of_config(self, domain: SeenDomain, seen: Seen[Nic], after: Nic) -> str:
        """What a nic is to have in its config, where it will be `after`. Raises RefusedError where
        it shares one with another nic, and nothing tells whose it is."""
        present = None if seen.config is None else seen.config.interface_id
        if present is not None and self.is_of(domain, seen, present):
            return present
        return overlay_port_id(domain.uuid, after.mac)

    def is_of(self, domain: SeenDomain, seen: Seen[Nic], port_id: str) -> bool:
        """Whether a nic keeps an id that it has. Of several it is that for which the id is derived,
        then the one that the database has it for, then the one that runs with it. Raises
        RefusedError where nothing of it tells."""
        others, recorded = self.others(seen, port_id), self._recorded(port_id)
        if recorded is None and not others:  # as of nearly all that are new
            return True
        mine = Holder(domain, seen)
        foreign = recorded is not None and not _is_for(recorded, mine)
        # Most share theirs with nobody.
        if not (others or foreign) or mine.owns(port_id):
            return True
        if recorded is not None and not any(each.owns(port_id) for each in others):
            return not foreign
        if any(each.owns(port_id) for each in others):
            return False
        runs, another = mine.runs_with(port_id), any(each.runs_with(port_id) for each in others)
        if runs is not another:
            return runs
        raise _undecided([mine, *others], port_id)

    def others(self, seen: Seen[Nic], port_id: str) -> list[Holder]:
        """The other nics here that have an id."""
        return [each for each in self._holders.get(port_id, ()) if each.seen is not seen]

    def named_others(self, domain: SeenDomain, seen: Seen[Nic], port_id: str) -> str:
        """The others that have it, for messages."""
        recorded = self._recorded(port_id)
        labels = [each.label for each in self.others(seen, port_id)]
        if not labels and recorded is not None and not _is_for(recorded, Holder(domain, seen)):
            labels = [whose(recorded)]
        return " and ".join(labels)

    def _recorded(self, port_id: str) -> LogicalPort | None:
        """The port of that name, where the database says which domain's it is."""
        port = None if self._northbound is None else self._northbound.port(port_id)
        owned = port is not None and port.owner is not None and port.owner.domain is not None
        return port if owned else None


def _is_for(port: LogicalPort, holder: Holder) -> bool:
    """Whether a port was made for that nic: for its domain, and where that has two with one id,
    with its MAC."""
    if port.owner is None or port.owner.domain != holder.domain.uuid:
        return False
    macs = {nic.mac for nic in (holder.seen.config, holder.seen.live) if nic is not None}
    return port.mac in macs or port.mac not in holder.domain.macs


def whose(port: LogicalPort) -> str:
    """How messages call a port: by the nic that it is for."""
    owner = port.owner
    if owner is None:
        return f"port {port.name}, which is not vnetmgr's"
    return f"{port.label} on {owner.host}" if owner.host else port.label


def _undecided(holders: Iterable[Holder], port_id: str) -> RefusedError:
    labels = sorted(each.label for each in holders)
    return RefusedError(
        f"{' and '.join(labels)} have one interfaceid, {port_id}, as a copied domain has, and "
        "nothing tells whose it is",
        "start the one that is to keep it, alone; or take `interfaceid` out of the other's "
        f"<virtualport>: virsh edit {labels[-1].partition('/')[0]}",
    )
