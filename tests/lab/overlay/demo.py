"""The demo behind script/overlay-demo: a network that spans two hosts, in about a minute."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.lab.demo import create, run_shown, say, show, to_its_end
from tests.lab.guest import Guest
from tests.lab.overlay.pair import OvnPair, start_controller, underlay_address
from tests.lab.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.hosts.pair import Host

_SPEC = """\
version: 1
ovn: {northbound: "NORTHBOUND"}
networks:
  blue: {mode: overlay, subnet: 10.66.0.0/24, dns_domain: blue.test}  # once, over both hosts
domains:
  web1: {nics: {lan: {network: blue, address: 10.66.0.10}}}
  client1: {nics: {lan: {network: blue, address: 10.66.0.20}}}
"""
_WEB, _CLIENT = "10.66.0.10", "10.66.0.20"
# Flags of virsh migrate: live, from host to host, and the config goes along.
_MIGRATE = ("--live", "--p2p", "--persistent", "--undefinesource")


def main() -> None:
    """Run the demo."""
    say("Two throw-away hosts and a machine with OVN's databases, in namespaces of their own")
    with OvnPair(joined=False, sshd=False) as pair:
        kvm1, kvm2 = pair.hosts
        print("(Open vSwitch switches in user space here: nothing asks for its kernel module)")
        say("The hosts join OVN")
        for host in pair.hosts:
            start_controller(host)  # as Debian's package ovn-host does it
            host.environment["OVN_NB_DB"] = pair.central.northbound
            _join(pair, host)
        say("A small domain on each, without a nic")
        web, client = create(kvm1, "web1", at="kvm1"), create(kvm2, "client1", at="kvm2")
        spec = _write(pair)
        say("Each host makes of the same spec what is its own part; the network is one")
        for host in pair.hosts:
            show(["apply", spec, "--yes"], host, at=host.name)
        _connect(web, client)
        say("The VM moves to the other host while the client pings it a hundred times a second")
        _migrate(pair, client, spec)
        say("Gone again")
        for name in ("web1", "client1"):
            show(["detach-nic", name, "lan"], kvm2, at="kvm2")
        for host in pair.hosts:
            show(["delete-network", "blue"], host, at=host.name)
    say("The hosts and everything on them are gone as well")


def _join(pair: OvnPair, host: Host) -> None:
    where = ("--southbound", pair.central.southbound, "--encap-ip", underlay_address(host))
    show(["join-overlay", *where, "--datapath", "userspace"], host, at=host.name)


def _write(pair: OvnPair) -> Path:
    spec = pair.admin.directory / "tmp" / "overlay.yaml"
    text = _SPEC.replace("NORTHBOUND", pair.central.northbound)
    spec.write_text(text)
    say("The spec")
    print(text, end="", flush=True)
    return spec


def _connect(web: Guest, client: Guest) -> None:
    say("The VMs have their addresses, know one another by name, and connect")
    for guest, address in ((web, _WEB), (client, _CLIENT)):
        eventually(partial(_has, guest, address), f"{guest.name} has {address} by DHCP")
    web.sh('mkdir -p /www; echo "a page of web1" > /www/index.html; httpd -h /www -p 80')
    _fetch(client)
    for command in (
        "ip -4 -o address show dev eth0 | cut -d' ' -f2-7",
        "nslookup -type=a web1.blue.test | grep -A 1 Name:",
        f"ping -c 3 {_WEB} | tail -n 2",
    ):
        print(f"client1$ {command}\n{client.sh(command)}", flush=True)


def _fetch(client: Guest) -> None:
    print(f"client1$ nc {_WEB} 80\n{client.fetch(_WEB)}", flush=True)


def _has(guest: Guest, address: str) -> bool:
    return f" {address}/" in guest.sh("ip -4 -o address")


def _migrate(pair: OvnPair, client: Guest, spec: Path) -> None:
    kvm1, kvm2 = pair.hosts
    ping = f"ping -i 0.01 -c 800 -W 1 {_WEB}"
    print(f"client1$ {ping} &", flush=True)
    client.sh(f"{ping} > /tmp/pings 2>&1 &")
    show(["prepare-migration", "web1", kvm2.name], kvm1, at=kvm1.name)
    run_shown(
        ["virsh", "migrate", *_MIGRATE, "web1", f"qemu+tcp://{kvm2.name}/system"],
        kvm1,
        at=kvm1.name,
    )
    counted = eventually(
        lambda: client.sh("grep transmitted /tmp/pings || :"), "the pings are over", timeout=60
    )
    print(f"client1$ wait; grep transmitted pings\n{counted}", flush=True)
    show(["reconcile", spec], kvm2, at=kvm2.name)
    _fetch(client)
    show(["list-nics"], kvm2, at=kvm2.name)


if __name__ == "__main__":
    to_its_end(main)
