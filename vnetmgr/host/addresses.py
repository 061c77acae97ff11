"""Who has which address, and who has sent packets."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeAlias

import libvirt

from vnetmgr.errors import ConnectionLostError, VnetError
from vnetmgr.model.address import Address, AddressBook, Origin
from vnetmgr.model.path.domains import GuestAddress, GuestLink
from vnetmgr.model.record import replace
from vnetmgr.model.values import Mac
from vnetmgr.problem import About
from vnetmgr.runtime.pool import CALLS_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vnetmgr.host.session import Session
    from vnetmgr.model.domain import SeenDomain

# An agent that does not answer blocks its call for 5 s: one place stays free for everything else.
_THREADS = CALLS_AT_ONCE - 1
_TX_PACKETS = 5
_Answer: TypeAlias = dict[str, dict[str, Any]]
_LOOPBACK_MAC = "00:00:00:00:00:00"


def transmitted_packets(session: Session, domain: str, target: str) -> int | None:
    """Frames that the guest sent through a host link; None where there is no count."""
    try:
        handle = session.lookup(domain)
        sent = session.call(About("domain", domain), handle.interfaceStats, target)[_TX_PACKETS]
    except ConnectionLostError:
        raise
    except VnetError:
        return None
    return sent if sent >= 0 else None


def read_addresses(
    session: Session, domains: Sequence[SeenDomain], *, agent: bool, timeout_s: float
) -> AddressBook:
    """Leases, by network; then agents, all at once and `timeout_s` at most."""
    found = list(_leases(session))
    asked = [domain.name for domain in domains if domain.active and domain.agent_connected]
    silent: tuple[str, ...] = ()
    not_asked = None
    if not agent:
        not_asked = "not asked for"
    elif session.readonly:
        not_asked = "read-only connection"
    else:
        raw = dict(_ask_agents(session, asked, timeout_s=timeout_s))
        answers = {n: None if a is None else tuple(_agent_addresses(a)) for n, a in raw.items()}
        found += [one for name in asked for one in answers.get(name) or ()]
        silent = tuple(name for name in asked if answers.get(name) is None)
    return AddressBook(by_mac=_by_mac(found), not_asked=not_asked, silent=silent)


def _by_mac(found: Iterable[Address]) -> dict[Mac, tuple[Address, ...]]:
    by_mac: dict[Mac, list[Address]] = {}
    for one in found:
        by_mac.setdefault(one.mac, []).append(one)
    return {mac: tuple(each) for mac, each in by_mac.items()}


def _leases(session: Session) -> Iterator[Address]:
    flag = libvirt.VIR_CONNECT_LIST_NETWORKS_ACTIVE
    for network in session.call("networks", session.conn.listAllNetworks, flag):
        what, bridge = About("network", network.name()), None
        try:
            leases = session.call(what, network.DHCPLeases)
            if leases:
                bridge = session.call(what, network.bridgeName)
        except ConnectionLostError:
            raise
        except VnetError:
            continue  # stopped meanwhile, or a driver without leases
        for lease in leases:
            # An IPv6 lease is the DUID's, and has a MAC only if dnsmasq has learned it.
            for one in _address(lease["ipaddr"], lease["prefix"], lease.get("mac"), Origin.LEASE):
                yield replace(one, network=network.name(), bridge=bridge)


def read_guest_links(
    session: Session, names: Sequence[str], *, timeout_s: float
) -> dict[str, tuple[GuestLink, ...] | None]:
    """Domain -> its guest's links, the loopback too; None where its agent fails. Those that do not
    answer within `timeout_s` are left out."""
    answers = _ask_agents(session, names, timeout_s=timeout_s)
    return {name: None if raw is None else tuple(_guest_links(raw)) for name, raw in answers}


def _guest_links(answer: _Answer) -> Iterator[GuestLink]:
    for name, link in answer.items():
        yield GuestLink(
            name=name,
            mac=_mac(link.get("hwaddr")),
            addresses=tuple(
                GuestAddress(address=ip_address(each["addr"]), prefix=each["prefix"])
                for each in link.get("addrs") or ()
            ),
        )


def _ask_agents(
    session: Session, names: Sequence[str], *, timeout_s: float
) -> Iterator[tuple[str, _Answer | None]]:
    """(domain, link in the guest -> what it has) for each agent that answers in time; None where
    it fails."""

    def ask(name: str) -> _Answer | None:
        source = libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT
        try:
            handle = session.lookup(name)
            return session.call(About("domain", name), handle.interfaceAddresses, source)
        except VnetError:
            return None

    return session.call.fan_out(ask, names, threads=_THREADS, timeout_s=timeout_s)


def _agent_addresses(answer: _Answer) -> Iterator[Address]:
    for link in answer.values():
        for one in link.get("addrs") or ():
            yield from _address(one["addr"], one["prefix"], link.get("hwaddr"), Origin.AGENT)


def _address(address: str, prefix: int, mac: str | None, origin: Origin) -> Iterator[Address]:
    """An address of a nic; nothing for one without a MAC and for the guest's loopback."""
    normal = _mac(mac)
    if normal is not None and normal != _LOOPBACK_MAC:
        yield Address(address=address, prefix=prefix, mac=normal, origin=origin)


def _mac(text: str | None) -> Mac | None:
    """InfiniBand and tunnels have hardware addresses of other lengths."""
    try:
        return Mac.normalise(text) if text else None
    except ValueError:
        return None
