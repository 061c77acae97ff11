"""Port forwards into a network whose guest is a namespace: emulated guests would be the brake."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.domains import domain_xml
from benchmarks.measure import Side

if TYPE_CHECKING:
    from tests.lab import Lab

_PEERS = Path(__file__).parent / "peers"
_NETWORK, _BRIDGE, _DOMAIN = "fwd", "virbr90", "forwarded"
GUEST, GUEST_PORT = "192.168.90.10", 9000
"""Where the one that answers is."""
HOST_PORT = 20000
"""The first forwarded port of the host."""


def open_forwards(lab: Lab, ports: int) -> None:
    """A routed network with somebody who answers, and so many ports of the host that lead there.

    Routed, so that the same client may also ask without a forward.
    """
    lab.conn.networkDefineXML(
        f"<network><name>{_NETWORK}</name><forward mode='route'/><bridge name='{_BRIDGE}' "
        "stp='off' delay='0'/><ip address='192.168.90.1' prefix='24'/></network>"
    ).create()
    nic = f"<interface type='network'><source network='{_NETWORK}'/></interface>"
    lab.conn.defineXML(domain_xml(_DOMAIN, nic))
    lab.sh(
        f"""set -e
        ip netns add answering
        ip link add answering type veth peer name eth0 netns answering
        ip link set answering master {_BRIDGE} up
        ip -n answering address add {GUEST}/24 dev eth0
        ip -n answering link set eth0 up
        ip -n answering route add default via 192.168.90.1
        setsid ip netns exec answering {sys.executable} {_PEERS}/answer.py {GUEST_PORT} \\
            > /dev/null 2>&1 &"""
    )
    last = HOST_PORT + ports - 1
    guest_last = GUEST_PORT + ports - 1
    lab.sh(
        f"{sys.executable} -m vnetmgr add-forward {_DOMAIN} {HOST_PORT}-{last}:"
        f"{GUEST_PORT}-{guest_last} --guest-address {GUEST}"
    )


def asking(lab: Lab, *, direct: bool, connections: int, size: int) -> Side:
    """Somebody outside who asks for so many bytes so many times."""
    host, port = (GUEST, GUEST_PORT) if direct else (lab.lan("br0").host_address, HOST_PORT)
    script = str(_PEERS / "ask.py")
    numbers = (str(number) for number in (port, connections, size))
    inside = ("ip", "netns", "exec", lab.lan("br0").name)
    command = lab.command_line((*inside, sys.executable, script, host, *numbers))
    return Side(command=command, env=lab.environment)
