"""What is wrong with a network's DNS, known before it is touched, and what is told of it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from vnetmgr.model.names import joined
from vnetmgr.model.network_want import network_problem, patch_of
from vnetmgr.model.options.network_dns import dns_misfits
from vnetmgr.model.options.network_patch import as_option
from vnetmgr.model.patch import Unset
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import NetworkPatch
    from vnetmgr.model.seen.observed import Features
    from vnetmgr.problem import Problem


def dns_problems(after: Network, before: Network | None) -> list[Problem]:
    """What does not go together any more."""
    known = list(dns_misfits(patch_of(before))) if before is not None else []
    return [as_option(each) for each in dns_misfits(patch_of(after)) if each not in known]


def with_local_names(patch: NetworkPatch) -> NetworkPatch:
    """libvirt registers names of a domain that is local only: who asks for the one and says
    nothing of the other asks for both."""
    if patch.register_names is not True or not isinstance(patch.dns_local_only, Unset):
        return patch
    return replace(patch, dns_local_only=True)


def registration_problems(
    after: Network, changed: Collection[str], features: Features
) -> Iterator[Problem]:
    """A libvirt that does not tell the host's resolver, and what to tell it instead."""
    if not after.register_names or "register_names" not in changed or features.register_names:
        return
    gateway = next(iter(after.gateways), None)
    bridge = shlex.quote(after.bridge or "BRIDGE")
    domain, server = after.dns_domain or "DOMAIN", gateway or "ADDRESS"
    yield network_problem(
        "register_names",
        "libvirt tells no resolver here: that takes 10.1, and systemd-resolved. Tell the host's "
        "yourself: systemd-resolved, "
        f"after each start of the network, with: resolvectl dns {bridge} {server} && resolvectl "
        f"domain {bridge} {shlex.quote(f'~{domain}')}; a dnsmasq of the host's, such as "
        "NetworkManager's (a file in /etc/NetworkManager/dnsmasq.d), with the line: "
        f"server=/{domain}/{server}",
        after.register_names,
    )


# Settings of dnsmasq's that a network without a subnet takes, and that nobody reads.
_UNREAD = ("dns_domain", "dns_forwarders", "dns_options", "dhcp_options", "records")


def unread_notes(network: Network, changed: Collection[str]) -> Iterator[str]:
    """Settings that are of no use, as libvirt runs no dnsmasq without an address (9.0, 11.3)."""
    if network.subnets or not network.has_own_bridge:
        return
    told = _UNREAD if "subnets" in changed else [each for each in _UNREAD if each in changed]
    unread = [field for field in told if getattr(network, field)]
    if unread:
        yield f"it has no subnet, and so neither DNS nor DHCP: nobody reads its {joined(unread)}"


def dns_notes(network: Network) -> Iterator[str]:
    """What guests notice of a network that answers no DNS."""
    if network.dns is not False or not network.subnets:
        return
    yield "guests are given no DNS server; those that know this one ask in vain until they renew"
    if not network.has_server and any(each.version == 6 for each in network.subnets):
        yield (
            "libvirt runs no dnsmasq for it, which has neither DNS nor DHCP: without router "
            "advertisements guests take no IPv6 addresses (SLAAC)"
        )
