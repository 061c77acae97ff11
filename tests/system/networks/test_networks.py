"""create-network: every mode with a real guest on it, every option in libvirt's own documents."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.lab import eventually
from tests.system.conftest import element, ok, refused
from tests.system.host import test_remote
from tests.system.on_networks import Row, documents, foreign_link
from tests.system.plugged import plug
from tests.system.running import held, one_error

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.conftest import Vm

pytestmark = pytest.mark.next

far = test_remote.far

FAST = "<network><name>any</name><forward mode='nat'/><bridge stp='off' delay='0'/></network>"
"""A template: without STP, a bridge's ports forward at once."""


@dataclass(frozen=True, kw_only=True)
class Mode:
    """What a guest gets of a network of some mode, and what it can reach."""

    options: tuple[str, ...]
    address: str
    reaches_lan: bool
    reached_by_lan: bool
    rules: bool
    """Whether libvirt has firewall rules for it."""


MODES = {
    "nat": Mode(
        options=("--subnet", "10.77.0.0/24"),
        address="10.77.0.",
        reaches_lan=True,
        reached_by_lan=False,
        rules=True,
    ),
    "routed": Mode(
        options=("--subnet", "10.77.0.0/24"),
        address="10.77.0.",
        reaches_lan=True,
        reached_by_lan=True,
        rules=True,
    ),
    "open": Mode(
        options=("--subnet", "10.77.0.0/24"),
        address="10.77.0.",
        reaches_lan=True,
        reached_by_lan=True,
        rules=False,
    ),
    "isolated": Mode(
        options=("--subnet", "10.77.0.0/24"),
        address="10.77.0.",
        reaches_lan=False,
        reached_by_lan=False,
        rules=True,
    ),
    "bridge": Mode(
        options=("--bridge", "br0"),
        address="10.10.0.",
        reaches_lan=True,
        reached_by_lan=True,
        rules=False,
    ),
}


@pytest.mark.firewall
@pytest.mark.parametrize("mode", MODES)
def test_a_guest_gets_an_address_and_reaches_what_the_mode_lets_it(nets: Vm, mode: str) -> None:
    lab, guest, wanted = nets.lab, nets.guest, MODES[mode]
    # A bridge of its own name: nobody before has left rules for that.
    named = () if mode == "bridge" else ("--bridge", f"lab-{mode}")
    said = ok(lab.vnetmgr("create-network", "lab", "--mode", mode, *wanted.options, *named))
    assert f"network lab: added in config and live: {mode}" in said
    network = lab.conn.networkLookupByName("lab")
    assert (network.isActive(), network.isPersistent(), network.autostart()) == (1, 1, 1)
    nic = plug(nets, "lan", "--network", "lab")

    address = guest.dhcp(nic.mac)

    assert address.startswith(wanted.address)
    if mode != "bridge":
        assert nic.bridge() == network.bridgeName()
        nic.reach("10.77.0.1")
        rules = lab.firewall_rules()
        assert (network.bridgeName() in rules) == wanted.rules
        # An isolated network hands out no default route: what stops the guest is the firewall.
        guest.sh(f"ip route replace 10.10.0.0/24 via 10.77.0.1 dev {nic.link}")
    else:
        assert nic.bridge() == "br0"
    lan = lab.lan("br0")
    if wanted.reaches_lan:
        assert guest.fetch(lan.address) == lan.page
        nic.reach(lan.address)
    else:
        assert not nic.reaches(lan.address)

    def reached() -> bool:
        return lan.run(["ping", "-c", "1", "-W", "2", address]).returncode == 0

    if wanted.reached_by_lan:
        eventually(reached, "packets from the LAN")
    else:
        assert not reached()


V4 = ("--subnet", "10.77.0.0/24")
CREATED = {
    "bridge": Row(options=("--bridge", "virbr77"), has=("<bridge name='virbr77' ",)),
    "two subnets": Row(
        options=(*V4, "--subnet", "fd00:77::/64"),
        has=(
            "<ip address='10.77.0.1' prefix='24'>",
            "<range start='10.77.0.2' end='10.77.0.254'/>",
            "<ip family='ipv6' address='fd00:77::1' prefix='64'>",
        ),
    ),
    "one gateway of two": Row(
        options=(*V4, "--subnet", "fd00:77::/64", "--gateway", "fd00:77::f"),
        has=("<ip address='10.77.0.1' prefix='24'>", "address='fd00:77::f'"),
    ),
    "gateways": Row(
        options=(
            *(*V4, "--subnet", "fd00:77::/64"),
            *("--gateway", "fd00:77::f", "--gateway", "10.77.0.254"),
        ),
        has=(
            "<ip address='10.77.0.254' prefix='24'>",
            "<range start='10.77.0.1' end='10.77.0.253'/>",
            "address='fd00:77::f'",
        ),
    ),
    "ranges": Row(
        options=(
            *(*V4, "--subnet", "fd00:77::/64"),
            *("--dhcp-range", "10.77.0.50-10.77.0.59", "--dhcp-range", "10.77.0.70-10.77.0.79"),
            *("--dhcp-range", "fd00:77::50-fd00:77::59"),
        ),
        has=(
            "<range start='10.77.0.50' end='10.77.0.59'/>",
            "<range start='10.77.0.70' end='10.77.0.79'/>",
            "<range start='fd00:77::50' end='fd00:77::59'/>",
        ),
        lacks=("10.77.0.254",),
    ),
    "no DHCP": Row(options=(*V4, "--no-dhcp"), has=("10.77.0.1",), lacks=("<dhcp>",)),
    "domain": Row(options=("--dns-domain", "lab.test"), has=("<domain name='lab.test'/>",)),
    "MTU": Row(options=("--mtu", "1400"), has=("<mtu size='1400'/>",)),
    "portgroups": Row(
        options=(
            *("--portgroup", "slow,inbound=8mbit,outbound=1MB/s,default"),
            *("--portgroup", "name=fast,inbound=1gbit"),
        ),
        has=(
            "<portgroup name='slow' default='yes'>",
            "<inbound average='1000'/>",
            "<outbound average='1000'/>",
            "<portgroup name='fast'>",
            "<inbound average='125000'/>",
        ),
    ),
    "forward link": Row(
        options=("--forward-dev", "br1"),
        has=("<forward dev='br1' mode='nat'>", "<interface dev='br1'/>"),
    ),
    "isolated ports": Row(options=("--isolated-ports",), has=("<port isolated='yes'/>",)),
    "NAT of IPv6": Row(
        options=(*V4, "--subnet", "fd00:77::/64", "--nat-ipv6"), has=("<nat ipv6='yes'",)
    ),
    "lease time": Row(
        options=("--lease-time", "10m"), has=("<lease expiry='600' unit='seconds'/>",)
    ),
    "DHCP options": Row(
        options=(
            *("--dhcp-option", "option:ntp-server,10.77.0.9", "--dhcp-option", "252,http://a/b"),
        ),
        has=(
            "<dnsmasq:option value='dhcp-option=option:ntp-server,10.77.0.9'/>",
            "<dnsmasq:option value='dhcp-option=252,http://a/b'/>",
        ),
    ),
}


@pytest.mark.parametrize("name", CREATED)
def test_an_option_of_a_new_network_is_in_both_states_and_a_second_run_does_nothing(
    nets: Vm, name: str
) -> None:
    row, lab = CREATED[name], nets.lab
    ok(lab.vnetmgr("create-network", "lab", *row.options))
    row.check(lab)
    before = documents(lab)
    again = lab.vnetmgr("create-network", "lab", *row.options)
    ok(again)
    assert "network lab is as asked; nothing to do" in again.stderr
    assert documents(lab) == before


def test_a_network_that_is_not_as_asked_is_refused_and_the_differences_are_named(nets: Vm) -> None:
    lab = nets.lab
    ok(lab.vnetmgr("create-network", "lab", *V4, "--mtu", "1400"))
    before = documents(lab)
    options = ("--mode", "routed", "--mtu", "1300", "--subnet", "10.77.0.0/24", "--no-dhcp")
    said = refused(lab.vnetmgr("create-network", "lab", *options), 4)
    assert "network lab exists already" in said
    assert "it is nat, not routed" in said
    assert "mtu is 1400, asked for 1300" in said
    assert "dhcp_ranges is 10.77.0.2-10.77.0.254, asked for none" in said
    assert "subnets" not in said
    assert documents(lab) == before


def test_neither_started_nor_started_with_the_host(nets: Vm) -> None:
    lab = nets.lab
    ok(lab.vnetmgr("create-network", "lab", "--no-autostart", "--no-start"))
    network = lab.conn.networkLookupByName("lab")
    assert (network.isActive(), network.autostart()) == (0, 0)
    ok(lab.vnetmgr("create-network", "lab", "--no-autostart"))
    assert (network.isActive(), network.autostart()) == (1, 0)
    ok(lab.vnetmgr("update-network", "lab", "--autostart"))
    assert network.autostart() == 1
    ok(lab.vnetmgr("create-network", "lab", "--no-start"))
    assert network.isActive() == 1


TAKEN = "bridge virbr77 is the name of a link that the host has already"


@pytest.mark.parametrize("kind", ["bridge", "veth", "alternative name"])
def test_a_link_of_the_bridges_name_is_left_alone_by_a_start(nets: Vm, kind: str) -> None:
    lab = nets.lab
    ok(lab.vnetmgr("create-network", "default", "--bridge", "virbr77", "--no-start"))
    before = documents(lab, "default")
    with foreign_link(lab, "virbr77", kind):
        assert TAKEN in refused(lab.vnetmgr("start-network", "default"), 4)
        assert TAKEN in refused(nets("attach-nic", "--nat"), 4)
    assert documents(lab, "default") == before
    ok(nets("attach-nic", "--nat"))


@pytest.mark.parametrize("kind", ["bridge", "veth"])
def test_so_it_is_by_a_start_over_a_remote_connection(nets: Vm, far: str, kind: str) -> None:
    lab = nets.lab
    ok(lab.vnetmgr("create-network", "lab", "--bridge", "virbr77", "--no-start"))
    before = documents(lab)
    with foreign_link(lab, "virbr77", kind):
        assert TAKEN in refused(lab.vnetmgr("start-network", "lab", "-c", far), 4)
    assert documents(lab) == before


def test_a_link_that_comes_while_a_network_is_made_is_left_alone(nets: Vm) -> None:
    lab = nets.lab
    running = held(lab, "create-network", "lab", "--bridge", "virbr77")
    with foreign_link(lab, "virbr77"):
        said = one_error(running.end(), 4)
    assert TAKEN in said
    assert "ip link del virbr77" in said
    assert lab.conn.listAllNetworks() == []


def test_what_a_network_gives_to_its_nics_and_their_guests(nets: Vm, tmp_path: Path) -> None:
    lab, guest = nets.lab, nets.guest
    template = tmp_path / "fast.xml"
    template.write_text(FAST)
    ok(
        lab.vnetmgr(
            *("create-network", "lab", *V4, "--template", template, "--mtu", "1400"),
            *("--isolated-ports", "--lease-time", "10m", "--dns-domain", "lab.test"),
            *("--dhcp-option", "option:ntp-server,10.77.0.9"),
            *("--dhcp-range", "10.77.0.50-10.77.0.50"),
            *("--portgroup", "slow,inbound=8mbit,default", "--portgroup", "fast,inbound=1gbit"),
        )
    )
    nic = plug(nets, "lan", "--network", "lab")
    fast = plug(nets, "other", "--network", "lab", "--portgroup", "fast")
    for each, rate in ((nic, "1000"), (fast, "125000")):
        live = element(nets.documents()[1], each.mac)
        assert f"<inbound average='{rate}'/>" in live
        tap = f"/sys/class/net/{nets.nic(each.name)['target']}"
        assert lab.sh(f"cat {tap}/mtu {tap}/brport/isolated").split() == ["1400", "1"]
    # What DHCP says is in the environment of udhcpc's script.
    guest.sh(
        "printf '#!/bin/sh\\n[ $1 = bound ] && env > /tmp/dhcp\\n' > /tmp/say; chmod +x /tmp/say"
    )
    guest.sh(f"udhcpc -n -q -i {nic.link} -s /tmp/say -O ntpsrv -t 20 -T 1", 40)
    told = dict(line.partition("=")[::2] for line in guest.sh("cat /tmp/dhcp").splitlines())
    assert told["ip"] == "10.77.0.50"
    assert told["lease"] == "600"
    assert told["domain"] == "lab.test"
    assert told["ntpsrv"] == "10.77.0.9"
    guest.wait_for_lease(nic.mac, told["ip"])
    (lease,) = lab.conn.networkLookupByName("lab").DHCPLeases()
    assert 500 < lease["expirytime"] - time.time() <= 600


TEMPLATE = """\
<!-- Ours: with a bandwidth for all. -->
<network>
  <name>any</name>
  <uuid>11111111-2222-3333-4444-555555555555</uuid>
  <metadata><t:team xmlns:t='http://t.test/'>red<!-- ask Kim --></t:team></metadata>
  <forward mode='route'/>
  <bridge stp='off' delay='3'/>
  <bandwidth><inbound average='5000'/></bandwidth>
  <ip address='10.78.0.1' netmask='255.255.255.0'>
    <tftp root='/usr/share'/>
    <dhcp><range start='10.78.0.10' end='10.78.0.20'/><bootp file='pxelinux.0'/></dhcp>
  </ip>
</network>
"""


def test_a_template_is_kept_but_for_what_is_asked(nets: Vm, tmp_path: Path) -> None:
    template = tmp_path / "ours.xml"
    template.write_text(TEMPLATE)
    command = ("create-network", "lab", "--template", str(template), "--mtu", "1400")
    ok(nets.lab.vnetmgr(*command))
    row = Row(
        options=command,
        has=(
            *("red<!-- ask Kim --></t:team>", "<forward mode='route'/>"),
            *("stp='off' delay='3'", "<inbound average='5000'/>", "<mtu size='1400'/>"),
            *("<ip address='10.78.0.1' netmask='255.255.255.0'>", "<tftp root='/usr/share'/>"),
            *("<range start='10.78.0.10' end='10.78.0.20'/>", "<bootp file='pxelinux.0'/>"),
        ),
        lacks=("11111111-2222-3333-4444-555555555555",),
    )
    row.check(nets.lab)
    assert "nothing to do" in nets.lab.vnetmgr(*command).stderr


@pytest.mark.parametrize(
    ("wrong", "parts"),
    [
        (TEMPLATE.replace("<tftp root", "<tftpd root"), ["tftpd"]),
        (TEMPLATE.replace("stp='off'", "stp='maybe'"), ["stp"]),
        (TEMPLATE.replace("</network>\n", ""), []),
        ("<domain><name>any</name></domain>", ["<network>"]),
        ("", []),
    ],
    ids=["unknown element", "bad value", "cut off", "another document", "empty"],
)
def test_a_template_with_a_mistake_is_refused_by_file_and_element(
    nets: Vm, tmp_path: Path, wrong: str, parts: list[str]
) -> None:
    template = tmp_path / "ours.xml"
    template.write_text(wrong)
    said = refused(nets.lab.vnetmgr("create-network", "lab", "--template", template), 2)
    for part in (str(template), *parts):
        assert part in said
    assert nets.lab.conn.listAllNetworks() == []
