"""Which commands there are; their modules are imported when they are asked for."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_NICS = "Nics"
_DOMAINS = "Domains"
_NETWORKS = "Networks"
_DHCP = "DHCP and DNS of networks"
_FORWARDS = "Port forwards"
_DIRECT = "Direct assignment"
_SPEC = "Desired state"
_SEEING = "Seeing and diagnosing"
_QEMU = "QEMU's vocabulary"
_HOSTS = "Many hosts"
COMMANDS = {
    "attach-nic": ("nics", _NICS),
    "update-nic": ("nics", _NICS),
    "detach-nic": ("nics", _NICS),
    "list-nics": ("nics", _NICS),
    "list-domains": ("domains", _DOMAINS),
    "add-slots": ("domains", _DOMAINS),
    "create-domain": ("domains", _DOMAINS),
    "create-network": ("networks", _NETWORKS),
    "update-network": ("networks", _NETWORKS),
    "delete-network": ("networks", _NETWORKS),
    "start-network": ("networks", _NETWORKS),
    "stop-network": ("networks", _NETWORKS),
    "restart-network": ("networks", _NETWORKS),
    "list-networks": ("network_lists", _NETWORKS),
    "show-network": ("network_lists", _NETWORKS),
    "reserve-address": ("addresses", _DHCP),
    "release-address": ("addresses", _DHCP),
    "list-leases": ("network_lists", _DHCP),
    "add-dns-record": ("addresses", _DHCP),
    "remove-dns-record": ("addresses", _DHCP),
    "add-forward": ("forwards", _FORWARDS),
    "remove-forward": ("forwards", _FORWARDS),
    "list-forwards": ("forwards", _FORWARDS),
    "list-host-devices": ("hostdevs", _DIRECT),
    "validate": ("spec", _SPEC),
    "plan": ("spec_run", _SPEC),
    "apply": ("spec_run", _SPEC),
    "reconcile": ("spec_run", _SPEC),
    "watch": ("watch", _SPEC),
    "install-service": ("services", _SPEC),
    "export": ("export", _SPEC),
    "schema": ("spec", _SPEC),
    "example-spec": ("spec", _SPEC),
    "hold": ("holds", _SPEC),
    "release": ("holds", _SPEC),
    "trace": ("trace", _SEEING),
    "metrics": ("metrics", _SEEING),
    "topology": ("topology", _SEEING),
    "check-migration": ("migration", _HOSTS),
    "prepare-migration": ("migration", _HOSTS),
    "import-qemu": ("qemu", _QEMU),
    "show-qemu-args": ("qemu", _QEMU),
    "list-models": ("models", _QEMU),
    "doctor": ("doctor", _SEEING),
    "serve-ssh": ("serve_ssh", _HOSTS),
    "join-overlay": ("overlays", _HOSTS),
    "leave-overlay": ("overlays", _HOSTS),
}
"""Each with the module that has its function, of the same name, and the panel of --help that it is
in."""
PASS_ON = frozenset({"import-qemu"})
"""From the first argument on they have another program's command line."""
HELP = "Show the help of a command, or this."
"""Of `vnetmgr help [COMMAND]`, which is another way to write --help."""


def function_of(name: str) -> Callable[..., None]:
    """The function behind a command."""
    module, _ = COMMANDS[name]
    found: Callable[..., None] = getattr(
        import_module(f"vnetmgr.cli.commands.{module}"), name.replace("-", "_")
    )
    return found


def summary(name: str) -> str:
    """What a command does, in a sentence: the first of its help."""
    first, *_ = inspect.cleandoc(function_of(name).__doc__ or "").split("\n\n")
    sentence, stop, _ = " ".join(first.split()).partition(". ")
    return sentence + stop.rstrip()
