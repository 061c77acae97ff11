"""A host's rules, from a snapshot of it."""

from __future__ import annotations

from ipaddress import ip_interface
from typing import TYPE_CHECKING

from vnetmgr.packets.evaluate import BridgeCalls, Rules
from vnetmgr.packets.surroundings import Surroundings

if TYPE_CHECKING:
    from ipaddress import IPv4Interface, IPv6Interface

    from vnetmgr.model.dhcp import IpNetwork
    from vnetmgr.model.path.facts import PathFacts

_SWITCHES = ("net/bridge/bridge-nf-call-iptables", "net/bridge/bridge-nf-call-ip6tables")


def rules_of(facts: PathFacts) -> Rules | None:
    """The host's rules; None where what is loaded was not seen, in whole or in part: `unseen` says
    why (`rulesets.nft`, `rulesets.iptables_legacy`, ...)."""
    found = facts.rulesets
    if found is None or found.nft is None:
        return None
    legacy = {4: found.iptables_legacy, 6: found.ip6tables_legacy}
    faces = {"ip": found.iptables_nft, "ip6": found.ip6tables_nft, "bridge": found.ebtables_nft}
    if None in legacy.values():
        return None
    return Rules(
        found.nft,
        dormant=found.dormant,
        # Without those rules stay unknown, each by name.
        faces={family: text for family, text in faces.items() if text is not None},
        legacy={version: text for version, text in legacy.items() if text is not None},
        calls=bridge_calls(facts),
        around=surroundings(facts),
    )


def bridge_calls(facts: PathFacts) -> BridgeCalls:
    """Which bridges hand their packets to IP's rules."""
    ip, ip6 = (_switch(facts, path) for path in _SWITCHES)
    own = {
        link.name: (link.bridge.nf_call_iptables, link.bridge.nf_call_ip6tables)
        for link in facts.links or ()
        if link.bridge is not None
    }
    return BridgeCalls(ip, ip6, own)


def _switch(facts: PathFacts, path: str) -> bool | None:
    """None: sysctls were not seen. One that is not there is off: br_netfilter is not loaded."""
    return None if facts.sysctls is None else bool(facts.sysctls.get(path, 0))


def surroundings(facts: PathFacts) -> Surroundings:
    """The host's addresses and its main routes."""
    return Surroundings(
        None if facts.links is None else tuple(_addresses(facts)),
        None if facts.routes is None else tuple(_routes(facts)),
    )


def _addresses(facts: PathFacts) -> list[tuple[str, IPv4Interface | IPv6Interface]]:
    return [
        (link.name, ip_interface(f"{each.address}/{each.prefix}"))
        for link in facts.links or ()
        for each in link.addresses
    ]


def _routes(facts: PathFacts) -> list[tuple[IpNetwork, str]]:
    return [
        (route.destination, hop.link)
        for route in facts.routes or ()
        if route.table == "main" and route.kind == "unicast"
        for hop in route.hops
        if hop.link is not None
    ]
