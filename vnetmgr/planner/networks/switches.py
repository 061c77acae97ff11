"""The VLANs and virtual ports of networks, by the bridge or card that they are on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.network_want import network_problem
from vnetmgr.model.nic import OPENVSWITCH
from vnetmgr.model.options.network_patch import as_option, native_problems
from vnetmgr.model.patch import UNSET, Unset
from vnetmgr.model.record import replace
from vnetmgr.planner.networks.links import PASSTHROUGH
from vnetmgr.planner.nics.switches import kind_of
from vnetmgr.planner.vlans import OTHER_WAYS, on_linux_bridge
from vnetmgr.problem import Worded, behind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.network import Network, Portgroup
    from vnetmgr.model.network_want import NetworkPatch
    from vnetmgr.planner.networks.context import NetworkContext
    from vnetmgr.problem import Problem


def fitting_vlans(network: Network, patch: NetworkPatch) -> tuple[NetworkPatch, list[Problem]]:
    """What of the VLANs of a patch can be written into a network, and what is wrong with the
    rest: the native one has to be among them, also where only the others change."""
    tags = network.vlan if isinstance(patch.vlan, Unset) else patch.vlan or ()
    problems: list[Problem] = []
    if isinstance(patch.native_vlan, int):
        problems = [as_option(each) for each in native_problems(patch.native_vlan, tags)]
        patch = replace(patch, native_vlan=UNSET) if problems else patch
    elif patch.native_vlan is UNSET and tags and network.native_vlan not in (None, *tags):
        shown = ", ".join(map(str, tags))
        text = f"the native VLAN {network.native_vlan} is not among {shown}: give another, or none"
        problems = [as_option(network_problem("native_vlan", text))]
    return patch, problems


def switch_problems(
    after: Network, before: Network | None, changed: frozenset[str], context: NetworkContext
) -> Iterator[Problem]:
    """What libvirt refuses when it defines the network, or takes and no guest starts with."""
    if after.is_a_bridge_of_the_host:
        yield from _port_problems(after, before, changed, context)
    if not changed & {"vlan", "portgroups", "mode", "virtualport", "direct_mode"}:
        return
    same = before is not None and not changed & {"mode", "virtualport", "direct_mode"}
    if after.vlan and ("vlan" in changed or not same):
        for text in _vlan_problems(after, None, context):
            yield network_problem("vlan", text, *after.vlan)
    present = before.portgroups if before is not None and same else ()
    for group in after.portgroups:
        if group.vlan and group not in present:
            for text in _vlan_problems(after, group, context):
                said = f"portgroup {group.name} has a VLAN, and {text}"
                yield network_problem("portgroups", said, group)


def _port_problems(
    after: Network, before: Network | None, changed: frozenset[str], context: NetworkContext
) -> Iterator[Problem]:
    """Virtual ports of Open vSwitch on a Linux bridge: no guest starts on one (9.0, 11.3)."""
    if kind_of(after.bridge, context.observed.links) != "linux":
        return
    text = f"{after.bridge} is a Linux bridge, where no guest starts with {OPENVSWITCH}"
    another = bool(changed & {"bridge", "mode"})
    if (another or "virtualport" in changed) and after.virtualport == OPENVSWITCH:
        yield network_problem("virtualport", text)
    known = before.portgroups if before is not None and not another else ()
    for group in after.portgroups:
        if group.virtualport == OPENVSWITCH != after.virtualport and group not in known:
            yield network_problem("portgroups", f"portgroup {group.name}: {text}", group)


def _vlan_problems(
    after: Network, group: Portgroup | None, context: NetworkContext
) -> Iterator[str]:
    """Why the network's own VLANs, or a portgroup's, are no use."""
    tags = after.vlan if group is None else group.vlan or ()
    if after.mode.kind.on_link:
        yield from _macvtap_problems(after, tags, context)
        return
    given = (after.virtualport, group.virtualport if group is not None else None)
    if not after.is_a_bridge_of_the_host or OPENVSWITCH in given:
        return
    if not context.observed.features.vlan_on_linux_bridge:
        linux = f"bridge {after.bridge} is a Linux bridge, where this host tags none; "
        yield behind(linux, OTHER_WAYS)
        return
    for problem, command in on_linux_bridge(after.bridge, tags, context.observed.links):
        yield f"{problem}: {command}"


def _macvtap_problems(
    after: Network, tags: tuple[int, ...], context: NetworkContext
) -> Iterator[str]:
    """libvirt has the card tag ("vlan can only be set for SR-IOV VFs"), and that one VLAN."""
    if after.direct_mode != PASSTHROUGH:
        yield behind(
            f"macvtap tags VLANs in mode {PASSTHROUGH} alone, on a virtual function of a card; "
            "a VLAN link of the host does for others: ip link add link eth0 name eth0.10 type "
            "vlan id 10, then ",
            Worded("--forward-dev eth0.10", "forward_devs: [eth0.10]"),
        )
        return
    if len(tags) > 1:
        yield "a virtual function takes one VLAN, it carries no trunk"
    devices = context.observed.host_devices
    if devices is None:
        return
    for dev in after.forward_devs:
        device = devices.behind(dev)
        if device is None or not device.is_vf:
            yield f"link {dev} is no virtual function of an SR-IOV card, which alone tags there"
