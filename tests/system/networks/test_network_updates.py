"""update-network while a guest uses the network: in place, in both states, no packet lost."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.waiting import eventually
from tests.system.conftest import ok, refused
from tests.system.on_networks import Row, documents, update
from tests.system.plugged import Plugged, make_network, plug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.system.conftest import Vm

pytestmark = pytest.mark.next

GATEWAY = "192.168.60.1"


@pytest.fixture
def lan(nets: Vm) -> Plugged:
    """A nic of the guest on the network lab, with packets that flow."""
    make_network(nets.lab, "lab")
    lan = plug(nets, "lan", "--network", "lab")
    lan.take("192.168.60.9/24")
    lan.reach(GATEWAY)
    return lan


@contextmanager
def no_ping_lost(lan: Plugged, address: str = GATEWAY) -> Iterator[None]:
    """Has the guest ping all the while: not one packet is lost, and its carrier stays."""
    guest, carrier = lan.vm.guest, lan.carrier_changes()
    guest.sh(f"(ping -i 0.1 -c 9999 {address} > /tmp/ping 2>&1 & echo $! > /tmp/ping.pid)")
    try:
        yield
        so_far = guest.sh("wc -l < /tmp/ping")
        eventually(lambda: int(guest.sh("wc -l < /tmp/ping")) >= int(so_far) + 5, "answers")
    finally:
        guest.sh("kill -INT $(cat /tmp/ping.pid)")
    answered = {int(number) for number in re.findall(r"seq=(\d+)", guest.sh("cat /tmp/ping"))}
    # Those after the last one that was answered may still be on their way.
    assert answered == set(range(len(answered)))
    assert lan.carrier_changes() == carrier


def test_ranges_and_lease_times_change_in_place_and_are_used(lan: Plugged) -> None:
    lab = lan.vm.lab
    short = "<lease expiry='300' unit='seconds'/>"
    one, two = "192.168.60.50-192.168.60.59", "192.168.60.70-192.168.60.70"
    rows = [
        Row(
            options=("--dhcp-range", one),
            has=("<range start='192.168.60.50' end='192.168.60.59'/>",),
            lacks=("192.168.60.100",),
        ),
        Row(
            options=("--dhcp-range", two, "--dhcp-range", one),
            has=("start='192.168.60.50'", "start='192.168.60.70'"),
        ),
        Row(options=("--lease-time", "5m"), has=(short,)),
        Row(
            options=("--dhcp-range", two),
            has=("<range start='192.168.60.70' end='192.168.60.70'>", short),
            lacks=("192.168.60.50",),
        ),
        Row(options=("--lease-time", "none"), has=("192.168.60.70",), lacks=("<lease",)),
        Row(options=("--dhcp-range", "none"), lacks=("<dhcp>",)),
        Row(options=("--lease-time", "infinite", "--dhcp-range", two), has=("expiry='0'",)),
    ]
    with no_ping_lost(lan):
        for row in rows:
            (change,) = update(lab, *row.options)
            assert (change["scope"], change["disruption"]) == (["config", "live"], "none")
            row.check(lab)
            assert update(lab, *row.options) == []
    assert "dhcp-range=192.168.60.70,192.168.60.70,255.255.255.0,infinite" in lab.sh(
        "cat /var/lib/libvirt/dnsmasq/lab.conf"
    )
    assert lan.vm.guest.dhcp(lan.mac) == "192.168.60.70"


def test_portgroups_change_in_place_one_by_one(lan: Plugged) -> None:
    lab = lan.vm.lab
    rows = [
        Row(
            options=("--portgroup", "slow,inbound=8mbit,default"),
            has=("<portgroup name='slow' default='yes'>", "<inbound average='1000'/>"),
        ),
        Row(
            options=("--portgroup", "fast,inbound=80mbit,default"),
            has=(
                "<portgroup name='slow'>",
                "<inbound average='1000'/>",
                "<portgroup name='fast' default='yes'>",
                "<inbound average='10000'/>",
            ),
        ),
        Row(
            options=("--portgroup", "slow,outbound=8mbit,default", "--portgroup", "third"),
            has=(
                "<portgroup name='slow' default='yes'>",
                "<outbound average='1000'/>",
                "<portgroup name='fast'>",
                "<portgroup name='third'>",
            ),
            lacks=("<inbound average='1000'/>",),
        ),
        Row(
            options=("--remove-portgroup", "slow", "--remove-portgroup", "third"),
            has=("<portgroup name='fast'>",),
            lacks=("slow", "third", "default='yes'"),
        ),
        Row(options=("--portgroup", "none"), lacks=("<portgroup",)),
    ]
    with no_ping_lost(lan):
        for row in rows:
            (change,) = update(lab, *row.options)
            assert (change["scope"], change["disruption"]) == (["config", "live"], "none")
            row.check(lab)
            assert update(lab, *row.options) == []


def test_the_forward_link_changes_in_place_and_is_used(lan: Plugged) -> None:
    lab, guest = lan.vm.lab, lan.vm.guest
    guest.sh(f"ip route replace default via {GATEWAY} dev {lan.link}")

    with no_ping_lost(lan):
        for wanted in ("br0", "br1", "none"):
            (change,) = update(lab, "--forward-dev", wanted)
            assert (change["scope"], change["disruption"]) == (["config", "live"], "none")
            for document in documents(lab):
                found = re.findall(r"<interface dev='(\w+)'/>", document)
                assert found == [] if wanted == "none" else [wanted]
                assert f"<forward dev='{wanted}'" in document or wanted == "none"
            assert update(lab, "--forward-dev", wanted) == []
            for bridge in ("br0", "br1"):
                if wanted in (bridge, "none"):
                    lan.reach(lab.lan(bridge).address)
                else:
                    assert not lan.reaches(lab.lan(bridge).address)


EVERYTHING = (
    *("--dhcp-range", "192.168.60.50-192.168.60.59", "--lease-time", "5m"),
    *("--portgroup", "slow,inbound=8mbit,default", "--forward-dev", "br1"),
)
IS_THERE = Row(
    options=EVERYTHING,
    has=(
        "<range start='192.168.60.50' end='192.168.60.59'>",
        "<lease expiry='300' unit='seconds'/>",
        "<portgroup name='slow' default='yes'>",
        "<inbound average='1000'/>",
        "<interface dev='br1'/>",
    ),
    lacks=("192.168.60.100", "192.168.60.200", "name='old'", "dev='br0'"),
)


@pytest.mark.parametrize("state", ["config", "live"])
def test_states_that_differ_are_both_right_afterwards(lan: Plugged, state: str) -> None:
    lab = lan.vm.lab
    for section, xml in (
        ("ip-dhcp-range", "<range start='192.168.60.200' end='192.168.60.209'/>"),
        ("portgroup", "<portgroup name='slow'/>"),
        ("portgroup", "<portgroup name='old' default='yes'/>"),
        ("forward-interface", "<interface dev='br0'/>"),
    ):
        lab.sh(f'virsh net-update lab add {section} "{xml}" --{state}')
    with no_ping_lost(lan):
        update(lab, *EVERYTHING, "--remove-portgroup", "old")
    IS_THERE.check(lab)
    assert update(lab, *EVERYTHING, "--remove-portgroup", "old") == []


@pytest.mark.parametrize(("state", "other"), [("config", "live"), ("live", "config")])
def test_one_state_alone(lan: Plugged, state: str, other: str) -> None:
    lab, states = lan.vm.lab, ("config", "live")
    before = dict(zip(states, documents(lab), strict=True))
    (change,) = update(lab, *EVERYTHING, f"--{state}")
    assert change["scope"] == [state]
    after = dict(zip(states, documents(lab), strict=True))
    assert after[other] == before[other]
    assert "<portgroup name='slow' default='yes'>" in after[state]
    assert update(lab, *EVERYTHING, f"--{state}") == []
    (change,) = update(lab, *EVERYTHING)
    assert change["scope"] == [other]
    IS_THERE.check(lab)


def test_what_needs_a_restart_can_be_left_for_the_next_start(lan: Plugged) -> None:
    lab = lan.vm.lab
    live = documents(lab)[1]
    with no_ping_lost(lan):
        result = lab.vnetmgr("update-network", "lab", "--mtu", "1400", "--config")
        ok(result)
    assert "the running network is unchanged until it is restarted" in result.stderr
    config, now = documents(lab)
    assert "<mtu size='1400'/>" in config
    assert now == live
    said = refused(lab.vnetmgr("update-network", "lab", "--mtu", "1400"), 4)
    assert "mtu - -> 1400 [restart] needs a restart" in said
    assert "on it: q35/lan" in said


COLLEAGUES = """\
<network>
  <name>lab</name>
  <metadata><t:team xmlns:t='http://t.test/'>red<!-- ask Kim --></t:team></metadata>
  <forward mode='nat'><nat><port start='2000' end='3000'/></nat></forward>
  <bridge name='virbr60' stp='off' delay='0'/>
  <domain name='lab.test' localOnly='yes'/>
  <dns forwardPlainNames='no'><forwarder addr='10.10.0.1'/>
    <host ip='192.168.60.5'><hostname>nas</hostname></host></dns>
  <bandwidth><inbound average='5000' peak='9000' burst='5120'/></bandwidth>
  <ip address='192.168.60.1' netmask='255.255.255.0'>
    <tftp root='/usr/share'/>
    <dhcp>
      <range start='192.168.60.100' end='192.168.60.199'/>
      <host mac='52:54:00:00:60:77' ip='192.168.60.7'><lease expiry='3' unit='hours'/></host>
      <bootp file='pxelinux.0'/>
    </dhcp>
  </ip>
  <portgroup name='slow' trustGuestRxFilters='yes'>
    <bandwidth><inbound average='100' peak='200' burst='300'/></bandwidth>
  </portgroup>
</network>
"""


def test_what_colleagues_wrote_survives_every_change(nets: Vm) -> None:
    lab = nets.lab
    network = lab.conn.networkDefineXML(COLLEAGUES)
    network.create()
    theirs = (
        *("red<!-- ask Kim --></t:team>", "<port start='2000' end='3000'/>"),
        *("localOnly='yes'", "<dns forwardPlainNames='no'>", "<forwarder addr='10.10.0.1'/>"),
        *("<hostname>nas</hostname>", "<inbound average='5000' peak='9000' burst='5120'/>"),
        *("<tftp root='/usr/share'/>", "<lease expiry='3' unit='hours'/>"),
        *("<bootp file='pxelinux.0'/>", "trustGuestRxFilters='yes'"),
        f"<uuid>{network.UUIDString()}</uuid>",
    )
    for options in (
        EVERYTHING,
        ("--portgroup", "slow,outbound=8mbit", "--lease-time", "none", "--forward-dev", "none"),
        ("--no-dhcp",),
        ("--dns-domain", "other.test", "--mtu", "1400", "--config"),
        ("--dns-domain", "other.test", "--mtu", "1400", "--allow", "restart"),
    ):
        assert update(lab, *options) != []
        Row(options=options, has=theirs).check(lab)


def what(printed: str) -> list[dict[str, Any]]:
    """The changes of a plan or a report, and what waits; without what became of them."""
    found = json.loads(printed)
    changes: list[dict[str, Any]] = [*found["changes"], *found.get("waiting", ())]
    return [
        {key: change[key] for key in change if key not in ("result", "error")} for change in changes
    ]


@pytest.mark.parametrize(
    "command",
    [
        ("create-network", "new", "--mtu", "1400", "--portgroup", "a,inbound=8mbit"),
        ("create-network", "ext", "--mode", "bridge", "--bridge", "br0", "--no-start"),
        ("update-network", "lab", *EVERYTHING),
        ("update-network", "lab", "--mtu", "1400", "--allow", "restart"),
    ],
    ids=lambda command: " ".join(command[:3]),
)
def test_a_dry_run_changes_nothing_and_says_what_would(
    lan: Plugged, command: tuple[str, ...]
) -> None:
    lab = lan.vm.lab
    before = documents(lab)
    planned = what(ok(lab.vnetmgr(*command, "--dry-run", "-o", "json")))
    assert documents(lab) == before
    assert [network.name() for network in lab.conn.listAllNetworks()] == ["lab"]
    assert planned != []
    assert what(ok(lab.vnetmgr(*command, "-o", "json"))) == planned


def test_a_restart_of_libvirtd_leaves_nothing_to_do(lan: Plugged) -> None:
    lab = lan.vm.lab
    made = (
        *("create-network", "new", "--subnet", "10.77.0.0/24", "--subnet", "fd00:77::/64"),
        *("--lease-time", "10m", "--mtu", "1400", "--dhcp-option", "42,10.77.0.9"),
        *("--portgroup", "a,inbound=8mbit,default", "--isolated-ports", "--nat-ipv6"),
    )
    ok(lab.vnetmgr(*made))
    update(lab, *EVERYTHING)
    before = documents(lab), documents(lab, "new")
    with no_ping_lost(lan):
        lab.restart_libvirtd()
    assert (documents(lab), documents(lab, "new")) == before
    assert "nothing to do" in lab.vnetmgr(*made).stderr
    assert update(lab, *EVERYTHING) == []
    assert lab.conn.networkLookupByName("new").isActive()


BOOTP = """<network><name>lab</name><forward mode='nat'/><bridge name='virbr60' stp='off'/>
<ip address='192.168.60.1' netmask='255.255.255.0'><tftp root='/srv'/><dhcp>{}
<bootp file='pxe.0' server='192.168.60.9'/></dhcp></ip></network>"""
KEEPS = [
    ("--dhcp-range", "192.168.60.20-192.168.60.29"),
    ("--lease-time", "2h"),
    ("--dhcp-range", "192.168.60.30-192.168.60.30", "--lease-time", "none"),
    ("--lease-time", "infinite"),
]


@pytest.mark.next
def test_what_dhcp_has_besides_survives_the_change_of_its_last_entry(nets: Vm) -> None:
    """libvirt writes <dhcp> only while it has a range or a reservation."""
    lab = nets.lab
    span = "<range start='192.168.60.100' end='192.168.60.199'/>"
    lab.conn.networkDefineXML(BOOTP.format(span)).create()
    for options in KEEPS:
        assert update(lab, *options)
        for document in documents(lab):
            assert "<bootp file='pxe.0' server='192.168.60.9'/>" in document, options
            assert document.count("<range ") == 1
    reserve = ("reserve-address", "lab", "52:54:00:00:60:07", "192.168.60.7")
    ok(lab.vnetmgr(*reserve))
    assert update(lab, "--no-dhcp")
    said = refused(lab.vnetmgr("release-address", *reserve[1:3]), 4)
    assert "libvirt would drop <bootp> as well" in said
    assert all("<bootp" in document for document in documents(lab))
