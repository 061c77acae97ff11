"""What a walk knows, and the steps that every kind of path has."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from vnetmgr.model.path.trace import HopKind
from vnetmgr.model.record import replace
from vnetmgr.packets import rules_of, usual
from vnetmgr.trace.guests import owner_of_tap

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.links import LinkFacts
    from vnetmgr.packets import Packet, Rules
    from vnetmgr.trace.trail import Trail

_MAKERS = {"tcp": usual.tcp, "udp": usual.udp}


class Walk:
    """One packet from one nic."""

    def __init__(
        self,
        subject: Subject,
        trail: Trail,
        source: IpAddress | None,
        target: IpAddress,
        service: tuple[str, int | None],
    ) -> None:
        self.subject, self.trail = subject, trail
        self.source, self.target = source, target
        self.protocol, self.port = service

    @property
    def facts(self) -> PathFacts:
        """The snapshot."""
        return self.subject.facts

    @cached_property
    def rules(self) -> Rules:
        """The loaded rules. Ends the walk where they were not seen."""
        for part in ("rulesets.nft", "rulesets.iptables_legacy", "rulesets.ip6tables_legacy"):
            self.trail.needs(part, HopKind.CHAIN, "the rules")
        found = rules_of(self.facts)
        if found is None:
            self.trail.loses(HopKind.CHAIN, "the rules", "not seen")
        return found

    def packet(self, **where: str) -> Packet:
        """What the guest sends."""
        make = _MAKERS.get(self.protocol)
        if make is None or self.port is None:
            packet = usual.ping(self.source, self.target)
        else:
            packet = make(self.source, self.target, self.port)
        mac = self.subject.any.mac
        return replace(packet, mac_from=None if mac is None else str(mac), **where)

    def link(self, name: str, kind: HopKind = HopKind.LINK) -> LinkFacts:
        """A link that is there and up. Ends the walk where it is not."""
        self.trail.needs("links", kind, name)
        link = self.facts.link(name)
        if link is None:
            self.trail.drops(kind, name, "there is no such link")
        if not link.up:
            self.trail.drops(kind, name, "the link is down")
        return link

    def leaves(self, name: str) -> str:
        """By a link, for a guest behind it or for what is beyond this host; whose that is."""
        link = self.link(name)
        guest = owner_of_tap(self.facts, name)
        if guest is not None:
            domain, nic = guest
            label = f"{domain.name}/{nic.key}"
            if nic.nic.link == "down":
                self.trail.drops(HopKind.NIC, label, "its link is down")
            self.trail.passes(HopKind.GUEST, label, f"by {name}")
            return f"to guest {label}"
        if not link.carrier:
            self.trail.drops(HopKind.LINK, name, "it has no carrier")
        self.trail.passes(HopKind.LINK, name, "leaves this host")
        return f"leaves this host by {name}"
