"""The probe's port on a bridge: a veth whose other end is in the probe's namespace."""

from __future__ import annotations

import socket
from time import monotonic, sleep
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.local.bridge_ports import plug_port
from vnetmgr.local.links import SYSFS, has_link
from vnetmgr.local.probe.child import LINK
from vnetmgr.local.programs import run
from vnetmgr.model.path.probe import PROBE_MAC

if TYPE_CHECKING:
    from pathlib import Path

    from vnetmgr.model.path.probe import ProbePlace

# As libvirt's taps have it: a bridge without a MAC of its own takes its ports' lowest.
_HOST_MAC = "fe" + PROBE_MAC[2:]
_FORWARDING = "3"  # BR_STATE_FORWARDING, include/uapi/linux/if_bridge.h
_STEP_S = 0.02
_GONE_S = 1.0
_SLOW_S = 10.0
"""What a machine under load may take until the child has brought its end up."""


def port_name(bridge: str) -> str:
    """The name of the probe's port: one for each bridge, so that there is one probe at a time."""
    try:
        return f"vnprobe{socket.if_nametoindex(bridge)}"
    except OSError:
        raise VnetError(f"there is no link {bridge}") from None


def check_place(place: ProbePlace, root: Path = SYSFS) -> None:
    """Raises VnetError for where no probe can stand."""
    folder = root / place.bridge
    if not folder.is_dir():
        raise VnetError(f"there is no link {place.bridge}")
    if not (folder / "bridge").is_dir():
        raise VnetError(
            f"{place.bridge} is not a Linux bridge: "
            "Open vSwitch would keep a port that is gone, and nothing else has ports"
        )
    if place.vlan == 0:
        raise VnetError(
            f"the guest's port on {place.bridge} has tagged frames alone: "
            "the guest alone knows which VLAN is meant"
        )


def plug_probe(place: ProbePlace, name: str, child: int) -> None:
    """Make the port, as the guest's is, with its other end in the child's namespace. Whenever
    this ends, the kernel removes both with the child. Raises VnetError."""
    _wait_gone(name, place.bridge)
    size = ("mtu", str(place.mtu))
    far = ("peer", "name", LINK, "address", PROBE_MAC, *size)
    run(
        *("ip", "link", "add", "name", name, "address", _HOST_MAC, *size),
        *("type", "veth", *far, "netns", str(child)),
    )
    plug_port(place.bridge, name)
    if place.isolated:
        run("bridge", "link", "set", "dev", name, "isolated", "on")
    if place.vlan is not None:
        _join_vlan(place, name, place.vlan)
    run("ip", "link", "set", "dev", name, "up")


def _join_vlan(place: ProbePlace, name: str, vlan: int) -> None:
    default = _text(place.bridge, "bridge/default_pvid")
    if default not in ("", "0", str(vlan)):
        run("bridge", "vlan", "del", "dev", name, "vid", default)
    run("bridge", "vlan", "add", "dev", name, "vid", str(vlan), "pvid", "untagged")


def wait_forwarding(place: ProbePlace, name: str) -> None:
    """With STP a bridge looks at a new port for twice its forward delay. Raises VnetError."""
    hundredths = _text(place.bridge, "bridge/forward_delay")
    delay_s = int(hundredths) / 100 if hundredths.isdecimal() else 0.0
    patience_s = 2 * delay_s + _SLOW_S
    end = monotonic() + patience_s
    # Where the child has been killed there is no port any more, and will be no answer.
    while has_link(name) and _text(name, "brport/state") != _FORWARDING:
        if monotonic() > end:
            raise VnetError(
                f"bridge {place.bridge} lets nothing through a new port within {patience_s:g} s"
            )
        sleep(_STEP_S)


def wait_unplugged(name: str) -> bool:
    """The kernel removes a namespace's links soon after its last process has ended."""
    end = monotonic() + _GONE_S
    while has_link(name) and monotonic() < end:
        sleep(_STEP_S)
    return not has_link(name)


def _wait_gone(name: str, bridge: str) -> None:
    if not wait_unplugged(name):
        raise VnetError(
            f"bridge {bridge} has a probe already: another vnetmgr is at work, or "
            f"somebody has a link {name}"
        )


def _text(link: str, attribute: str) -> str:
    try:
        return (SYSFS / link / attribute).read_text().strip()
    except OSError:
        return ""
