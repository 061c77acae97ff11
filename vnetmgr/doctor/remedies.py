"""Remedies that several checks give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Remedy, shell_command
from vnetmgr.model.desired import Desired
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import NetworkPatch, NetworkWant

if TYPE_CHECKING:
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.rulesets import Rulesets


def restart(network: str) -> Remedy:
    """What has libvirt make a running network's bridge, rules and dnsmasq anew, with the guests
    plugged in again."""
    want = network_want(network, running=True, restart=True)
    command = str(Command("restart-network", network))
    return Remedy(command=command, desired=Desired(networks=(want,)))


def remake_rules(network: str, facts: PathFacts) -> Remedy:
    """What has libvirt make its rules for a network anew. It makes the chains that they stand in
    when its daemon starts, and not again: where somebody took those, a network does not even
    start."""
    if _has_libvirts_chains(facts.rulesets):
        return restart(network)
    return Remedy(command="systemctl try-restart libvirtd virtnetworkd")


_CHAINS = {"filter": ("INP", "OUT", "FWI", "FWO", "FWX"), "nat": ("PRT",), "mangle": ("PRT",)}


def _has_libvirts_chains(rules: Rulesets | None) -> bool:
    """Those of iptables; on nftables a network's start makes all that it needs."""
    if rules is None:
        return False
    present = {
        (chain.get("table"), chain.get("name"))
        for each in rules.nft or ()
        if (chain := each.get("chain"))
    }
    if any(table == "libvirt_network" for table, _ in present):
        return True
    legacy = rules.iptables_legacy or ""
    wanted = {(table, f"LIBVIRT_{name}") for table, names in _CHAINS.items() for name in names}
    return wanted <= present or all(f"\n:{chain} " in legacy for _, chain in wanted)


def network_want(
    network: str,
    *,
    running: bool | None = None,
    restart: bool = False,
    autostart: bool | None = None,
) -> NetworkWant:
    return NetworkWant(
        name=network,
        intent=Intent.UPDATE,
        patch=NetworkPatch(),
        running=running,
        restart=restart,
        autostart=autostart,
        guests=True,
    )


def switch_on(link: str) -> Remedy:
    """The command that sets a link of the host's up."""
    return Remedy(command=shell_command("ip", "link", "set", link, "up"))


def set_sysctl(path: str, value: int) -> Remedy:
    """The command that sets a kernel's setting, by its path: a link's name may have dots."""
    key = path if "." in path else path.replace("/", ".")
    return Remedy(command=shell_command("sysctl", "-w", f"{key}={value}"))
