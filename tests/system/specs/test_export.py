"""export on a real libvirtd: the spec of what is there plans nothing, and does nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.system.conftest import BOTH, interfaces, ok, refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.lab import Lab
    from tests.system.conftest import Vm

pytestmark = pytest.mark.next

CONFIG, LIVE = libvirt.VIR_DOMAIN_AFFECT_CONFIG, libvirt.VIR_DOMAIN_AFFECT_LIVE
INACTIVE = libvirt.VIR_NETWORK_XML_INACTIVE
DNSMASQ = "xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'"
EVERYTHING = f"""
<network {DNSMASQ} ipv6='yes'>
  <name>lab</name><uuid>70707070-0000-4000-8000-000000000070</uuid>
  <metadata><a:x xmlns:a='urn:a'>one</a:x></metadata>
  <forward mode='nat' dev='br0'><nat><port start='2000' end='3000'/></nat></forward>
  <bridge name='virbr70' stp='off' delay='0'/>
  <mtu size='1400'/>
  <domain name='lab.test' localOnly='yes'/>
  <dns forwardPlainNames='no'>
    <forwarder addr='9.9.9.9'/>
    <txt name='a' value='key=v: x'/>
    <srv service='ldap' protocol='tcp' domain='lab.test' target='nas.lab.test' port='389'/>
    <host ip='10.70.0.5'><hostname>nas</hostname><hostname>no</hostname></host>
  </dns>
  <ip address='10.70.0.254' netmask='255.255.255.0'>
    <tftp root='/srv'/>
    <dhcp>
      <range start='10.70.0.100' end='10.70.0.150'><lease expiry='2' unit='hours'/></range>
      <range start='10.70.0.160' end='10.70.0.170'/>
      <host mac='52:54:00:00:0e:01' name='first' ip='10.70.0.11'/>
      <host mac='52:54:00:00:0e:09' ip='10.70.0.19'/>
      <host name='laptop' ip='10.70.0.12'/>
      <bootp file='pxe'/>
    </dhcp>
  </ip>
  <ip address='10.71.0.1' prefix='24'/>
  <ip family='ipv6' address='fd00:70::1' prefix='64'>
    <dhcp><host id='0:3:0:1:52:54:0:0:e:1' name='first' ip='fd00:70::11'/></dhcp>
  </ip>
  <route address='10.99.0.0' prefix='24' gateway='10.70.0.9'/>
  <portgroup name='guests' default='yes'/>
  <portgroup name='fast'><bandwidth><inbound average='9000' peak='10000'/></bandwidth></portgroup>
  <dnsmasq:options>
    <dnsmasq:option value='dhcp-option=option:ntp-server,10.70.0.1'/>
    <dnsmasq:option value='cname=files,nas.lab.test'/>
    <dnsmasq:option value='log-queries'/>
  </dnsmasq:options>
</network>"""


def simple(name: str, forward: str, number: int) -> str:
    return (
        f"<network><name>{name}</name>{forward}<bridge name='virbr{number}' stp='off' delay='0'/>"
        f"<ip address='10.{number}.0.1' prefix='24'/></network>"
    )


SIMPLE = {
    "routed": simple("routed", "<forward mode='route'/>", 72),
    "open": simple("open", "<forward mode='open'/>", 73),
    "isolated": simple("isolated", "<port isolated='yes'/>", 74),
    "bare": "<network><name>bare</name><bridge name='virbr75'/></network>",
    "host": "<network><name>host</name><forward mode='bridge'/><bridge name='br1'/></network>",
    "macvtap": (
        "<network><name>macvtap</name><forward mode='private'><interface dev='lan0'/></forward>"
        "</network>"
    ),
    "no: #1": "<network><name>no: #1</name><bridge name='virbr76'/></network>",
}
# libvirt takes overlapping subnets, as long as one of the networks is off.
OFF_TOO = simple("off too", "<forward mode='nat'/>", 79).replace("10.79.", "10.72.")
NICS = (
    "<interface type='bridge'><mac address='52:54:00:00:0e:02'/><source bridge='br0'/>"
    "<bandwidth><inbound average='1000' peak='2000' burst='3000'/><outbound average='500'/>"
    "</bandwidth><model type='virtio'/><driver queues='2' rx_queue_size='512'>"
    "<host csum='off'/></driver><mtu size='1400'/><coalesce><rx><frames max='7'/></rx></coalesce>"
    "<alias name='ua-vnetmgr-owned'/></interface>",
    "<interface type='network'><mac address='52:54:00:00:0e:01'/><source network='lab'"
    " portgroup='fast'/><model type='e1000e'/><alias name='ua-lan'/></interface>",
    "<interface type='network'><mac address='52:54:00:00:0e:03'/><source network='isolated'/>"
    "<model type='virtio'/><filterref filter='clean-traffic'>"
    "<parameter name='IP' value='10.74.0.3'/><parameter name='IP' value='10.74.0.4'/></filterref>"
    "<link state='down'/></interface>",
    "<interface type='network'><mac address='52:54:00:00:0e:04'/><source network='host'/>"
    "<model type='virtio'/></interface>",
    "<interface type='user'><mac address='52:54:00:00:0e:05'/><model type='virtio'/></interface>",
)
FIFTH = "<interface type='bridge'><mac address='{}'/><source bridge='br1'/></interface>"


def define(lab: Lab, document: str, *, start: bool = True, autostart: bool = False) -> None:
    network = lab.conn.networkDefineXML(document)
    if autostart:
        network.setAutostart(1)
    if start:
        network.create()


def documents(lab: Lab) -> dict[str, tuple[str, ...]]:
    """Every document of the host's networks and domains."""
    found: dict[str, tuple[str, ...]] = {}
    for network in lab.conn.listAllNetworks():
        states = (INACTIVE, 0) if network.isPersistent() else (0,)
        xml = tuple(network.XMLDesc(flags) for flags in states)
        found[f"network {network.name()}"] = (*xml, str(network.isActive()))
    for domain in lab.conn.listAllDomains():
        flags = libvirt.VIR_DOMAIN_XML_INACTIVE if domain.isPersistent() else 0
        found[domain.name()] = (domain.XMLDesc(flags), domain.XMLDesc(0))
    return found


def changes_nothing(lab: Lab) -> str:
    """Export, plan and apply; every document is as it was."""
    path = lab.directory / "export.yaml"
    before = documents(lab)
    exported = lab.vnetmgr("export")
    assert exported.returncode == 0, exported.stderr
    path.write_text(exported.stdout, encoding="utf-8")
    _plans_nothing(lab, path)
    assert documents(lab) == before
    return exported.stdout


def _plans_nothing(lab: Lab, path: Path) -> None:
    said = lab.vnetmgr("plan", path, "--check")
    assert (said.returncode, said.stdout.strip()) == (0, "nothing to do"), said.stdout + said.stderr
    ok(lab.vnetmgr("apply", path, "--yes", "--allow", "replug,restart,taint"))
    silent = lab.vnetmgr("reconcile", path)
    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")


def test_an_empty_host(nets: Vm) -> None:
    assert "networks:" not in changes_nothing(nets.lab)


def test_networks_of_every_mode(nets: Vm) -> None:
    lab = nets.lab
    define(lab, EVERYTHING, autostart=True)
    for document in SIMPLE.values():
        define(lab, document)
    define(lab, simple("off", "", 77), start=False)
    define(lab, OFF_TOO, start=False, autostart=True)
    lab.conn.networkCreateXML(simple("fleeting", "<forward mode='nat'/>", 78))
    text = changes_nothing(lab)
    for name in ("lab", "routed", "open", "isolated", "bare", "host", "macvtap", "fleeting"):
        assert f"\n  {name}:\n" in text
    assert '\n  "no: #1":\n' in text
    for name in ("off", "off too"):
        assert f"\n  # {name}: it is off" in text
    assert "    forward_devs: [lan0]\n    direct_mode: private\n" in text
    assert "\n    tftp_root: " in text
    assert "    addresses:\n" in text
    assert "    records:\n" in text


def test_networks_that_wait_for_their_next_start(nets: Vm) -> None:
    lab = nets.lab
    define(lab, EVERYTHING)
    changed = EVERYTHING
    for before, after in (
        ("10.70.0", "10.170.0"),
        ("mtu size='1400'", "mtu size='1300'"),
        ("name='lab.test' l", "name='lab2.test' l"),
        ("virbr70", "virbr170"),
        ("ntp-server", "log-server"),
    ):
        assert before in changed
        changed = changed.replace(before, after)
    lab.conn.networkDefineXML(changed)
    text = changes_nothing(lab)
    assert "# mtu: 1300 in config, 1400 live; left as it is" in text
    define(lab, SIMPLE["open"])
    uuid = lab.conn.networkLookupByName("open").UUIDString()
    other = simple("open", f"<uuid>{uuid}</uuid>", 80)
    lab.conn.networkDefineXML(other)
    assert "# open: it is isolated in config and open live" in changes_nothing(lab)


def test_network_updates_in_one_state(nets: Vm) -> None:
    lab = nets.lab
    define(lab, EVERYTHING)
    network = lab.conn.networkLookupByName("lab")
    add, host = (
        libvirt.VIR_NETWORK_UPDATE_COMMAND_ADD_LAST,
        libvirt.VIR_NETWORK_SECTION_IP_DHCP_HOST,
    )
    live, config = libvirt.VIR_NETWORK_UPDATE_AFFECT_LIVE, libvirt.VIR_NETWORK_UPDATE_AFFECT_CONFIG
    network.update(add, host, 0, "<host mac='52:54:00:00:0e:44' ip='10.70.0.44'/>", live)
    text = changes_nothing(lab)
    assert "# reservations: " in text
    assert "    addresses:" not in text
    record = "<txt name='b' value='c'/>"
    network.update(add, libvirt.VIR_NETWORK_SECTION_DNS_TXT, -1, record, config)
    group = "<portgroup name='new'/>"
    network.update(add, libvirt.VIR_NETWORK_SECTION_PORTGROUP, -1, group, live)
    changes_nothing(lab)


def test_a_guest_with_everything(nets: Vm) -> None:
    lab, domain = nets.lab, nets.guest.domain
    define(lab, EVERYTHING)
    define(lab, SIMPLE["isolated"])
    define(lab, SIMPLE["host"])
    for nic in NICS:
        domain.attachDeviceFlags(nic, BOTH)
    text = changes_nothing(lab)
    assert "      owned:\n" in text
    assert "      lan:\n" in text
    assert text.count("        mac: ") == len(NICS)
    assert 'filter_param: ["IP=10.74.0.3", "IP=10.74.0.4"]' in text
    assert 'inbound: {average: 8mbit, peak: 16mbit, burst: "3000KiB"}' in text
    assert '# not in the spec: <coalesce><rx><frames max="7"/></rx></coalesce>' in text
    _pending(nets)
    text = changes_nothing(lab)
    for said in (
        ": it is only live, and a spec's nics are in both",
        ": it is only in the config, and a spec's nics are in both",
        "# mtu: 1300 in config, 1400 live",
        "# inbound: 16mbit,peak=16mbit,burst=3000KiB in config, 8mbit,peak=16mbit,",
        "52:54:00:00:0e:04 0000:",
    ):
        assert said in text, said


def _pending(vm: Vm) -> None:
    """Changes in one of the states, by libvirt alone."""
    domain, config = vm.guest.domain, vm.documents()[0]
    domain.attachDeviceFlags(FIFTH.format("52:54:00:00:0e:06"), LIVE)
    domain.attachDeviceFlags(FIFTH.format("52:54:00:00:0e:07"), CONFIG)
    nics = interfaces(config)
    (owned,) = [nic for nic in nics if "ua-vnetmgr-owned" in nic]
    changed = owned.replace("mtu size='1400'", "mtu size='1300'").replace("'1000'", "'2000'")
    domain.updateDeviceFlags(changed, CONFIG)
    (moved,) = [nic for nic in nics if "0e:04" in nic]
    domain.updateDeviceFlags(moved.replace("network='host'", "network='lab'"), CONFIG)
    (down,) = [nic for nic in nics if "0e:05" in nic]
    domain.updateDeviceFlags(down.replace("<model", "<link state='down'/><model"), LIVE)


def test_macvtap(nets: Vm) -> None:
    if reason := nets.lab.lacks("macvtap"):
        pytest.skip(reason)
    lab = nets.lab
    lab.sh("ip link add ex0 type veth peer name ex1 && ip link set ex0 up")
    try:
        nic = (
            "<interface type='direct'><mac address='52:54:00:00:0e:08'/><source dev='ex0'{}/>"
            "<model type='virtio'/></interface>"
        )
        nets.guest.domain.attachDeviceFlags(nic.format(""), BOTH)
        assert "        direct: ex0\n" in changes_nothing(lab)
        nets.strip()
        nets.guest.domain.attachDeviceFlags(nic.format(" mode='private'"), BOTH)
        assert "direct_mode: private" in changes_nothing(lab)
        nets.strip()
    finally:
        lab.sh("ip link delete ex0")


def test_openvswitch(nets: Vm) -> None:
    if reason := nets.lab.lacks("openvswitch"):
        pytest.skip(reason)
    nets.lab.openvswitch("ovsbr0")
    nic = (
        "<interface type='bridge'><mac address='52:54:00:00:0e:08'/><source bridge='ovsbr0'/>"
        "<vlan trunk='yes'><tag id='10' nativeMode='untagged'/><tag id='20'/></vlan>"
        "<virtualport type='openvswitch'/><model type='virtio'/></interface>"
    )
    nets.guest.domain.attachDeviceFlags(nic, BOTH)
    text = changes_nothing(nets.lab)
    assert "vlan: [10, 20]" in text
    assert '# not in the spec: vlan/tag nativeMode="untagged"' in text


OFF = (
    "<interface type='bridge'><mac address='52:54:00:00:0e:21'/><source bridge='nowhere'/>"
    "<vlan><tag id='5'/></vlan><model type='x-1'/></interface>"
    "<interface type='network'><mac address='52:54:00:00:0e:22'/><source network='gone'"
    " portgroup='too'/><model type='none'/><alias name='ua-vnetmgr-mine'/></interface>"
    "<interface type='ethernet'><mac address='52:54:00:00:0e:23'/><script path='/x'/></interface>"
    "<interface type='user'><mac address='fe:54:00:00:0e:24'/><alias name='ua-fe'/></interface>"
    "<interface type='server'><mac address='52:54:00:00:0e:25'/>"
    "<source address='127.0.0.1' port='5555'/></interface>"
    "<interface type='user'><mac address='52:54:00:00:0e:26'/>"
    "<alias name='ua-{}'/></interface>"
)


def test_domains_that_are_off(nets: Vm, off: Callable[..., str]) -> None:
    off("first", OFF.format("x" * 70))
    off("second", OFF.format("vnetmgr-vnetmgr-x").replace("0e:", "0f:"))
    for name in ("no", "a: b #c", "it's", "名前", " x", "[1]", "~"):
        off(name.replace("'", "&apos;"), OFF.format("z")[:0])
    text = changes_nothing(nets.lab)
    assert "      mine:\n        network: gone\n" in text
    assert "# not in the spec: model none" in text
    assert text.count("a spec cannot say its source or MAC") == 4
    assert '\n  "no":\n    nics: {}\n' in text


def test_nics_that_cannot_be_told_apart(nets: Vm, off: Callable[..., str]) -> None:
    lab, same = nets.lab, FIFTH.format("52:54:00:00:0e:31")
    off("twins", same + same + FIFTH.format("52:54:00:00:0e:32"))
    path = lab.directory / "twins.yaml"
    said = refused(lab.vnetmgr("export", "--file", path), 4)
    assert said.count("domain twins: nic 52:54:00:00:0e:31 0000:") == 2
    text = path.read_text()
    assert text.count("# 52:54:00:00:0e:31 0000:") == 2
    assert '        mac: "52:54:00:00:0e:32"' in text
    _plans_nothing(lab, path)
    result = lab.vnetmgr("export", "twins", "--no-networks", "-o", "json")
    assert result.returncode == 4
    printed = json.loads(result.stdout)
    assert (printed["kind"], len(printed["refused"])) == ("spec", 2)
    assert printed["text"].count("\n  twins:\n") == 1


def test_a_transient_domain(nets: Vm) -> None:
    lab = nets.lab
    define(lab, EVERYTHING)
    define(lab, SIMPLE["isolated"])
    define(lab, SIMPLE["host"])
    guest = lab.guest("fleeting", nics=NICS, memory_mib=32, transient=True, paused=True)
    try:
        text = changes_nothing(lab)
        assert re.search(r"\n  fleeting:\n    nics:\n      owned:\n", text)
    finally:
        guest.destroy()


def test_an_orphan_is_left_to_whoever_repairs_it(nets: Vm) -> None:
    lab = nets.lab
    define(lab, EVERYTHING)
    nets.guest.domain.attachDeviceFlags(NICS[1], BOTH)
    network = lab.conn.networkLookupByName("lab")
    network.destroy()
    assert "# lab: it is off" in changes_nothing(lab)
    network.create()
    text = changes_nothing(lab)
    assert "# lab: q35/lan lost its bridge" in text
    ok(lab.vnetmgr("restart-network", "lab"))
    assert "\n  lab:\n" in changes_nothing(lab)


def test_a_saved_domain(nets: Vm) -> None:
    lab = nets.lab
    guest = lab.guest(
        "saved", nics=(FIFTH.format("52:54:00:00:0e:41"),), memory_mib=32, paused=True
    )
    try:
        guest.domain.managedSave()
        assert "\n  saved:\n    nics:\n      nic0:\n" in changes_nothing(lab)
    finally:
        guest.domain.managedSaveRemove(0)
        guest.domain.undefine()
