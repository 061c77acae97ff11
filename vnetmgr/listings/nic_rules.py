"""Whether this host's rules let running nics' frames through: to their LAN, or to and
through the host where the bridge is a network's own. `doctor` looks along the whole path."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface
from typing import TYPE_CHECKING

from vnetmgr.local.path.asking import Asked
from vnetmgr.local.path.rulesets import read_rulesets
from vnetmgr.local.path.switches import read_bridge_calls
from vnetmgr.local.routes import read_routes
from vnetmgr.model.names import joined
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.record import replace
from vnetmgr.model.seen.guests import strangers_on
from vnetmgr.packets import Rules, Surroundings, Verdict, usual

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from ipaddress import IPv4Interface, IPv6Interface

    from vnetmgr.model.address import Address
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.network import Network
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import HostRoute, Observed
    from vnetmgr.packets import Outcome, Packet

_NOT_CHECKED = "rules not checked"
_UNCLEAR = "rules unclear"
_SOMEBODY = ip_address("1.1.1.1")
"""Elsewhere, of whom rules know nothing in particular."""
_ROUTED = (NetworkMode.NAT, NetworkMode.ROUTED, NetworkMode.OPEN)
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
        lives = (network.live for network in observed.networks)
        self._own = {x.bridge: x for x in lives if x is not None and x.has_own_bridge and x.bridge}
        macs = observed.links.macs if observed.links else {}
        self._taps = {name for mac, name in macs.items() if mac.startswith("fe:")}
        self._default_links: tuple[str, ...] = ()
        self._unread: str | None = None
        self._found: dict[str, list[str]] = {}
        """What rules do -> to whose frames."""
        self._rules = self._read() if self._bridges else None

    def _read(self) -> Rules | None:
        asked = Asked()
        found = read_rulesets(asked)
        legacy = {4: found.iptables_legacy, 6: found.ip6tables_legacy}
        known = {version: text for version, text in legacy.items() if text is not None}
        if found.nft is None or len(known) < len(legacy):
            self._unread = asked.unseen[0].why if asked.unseen else "they could not be read"
            return None
        host = read_routes()
        self._default_links = host.default_links
        faces = {"ip": found.iptables_nft, "ip6": found.ip6tables_nft, "bridge": found.ebtables_nft}
        return Rules(
            found.nft,
            dormant=found.dormant,
            faces={family: text for family, text in faces.items() if text is not None},
            legacy=known,
            calls=read_bridge_calls(self._bridges),
            around=Surroundings([*_own_addresses(host.routes)]),
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
        label, unknown = f"{domain}/{nic.key}", dict[str, None]()
        for what, outcome in self._outcomes(self._rules, nic, ips):
            hop = outcome.decided_by
            if hop is not None:
                whose = "" if hop.place.startswith(hop.owner) else f"{hop.owner}: "
                self._found.setdefault(
                    f"{what} is dropped by {whose}{hop.place}: {hop.rule}", []
                ).append(label)
                return f"{what} dropped by {hop.owner}", None
            if outcome.verdict is Verdict.UNKNOWN:
                unknown |= dict.fromkeys(outcome.unknown)
        if not unknown:
            return None, None
        why = f"whether frames are dropped depends on what cannot be told: {', '.join(unknown)}"
        self._found.setdefault(why, []).append(label)
        return None, _UNCLEAR

    @property
    def notes(self) -> Iterator[str]:
        """The whole story of what was found, and what could not be looked at."""
        if self._unread is not None:
            yield f"{_NOT_CHECKED}, and they may drop what guests send: {self._unread}"
        yield from (f"{joined(labels)}: {story}" for story, labels in self._found.items())

    def _outcomes(
        self, rules: Rules, nic: Nic, addresses: list[IpAddress]
    ) -> Iterator[tuple[str, Outcome]]:
        """What becomes of each kind of frame that is worth a look."""
        network = self._own.get(nic.bridge or "")
        if network is None:
            return self._with_lan(rules, nic, addresses)
        return self._with_host(rules, nic, addresses, network)

    def _with_lan(
        self, rules: Rules, nic: Nic, addresses: list[IpAddress]
    ) -> Iterator[tuple[str, Outcome]]:
        bridge, tap = nic.bridge or "", nic.target or ""
        ports = self._uplinks(bridge)
        for what, packet, back in _exchanges(nic, addresses) if ports else ():
            out = {"in_link": bridge, "in_port": tap, "out_link": bridge}
            yield what, _best(rules.bridged, [replace(packet, **out, out_port=x) for x in ports])
            home = {"in_link": bridge, "out_link": bridge, "out_port": tap}
            yield what, _best(rules.bridged, [replace(back, **home, in_port=x) for x in ports])

    def _uplinks(self, bridge: str) -> tuple[str, ...]:
        """The ports that lead to the LAN; where there is none, to other guests."""
        ports = strangers_on(bridge, self._observed)
        return tuple(port for port in ports if port not in self._taps)[:_PORTS] or ports[:_PORTS]

    def _with_host(
        self, rules: Rules, nic: Nic, addresses: list[IpAddress], network: Network
    ) -> Iterator[tuple[str, Outcome]]:
        """To the host itself, and through it where the network is routed."""
        bridge, tap = nic.bridge or "", nic.target or ""
        here: dict[str, str] = {"in_link": bridge, "in_port": tap}
        yield "ARP", rules.received(replace(usual.arp(nic.mac, None, None), **here))
        if network.dhcp_ranges:
            yield "DHCP", rules.received(replace(usual.dhcp(nic.mac), **here))
        subnet = next((each for each in network.subnets if each.version == 4), None)
        if network.mode not in _ROUTED or subnet is None or not self._default_links:
            return
        likely = (*addresses, *(each.start for each in network.dhcp_ranges))
        own = _first_of(4, likely) or subnet[min(2, subnet.num_addresses - 1)]
        tcp = usual.tcp(own, _SOMEBODY, 443)
        out = [replace(tcp, **here, out_link=link) for link in self._default_links]
        yield "TCP", _best(rules.passing, out)
        back, home = usual.answer(tcp), {"out_link": bridge, "out_port": tap}
        ways = [replace(back, **home, in_link=link) for link in self._default_links]
        yield "TCP", _best(rules.passing, ways)


def _first_of(version: int, addresses: Iterable[IpAddress]) -> IpAddress | None:
    return next((each for each in addresses if each.version == version), None)


def _own_addresses(
    routes: Iterable[HostRoute],
) -> Iterator[tuple[str, IPv4Interface | IPv6Interface]]:
    for each in routes:
        if each.is_address and each.link is not None:
            yield each.link, ip_interface(each.network.network_address)


def _exchanges(nic: Nic, addresses: list[IpAddress]) -> Iterator[tuple[str, Packet, Packet]]:
    """What it sends to its LAN, and what comes back."""
    own = _first_of(4, addresses)
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
