"""Whose a table or a chain is. By their names: nothing else tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_IPTABLES = frozenset({"filter", "nat", "mangle", "raw", "security", "broute"})
# As these programs name their tables (nftables) and their chains in iptables' tables.
_TABLES = (
    ("vnetmgr", r"vnetmgr(-.*|_.*)?"),
    ("libvirt", r"libvirt_network"),
    ("Docker", r"docker(-.*)?"),
    ("firewalld", r"firewalld(_.*)?"),
    ("ufw", r"ufw(-.*)?"),
    ("Podman", r"netavark"),
    ("Kubernetes", r"kube-.*|kube_.*"),
    ("Incus", r"incus"),
    ("LXD", r"lxd"),
    ("fail2ban", r"f2b-.*"),
    ("crowdsec", r"crowdsec.*"),
    ("Tailscale", r"ts-.*|tailscale"),
)
_CHAINS = (
    ("vnetmgr", r"VNETMGR.*"),
    ("Docker", r"DOCKER(-.*)?"),
    # Network filters: FORWARD and INPUT lead to the first, those to a chain of each tap's.
    ("libvirt", r"LIBVIRT_.*|libvirt-.*|[FH][IOJ]-\S+|[IOJ]-\S+-(mac|vlan|stp|arp|rarp|ipv[46])"),
    ("ufw", r"ufw6?-.*"),
    (
        "firewalld",
        r"(INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING)_(direct|ZONES.*|IN_ZONES|OUT_ZONES"
        r"|POLICIES_(pre|post))|(IN|FWDI|FWDO|FWD|PRE|POST)_\S+",
    ),
    ("Kubernetes", r"KUBE-.*|CNI-.*|cali-.*|CILIUM_.*|FLANNEL-.*"),
    ("Podman", r"NETAVARK.*"),
    ("fail2ban", r"f2b-.*"),
    ("Tailscale", r"ts-.*"),
)
# Who sets the policy of iptables' own FORWARD or INPUT to drop: a known habit of these.
_SETS_POLICY = {"FORWARD": ("Docker", "ufw"), "INPUT": ("ufw",), "OUTPUT": ("ufw",)}


def owner_of(family: str, table: str, chain: str) -> str:
    """Whose a chain is; where nobody is known, its table by name."""
    found = _named(_CHAINS, chain) if table in _IPTABLES else _named(_TABLES, table)
    return found or f"table {family} {table}"


def owner_of_policy(family: str, table: str, chain: str, chains: Collection[str]) -> str:
    """Whose a base chain's policy is: of iptables' own, whoever is known to set it, by the chains
    that the table has."""
    if table in _IPTABLES:
        present = {_named(_CHAINS, each) for each in chains}
        setters = [each for each in _SETS_POLICY.get(chain, ()) if each in present]
        if setters:
            return " or ".join(setters)
    return owner_of(family, table, chain)


def _named(rows: Iterable[tuple[str, str]], name: str) -> str | None:
    return next((owner for owner, pattern in rows if re.fullmatch(pattern, name)), None)
