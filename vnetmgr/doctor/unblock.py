"""Whose the rule is that drops a packet, and the command that lets such packets through: each
firewall has its own, and one that goes around it is lost at its next reload."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Remedy, shell_command
from vnetmgr.doctor.remedies import remake_rules
from vnetmgr.doctor.segment import own_network

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.dhcp import IpNetwork
    from vnetmgr.packets import Hop, Outcome, Packet

_PROGRAMS = {
    "ip": "iptables",
    "ip6": "ip6tables",
    "iptables-legacy": "iptables-legacy",
    "ip6tables-legacy": "ip6tables-legacy",
}
_IPTABLES_TABLES = frozenset({"filter", "nat", "mangle", "raw", "security"})
_PLAIN = re.compile(r"[A-Za-z0-9_.@-]{1,15}")
"""A link's name that means itself to nft; others it has no way to quote."""


def owner_text(hop: Hop) -> str:
    """`Docker: table ip filter, chain FORWARD, policy drop`."""
    place = f"{hop.place}, {hop.rule}"
    return place if _is_nobodys(hop) else f"{hop.owner}: {place}"


def drops_text(hop: Hop, what: str) -> str:
    """`Docker drops the guest's DHCP request: table ip filter, chain FORWARD, policy drop`."""
    verb = "rejects" if hop.verdict == "reject" else "drops"
    if _is_nobodys(hop):
        return f"{hop.place}, {verb} {what}: {hop.rule}"
    return f"{hop.owner} {verb} {what}: {hop.place}, {hop.rule}"


def _is_nobodys(hop: Hop) -> bool:
    """Whether all that is known of whose it is, is its table."""
    return hop.place.startswith(hop.owner)


def remedy(hop: Hop, packet: Packet, subject: Subject) -> Remedy | None:
    """What lets packets like this one past that rule; None: nobody can say so in general."""
    for owner in hop.owner.split(" or "):
        make = _OWN.get(owner)
        found = make(hop, packet, subject) if make is not None else None
        if found is not None:
            return found
    if hop.table in _IPTABLES_TABLES and hop.family in _PROGRAMS:
        return _by_iptables(hop, packet, hop.chain)
    return _by_nft(hop, packet, subject)


def before_nat(outcome: Outcome) -> Hop | None:
    """iptables' rule that lets a packet leave before any rule translates it."""
    return next(
        (
            hop
            for hop in outcome.hops
            if (hop.table, hop.hook, hop.verdict) == ("nat", "postrouting", "accept")
            and hop.family in _PROGRAMS
            and not hop.rule.startswith("policy ")
        ),
        None,
    )


def translate_before(hop: Hop, subnet: IpNetwork, leaves: str) -> Remedy:
    """A rule ahead of that one, of its own kind."""
    words = (_PROGRAMS[hop.family], "-t", "nat", "-I", hop.chain, "-s", str(subnet), "-o", leaves)
    return Remedy(command=shell_command(*words, "-j", "MASQUERADE"))


def _docker(hop: Hop, packet: Packet, _: Subject) -> Remedy | None:
    """DOCKER-USER is for others' rules, and Docker leaves it alone."""
    if hop.family not in _PROGRAMS or hop.hook != "forward":
        return None
    return _by_iptables(hop, packet, "DOCKER-USER")


def _by_iptables(hop: Hop, packet: Packet, chain: str) -> Remedy:
    words = [_PROGRAMS[hop.family], "-I", chain]
    words = words if hop.table == "filter" else [words[0], "-t", hop.table, *words[1:]]
    links = [("-i", packet.in_link), ("-o", packet.out_link)]
    words += [word for option, link in links if link for word in (option, link)]
    if hop.hook not in ("forward", "postrouting") and packet.protocol in ("tcp", "udp"):
        words += ["-p", packet.protocol]
        words += ["--dport", str(packet.target_port)] if not packet.reply else []
    return Remedy(command=shell_command(*words, "-j", "ACCEPT"))


def _ufw(hop: Hop, packet: Packet, _: Subject) -> Remedy | None:
    if hop.hook == "forward":
        words = ["ufw", "route", "allow", "in", "on", packet.in_link, "out", "on", packet.out_link]
        return Remedy(command=shell_command(*words))
    if packet.protocol not in ("tcp", "udp"):
        return None
    side, link = ("out", packet.out_link) if hop.hook == "output" else ("in", packet.in_link)
    port = str(packet.target_port)
    words = ["ufw", "allow", side, "on", link, "to", "any", "port", port, "proto", packet.protocol]
    return Remedy(command=shell_command(*words))


def _firewalld(hop: Hop, packet: Packet, subject: Subject) -> Remedy:  # noqa: ARG001
    """libvirt brings a zone for its networks; a bridge of the host's is as near as its LAN."""
    zone = "libvirt" if own_network(subject) is not None else "trusted"
    bridge = subject.bridge_name or packet.in_link
    words = ["firewall-cmd", "--permanent", f"--zone={zone}", f"--change-interface={bridge}"]
    return Remedy(command=f"{shell_command(*words)} && firewall-cmd --reload")


def _libvirt(hop: Hop, packet: Packet, subject: Subject) -> Remedy | None:  # noqa: ARG001
    """Of a network filter the nic's own; of a network what its start makes anew."""
    is_network = hop.table == "libvirt_network" or hop.chain.startswith("LIBVIRT_")
    network = own_network(subject)
    if is_network:
        return None if network is None else remake_rules(network.name, subject.facts)
    words = ("update-nic", subject.domain.name, subject.nic.key, "--filter", "none")
    return Remedy(command=str(Command(*words)))


def _own_forwards(hop: Hop, packet: Packet, subject: Subject) -> Remedy:  # noqa: ARG001
    return Remedy(command=str(Command("list-forwards", subject.domain.name)))


_OWN: dict[str, Callable[[Hop, Packet, Subject], Remedy | None]] = {
    "Docker": _docker,
    "ufw": _ufw,
    "firewalld": _firewalld,
    "libvirt": _libvirt,
    "vnetmgr": _own_forwards,
}


def _by_nft(hop: Hop, packet: Packet, subject: Subject) -> Remedy | None:
    """An accept in front of the rule, or of all where it is the chain's policy; in that chain: one
    in another would not keep this one from dropping it."""
    matches = _nft_matches(hop, packet, subject)
    if matches is None:
        return None
    words = ["nft", "insert", "rule", hop.family, hop.table, hop.chain]
    words += ["handle", str(hop.handle)] if hop.handle is not None else []
    return Remedy(command=shell_command(*words, *matches, "accept"))


def _nft_matches(hop: Hop, packet: Packet, subject: Subject) -> list[str] | None:
    at_bridge = hop.family == "bridge"
    sides = (
        ("iifname", packet.in_port if at_bridge else packet.in_link),
        ("oifname", packet.out_port if at_bridge else packet.out_link),
    )
    links = [(key, link) for key, link in sides if link and not _is_far(key, hop, packet)]
    if not all(_PLAIN.fullmatch(link) for _, link in links):
        return None
    words = [word for key, link in links for word in (key, f'"{link}"')]
    if hop.hook == "input" and packet.protocol in ("tcp", "udp") and not at_bridge:
        words += [packet.protocol, "dport", str(packet.target_port)]
    if not words:
        words = ["ether", "saddr", str(subject.any.mac)]
    return words


def _is_far(key: str, hop: Hop, packet: Packet) -> bool:
    """The link that a hook does not know of yet, or no more."""
    if key == "oifname":
        return hop.hook in ("prerouting", "input", "ingress")
    return hop.hook in ("output", "egress") or (
        hop.hook == "postrouting" and packet.in_link != packet.out_link
    )
