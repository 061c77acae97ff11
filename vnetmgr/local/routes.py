"""The addresses that this machine has and reaches, from /proc/net.

All routing tables, of this process's network namespace: /proc/net leads to self/net.
"""

from __future__ import annotations

import sys
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.model.record import Record
from vnetmgr.model.seen.observed import HostRoute, HostRoutes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.dhcp import IpAddress, IpNetwork

PROC = Path("/proc")

# include/uapi/linux/route.h and ipv6_route.h
_RTF_GATEWAY = 0x00000002
_RTF_REJECT = 0x00000200
_RTF_ADDRCONF = 0x00040000
_RTF_ANYCAST = 0x00100000
_RTF_LOCAL = 0x80000000

# Shorter prefixes are default routes too, in pieces: VPNs cover 0.0.0.0/0 by 0.0.0.0/1 and
# 128.0.0.0/1 so as to win over it, tunnels give 2000::/3 for all of the Internet.
_MIN_PREFIX_V4 = 2
_MIN_PREFIX_V6 = 4

_LINK_LOCAL = tuple(f"fe{digit}" for digit in "89ab")
_SCOPE_LINK = 0x20  # IPV6_ADDR_LINKLOCAL of include/net/ipv6.h

_Prefix: TypeAlias = tuple[int, int]
"""An IPv4 network as address and prefix length."""


class _LinksV4(Record):
    """What /proc/net/route tells beyond fib_trie; it has the main table alone."""

    of: dict[_Prefix, list[str]]
    """The links by which a route leaves: more than one where metrics differ."""
    connected: dict[_Prefix, str]
    """Those that lead to no gateway."""
    lengths: tuple[int, ...]
    """The prefix lengths in `connected`, longest first."""

    def of_address(self, address: int) -> str | None:
        """The link on whose connected network an address is: the kernel has no file that says
        which link has it."""
        for length in self.lengths:
            network = address >> 32 - length << 32 - length
            if link := self.connected.get((network, length)):
                return link
        return None


def read_routes(proc: Path = PROC) -> HostRoutes:
    """Routes and addresses without default routes, loopback, multicast and link-local IPv6.

    Routes that only refuse (blackhole, unreachable, prohibit) reach nothing, and are left out.
    An address is a network of one. Raises nothing; what cannot be read is empty.
    """
    routes_v6 = [line.split() for line in _lines(proc / "net/ipv6_route")]
    links_v4 = _links_v4(_lines(proc / "net/route"))
    found = [
        *_routes_v4(_lines(proc / "net/fib_trie"), links_v4),
        *_routes_v6(routes_v6),
        *_addresses_v6(_lines(proc / "net/if_inet6")),
    ]
    return HostRoutes(
        routes=tuple(dict.fromkeys(found)),
        default_links=tuple(dict.fromkeys(_default_links(links_v4, routes_v6))),
        ra_links=tuple(_ra_links(routes_v6, proc)),
    )


def read_link_routes(proc: Path = PROC) -> dict[str, set[IpNetwork]]:
    """link -> where the host sends by it, without IPv6 routes to link-local, multicast and its own
    addresses, which every link that is up has. Raises nothing; what cannot be read is empty."""
    found: dict[str, set[IpNetwork]] = {}
    for prefix, links in _links_v4(_lines(proc / "net/route")).of.items():
        for link in links:
            found.setdefault(link, set()).add(IPv4Network(prefix))
    for line in _lines(proc / "net/ipv6_route"):
        words = line.split()
        name, length = _link(words), int(words[1], 16)
        if name and length < 128 and not words[0].startswith(("ff", *_LINK_LOCAL)):
            found.setdefault(name, set()).add(IPv6Network((int(words[0], 16), length)))
    return found


def read_gateways(proc: Path = PROC) -> set[tuple[str, IpNetwork, IpAddress]]:
    """Where the host sends by a gateway: link, subnet and gateway. Raises nothing; what cannot be
    read is empty."""
    found: set[tuple[str, IpNetwork, IpAddress]] = set()
    for line in _lines(proc / "net/route"):
        name, address, gateway, flags, _, _, _, mask, *_ = line.split()
        if name not in ("*", "Iface") and int(flags, 16) & _RTF_GATEWAY:
            prefix = (_number_v4(address), int(mask, 16).bit_count())
            found.add((name, IPv4Network(prefix), IPv4Address(_number_v4(gateway))))
    for line in _lines(proc / "net/ipv6_route"):
        words = line.split()
        link = _link(words)
        if link and int(words[8], 16) & _RTF_GATEWAY:
            subnet = IPv6Network((int(words[0], 16), int(words[1], 16)))
            found.add((link, subnet, IPv6Address(int(words[4], 16))))
    return found


def _number_v4(text: str) -> int:
    return int.from_bytes(int(text, 16).to_bytes(4, sys.byteorder), "big")


def read_addresses(proc: Path = PROC) -> frozenset[IpAddress]:
    """Every address of this machine's own, those of its loopback and link-local ones too."""
    found: set[IpAddress] = set()
    leaf = IPv4Address(0)
    for line in _lines(proc / "net/fib_trie"):
        words = line.split()
        if words[0] == "|--":
            leaf = IPv4Address(words[1])
        elif words[0] == "/32" and words[2] == "LOCAL":
            found.add(leaf)
    found.update(IPv6Address(int(line.split()[0], 16)) for line in _lines(proc / "net/if_inet6"))
    return frozenset(found)


def _default_links(v4: _LinksV4, v6: Iterable[list[str]]) -> Iterator[str]:
    for (_, length), links in v4.of.items():
        if length < _MIN_PREFIX_V4:
            yield from links
    for words in v6:
        default = int(words[1], 16) < _MIN_PREFIX_V6 and not int(words[8], 16) & _RTF_REJECT
        if default and (link := _link(words)):
            yield link


def _routes_v4(lines: Iterable[str], links: _LinksV4) -> Iterator[HostRoute]:
    """Of net/ipv4/fib_trie.c, fib_trie_seq_show: `|-- ADDRESS`, then a `/LENGTH SCOPE TYPE` for
    each route to it. Main and Local are one trie, shown twice, until rules are added."""
    seen: set[tuple[_Prefix, bool]] = set()
    leaf = 0
    for line in lines:
        words = line.split()
        if words[0] == "|--":
            leaf = int(IPv4Address(words[1]))
        elif words[0][0] == "/" and words[2] in ("UNICAST", "LOCAL"):
            prefix = (leaf, int(words[0][1:]))
            # LOCAL on a whole network is `ip route add local 10.9.0.0/24 dev lo`: a route.
            is_address = words[2] == "LOCAL" and prefix[1] == 32
            if (prefix, is_address) in seen or prefix[1] < _MIN_PREFIX_V4 or leaf >> 24 == 127:
                continue
            seen.add((prefix, is_address))
            network = IPv4Network(prefix)
            names = [links.of_address(leaf)] if is_address else links.of.get(prefix, [None])
            for name in names:
                yield HostRoute(network=network, link=name, is_address=is_address)


def _links_v4(lines: Iterable[str]) -> _LinksV4:
    """Of fib_route_seq_show in the same file; hexadecimal numbers are in the machine's order of
    bytes. `*` is no link."""
    links: dict[_Prefix, list[str]] = {}
    connected: dict[_Prefix, str] = {}
    for line in lines:
        name, address, _, flags, _, _, _, mask, *_ = line.split()
        if name in ("*", "Iface"):
            continue
        prefix = (_number_v4(address), int(mask, 16).bit_count())
        links.setdefault(prefix, []).append(name)
        if not int(flags, 16) & _RTF_GATEWAY and prefix[1] >= _MIN_PREFIX_V4:
            connected.setdefault(prefix, name)
    lengths = sorted({length for _, length in connected}, reverse=True)
    return _LinksV4(of=links, connected=connected, lengths=tuple(lengths))


def _routes_v6(rows: Iterable[list[str]]) -> Iterator[HostRoute]:
    """Of net/ipv6/route.c, rt6_info_route: destination, length, source, length, next hop,
    metric, references, uses, flags, link."""
    for words in rows:
        address, length, flags = words[0], int(words[1], 16), int(words[8], 16)
        if flags & (_RTF_REJECT | _RTF_ANYCAST) or (flags & _RTF_LOCAL and length == 128):
            continue
        if length < _MIN_PREFIX_V6 or address.startswith(("ff", *_LINK_LOCAL)):
            continue
        yield HostRoute(network=IPv6Network((int(address, 16), length)), link=_link(words))


def _addresses_v6(lines: Iterable[str]) -> Iterator[HostRoute]:
    """Of net/ipv6/addrconf.c, if6_seq_show: address, index, length, scope, flags, link."""
    for line in lines:
        address, _, _, scope, _, link = line.split()
        if link != "lo" and not int(scope, 16) & _SCOPE_LINK:
            network = IPv6Network((int(address, 16), 128))
            yield HostRoute(network=network, link=link, is_address=True)


def _ra_links(rows: Iterable[list[str]], proc: Path) -> Iterator[str]:
    """As libvirt finds them (virNetDevIPCheckIPv6Forwarding): default routes count as well,
    accept_ra=0 does not help, and conf/all is not looked at."""
    learnt = {_link(words) or "lo" for words in rows if int(words[8], 16) & _RTF_ADDRCONF}
    for link in sorted(learnt - {"lo"}):
        if _lines(proc / f"sys/net/ipv6/conf/{link}/accept_ra") != ["2"]:
            yield link


def _link(words: list[str]) -> str | None:
    """The last column, which is empty for a route without a link."""
    return words[9] if len(words) > 9 else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []
