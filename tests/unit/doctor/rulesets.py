"""Rules of hosts: libvirt's, Docker's, ufw's, firewalld's and others', as a kernel that was given
them lists them again (`recorded/`), and what libvirt makes for any network, as iptables' text."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.model.network import NetworkMode
from vnetmgr.model.path.codec import from_json
from vnetmgr.model.path.rulesets import Rulesets
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from vnetmgr.model.network import Network

RECORDED = Path(__file__).parent / "recorded"
NOTHING = Rulesets(
    nft=(),
    iptables_legacy="",
    ip6tables_legacy="",
    iptables_nft="",
    ip6tables_nft="",
    ebtables_nft="",
)


@cache
def recorded(name: str) -> Rulesets:
    """One recording."""
    return from_json(Rulesets, json.loads((RECORDED / f"{name}.json").read_text()))


def loaded(*names: str) -> Rulesets:
    """Recordings of tables that do not meet, one after another."""
    found = NOTHING
    for each in map(recorded, names):
        found = replace(
            found,
            nft=(*(found.nft or ()), *(each.nft or ())),
            iptables_nft=f"{found.iptables_nft}{each.iptables_nft}",
            ip6tables_nft=f"{found.ip6tables_nft}{each.ip6tables_nft}",
        )
    return found


def with_legacy(rules: Rulesets, text: str) -> Rulesets:
    """With these of iptables' old kind, too."""
    return replace(rules, iptables_legacy=text)


def libvirt_text(network: Network, version: int, *, forward_policy: str = "ACCEPT") -> str:
    """What libvirt 9.0 loads for a network by iptables, or ip6tables."""
    bridge = network.bridge
    nets = [str(each) for each in network.subnets if each.version == version]
    lines = ["*filter", ":INPUT ACCEPT", f":FORWARD {forward_policy}", ":OUTPUT ACCEPT"]
    lines += [f":LIBVIRT_{each} -" for each in ("FWI", "FWO", "FWX", "INP", "OUT")]
    lines += ["-A INPUT -j LIBVIRT_INP", "-A OUTPUT -j LIBVIRT_OUT"]
    lines += [f"-A FORWARD -j LIBVIRT_{each}" for each in ("FWX", "FWI", "FWO")]
    if network.mode is not NetworkMode.OPEN:
        known = network.mode is NetworkMode.NAT and (version == 4 or network.nat_ipv6)
        state = " -m conntrack --ctstate RELATED,ESTABLISHED" if known else ""
        for net in nets if network.mode is not NetworkMode.ISOLATED else ():
            lines += [f"-A LIBVIRT_FWI -d {net} -o {bridge}{state} -j ACCEPT"]
            lines += [f"-A LIBVIRT_FWO -s {net} -i {bridge} -j ACCEPT"]
        reject = f"-j REJECT --reject-with icmp{'6' * (version == 6)}-port-unreachable"
        lines += [f"-A LIBVIRT_FWI -o {bridge} {reject}", f"-A LIBVIRT_FWO -i {bridge} {reject}"]
        lines += [f"-A LIBVIRT_FWX -i {bridge} -o {bridge} -j ACCEPT"]
        for port in (53, 67 if version == 4 else 547):
            lines += [f"-A LIBVIRT_INP -i {bridge} -p udp -m udp --dport {port} -j ACCEPT"]
            lines += [f"-A LIBVIRT_OUT -o {bridge} -p udp -m udp --dport {port + 1} -j ACCEPT"]
    lines += ["COMMIT"]
    if network.mode is NetworkMode.NAT and (version == 4 or network.nat_ipv6):
        lines += ["*nat", ":PREROUTING ACCEPT", ":INPUT ACCEPT", ":OUTPUT ACCEPT"]
        lines += [":POSTROUTING ACCEPT", ":LIBVIRT_PRT -", "-A POSTROUTING -j LIBVIRT_PRT"]
        lines += [f"-A LIBVIRT_PRT -s {net} ! -d {net} -j MASQUERADE" for net in nets]
        lines += ["COMMIT"]
    return "\n".join(lines) + "\n"


def of_network(network: Network) -> Rulesets:
    """A host whose libvirt has made rules for one network, and nobody else any."""
    return replace(
        NOTHING,
        iptables_legacy=libvirt_text(network, 4),
        ip6tables_legacy=libvirt_text(network, 6),
    )
