"""Faults as they are made, on a host with a guest on a LAN and in a network: doctor finds nothing
wrong before, names each first, and finds nothing wrong once it is mended."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import libvirt
import pytest

from tests.lab.waiting import eventually
from tests.system.conftest import Vm, forget_networks, ok
from tests.system.plugged import BRIDGE, Plugged, make_network, orphan, plug

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab import Lab


ROUTE = "ip route add default via 10.10.0.1 dev br0"


class Host(NamedTuple):
    """A guest with a nic on the LAN's bridge, and one in a NAT network that leads out there."""

    lab: Lab
    lan: Plugged
    mgmt: Plugged

    def tap(self, nic: Plugged) -> str:
        """The nic's link on the host."""
        found: str = nic.vm.nic(nic.name)["target"]
        return found

    def doctor(self, *words: str) -> dict[str, Any]:
        """What doctor says of the guest."""
        result = self.lab.vnetmgr("doctor", self.lan.vm.name, *words, "-o", "json")
        assert result.returncode in (0, 1), result.stderr
        document: dict[str, Any] = json.loads(result.stdout)
        broken = [each for each in document["items"] if each["status"] == "broken"]
        assert (result.returncode == 1) is bool(broken), result.stderr
        return document

    def is_healthy(self) -> bool:
        """Whether doctor finds nothing broken, and warns of nothing."""
        wrong = [each for each in self.doctor()["items"] if each["status"] in ("broken", "warning")]
        for each in wrong:
            print(each)
        return not wrong


@pytest.fixture(scope="module")
def host(q35: Vm) -> Iterator[Host]:
    lab = q35.lab
    q35.strip()
    forget_networks(lab)
    lab.sh(ROUTE)
    make_network(lab, "lab")
    nics = plug(q35, "lan", "--bridge", "br0"), plug(q35, "mgmt", "--network", "lab")
    for nic in nics:
        q35.guest.dhcp(nic.mac)
    host = Host(lab, *nics)
    eventually(host.is_healthy, "a healthy host", timeout=90)
    yield host
    lab.sh("ip route del default")
    q35.strip()
    forget_networks(lab)


class Fault(NamedTuple):
    """Something that happens, and what has to be said of it."""

    check: str
    nic: str
    make: Callable[[Host], object]
    mend: Callable[[Host], object] | None = None
    """None: doctor --fix does it."""
    owner: str = ""
    """A part of whose it is said to be."""
    status: str = "broken"


def sh(text: str) -> Callable[[Host], object]:
    """Commands on the host, with `{lan}` and `{mgmt}` for the nics' taps."""

    def run(host: Host) -> object:
        return host.lab.sh(text.format(lan=host.tap(host.lan), mgmt=host.tap(host.mgmt)))

    return run


def fault(check: str, nic: str, make: str, mend: str | None = None, **said: str) -> Fault:
    return Fault(check, nic, sh(make), None if mend is None else sh(mend), **said)


KILL_DNSMASQ = """kill -9 $(pgrep -f '[d]nsmasq/lab.conf')
while pgrep -f '[d]nsmasq/lab.conf'; do sleep 0.02; done"""
FAULTS = {
    "orphaned tap": Fault("tap-not-on-bridge", "mgmt", lambda host: orphan(host.lab, "lab")),
    "tap on the wrong bridge": fault("tap-on-wrong-bridge", "lan", "ip link set {lan} master br1"),
    # The kernel takes the routes along.
    "bridge down": fault(
        "bridge-down", "lan", "ip link set br0 down", f"ip link set br0 up; {ROUTE}"
    ),
    "link down in the domain": fault("link-down", "lan", "virsh domif-setlink q35 {lan} down"),
    "network inactive": fault("network-inactive", "mgmt", "virsh net-destroy lab"),
    "dnsmasq dead": fault("dnsmasq-dead", "mgmt", KILL_DNSMASQ),
    "Docker and br_netfilter": fault(
        "firewall-dhcp",
        "lan",
        """sysctl -w net.bridge.bridge-nf-call-iptables=1
        iptables -N DOCKER-USER; iptables -N DOCKER-FORWARD
        iptables -A FORWARD -j DOCKER-USER; iptables -A FORWARD -j DOCKER-FORWARD
        iptables -P FORWARD DROP""",
        """sysctl -w net.bridge.bridge-nf-call-iptables=0
        iptables -P FORWARD ACCEPT
        iptables -D FORWARD -j DOCKER-USER; iptables -D FORWARD -j DOCKER-FORWARD
        iptables -X DOCKER-USER; iptables -X DOCKER-FORWARD""",
        owner="Docker",
    ),
    "NAT rules flushed": fault("nat-missing", "mgmt", "iptables -t nat -F LIBVIRT_PRT", None),
    "no forwarding": fault(
        "no-ip-forward",
        "mgmt",
        "sysctl -w net.ipv4.ip_forward=0",
        "sysctl -w net.ipv4.ip_forward=1",
    ),
}


TWIN = """<domain type='qemu'><name>twin</name><memory unit='MiB'>32</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os><devices><interface type='bridge'>
<mac address='{mac}'/><source bridge='br0'/><model type='virtio'/></interface></devices></domain>"""


def make_twin(host: Host) -> None:
    """Start a domain with the MAC of the nic lan; it stays paused."""
    host.lab.conn.createXML(TWIN.format(mac=host.lan.mac), libvirt.VIR_DOMAIN_START_PAUSED)


FILTER = """<filter name='corp' chain='ipv4'><rule action='drop' direction='in'>
<tcp dstportstart='22'/></rule></filter>"""


def give_filter(host: Host) -> None:
    """A filter that needs iptables to see bridged packets, which it does not here."""
    host.lab.conn.nwfilterDefineXML(FILTER)
    ok(host.lan.vm("update-nic", "lan", "--filter", "corp"))


def take_filter(host: Host) -> None:
    """And away with it."""
    ok(host.lan.vm("update-nic", "lan", "--filter", "none"))
    host.lab.conn.nwfilterLookupByName("corp").undefine()


def nft(family: str, hook: str) -> str:
    """Commands that make a chain of somebody's that drops all."""
    chain = f"{family} corp sieve {{{{ type filter hook {hook} priority 10; policy drop; }}}}"
    return f"nft add table {family} corp; nft 'add chain {chain}'"


# What takes longer than each change can wait for.
MORE = {
    "uplink without carrier": fault(
        "uplink-no-carrier",
        "lan",
        "ip -n lan0 link set eth0 down",
        "ip -n lan0 link set eth0 up",
    ),
    "tap down": fault("tap-down", "lan", "ip link set {lan} down", "ip link set {lan} up"),
    "network not autostarted": fault(
        "network-no-autostart", "mgmt", "virsh net-autostart lab --disable", status="warning"
    ),
    "subnet overlapping a route": fault(
        "subnet-overlap",
        "mgmt",
        "ip route add 192.168.60.0/25 via 10.10.0.9",
        "ip route del 192.168.60.0/25",
    ),
    "the network's address lost": fault(
        "gateway-address-lost",
        "mgmt",
        f"ip addr del 192.168.60.1/24 dev {BRIDGE}",
        f"ip addr add 192.168.60.1/24 dev {BRIDGE}",
    ),
    "MTU of tap and bridge": fault(
        "mtu-tap-bridge", "lan", "ip link set br0 mtu 1400", "ip link set br0 mtu 1500"
    ),
    "duplicate MAC": Fault(
        "mac-duplicate", "lan", make_twin, sh("virsh destroy twin"), owner="twin"
    ),
    "a chain of somebody's": fault(
        "firewall-https", "mgmt", nft("inet", "forward"), "nft delete table inet corp", owner="corp"
    ),
    "the same in the bridge family": fault(
        "firewall-dhcp",
        "lan",
        nft("bridge", "forward"),
        "nft delete table bridge corp",
        owner="corp",
    ),
    "iptables of the old kind": fault(
        "firewall-https",
        "mgmt",
        "iptables-legacy -A FORWARD -j DROP",
        "iptables-legacy -F FORWARD",
        owner="legacy",
    ),
    "INPUT drops DHCP and DNS": fault(
        "firewall-dhcp",
        "mgmt",
        f"iptables -N ufw-before-input; iptables -I INPUT -j ufw-before-input;"
        f"iptables -A ufw-before-input -i {BRIDGE} -j DROP",
        "iptables -D INPUT -j ufw-before-input; iptables -F ufw-before-input;"
        "iptables -X ufw-before-input",
        owner="ufw",
    ),
    "a void network filter": Fault(
        "filter-void", "lan", give_filter, take_filter, "bridge-nf-call-iptables", "warning"
    ),
}
EVERY = FAULTS | MORE


@pytest.mark.parametrize(
    "name", [*FAULTS, *(pytest.param(each, marks=pytest.mark.soak) for each in MORE)]
)
def test_a_fault_is_named_first_and_mended(host: Host, name: str) -> None:
    fault = EVERY[name]
    fault.make(host)
    causes = host.doctor()["causes"]
    named = {each["nic"]: each for each in causes}
    print(causes)
    assert named[fault.nic]["check"] == fault.check
    assert named[fault.nic]["status"] == fault.status
    assert fault.owner in (named[fault.nic]["owner"] or "")
    if fault.mend is None:
        assert named[fault.nic]["fixable"]
        planned = host.doctor("--fix", "--dry-run")
        assert planned["planned"]
        assert [each["check"] for each in planned["causes"]] == [each["check"] for each in causes]
        mended = host.doctor("--fix")
        assert {each["result"] for each in mended["changes"]} == {"done"}
        assert mended["causes"] == []
    else:
        fault.mend(host)
    eventually(host.is_healthy, "a healthy host again", timeout=90)


def test_what_was_seen_is_read_back_on_a_machine_without_libvirt(host: Host) -> None:
    saved = host.lab.directory / "facts.json"
    ok(host.lab.vnetmgr("doctor", "q35", "--save", str(saved)))
    there = host.lab.vnetmgr("doctor", "-c", "warp:///nowhere", "--facts", str(saved), "-o", "json")
    items = json.loads(ok(there))["items"]
    assert {each["nic"] for each in items} == {"lan", "mgmt"}
    assert "ok" in {each["status"] for each in items}
    assert BRIDGE in saved.read_text()


# What only a probe sees

_TWIN = """ip netns add twin
ip link add name twin type veth peer name eth0 netns twin
ip link set dev twin master br0 up; ip -n twin link set dev eth0 up
ip -n twin address add {address}/24 dev eth0"""
_NO_TWIN = "ip netns del twin"
_SECOND_DHCP = (
    "ip netns exec twin dnsmasq --conf-file=/dev/null --user=root --port=0 --interface=eth0"
    " --bind-interfaces --no-ping --dhcp-range=10.10.0.200,10.10.0.220,255.255.255.0,1h"
    " --dhcp-leasefile=/tmp/twin.leases --pid-file=/tmp/twin.pid"
)


def address(nic: Plugged) -> str:
    """What the nic has in the guest."""
    told = nic.vm.guest.sh(f"ip -4 -o address show dev {nic.link}").split()
    return told[told.index("inet") + 1].partition("/")[0]


def duplicate_address(host: Host) -> None:
    """The host has met the guest: else nobody would know its address."""
    host.lab.sh(f"busybox ping -c 5 {address(host.lan)}")
    host.lab.sh(_TWIN.format(address=address(host.lan)))


def no_dhcp(host: Host) -> None:
    pid = f"{host.lab.directory}/lan0.dnsmasq.pid"
    host.lab.sh(f"read -r pid < {pid}; kill $pid; while kill -0 $pid; do sleep 0.02; done")


def in_guest(text: str) -> Callable[[Host], object]:
    return lambda host: host.mgmt.vm.guest.sh(text.format(mgmt=host.mgmt.link))


PROBED = {
    "duplicate address": Fault("duplicate-address", "lan", duplicate_address, sh(_NO_TWIN)),
    "two DHCP servers": fault(
        "several-dhcp-servers",
        "lan",
        f"{_TWIN.format(address='10.10.0.3')}; {_SECOND_DHCP}",
        f"kill $(cat /tmp/twin.pid); {_NO_TWIN}",
    ),
    "no DHCP server": Fault(
        "no-dhcp-server",
        "lan",
        no_dhcp,
        lambda host: host.lab.lan("br0").sh(host.lab.lan("br0")._dnsmasq()),
        status="warning",  # the guest has an address from before
    ),
    "only the guest is down": Fault(
        "guest-itself",
        "mgmt",
        in_guest("ip link set {mgmt} down"),
        in_guest("ip link set {mgmt} up; udhcpc -n -q -i {mgmt} -s /lib/lab/udhcpc"),
        owner="the guest of domain q35",
    ),
}


@pytest.mark.soak
@pytest.mark.parametrize("name", PROBED)
def test_a_probe_names_what_nothing_else_shows(host: Host, name: str) -> None:
    fault = PROBED[name]
    assert fault.mend is not None
    fault.make(host)
    try:
        causes = host.doctor("--probe")["causes"]
    finally:
        fault.mend(host)
    print(causes)
    (cause,) = [each for each in causes if each["nic"] == fault.nic]
    assert (cause["check"], cause["status"]) == (fault.check, fault.status)
    assert fault.owner in (cause["owner"] or "")
    assert host.doctor("--probe")["causes"] == []


def test_the_kernel_tells_what_becomes_of_the_guests_packets(host: Host) -> None:
    """And doctor's rules are not in its way."""
    server = host.lab.lan("br0").address
    for rule, verdict in (("accept", "delivered"), ("drop", "dropped")):
        host.lab.sh(
            "nft add table inet corp; nft add chain inet corp sieve"
            " '{ type filter hook forward priority 10; }';"
            f"nft add rule inet corp sieve ip daddr {server} icmp type echo-request {rule}"
        )
        try:
            out, said = traced_pings(host, server)
        finally:
            host.lab.sh("nft delete table inet corp")
        found = json.loads(out)
        assert (found["verdict"], found["unknown"]) == (verdict, []), (found, said)
        corp = next(each for each in found["hops"] if "corp" in each["name"])
        assert (corp["verdict"], corp["owner"]) == (rule, "table inet corp")


def traced_pings(host: Host, server: str) -> tuple[str, str]:
    """What trace --live says, in both streams, of pings that all came while it listened: on a busy
    machine that takes longer."""
    words = ("trace", "q35/mgmt", f"{server}/icmp", "-o", "json", "--live")
    for seconds in (3, 10, 30):
        argv = [sys.executable, "-m", "vnetmgr", *words, str(seconds)]
        with host.lab.popen(argv) as process:
            eventually(lambda: "vntrace" in host.lab.sh("nft list tables"), "it listens")
            host.mgmt.vm.guest.sh(f"ping -c 2 -W 1 -I {host.mgmt.link} {server} || true")
            in_time = "vntrace" in host.lab.sh("nft list tables")
            out, said = process.communicate(timeout=120)
        if in_time:
            break
    return out, said


@pytest.mark.soak
def test_what_is_wrong_in_the_guest_is_told_by_its_agent(lab: Lab) -> None:
    vm = Vm(lab, lab.guest("quiet", root_ports=4, flavour="agent"))
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lan"))
    link = vm.guest.link(vm.nic("lan")["mac"])
    nic = Plugged(vm, "lan", vm.nic("lan")["mac"], link)
    host = Host(lab, nic, nic)
    device = vm.guest.sh(f"basename $(readlink -f /sys/class/net/{link}/device)").strip()
    driver = "/sys/bus/virtio/drivers/virtio_net"

    def checks() -> list[str]:
        return [each["check"] for each in host.doctor()["causes"]]

    assert checks() == ["guest-link-down"]
    vm.guest.sh(f"echo {device} > {driver}/unbind")
    assert checks() == ["guest-no-driver"]
    vm.guest.sh(f"echo {device} > {driver}/bind; ip link set {link} up")
    vm.guest.sh(f"udhcpc -n -q -i {link} -s /lib/lab/udhcpc")
    eventually(host.is_healthy, "a healthy guest", timeout=90)
    vm.guest.destroy()
