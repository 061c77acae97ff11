"""What a nic has to have of its own to work on an overlay: a virtual port with an id, packets that
fit into tunnels, and, where OVN switches in user space, checksums.

Measured on libvirt 9.0 with Open vSwitch 3.1: a tap's checksum offload is nobody's work in user
space, so that TCP of a virtio nic carries nothing there, not even on one host, while DHCP, DNS and
ping work. `csum='off'` makes QEMU offer no such offload to the guest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.model.nic import OPENVSWITCH, SomePairs
from vnetmgr.model.overlay.host import INTEGRATION_BRIDGE
from vnetmgr.model.overlay.mtu import USUAL_MTU, guest_mtu, tunnel_mtu
from vnetmgr.model.patch import UNSET
from vnetmgr.model.qemu.models import is_virtio
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import Network
    from vnetmgr.model.nic import Nic, NicPatch
    from vnetmgr.model.overlay.host import Chassis
    from vnetmgr.model.seen.observed import Observed

_CHECKSUM = "driver.host.csum"
_NO_CHECKSUMS = (("driver.name", "qemu"), (_CHECKSUM, "off"))
"""vhost, which the kernel does, would not heed it."""
_NO_TCP = frozenset({"vmxnet3", "e1000e"})
"""Models that offload checksums whatever libvirt says; e1000, rtl8139 and pcnet do not."""


def with_needs(patch: NicPatch, nic: Nic | None, network: Network, at: Chassis | None) -> NicPatch:
    """The patch of a nic that comes onto an overlay with what it needs there, as far as nothing
    else is asked for. `nic`: as it is, or as its template has it."""
    patch = with_checksums(patch, nic, at)
    if patch.mtu is UNSET and (nic is None or nic.mtu is None):
        patch = replace(patch, mtu=guest_mtu(network.mtu, at))
    return patch if patch.virtualport is not UNSET else replace(patch, virtualport=OPENVSWITCH)


def other_port(domain: SeenDomain, nic: Nic) -> RefusedError:
    """That a nic on an overlay has a virtual port that has no id for OVN."""
    return RefusedError(
        f"domain {domain.name}: nic {nic.key} has virtualport {nic.virtualport}, and network "
        f"{nic.source.name} is an overlay: OVN knows a nic by the id in a virtualport openvswitch",
        str(Command("update-nic", domain.name, nic.key, "--virtualport", OPENVSWITCH)),
    )


def with_checksums(patch: NicPatch, nic: Nic | None, at: Chassis | None) -> NicPatch:
    """The patch, with which TCP works in user space; what is asked for of it is done."""
    if at is None or not at.userspace or not _takes_checksums_off(patch, nic):
        return patch
    asked = patch.extra.pairs if isinstance(patch.extra, SomePairs) else ()
    named = {key for key, _ in asked}
    present = dict(nic.extra or ()) if nic is not None else {}
    if _CHECKSUM in named or _CHECKSUM in present or "driver.name" in named:
        return patch
    return replace(patch, extra=SomePairs((*asked, *_NO_CHECKSUMS)))


def _takes_checksums_off(patch: NicPatch, nic: Nic | None) -> bool:
    model = patch.model if patch.model is not UNSET else (nic.model if nic is not None else None)
    complete = isinstance(patch.extra, tuple) or patch.extra is None
    return is_virtio(model) and not complete


def without_needs(patch: NicPatch, nic: Nic, network: Network, at: Chassis | None) -> NicPatch:
    """The patch of a nic that leaves an overlay, without what it has for that alone."""
    if patch.mtu is UNSET and nic.mtu is not None and nic.mtu == guest_mtu(network.mtu, at):
        patch = replace(patch, mtu=None)
    has_all = set(_NO_CHECKSUMS) <= set(nic.extra or ())
    if has_all and (patch.extra is UNSET or isinstance(patch.extra, SomePairs)):
        asked = patch.extra.pairs if isinstance(patch.extra, SomePairs) else ()
        gone = [(key, None) for key, _ in _NO_CHECKSUMS if key not in dict(asked)]
        patch = replace(patch, extra=SomePairs((*asked, *gone)))
    return patch


def lacks_ovn(network: Network, observed: Observed) -> str | None:
    """Why the guests that a host has on an overlay reach nobody; None: no reason is known."""
    host, at, links = observed.host, observed.chassis, observed.links
    bridge = network.bridge or INTEGRATION_BRIDGE
    if at is not None and not at.has_joined:
        why = "has not joined OVN"
    elif links is not None and links.names is not None and bridge not in links.names:
        why = f"has no bridge {bridge}, on which OVN switches"
    else:
        return None
    return (
        f"host {host} {why}: guests on it there reach nobody until "
        f"`{Command('join-overlay', there=True)}` was run on {host}"
    )


def warnings(label: str, nic: Nic, network: Network, observed: Observed) -> list[str]:
    """What will not work of a nic that comes onto an overlay, or is not known to."""
    missing, at = lacks_ovn(network, observed), observed.chassis
    if missing is not None:
        return [f"network {network.name}: {missing}"]
    found = []
    reason = None if at is None else lacks_tcp(nic, at)
    if reason is not None:
        found.append(f"{label}: {reason}")
    elif (at is None or at.userspace is None) and is_virtio(nic.model):
        bridge = network.bridge or INTEGRATION_BRIDGE
        found.append(
            f"network {network.name}: not checked: whether {bridge} switches in user space, where "
            "virtio needs driver.name=qemu and driver.host.csum=off for TCP"
        )
    if network.mtu is None and tunnel_mtu(at) is None and nic.mtu == USUAL_MTU:
        found.append(
            f"network {network.name}: the MTU between hosts is not known from here: its nics get "
            f"{USUAL_MTU}, which fits into tunnels where that is 1500"
        )
    return found


def lacks_tcp(nic: Nic, at: Chassis) -> str | None:
    """Why TCP carries nothing of a nic on an overlay of this host; None: nothing is known to be in
    its way."""
    if not at.userspace:
        return None
    if nic.model in _NO_TCP:
        return (
            f"OVN switches in user space on this host, where model {nic.model} carries no TCP: "
            "virtio does, and e1000, rtl8139 and pcnet"
        )
    if is_virtio(nic.model) and dict(nic.extra or ()).get(_CHECKSUM) != "off":
        return (
            "OVN switches in user space on this host, where virtio carries no TCP without "
            "driver.host.csum=off (with driver.name=qemu)"
        )
    return None
