"""What a network does for its guests beyond addresses: one boots from it, the host reaches what is
behind another, both hear of its MTU; and a network where the host has no address at all."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.lab.waiting import eventually
from tests.system.conftest import ok, refused
from tests.system.on_networks import documents
from tests.system.plugged import plug
from tests.system.quick import Quick
from vnetmgr.local.templates import read_template

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab import Lab
    from tests.system.conftest import Vm

pytestmark = pytest.mark.next

MAC, ADDRESS = "52:54:00:00:60:01", "192.168.60.10"
SUBNETS = ("--subnet", "192.168.60.0/24", "--subnet", "fd00:60::/64", "--no-stp")
BEHIND = "10.99.0.1"
ROUTE = "10.99.0.0/24,via=192.168.60.20"
# What iPXE prints of what DHCP has told it: option 26 is the MTU.
SCRIPT = """#!ipxe
echo boot ${filename} of ${next-server} mtu ${26:int16} end
"""


@pytest.fixture(scope="module")
def quick(lab: Lab) -> Iterator[Quick]:
    """Commands, one after the other."""
    with Quick(lab) as quick:
        yield quick


@pytest.fixture
def root(nets: Vm) -> Path:
    """A directory that everybody can read, with a script for iPXE in it."""
    root = nets.lab.directory / "tftp"
    root.mkdir(exist_ok=True)
    (root / "boot.ipxe").write_text(SCRIPT)
    return root


@pytest.fixture
def template(nets: Vm, tmp_path: Path) -> Path:
    """A machine as create-domain makes it, whose firmware speaks on its serial console."""
    console = f"<source mode='bind' path='{nets.lab.directory}/serial/pxe'/>"
    text = (
        read_template("domain/pc.xml")
        .replace("</os>", "<bios useserial='yes'/></os>")
        .replace("<serial type='pty'/>", f"<serial type='unix'>{console}</serial>")
        .replace("<console type='pty'/>", "")
    )
    (tmp_path / "pxe.xml").write_text(text)
    return tmp_path / "pxe.xml"


@pytest.fixture
def printed(nets: Vm) -> Iterator[socket.socket]:
    """What the domain pxe prints; it is gone afterwards."""
    with socket.socket(socket.AF_UNIX) as console:
        console.settimeout(120)
        yield console
    for domain in nets.lab.conn.listAllDomains():
        if domain.name() == "pxe":
            domain.destroy()
            domain.undefine()


def test_a_guest_boots_from_its_network(
    nets: Vm, quick: Quick, root: Path, template: Path, printed: socket.socket
) -> None:
    lab = nets.lab
    boot = ("--tftp-root", root, "--bootp", "boot.ipxe", "--mtu", "1400")
    created = quick("create-network", "lab", *SUBNETS, *boot)
    assert ok(created)
    assert created.stderr == ""  # the directory and the file were looked at
    # dnsmasq gives a new MAC an address after 3 s of pings, and what is reserved at once.
    ok(quick("reserve-address", "lab", MAC, ADDRESS))
    nic = f"network=lab,mac={MAC},boot_order=1,name=boot"
    small = ("--memory", "64MiB", "--vcpus", "1", "--template", template)
    ok(quick("create-domain", "pxe", *small, "--nic", nic, "--start"))
    printed.connect(str(lab.directory / "serial" / "pxe"))
    text = ""
    while " end" not in text.rpartition("boot boot.ipxe")[2]:
        more = printed.recv(4096)
        assert more, text
        text += more.decode(errors="replace")
    assert "boot boot.ipxe of 192.168.60.1 mtu 1400 end" in text


def test_the_host_reaches_what_is_behind_a_guest(nets: Vm, quick: Quick) -> None:
    lab = nets.lab
    ok(quick("create-network", "lab", *SUBNETS))
    lan = plug(nets, "lan", "--network", "lab")
    lan.take("192.168.60.20/24")
    lan.vm.guest.sh(f"ip address add {BEHIND}/24 dev lo")
    said = refused(quick("update-network", "lab", "--route", ROUTE), 4)
    assert f"routes - -> {ROUTE} [restart] needs a restart of the network" in said
    ok(quick("update-network", "lab", "--route", ROUTE, "--allow", "restart"))
    eventually(
        lambda: "1 packets received" in lab.sh(f"ping -c 1 -W 1 {BEHIND}", check=False),
        "packets of the host to what is behind the guest",
    )
    lan.vm.guest.sh(f"ip address del {BEHIND}/24 dev lo")

    # libvirt starts a network all the same where the kernel has no place for its route.
    lab.sh("ip -6 route add fd99::/64 dev br0 metric 1")
    taken = ("--route", ROUTE, "--route", "fd99::/64,via=fd00:60::20", "--allow", "restart")
    failed = quick("update-network", "lab", *taken)
    assert failed.returncode == 1
    assert "the kernel has no route fd99::/64 via fd00:60::20 on virbr" in failed.stderr
    assert "network-route-lost" in quick("doctor", "q35/lan").stdout
    lab.sh("ip -6 route del fd99::/64 dev br0 metric 1")
    ok(quick("restart-network", "lab"))
    assert "fd99::/64 via fd00:60::20" in lab.sh("ip -6 route")


def test_guests_hear_of_another_mtu_and_keep_their_nics(nets: Vm, quick: Quick) -> None:
    ok(quick("create-network", "lab", "--mode", "isolated", *SUBNETS, "--mtu", "1400"))
    lan = plug(nets, "lan", "--network", "lab")
    changed = quick("update-network", "lab", "--mtu", "1300", "--allow", "restart")
    assert ok(changed)
    assert (
        "keep their MTU until their next start: q35/lan; DHCP and router advertisements tell"
        in changed.stderr
    )
    advertised = f"cat /proc/sys/net/ipv6/conf/{lan.link}/mtu"
    lan.vm.guest.sh(f"ip link set {lan.link} down; ip link set {lan.link} up")
    eventually(lambda: lan.vm.guest.sh(advertised).strip() == "1300", "the advertised MTU")
    told = lan.vm.guest.sh(
        "printf '#!/bin/sh\\necho mtu=$mtu\\n' > /tmp/told; chmod +x /tmp/told;"
        f"udhcpc -n -q -i {lan.link} -O mtu -s /tmp/told -t 20 -T 1 2>&1"
    )
    assert "mtu=1300" in told


def test_a_network_where_the_host_has_no_address(nets: Vm, quick: Quick, tmp_path: Path) -> None:
    lab = nets.lab
    said = refused(quick("create-network", "lab", "--subnet", "none"), 2)
    assert "--mode nat needs --subnet" in said
    ok(quick("create-network", "lab", "--mode", "isolated", "--subnet", "none", "--no-stp"))
    lan = plug(nets, "lan", "--network", "lab")
    assert not any("<ip" in document for document in documents(lab))
    diagnosis = quick("doctor", "q35/lan")
    assert diagnosis.returncode == 0, diagnosis.stdout

    addressed = ("update-network", "lab", "--subnet", "192.168.60.0/24", "--allow", "restart")
    ok(quick(*addressed))
    lan.take("192.168.60.9/24")
    lan.reach("192.168.60.1")
    assert quick("list-networks").stdout.count("192.168.60.0/24") == 1

    spec = tmp_path / "spec.yaml"
    spec.write_text("version: 1\nnetworks: {lab: {mode: isolated, subnets: none}}\n")
    ok(quick("reconcile", spec, "--allow", "restart"))
    assert not any("<ip" in document for document in documents(lab))
    exported = yaml.safe_load(ok(quick("export")))["networks"]["lab"]
    assert exported["subnets"] == "none"
    plan = json.loads(ok(quick("plan", spec, "-o", "json")))
    assert plan["changes"] == []
