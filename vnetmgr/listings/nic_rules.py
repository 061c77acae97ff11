"""Whether this host's rules let running nics' frames through: to their LAN, or to the host where
the bridge is a network's own. `doctor` looks along the whole path."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface
from typing import TYPE_CHECKING

from vnetmgr.local.path.asking import Asked
from vnetmgr.local.path.rulesets import read_rulesets
from vnetmgr.local.path.switches import read_bridge_calls
from vnetmgr.local.routes import read_routes
from vnetmgr.model.record import replace
from vnetmgr.model.seen.guests import strangers_on
from vnetmgr.packets import Rules, Surroundings, Verdict, usual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from ipaddress import IPv4Interface, IPv6Interface

    from vnetmgr.model.address import Address
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.packets import Outcome, Packet

_NOT_CHECKED = "rules not checked"
_UNCLEAR = "rules unclear"
_SOMEBODY = ip_address("1.1.1.1")
"""Elsewhere, of whom rules know nothing in particular."""
_PORTS = 8
"""Of a bridge with many uplinks."""


class FrameRules:
    """The rules, read once for all nics of a host that have a bridge."""

    def __init__(self, observed: Observed) -> None:
        self._observed = observed
        nics = [seen.live for domain in observed.domains for seen in domain.nics]
        bridges = {nic.bridge for nic in nics if nic is not None and nic.bridge}
        # The rules have no say on Open vSwitch's.
        self._bridges = (observed.links.bridges if observed.links else frozenset()) & bridges
        self._own = {name for network in observed.networks for name in network.own_bridges}
        self.notes: list[str] = []
        """The whole story of what was found, and what could not be looked at."""
        self._rules = self._read() if self._bridges else None

    def _read(self) -> Rules | None:
        asked = Asked()
        found = read_rulesets(asked)
        legacy = {4: found.iptables_legacy, 6: found.ip6tables_legacy}
        known = {version: text for version, text in legacy.items() if text is not None}
        if found.nft is None or len(known) < len(legacy):
            why = asked.unseen[0].why if asked.unseen else "they could not be read"
            self.notes.append(f"{_NOT_CHECKED}, and they may drop what guests send: {why}")
            return None
        faces = {"ip": found.iptables_nft, "ip6": found.ip6tables_nft, "bridge": found.ebtables_nft}
        return Rules(
            found.nft,
            dormant=found.dormant,
            faces={family: text for family, text in faces.items() if text is not None},
            legacy=known,
            calls=read_bridge_calls(self._bridges),
            around=Surroundings([*_own_addresses()]),
        )

    def judge(
        self, domain: str, nic: Nic, addresses: Iterable[Address]
    ) -> tuple[str | None, str | None]:
        """(what of a running nic is dropped and by whom, why that cannot be told)."""
        if nic.target is None or nic.bridge not in self._bridges:
            return None, None
        if self._rules is None:
            return None, _NOT_CHECKED
        ips = [ip_address(each.address) for each in addresses]
        unknown: dict[str, None] = {}
        for what, outcome in self._outcomes(self._rules, nic, ips):
            hop = outcome.decided_by
            if hop is not None:
                self.notes.append(
                    f"{domain}: nic {nic.key}: its {what} is dropped: {hop.owner}: {hop.place}: "
                    f"{hop.rule}"
                )
                return f"{what} dropped by {hop.owner}", None
            unknown |= dict.fromkeys(outcome.unknown)
        if not unknown:
            return None, None
        self.notes.append(
            f"{domain}: nic {nic.key}: whether rules drop its frames depends on what cannot be "
            f"told: {', '.join(unknown)}"
        )
        return None, _UNCLEAR

    def _outcomes(
        self, rules: Rules, nic: Nic, addresses: list[IpAddress]
    ) -> Iterator[tuple[str, Outcome]]:
        """What becomes of each kind of frame that is worth a look."""
        bridge, tap = nic.bridge or "", nic.target or ""
        ports = strangers_on(bridge, self._observed)[:_PORTS]
        here: dict[str, str] = {"in_link": bridge, "in_port": tap}
        if ports:
            there = {"out_link": bridge, "out_port": tap}
            for what, packet, back in _with_lan(nic, addresses):
                out = [replace(packet, **here, out_link=bridge, out_port=port) for port in ports]
                yield what, _best(rules.bridged, out)
                home = [replace(back, **there, in_link=bridge, in_port=port) for port in ports]
                yield what, _best(rules.bridged, home)
        elif bridge in self._own:
            yield "ARP", rules.received(replace(usual.arp(nic.mac, None, None), **here))
            if self._serves_dhcp(bridge):
                yield "DHCP", rules.received(replace(usual.dhcp(nic.mac), **here))

    def _serves_dhcp(self, bridge: str) -> bool:
        return any(
            each.live is not None and each.live.bridge == bridge and each.live.dhcp_ranges
            for each in self._observed.networks
        )


def _own_addresses() -> Iterator[tuple[str, IPv4Interface | IPv6Interface]]:
    for each in read_routes().routes:
        if each.is_address and each.link is not None:
            yield each.link, ip_interface(each.network.network_address)


def _with_lan(nic: Nic, addresses: list[IpAddress]) -> Iterator[tuple[str, Packet, Packet]]:
    """What it sends to its LAN, and what comes back."""
    own = next((each for each in addresses if each.version == 4), None)
    tcp = replace(usual.tcp(own, _SOMEBODY, 443), mac_from=nic.mac)
    tag = nic.vlan[0] if nic.vlan else None
    for what, packet, back in (
        ("ARP", usual.arp(nic.mac, own, None), usual.arp_answer(None, nic.mac, None, own)),
        ("DHCP", usual.dhcp(nic.mac), usual.dhcp_answer(nic.mac, _SOMEBODY, None)),
        ("TCP", tcp, usual.answer(tcp)),
    ):
        yield what, replace(packet, vlan=tag), replace(back, vlan=tag)


def _best(way: Callable[[Packet], Outcome], packets: Iterable[Packet]) -> Outcome:
    """The best that becomes of a frame by one of several ways."""
    order = (Verdict.ACCEPT, Verdict.UNKNOWN, Verdict.REJECT, Verdict.DROP)
    return min(map(way, packets), key=lambda outcome: order.index(outcome.verdict))
