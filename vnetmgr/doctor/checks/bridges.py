"""The bridge that a nic's tap is on, and what it knows of the guest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.check import Found, Remedy, Row, shell_command
from vnetmgr.doctor.remedies import restart, switch_on
from vnetmgr.doctor.segment import (
    has_bridge,
    is_plugged,
    on_open_vswitch,
    own_network,
    uplinks,
)
from vnetmgr.model.nic import Mode
from vnetmgr.model.path.finding import Layer, Status
from vnetmgr.model.sources import SWITCHED

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject


def _needs_bridge(subject: Subject) -> bool:
    """Whether the host has to have a bridge for it: where a network makes it, that one has to be
    active first."""
    if subject.any.source.mode not in SWITCHED or subject.bridge_name is None:
        return False
    network = subject.network
    return network is None or network.active


def _missing(subject: Subject) -> Found | None:
    name = subject.bridge_name
    if subject.bridge is not None or name is None or name in (subject.facts.switches or ()):
        return None
    if on_open_vswitch(subject) and subject.facts.switches is None:
        return Found(cause="Open vSwitch's bridges were not looked at", status=Status.NOT_CHECKED)
    network = own_network(subject)
    if network is not None:
        return Found(
            cause=f"bridge {name} of network {network.name} is gone",
            owner=f"libvirt's network {network.name}",
            remedy=restart(network.name),
        )
    switched = on_open_vswitch(subject)
    words = (
        ("ovs-vsctl", "add-br", name)
        if switched
        else ("ip", "link", "add", name, "up", "type", "bridge")
    )
    return Found(
        cause=f"there is no bridge {name}",
        owner="the host's network configuration",
        remedy=Remedy(command=shell_command(*words)),
    )


def _is_of_the_kernel(subject: Subject) -> bool:
    """Open vSwitch forwards frames also while the link that has a bridge's name is down."""
    return has_bridge(subject) and not on_open_vswitch(subject)


def _down(subject: Subject) -> Found | None:
    bridge = subject.bridge
    if bridge is None or bridge.up:
        return None
    return Found(
        cause=f"bridge {bridge.name} is down",
        owner=f"link {bridge.name}",
        remedy=switch_on(bridge.name),
    )


def _no_uplink(subject: Subject) -> Found | None:
    bridge = subject.bridge
    if bridge is None or uplinks(subject):
        return None
    return Found(
        cause=f"bridge {bridge.name} has no uplink: its guests reach the host and one another, "
        "and nothing else",
        owner=f"bridge {bridge.name}",
        remedy=Remedy(
            command=shell_command("ip", "link", "set", "eth0", "master", bridge.name)
            + "  # the card that is to be its uplink"
        ),
    )


def _wants_uplink(subject: Subject) -> bool:
    """A network of libvirt's own has none, and leaves by the host's routes."""
    source = subject.any.source.mode
    return (
        has_bridge(subject)
        and not on_open_vswitch(subject)
        and own_network(subject) is None
        and source in (Mode.BRIDGE, Mode.NETWORK)
    )


def _isolated(subject: Subject) -> Found | None:
    tap = subject.tap
    if tap is None or tap.port is None or not tap.port.isolated:
        return None
    ways_out = uplinks(subject)
    cut = [each.name for each in ways_out if each.port is not None and each.port.isolated]
    if ways_out and len(cut) == len(ways_out):
        command = shell_command("bridge", "link", "set", "dev", cut[0], "isolated", "off")
        return Found(
            cause=f"its tap {tap.name} and the uplink {cut[0]} are both isolated ports: no frame "
            "passes between them",
            owner=f"bridge {tap.port.bridge}, port {cut[0]}",
            remedy=Remedy(command=command),
        )
    return Found(
        cause=f"its tap {tap.name} is an isolated port: it does not reach the other isolated "
        f"ports of {tap.port.bridge}",
        owner=f"domain {subject.domain.name}: <port isolated='yes'/>",
        status=Status.INFO,
    )


def _elsewhere(subject: Subject) -> Found | None:
    mac, bridge, tap = subject.any.mac, subject.bridge, subject.tap
    if mac is None or bridge is None or tap is None:
        return None
    entries = [each for each in subject.facts.behind(bridge.name, mac) if not each.own]
    links = sorted({each.link for each in entries})
    if not links:
        return Found(
            cause=f"bridge {bridge.name} does not know MAC {mac}: the guest has sent nothing "
            "lately",
            owner=f"the guest of domain {subject.domain.name}",
            status=Status.INFO,
        )
    if tap.name in links:
        return None
    return Found(
        cause=f"bridge {bridge.name} has seen MAC {mac} behind {links[0]}, not behind its tap "
        f"{tap.name}: another machine has it, or there is a loop",
        owner=f"whoever is behind {links[0]}",
        remedy=Remedy(
            command=shell_command("bridge", "fdb", "show", "br", bridge.name)
            + f" | {shell_command('grep', mac)}"
        ),
    )


def _no_learning(subject: Subject) -> Found | None:
    tap = subject.tap
    if tap is None or tap.port is None or (tap.port.learning or tap.port.flood):
        return None
    command = shell_command(
        "bridge", "link", "set", "dev", tap.name, "learning", "on", "flood", "on"
    )
    return Found(
        cause=f"its tap {tap.name} is a port that neither learns nor floods: frames to the guest "
        "find no way",
        owner=f"bridge {tap.port.bridge}, port {tap.name}",
        remedy=Remedy(command=command),
    )


MISSING_ROWS = (
    Row(
        "bridge-missing",
        Layer.BRIDGE,
        Status.BROKEN,
        _missing,
        "its bridge is there",
        needs=("links",),
        applies=_needs_bridge,
    ),
)

ROWS = (
    Row(
        "bridge-down",
        Layer.BRIDGE,
        Status.BROKEN,
        _down,
        "its bridge is up",
        needs=("links",),
        applies=_is_of_the_kernel,
    ),
    Row(
        "port-isolated",
        Layer.BRIDGE,
        Status.BROKEN,
        _isolated,
        "its tap is no isolated port",
        needs=("links",),
        applies=is_plugged,
    ),
    Row(
        "port-deaf",
        Layer.BRIDGE,
        Status.BROKEN,
        _no_learning,
        "its bridge finds the way to its tap",
        needs=("links",),
        applies=is_plugged,
    ),
)

MAC_ROWS = (
    Row(
        "mac-elsewhere",
        Layer.BRIDGE,
        Status.BROKEN,
        _elsewhere,
        "its bridge has seen its MAC behind its tap",
        needs=("links", "fdb"),
        applies=is_plugged,
    ),
)

LATER_ROWS = (
    Row(
        "bridge-no-uplink",
        Layer.BRIDGE,
        Status.INFO,
        _no_uplink,
        "its bridge has an uplink",
        needs=("links",),
        applies=_wants_uplink,
    ),
)
