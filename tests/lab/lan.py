"""The office LAN behind a bridge: a network namespace with DHCP and a web page."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from subprocess import CompletedProcess

    from tests.lab.lab import Lab


@dataclass(frozen=True, kw_only=True)
class Lan:
    """A LAN. Its own host is .1; the lab's host, where the bridge is, is .2 on it."""

    lab: Lab
    name: str
    bridge: str
    network: IPv4Network

    @property
    def address(self) -> str:
        """The address of the LAN's host, which answers DHCP, HTTP and ICMP."""
        return str(self.network[1])

    @property
    def host_address(self) -> str:
        """The address that the lab's host has on the bridge."""
        return str(self.network[2])

    @property
    def page(self) -> str:
        """What the LAN's web server says, to tell one LAN from another."""
        return f"hello from {self.name}"

    def sh(self, command: str, *, check: bool = True, timeout: float = 120) -> str:
        """Run a shell command on the LAN's host; return what it prints."""
        inside = f"exec ip netns exec {self.name} sh -c {shlex.quote(command)}"
        return self.lab.sh(inside, check=check, timeout=timeout)

    def run(self, argv: Sequence[str | Path], *, timeout: float = 120) -> CompletedProcess[str]:
        """Run a command on the LAN's host, whatever it exits with."""
        return self.lab.run(["ip", "netns", "exec", self.name, *argv], timeout=timeout)

    def leases(self) -> dict[str, str]:
        """Return the DHCP leases handed out so far, address by MAC."""
        file = self.lab.directory / f"{self.name}.leases"
        lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        return {fields[1]: fields[2] for fields in lines}

    def start(self) -> None:
        """Make the LAN, and one end of a veth named after it in the lab for the bridge to take."""
        length = self.network.prefixlen
        self.lab.sh(
            f"""set -e
            ip netns add {self.name}
            ip link add {self.name} type veth peer name eth0 netns {self.name}
            ip link set {self.name} up
            ip -n {self.name} link set lo up
            ip -n {self.name} address add {self.address}/{length} dev eth0
            ip -n {self.name} link set eth0 up
            # So that the LAN reaches routed networks behind the lab's host. That one has no uplink.
            ip -n {self.name} route add default via {self.host_address}"""
        )
        www = self.lab.directory / f"{self.name}-www"
        www.mkdir()
        (www / "index.html").write_text(self.page + "\n")
        self.sh(
            f"""set -e
            echo 0 > /proc/sys/net/ipv4/ip_forward
            busybox httpd -p {self.address}:80 -h {www}
            {self._dnsmasq()}"""
        )

    def _dnsmasq(self) -> str:
        files = self.lab.directory / self.name
        # no-ping: dnsmasq would spend 3 s on looking for whoever has an address that it gives out.
        return (
            "dnsmasq --conf-file=/dev/null --user=root --port=0 --interface=eth0"
            " --bind-interfaces --dhcp-authoritative --no-ping"
            f" --dhcp-range={self.network[100]},{self.network[199]},{self.network.netmask},1h"
            f" --dhcp-leasefile={files}.leases --pid-file={files}.dnsmasq.pid"
            f" --log-dhcp --log-facility={self.lab.directory}/log/{self.name}-dnsmasq.log"
        )


def start_bridge(lab: Lab, bridge: str, *, number: int) -> Lan:
    """Make a Linux bridge with a LAN behind it."""
    lan = Lan(
        lab=lab, name=f"lan{number}", bridge=bridge, network=IPv4Network(f"10.{10 + number}.0.0/24")
    )
    lan.start()
    # An address of its own, or the bridge takes another one whenever a port comes or goes.
    # No STP and no forward delay: a nic that is plugged in can talk at once.
    lab.sh(
        f"""set -e
        ip link add {bridge} address 02:00:00:00:00:{number:02x} \\
            type bridge stp_state 0 forward_delay 0
        ip link set {lan.name} master {bridge}
        ip address add {lan.host_address}/{lan.network.prefixlen} dev {bridge}
        ip link set {bridge} up"""
    )
    return lan
