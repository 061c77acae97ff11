"""Remedies that several checks give."""

from __future__ import annotations

from vnetmgr.doctor.check import Remedy, shell_command
from vnetmgr.model.desired import Desired
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import NetworkPatch, NetworkWant


def restart(network: str) -> Remedy:
    """What has libvirt make a running network's bridge, rules and dnsmasq anew, with the guests
    plugged in again."""
    want = network_want(network, running=True, restart=True)
    command = shell_command("vnetmgr", "restart-network", network)
    return Remedy(command=command, desired=Desired(networks=(want,)))


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


def set_sysctl(path: str, value: int) -> Remedy:
    """The command that sets a kernel's setting, by its path: a link's name may have dots."""
    key = path if "." in path else path.replace("/", ".")
    return Remedy(command=shell_command("sysctl", "-w", f"{key}={value}"))
