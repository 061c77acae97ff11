"""The lab tests itself: what other tests take for granted."""

import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import libvirt
import pytest

from tests.lab import Guest, GuestError, GuestTimeoutError, Lab, LabError, eventually

MACHINES_WITH_MODELS = [
    ("pc", ("virtio", "e1000", "rtl8139", "vmxnet3", "pcnet", "e1000e")),
    ("q35", ("virtio", "e1000", "rtl8139", "vmxnet3", "pcnet", "e1000e")),
]
DRIVERS = {
    "virtio": "virtio_net",
    "e1000": "e1000",
    "e1000e": "e1000e",
    "rtl8139": "8139cp",
    "vmxnet3": "vmxnet3",
    "pcnet": "pcnet32",
}
BOTH = libvirt.VIR_DOMAIN_AFFECT_LIVE | libvirt.VIR_DOMAIN_AFFECT_CONFIG

MakeGuest = Callable[..., Guest]


def nic_xml(mac: str, bridge: str, model: str = "virtio", inside: str = "") -> str:
    return (
        f"<interface type='bridge'><mac address='{mac}'/><source bridge='{bridge}'/>"
        f"<model type='{model}'/>{inside}</interface>"
    )


def mac_of(number: int) -> str:
    return f"52:54:00:00:00:{number:02x}"


@pytest.fixture
def make_guest(lab: Lab) -> Iterator[MakeGuest]:
    guests: list[Guest] = []

    def make(name: str, **options: object) -> Guest:
        guests.append(lab.guest(name, **options))  # type: ignore[arg-type]
        return guests[-1]

    yield make
    for guest in guests:
        guest.destroy()


def test_commands_run_in_the_lab(lab: Lab) -> None:
    assert lab.sh("cat /proc/1/cmdline").endswith(f"{lab.directory}\0")
    assert lab.run(["cat"], input="text").stdout == "text"
    assert lab.run(["sh", "-c", "echo $A >&2; exit 3"], env={"A": "b"}).returncode == 3
    with pytest.raises(LabError, match="exit 4\nwhy"):
        lab.sh("echo why >&2; exit 4")
    assert lab.sh("virsh uri").strip() == lab.uri


def test_a_command_that_hangs_is_ended(lab: Lab) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        lab.run(["sh", "-c", "sleep 1234 & sleep 1234"], timeout=0.2)
    eventually(lambda: "sleep 1234" not in lab.sh("ps ax"), "no sleep is left")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals_reach_a_command(lab: Lab, number: signal.Signals) -> None:
    with lab.popen(["sleep", "1234"]) as process:
        process.send_signal(number)
        assert process.wait() == -number


def test_the_machines_own_directories_are_hidden(lab: Lab) -> None:
    for path in ("/run/lock", "/run/netns", "/run/libvirt", "/etc/libvirt", "/var/lib/libvirt"):
        lab.sh(f"echo > {path}/vnetlab-was-here")
        assert lab.run(["cat", f"{path}/vnetlab-was-here"]).returncode == 0
    outside = [Path("/etc/libvirt"), Path("/var/lib/libvirt"), *Path("/run").iterdir()]
    assert not [path for path in outside if (path / "vnetlab-was-here").exists()]
    mode = (lab.directory / "run/lock").stat().st_mode
    assert stat.S_IMODE(mode) == 0o1777


def test_each_lan_answers_the_host(lab: Lab) -> None:
    assert lab.bridges[:2] == ("br0", "br1")
    for bridge in lab.bridges:
        lan = lab.lan(bridge)
        lab.sh(f"ping -c 1 -W 5 {lan.address}")
        lan.sh(f"ping -c 1 -W 5 {lan.host_address}")
        page = lab.sh(f"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc {lan.address} 80")
        assert lan.page in page


def test_predefined_filters_exist(lab: Lab) -> None:
    assert "clean-traffic" in lab.sh("virsh nwfilter-list")


@pytest.mark.firewall
def test_networks_have_the_firewall_backend_of_the_lab(lab: Lab) -> None:
    xml = "<network><name>fw</name><forward/><ip address='10.99.0.1' prefix='24'/></network>"
    network = lab.conn.networkCreateXML(xml)
    try:
        tables, rules = lab.sh("nft list tables"), lab.sh("iptables-save")
    finally:
        network.destroy()
    by_iptables = "10.99.0.0/24" in rules
    assert by_iptables is (lab.firewall_backend == "iptables")
    assert ("libvirt_network" in tables) is not by_iptables


def test_guest_uses_the_lan_of_its_bridge(lab: Lab, make_guest: MakeGuest) -> None:
    nics = [nic_xml(mac_of(1), "br0"), nic_xml(mac_of(2), "br1")]
    guest = make_guest("vm1", nics=nics)
    assert set(guest.links()) == {mac_of(1), mac_of(2)}
    for mac, bridge in ((mac_of(1), "br0"), (mac_of(2), "br1")):
        lan = lab.lan(bridge)
        address = guest.dhcp(mac)
        assert address == lan.leases()[mac]
        assert guest.fetch(lan.address) == lan.page
        lan.sh(f"ping -c 1 -W 5 {address}")


def test_console_returns_output_and_exit_code(make_guest: MakeGuest) -> None:
    guest = make_guest("vm1")
    assert guest.run("echo one; echo two >&2; exit 3") == (3, "one\ntwo")
    assert guest.run("printf 'no newline, é, \"it'\\''s\"'\nfalse") == (1, 'no newline, é, "it\'s"')
    assert guest.sh("seq 1 20000") == "\n".join(str(number) for number in range(1, 20001))
    assert guest.sh(f"echo {'x' * 20000}") == "x" * 20000
    with pytest.raises(GuestError, match=r"vm1: ls /none: exit 1\n.*No such file"):
        guest.sh("ls /none")
    with pytest.raises(GuestTimeoutError, match="begun"):
        guest.run("echo begun; sleep 1234", timeout=4)
    assert guest.sh("echo still there") == "still there"


@pytest.mark.parametrize(("machine", "models"), MACHINES_WITH_MODELS)
def test_every_model_has_a_driver(
    make_guest: MakeGuest, machine: str, models: tuple[str, ...]
) -> None:
    macs = {model: mac_of(number) for number, model in enumerate(models)}
    nics = [nic_xml(mac, "br0", model) for model, mac in macs.items()]
    guest = make_guest("models", machine=machine, nics=nics)
    assert {model: guest.driver(mac) for model, mac in macs.items()} == DRIVERS
    for mac in macs.values():
        guest.dhcp(mac)


@pytest.mark.parametrize(("machine", "models"), MACHINES_WITH_MODELS)
def test_hotplug_and_unplug(make_guest: MakeGuest, machine: str, models: tuple[str, ...]) -> None:
    q35 = machine == "q35"
    # A q35 machine has no conventional PCI slots, which these want, unless it is given a bridge.
    bridge = "<controller type='pci' model='pcie-to-pci-bridge'/>" if q35 else ""
    guest = make_guest("hot", machine=machine, root_ports=3 * q35, extra_devices=bridge)
    mac = mac_of(1)
    for model in models:
        xml = nic_xml(mac, "br0", model)
        guest.domain.attachDeviceFlags(xml, BOTH)
        eventually(lambda: mac in guest.links(), f"the guest sees the {model}")
        assert guest.driver(mac) == DRIVERS[model]
        guest.domain.detachDeviceFlags(xml, BOTH)
        eventually(lambda: mac not in guest.links(), f"the {model} is gone from the guest")
        eventually(lambda: mac not in guest.domain.XMLDesc(), f"the {model} is gone")


def test_guest_agent_answers(make_guest: MakeGuest) -> None:
    guest = make_guest("talker", flavour="agent", nics=[nic_xml(mac_of(1), "br0")])
    address = guest.dhcp(mac_of(1))
    links = guest.domain.interfaceAddresses(libvirt.VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT)
    link = links[guest.link(mac_of(1))]
    assert link["hwaddr"] == mac_of(1)
    assert address in [entry["addr"] for entry in link["addrs"]]


def test_autodhcp_follows_the_nics(lab: Lab, make_guest: MakeGuest) -> None:
    guest = make_guest("auto", autodhcp=True, nics=[nic_xml(mac_of(1), "br0")], root_ports=2)
    eventually(lambda: guest.addresses(mac_of(1)), "an address on the first nic")
    guest.domain.attachDeviceFlags(nic_xml(mac_of(2), "br1"), BOTH)
    eventually(lambda: mac_of(2) in guest.links(), "the second nic")
    eventually(lambda: guest.addresses(mac_of(2)), "an address on the second nic")
    assert guest.fetch(lab.lan("br1").address) == lab.lan("br1").page

    pulled = nic_xml(mac_of(2), "br1", inside="<link state='down'/>")
    guest.domain.updateDeviceFlags(pulled, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    eventually(lambda: not guest.addresses(mac_of(2)), "no address on a nic without a cable")
    moved = nic_xml(mac_of(2), "br0", inside="<link state='up'/>")
    guest.domain.updateDeviceFlags(moved, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    (address,) = eventually(lambda: guest.addresses(mac_of(2)), "an address on the other LAN")
    assert address == lab.lan("br0").leases()[mac_of(2)]


def test_guests_outlive_libvirtd(lab: Lab, make_guest: MakeGuest) -> None:
    guest = make_guest("survivor")
    lab.restart_libvirtd()
    assert guest.domain.isActive()
    lab.kill_libvirtd()
    assert guest.sh("echo still there") == "still there"
    assert lab.run(["virsh", "list"]).returncode != 0
    lab.start_libvirtd()
    assert guest.domain.isActive()
    # libvirtd is the child of a PID 1 that reaps; a dead QEMU would otherwise count as running.
    guest.destroy()
    assert "survivor" not in [domain.name() for domain in lab.conn.listAllDomains()]


def test_paused_and_transient_guests(make_guest: MakeGuest) -> None:
    guest = make_guest("paused", paused=True, transient=True)
    assert not guest.domain.isPersistent()
    assert guest.domain.state()[0] == libvirt.VIR_DOMAIN_PAUSED
    guest.domain.resume()
    guest.wait_ready()
    assert guest.sh("hostname") == "guest"


def test_bandwidth_is_seen_as_classes(lab: Lab, make_guest: MakeGuest) -> None:
    """With the stand-in for tc, named in `lab.stand_ins`, where the kernel has no sch_sfq."""
    if reason := lab.lacks("sch_htb"):
        pytest.skip(reason)
    shaped = (
        "<target dev='shaped0'/><bandwidth><inbound average='1000'/>"
        "<outbound average='500'/></bandwidth>"
    )
    make_guest("shaped", paused=True, nics=[nic_xml(mac_of(1), "br0", inside=shaped)])
    assert "rate 8Mbit" in lab.sh("tc class show dev shaped0")


def test_openvswitch_has_a_lan(lab: Lab, make_guest: MakeGuest) -> None:
    if reason := lab.lacks("openvswitch"):
        pytest.skip(reason)
    switch = lab.openvswitch()
    assert lab.openvswitch() is switch
    port = f"<virtualport type='openvswitch'/>{switch.driver_xml}"
    guest = make_guest("ovs", nics=[nic_xml(mac_of(1), switch.bridge, inside=port)])
    guest.dhcp(mac_of(1))
    assert guest.fetch(switch.lan.address) == switch.lan.page


def test_vnetmgr_runs_with_the_labs_uri(lab: Lab) -> None:
    seen = lab.vnetmgr("--version", env={"NO_COLOR": "1"})
    assert seen.args[1:] == ["-m", "vnetmgr", "--version"]
    assert lab.environment["LIBVIRT_DEFAULT_URI"] == lab.uri
    assert "NO_COLOR" not in lab.environment
