"""Two hosts, or three, that OVN joins.

    admin: OVN's databases, ovn-northd
      | underlay 10.98.0.0/24, Geneve
    kvm1 br-phy 10.98.0.11 == kvm2 br-phy 10.98.0.12 == kvm3 br-phy 10.98.0.13
      br-int: what ovn-controller switches on
      br-ex, the physical network `physnet`: the LAN of br0

Open vSwitch switches in user space: it needs no kernel module. Its ovn-controllers and libvirt
reach the machines by the administrator's network, so that the underlay is OVN's alone.
"""

from __future__ import annotations

import os
import signal
from typing import Self
from uuid import uuid4

from tests.lab.errors import LabError
from tests.lab.features import lacks
from tests.lab.hosts import reboot
from tests.lab.hosts.clear import forget_domains, forget_networks
from tests.lab.hosts.pair import Host, Pair
from tests.lab.hosts.ssh import ADDRESSES
from tests.lab.openvswitch import (
    run_daemons,
    start_daemons,
    start_vswitchd,
    without_checksum_offload,
)
from tests.lab.overlay.central import Central, kill, runs
from tests.lab.waiting import eventually

_CONTROLLER = "/run/ovn/ovn-controller.pid"
_VSWITCHD = "/run/openvswitch/ovs-vswitchd.pid"


def underlay_address(host: Host) -> str:
    """A host's end of the tunnels."""
    return host.address.replace("10.99.", "10.98.")


class OvnPair(Pair):
    """A context manager, as a `Pair` is one. Both hosts are chassis, by their own names, unless
    they are not `joined` yet: then they have Open vSwitch and an underlay."""

    central: Central

    def __init__(
        self, *, northbound_servers: int = 1, joined: bool = True, sshd: bool = True
    ) -> None:
        super().__init__(sshd=sshd)
        self._servers = northbound_servers
        self._joined = joined
        self._third: Host | None = None

    def __enter__(self) -> Self:
        if reason := lacks("ovn"):
            raise LabError(reason)
        super().__enter__()
        try:
            self.central = Central(self.admin, ADDRESSES["admin"], northbound_servers=self._servers)
            self.central.start()
            self.admin.sh(
                "ip link add underlay type bridge stp_state 0 forward_delay 0"
                " && ip link set underlay up"
            )
            for host in self.hosts:
                self._prepare(host)
            if self._joined:
                for host in self.hosts:
                    join(host, self.central)
                self._wait_for(*self.hosts)
        except BaseException:
            self._open.close()
            raise
        return self

    def _prepare(self, host: Host) -> None:
        """Give a host Open vSwitch, an underlay, and a way to the LAN."""
        self._veth((host, "eth1"), (self.admin, f"{host.name}-u"))
        self.admin.sh(f"ip link set {host.name}-u master underlay up")
        host.sh("ip link add ex type veth peer ex-port")
        start_daemons(host)
        host.sh(
            """ovs-vsctl --timeout=60 \\
                -- add-br br-phy -- set Bridge br-phy datapath_type=netdev \\
                -- add-port br-phy eth1 \\
                -- add-br br-ex -- set Bridge br-ex datapath_type=netdev \\
                -- add-port br-ex ex-port"""
        )
        _bring_up_links(host)

    def _wait_for(self, *hosts: Host) -> None:
        names = {host.name for host in hosts}
        eventually(lambda: names <= self.central.chassis(), f"{names} are chassis")

    def third(self) -> Host:
        """A third host, made at its first use; it is in no hosts file."""
        if self._third is None:
            host = self._open.enter_context(Host("kvm3", 3, self._ssh))
            self._third = host
            self._connect(host)
            self._prepare(host)
            join(host, self.central)
            self._wait_for(host)
        return self._third

    @property
    def all_hosts(self) -> tuple[Host, ...]:
        """Both, and the third if it has been made."""
        return (*self.hosts, *([self._third] if self._third else []))

    def rejoin(self) -> None:
        """Have both hosts be chassis again that have left, whatever they have become."""
        for host in self.hosts:
            leave(host)
            join(host, self.central)
        self._wait_for(*self.hosts)

    def clear(self) -> None:
        """Have nothing of OVN's either, and everything of it at work."""
        self.central.revive()
        if self._third:
            forget_domains(self._third.conn)
            forget_networks(self._third.conn)
        super().clear()
        for host in self.all_hosts:
            revive(host)
        self.central.clear()


def _bring_up_links(host: Host) -> None:
    host.sh(
        f"""set -e
        ip link set ex master br0 up
        ip link set ex-port up
        ip link set eth1 up
        ip address replace {underlay_address(host)}/24 dev br-phy
        ip link set br-phy up
        mkdir -p /run/ovn"""
    )
    host.run(without_checksum_offload("eth1", "br-phy", "ex"))


def cut_power(host: Host) -> None:
    """End everything on a host at once; its disks stay, and what Open vSwitch has there."""
    for pid in host.processes("ovs-vswitchd", "ovsdb-server", "ovn-controller"):
        os.kill(pid, signal.SIGKILL)
    reboot.cut_power(host)
    host.sh("for link in br-int br-phy br-ex; do ip link delete $link; done", check=False)


def boot(host: Host) -> None:
    """What a boot brings up, after cut_power()."""
    run_daemons(host)
    _bring_up_links(host)
    start_controller(host)
    host.start_libvirtd()


def join(host: Host, central: Central) -> None:
    """Make a host a chassis, by hand, and start its ovn-controller."""
    settings = {
        "system-id": host.name,
        "ovn-remote": central.southbound,
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": underlay_address(host),
        "ovn-bridge-datapath-type": "netdev",
        "ovn-bridge-mappings": "physnet:br-ex",
    }
    words = " ".join(f"external_ids:{name}={value!r}" for name, value in settings.items())
    host.sh(f"ovs-vsctl --timeout=60 set Open_vSwitch . {words}")
    if not runs(host, _CONTROLLER):
        start_controller(host)


def leave(host: Host) -> None:
    """Have a host with Open vSwitch that is nothing to OVN, with the name and the ovn-controller,
    which waits, that packages give it. What is asked for nothing else switches in user space."""
    made_up = uuid4()
    host.sh(
        f"""set -e
        ovn-appctl --timeout=60 -t ovn-controller exit || rm -f {_CONTROLLER}
        while [ -e {_CONTROLLER} ]; do sleep 0.02; done
        ovs-vsctl --timeout=60 --if-exists del-br br-int -- clear Open_vSwitch . external_ids \
            -- set Open_vSwitch . external_ids:ovn-bridge-datapath-type=netdev \\
            external_ids:system-id={made_up}
        echo {made_up} > /etc/openvswitch/system-id.conf"""
    )
    start_controller(host)
    host.sh("ovs-vsctl --timeout=60 wait-until Bridge br-int")


def start_controller(host: Host) -> None:
    """Start what makes OVN's flows on a host."""
    log = host.directory / "log/ovn-controller.log"
    host.sh(f"ovn-controller --pidfile={_CONTROLLER} --detach --no-chdir --log-file={log}")


def kill_controller(host: Host) -> None:
    """End it at once; what it has made goes on."""
    kill(host, _CONTROLLER)


def kill_vswitchd(host: Host) -> None:
    """End what switches; nothing goes on."""
    kill(host, _VSWITCHD)


def revive(host: Host) -> None:
    """Start again what has been killed of a chassis."""
    if not runs(host, _VSWITCHD):
        start_vswitchd(host)
    if not runs(host, _CONTROLLER):
        start_controller(host)
