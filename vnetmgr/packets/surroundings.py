"""What rules may ask of the host: whose an address is, and where a packet to it would leave."""

from __future__ import annotations

from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from vnetmgr.packets.constants import ADDRESS_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Interface, IPv6Interface

    from vnetmgr.model.dhcp import IpAddress, IpNetwork

_LIMITED_BROADCAST = IPv4Address("255.255.255.255")


class Surroundings:
    """The host's addresses and routes, each by its link; None: not known."""

    def __init__(
        self,
        addresses: Sequence[tuple[str, IPv4Interface | IPv6Interface]] | None = None,
        routes: Sequence[tuple[IpNetwork, str]] | None = None,
    ) -> None:
        self._addresses, self._routes = addresses, routes

    def address_type(self, address: IpAddress, link: str | None = None) -> int | None:
        """local, broadcast, multicast or unicast, as nft's `fib type` has it; with a link, as seen
        from there."""
        if address.is_multicast:
            return ADDRESS_TYPES["multicast"]
        if address == _LIMITED_BROADCAST:
            return ADDRESS_TYPES["broadcast"]
        loopback = address.is_loopback
        if self._addresses is None and not loopback:
            return None
        for kind, table in (("local", self._local), ("broadcast", self._broadcast)):
            links = table.get(address, {"lo"} if loopback and kind == "local" else set())
            if links and (link is None or link in links):
                return ADDRESS_TYPES[kind]
        return ADDRESS_TYPES["unicast"]

    def address_of(self, link: str, version: int) -> IpAddress | None:
        """The address by which the host speaks through a link, where that is its only one."""
        found = [
            each.ip
            for name, each in self._addresses or ()
            if name == link and each.version == version and not each.ip.is_link_local
        ]
        return found[0] if len(found) == 1 else None

    def leads_back(self, address: IpAddress | None, link: str | None) -> bool | None:
        """Whether there is a route to an address; with a link, whether it leaves by that. To what
        is the host's own there is none, as nft's `fib` and iptables' rpfilter see it."""
        if self._routes is None or address is None:
            return None
        if self.address_type(address) == ADDRESS_TYPES["local"]:
            return False
        longest, links = -1, set()
        for network, name in self._routes:
            if network.version == address.version and address in network:
                if network.prefixlen > longest:
                    longest, links = network.prefixlen, {name}
                elif network.prefixlen == longest:
                    links.add(name)
        return bool(links) and (link is None or link in links)

    @cached_property
    def _local(self) -> dict[IPv4Address | IPv6Address, set[str]]:
        found: dict[IPv4Address | IPv6Address, set[str]] = {}
        for link, each in self._addresses or ():
            found.setdefault(each.ip, set()).add(link)
        return found

    @cached_property
    def _broadcast(self) -> dict[IPv4Address | IPv6Address, set[str]]:
        found: dict[IPv4Address | IPv6Address, set[str]] = {}
        for link, each in self._addresses or ():
            if each.version == 4 and each.network.prefixlen < 31:
                found.setdefault(each.network.broadcast_address, set()).add(link)
        return found
