"""Open vSwitch in a lab, switching in user space: it needs no kernel module."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.errors import LabError
from tests.lab.features import lacks
from tests.lab.lan import Lan

if TYPE_CHECKING:
    from tests.lab.lab import Lab

SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")

# Turns links' checksum offload off by the ioctl that ethtool, often not installed, would use
# (linux/ethtool.h, ETHTOOL_STXCSUM): nobody completes the checksum of a frame that goes from a
# veth to the user-space datapath.
_NO_CHECKSUM_OFFLOAD = """
import array, fcntl, socket, struct, sys
value = array.array("B", struct.pack("II", 0x17, 0))
for name in sys.argv[1:]:
    request = struct.pack("16sP", name.encode(), value.buffer_info()[0])
    fcntl.ioctl(socket.socket(), 0x8946, request + bytes(16))
"""


def without_checksum_offload(*links: str) -> list[str]:
    """The command that completes checksums before frames leave links."""
    return [sys.executable, "-c", _NO_CHECKSUM_OFFLOAD, *links]


@dataclass(frozen=True, kw_only=True)
class OpenVSwitch:
    """A bridge of Open vSwitch with a LAN behind it."""

    bridge: str
    lan: Lan

    # What a virtio nic needs in its XML to speak TCP here, for the reason given above.
    driver_xml: str = (
        "<driver><host csum='off' gso='off' tso4='off' tso6='off' ecn='off' ufo='off'/>"
        "<guest csum='off' tso4='off' tso6='off' ecn='off' ufo='off'/></driver>"
    )

    def vsctl(self, arguments: str) -> str:
        """Run ovs-vsctl; return what it prints."""
        return self.lan.lab.sh(f"ovs-vsctl --timeout=60 {arguments}")


def start_daemons(lab: Lab) -> None:
    """Start ovsdb-server and ovs-vswitchd; their sockets and settings are the lab's own."""
    if reason := lacks("openvswitch"):
        raise LabError(reason)
    state = lab.directory / "ovs"
    (state / "etc").mkdir(parents=True)
    lab.sh(f"mount --bind {state}/etc /etc/openvswitch")
    lab.sh(f"ovsdb-tool create {state}/conf.db {SCHEMA}")
    run_daemons(lab)


def run_daemons(lab: Lab) -> None:
    """Start them with what their database has; also again, when both have ended."""
    lab.sh(
        f"""set -e
        mkdir -p /run/openvswitch
        ovsdb-server {lab.directory}/ovs/conf.db --remote=punix:/run/openvswitch/db.sock \\
            --pidfile --detach --no-chdir --log-file={lab.directory}/log/ovsdb-server.log
        ovs-vsctl --timeout=60 --no-wait init"""
    )
    start_vswitchd(lab)


def start_vswitchd(lab: Lab) -> None:
    """Start what switches; also again, when it has been killed."""
    lab.sh(
        "ovs-vswitchd --pidfile --detach --no-chdir"
        f" --log-file={lab.directory}/log/ovs-vswitchd.log"
    )


def start_openvswitch_bridge(lab: Lab, bridge: str, *, number: int) -> OpenVSwitch:
    """Make an Open vSwitch bridge with a LAN behind it."""
    lan = Lan(
        lab=lab, name=f"lan{number}", bridge=bridge, network=IPv4Network(f"10.{10 + number}.0.0/24")
    )
    lan.start()
    ovs = OpenVSwitch(bridge=bridge, lan=lan)
    ovs.vsctl(
        f"add-br {bridge} -- set bridge {bridge} datapath_type=netdev"
        f" -- add-port {bridge} {lan.name}"
    )
    lab.sh(
        f"ip address add {lan.host_address}/{lan.network.prefixlen} dev {bridge}"
        f" && ip link set {bridge} up"
    )
    switched_off = lan.run(without_checksum_offload("eth0"))
    if switched_off.returncode:
        raise LabError(f"checksum offload of {lan.name}: {switched_off.stderr}")
    return ovs
