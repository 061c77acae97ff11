"""What stands between a guest and another host: by what each of the two has."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import NamedTuple

import pytest

from tests.unit.migration.hosts import (
    ADDRESS,
    FILTERS,
    LAB,
    LAN,
    LEVELS,
    LINKS,
    MAC,
    OTHER_MAC,
    OTHER_UUID,
    PORTS,
    RESERVED,
    UUID,
    WEB,
    domain,
    facts,
    lease,
    nic,
    over_libvirt,
    seen_here,
    seen_nic,
    seen_there,
    there,
    with_network,
    with_network_here,
    without_network,
)
from vnetmgr.errors import ExitCode
from vnetmgr.migration.compare import compare
from vnetmgr.migration.facts import Facts
from vnetmgr.model.dhcp import Reservation
from vnetmgr.model.forward import Protocol
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.path.networks import FilterBody
from vnetmgr.model.record import replace
from vnetmgr.model.seen.machine import HostMachines
from vnetmgr.model.seen.observed import Features
from vnetmgr.model.seen.rules import Listener, LiveRules
from vnetmgr.model.values import Bandwidth, Rate

BRIDGED = nic(Mode.BRIDGE, "br0")
SWITCHED = nic(Mode.BRIDGE, "ovsbr0", virtualport="openvswitch")
DIRECT = nic(Mode.DIRECT, "eth0", direct_mode="bridge")
GUARANTEED = nic(inbound=Bandwidth.of(floor=Rate.parse("10mbit")))
ON_LAB, ON_LAN = facts(domain(nic())), facts(domain(nic(on="lan")))
ON_BR0, ON_OVS, ON_ETH0 = (facts(domain(each)) for each in (BRIDGED, SWITCHED, DIRECT))
TAGGED = facts(domain(nic(on="ports", portgroup="guests", vlan=(10,))))
FILTERED = facts(domain(nic(filter="mine")))
FORWARDED = facts(domain(nic(), forwards=(WEB,)))
KEPT = with_network_here(ON_LAB, RESERVED)
LEASED = seen_here(ON_LAB, leases=(lease(),))
TAP = nic(Mode.BRIDGE, "br0", target="mytap")
COPY = (
    "virsh -c qemu+ssh://kvm1/system nwfilter-dumpxml {} | "
    "virsh -c qemu+ssh://kvm2/system nwfilter-define /dev/stdin"
)
RESERVE = f"vnetmgr reserve-address lab {MAC} {ADDRESS} --host kvm2"


def tagged_here(known: Facts) -> Facts:
    """With the nic's config, which leaves the VLAN to the portgroup."""
    live = known.domain.nics[0].live
    config = nic(on="ports", portgroup="guests")
    return replace(known, domain=replace(known.domain, nics=(seen_nic(config, live),)))


class Case(NamedTuple):
    """What is different there, and what is said of the one thing that it is about."""

    facts: Facts
    said: str
    """`object name: status`, with a `!` where it is in the way."""
    cause: str = ""
    """A part of it."""
    remedy: str | None = None


CASES = {
    # the domain, its machine and its host
    "one UUID of two hosts": Case(
        there(ON_LAB, machines=replace(ON_LAB.destination.machines, uuid="1111")),
        "host kvm2: differs!",
        "UUID 1111",
    ),
    "one name of two hosts": Case(
        seen_there(ON_LAB, host="kvm1.lan"), "host kvm2: differs!", "name kvm1.lan"
    ),
    "a name that nobody knows": Case(
        facts(domain(nic()), finds_name=False), "host kvm2: warning", "no address of that"
    ),
    "left over": Case(
        seen_there(ON_LAB, domains=(domain(nic(), on=False),)), "domain web1: ok", "takes that over"
    ),
    "runs there": Case(
        seen_there(ON_LAB, domains=(domain(nic()),)), "domain web1: differs!", "runs there already"
    ),
    "another of its name": Case(
        seen_there(ON_LAB, domains=(domain(uuid=OTHER_UUID, on=False),)),
        "domain web1: differs!",
        OTHER_UUID,
    ),
    "another with its UUID": Case(
        seen_there(ON_LAB, domains=(domain(name="web2", on=False),)),
        "domain web1: differs!",
        f"web2 has its UUID there, {UUID}",
    ),
    "no such machine": Case(
        there(
            ON_LAB,
            machines=HostMachines(
                machines=frozenset({("x86_64", "pc")}),
                virt_types=frozenset({("x86_64", "kvm")}),
                runs=False,
            ),
        ),
        "machine pc-q35-7.2: missing!",
        "no machine pc-q35-7.2",
    ),
    "no KVM": Case(
        there(
            ON_LAB,
            machines=HostMachines(machines=frozenset({("x86_64", "pc-q35-7.2")}), runs=False),
        ),
        "machine pc-q35-7.2: missing!",
        "no kvm for x86_64",
    ),
    "another architecture": Case(
        there(ON_LAB, machines=HostMachines(runs=False)),
        "machine pc-q35-7.2: missing!",
        "no QEMU for x86_64",
    ),
    "machines that are not told": Case(
        there(ON_LAB, machines=HostMachines()), "machine pc-q35-7.2: not-checked"
    ),
    "a card that it has": Case(
        replace(ON_LAB, assigned=("0000:03:00.0",)), "device 0000:03:00.0: missing!"
    ),
    "a card that it has, off": Case(
        facts(domain(nic(), on=False), assigned=("0000:03:00.0",)),
        "device 0000:03:00.0: not-checked",
    ),
    # networks
    "network": Case(ON_LAB, "network lab: ok", "nat there, 192.168.150.0/24"),
    "no network": Case(
        without_network(ON_LAB, "lab"),
        "network lab: missing!",
        "",
        "vnetmgr create-network lab --mode nat --subnet 192.168.150.0/24 "
        "--dhcp-range 192.168.150.2-192.168.150.254 --host kvm2",
    ),
    "no network, and another with its subnet": Case(
        with_network(without_network(ON_LAB, "lab"), replace(LAB, name="other")),
        "network lab: missing!",
        "network other has 192.168.150.0/24",
    ),
    "network is off": Case(
        with_network(ON_LAB, LAB, on=False),
        "network lab: missing!",
        "off there",
        "vnetmgr start-network lab --host kvm2",
    ),
    "another mode": Case(
        with_network(ON_LAB, replace(LAB, mode=NetworkMode.ISOLATED)),
        "network lab: differs!",
        "isolated there, nat here",
    ),
    "the LAN in another way": Case(
        with_network(ON_LAN, replace(LEVELS, name="lan")),
        "network lan: differs",
        "macvtap there, bridge here",
    ),
    "another subnet": Case(
        with_network(
            ON_LAB,
            replace(LAB, subnets=(ip_network("10.0.0.0/24"),), gateways=(ip_address("10.0.0.1"),)),
        ),
        "network lab: differs!",
        "10.0.0.0/24",
    ),
    "another address of the host": Case(
        with_network(ON_LAB, replace(LAB, gateways=(ip_address("192.168.150.254"),))),
        "network lab: differs!",
        "192.168.150.1 here, 192.168.150.254 there",
    ),
    "no DHCP": Case(with_network(ON_LAB, replace(LAB, dhcp_ranges=())), "network lab: differs!"),
    "who stays": Case(
        seen_here(
            ON_LAB,
            domains=(ON_LAB.domain, domain(nic(mac=OTHER_MAC), name="db1", uuid=OTHER_UUID)),
        ),
        "neighbour lab: warning",
        "db1/net0 stays on kvm1",
    ),
    "its own MTU": Case(ON_LAB, "mtu lab: ok", "1500 there"),
    "a lower MTU": Case(
        with_network_here(ON_LAB, replace(LAB, mtu=9000)),
        "mtu lab: differs!",
        "up to 9000 bytes",
        "vnetmgr update-network lab --mtu 9000 --allow restart --host kvm2",
    ),
    "the guest's own is low enough": Case(
        with_network_here(facts(domain(nic(mtu=1400))), replace(LAB, mtu=9000)), "mtu lab: ok"
    ),
    "another bridge of the LAN": Case(
        with_network(ON_LAN, replace(LAN, bridge="ovsbr0", virtualport="openvswitch")),
        "bridge ovsbr0: ok",
    ),
    "the network's bridge is not there": Case(
        with_network(ON_LAN, replace(LAN, bridge="br7")), "bridge br7: missing!"
    ),
    "the network's link is not there": Case(
        with_network(facts(domain(nic(on="levels"))), replace(LEVELS, forward_devs=("eth7",))),
        "link eth7: missing!",
    ),
    "portgroup": Case(TAGGED, "portgroup guests: ok"),
    "no portgroup": Case(
        with_network(TAGGED, replace(PORTS, portgroups=())),
        "portgroup guests: missing",
        "goes on without",
        "vnetmgr update-network ports --portgroup guests,vlan=10 --host kvm2",
    ),
    "no portgroup, and so no VLAN": Case(
        with_network(tagged_here(TAGGED), replace(PORTS, portgroups=())),
        "vlan 10: differs!",
        "VLAN none there",
        "vnetmgr update-network ports --portgroup guests,vlan=10 --host kvm2",
    ),
    "a VLAN of the nic's own": Case(
        with_network(facts(domain(nic(on="ports", vlan=(20,)))), PORTS), "vlan 20: ok"
    ),
    "a floor": Case(
        with_network_here(
            facts(domain(GUARANTEED)), replace(LAB, inbound=Bandwidth.of(Rate.parse("100mbit")))
        ),
        "bandwidth floor=10mbit: missing!",
        "no inbound rate",
        "vnetmgr update-network lab --inbound 100mbit --allow restart --host kvm2",
    ),
    "a pool of cards": Case(facts(domain(nic(on="pool"))), "device pool: missing!"),
    "a pool of cards, off": Case(facts(domain(nic(on="pool"), on=False)), "network pool: ok"),
    # bridges and links
    "bridge": Case(ON_BR0, "bridge br0: ok"),
    "no bridge": Case(facts(domain(nic(Mode.BRIDGE, "br7"))), "bridge br7: missing!"),
    "a link and no bridge": Case(facts(domain(nic(Mode.BRIDGE, "eth0"))), "bridge eth0: differs!"),
    "a bridge of Open vSwitch": Case(ON_OVS, "bridge ovsbr0: ok"),
    "a Linux bridge instead": Case(
        facts(domain(replace(BRIDGED, virtualport="openvswitch"))), "bridge br0: differs!"
    ),
    "Open vSwitch instead": Case(
        facts(domain(nic(Mode.BRIDGE, "ovsbr0"))), "bridge ovsbr0: differs!"
    ),
    "no bridge of Open vSwitch": Case(
        seen_there(ON_OVS, links=replace(LINKS, switches=frozenset())), "bridge ovsbr0: differs!"
    ),
    "far away": Case(over_libvirt(ON_BR0, "br0"), "bridge br0: ok"),
    "far away, Open vSwitch": Case(over_libvirt(ON_OVS, "ovsbr0"), "bridge ovsbr0: not-checked"),
    "far away, no link": Case(over_libvirt(ON_OVS), "bridge ovsbr0: missing!"),
    "no links to be seen": Case(
        there(seen_there(ON_BR0, links=None), links=None), "bridge br0: not-checked"
    ),
    "a lower MTU of the bridge": Case(
        there(facts(domain(nic(Mode.BRIDGE, "br0", mtu=9000))), links={"br0": 1400}),
        "mtu br0: differs!",
    ),
    "an MTU as low as here": Case(facts(domain(nic(Mode.BRIDGE, "br0", mtu=9000))), "mtu br0: ok"),
    "an MTU that is not seen": Case(
        over_libvirt(facts(domain(nic(Mode.BRIDGE, "br0", mtu=9000))), "br0"),
        "mtu br0: not-checked",
        "9000",
    ),
    "tags on a Linux bridge": Case(
        facts(domain(nic(Mode.BRIDGE, "br0", vlan=(10,)))), "vlan 10: missing!"
    ),
    "tags on a Linux bridge that can": Case(
        seen_there(
            facts(domain(nic(Mode.BRIDGE, "br0", vlan=(10,)))),
            features=Features(vlan_on_linux_bridge=True),
        ),
        "vlan 10: ok",
    ),
    "macvtap": Case(ON_ETH0, "link eth0: ok"),
    "macvtap on nothing": Case(facts(domain(nic(Mode.DIRECT, "eth7"))), "link eth7: missing!"),
    "macvtap, not seen": Case(there(ON_ETH0, links=None), "link eth0: not-checked"),
    "a card": Case(
        facts(domain(nic(Mode.HOSTDEV, "0000:03:00.0"))), "device 0000:03:00.0: missing!"
    ),
    "a card that is teamed": Case(
        facts(domain(nic(Mode.HOSTDEV, "0000:03:00.0", extra=(("teaming.type", "transient"),)))),
        "device 0000:03:00.0: not-checked",
    ),
    "user mode": Case(facts(domain(nic(Mode.USER, None))), "network user mode: ok"),
    "passt": Case(
        facts(domain(nic(Mode.USER, None, extra=(("backend.type", "passt"),)))),
        "network user mode: not-checked",
    ),
    "a socket": Case(
        facts(domain(nic(Mode.VHOSTUSER, "/run/vhost.sock"))), "link /run/vhost.sock: not-checked"
    ),
    "a tap's name": Case(facts(domain(TAP)), "link mytap: ok"),
    "a tap's name that is taken": Case(
        there(facts(domain(TAP)), links={"br0": 1500, "mytap": 1500}), "link mytap: differs!"
    ),
    "a tap that somebody makes": Case(
        facts(domain(nic(Mode.ETHERNET, None, target="mytap", extra=(("target.managed", "no"),)))),
        "link mytap: missing!",
    ),
    # what else a nic has
    "virtio": Case(ON_LAB, "model virtio: ok"),
    "another model": Case(facts(domain(nic(model="e1000"))), "model e1000: not-checked"),
    "filter": Case(FILTERED, "filter mine: ok"),
    "no filter": Case(
        there(FILTERED, filters={"base": FILTERS["base"]}),
        "filter mine: missing!",
        "",
        COPY.format("mine"),
    ),
    "what it includes is not there": Case(
        there(FILTERED, filters={"mine": FILTERS["mine"]}),
        "filter base: missing!",
        "",
        COPY.format("base"),
    ),
    "another filter of its name": Case(
        there(FILTERED, filters=FILTERS | {"mine": FilterBody("<other/>")}), "filter mine: differs"
    ),
    "no filters to be seen": Case(there(FILTERED, filters=None), "filter mine: not-checked"),
    "MAC": Case(ON_LAB, f"mac {MAC}: ok"),
    "its MAC runs there": Case(
        seen_there(ON_LAB, domains=(domain(nic(bridge="virbr1"), name="db1", uuid=OTHER_UUID),)),
        f"mac {MAC}: differs!",
        "db1/net0 has it there, on bridge virbr1",
    ),
    "its MAC runs on the bridge of its network": Case(
        seen_there(
            ON_LAN,
            domains=(domain(nic(Mode.BRIDGE, "br0", bridge="br0"), name="db1", uuid=OTHER_UUID),),
        ),
        f"mac {MAC}: differs!",
    ),
    "its MAC runs on another bridge": Case(
        seen_there(ON_BR0, domains=(domain(nic(bridge="virbr1"), name="db1", uuid=OTHER_UUID),)),
        f"mac {MAC}: warning",
    ),
    "its MAC is off there": Case(
        seen_there(ON_LAB, domains=(domain(nic(), name="db1", uuid=OTHER_UUID, on=False),)),
        f"mac {MAC}: warning",
        "db1/net0",
    ),
    "its MAC is what a migration has left": Case(
        seen_there(ON_LAB, domains=(domain(nic(), on=False),)), f"mac {MAC}: ok"
    ),
    # addresses
    "kept": Case(with_network(KEPT, RESERVED), f"reservation {ADDRESS}: ok"),
    "not kept": Case(KEPT, f"reservation {ADDRESS}: missing", "free", RESERVE),
    "not kept, nor its network there": Case(
        without_network(KEPT, "lab"), f"reservation {ADDRESS}: missing", "network", RESERVE
    ),
    "kept for another": Case(
        with_network(
            KEPT, replace(LAB, reservations=(Reservation(address=ADDRESS, mac=OTHER_MAC),))
        ),
        f"reservation {ADDRESS}: differs!",
        f"{OTHER_MAC}",
    ),
    "another kept": Case(
        with_network(
            KEPT,
            replace(
                LAB, reservations=(Reservation(address=ip_address("192.168.150.11"), mac=MAC),)
            ),
        ),
        f"reservation {ADDRESS}: differs!",
        "192.168.150.11",
        RESERVE,
    ),
    "leased to another": Case(
        seen_there(KEPT, leases=(lease(OTHER_MAC),)), f"reservation {ADDRESS}: differs!", OTHER_MAC
    ),
    "leased to it": Case(
        seen_there(KEPT, leases=(lease(),)), f"reservation {ADDRESS}: missing", "", RESERVE
    ),
    "of no subnet": Case(
        with_network(KEPT, replace(LAB, subnets=(ip_network("10.0.0.0/24"),))),
        f"reservation {ADDRESS}: differs!",
        "no subnet",
    ),
    "an IPv6 client": Case(
        with_network_here(
            ON_LAB,
            replace(
                LAB,
                reservations=(
                    Reservation(
                        address=ip_address("fd00::5"), duid="00:03:00:01:52:54:00:00:00:01"
                    ),
                ),
            ),
        ),
        "reservation fd00::5: differs!",
        "no subnet",
    ),
    "leased": Case(LEASED, f"lease {ADDRESS}: warning", "may give", RESERVE),
    "leased, and kept there": Case(with_network(LEASED, RESERVED), f"lease {ADDRESS}: ok"),
    "leased, and another's there": Case(
        seen_there(LEASED, leases=(lease(OTHER_MAC),)), f"lease {ADDRESS}: differs!"
    ),
    # forwards
    "forward": Case(
        seen_there(FORWARDED, rules=LiveRules()), "forward 8080:80/tcp: ok", "free there"
    ),
    "forward, not seen": Case(FORWARDED, "forward 8080:80/tcp: not-checked"),
    "another's forward": Case(
        seen_there(
            FORWARDED,
            rules=LiveRules(),
            domains=(domain(nic(mac=OTHER_MAC), name="db1", uuid=OTHER_UUID, forwards=(WEB,)),),
        ),
        "forward 8080:80/tcp: differs!",
        "8080/tcp leads to db1",
    ),
    "its own forward, left over": Case(
        seen_there(
            FORWARDED, rules=LiveRules(), domains=(domain(nic(), on=False, forwards=(WEB,)),)
        ),
        "forward 8080:80/tcp: ok",
    ),
    "somebody listens": Case(
        seen_there(
            FORWARDED,
            rules=LiveRules(
                listeners=(
                    Listener(
                        protocol=Protocol.TCP,
                        address=ip_address("0.0.0.0"),
                        port=8080,
                        program="nginx",
                    ),
                )
            ),
        ),
        "forward 8080:80/tcp: differs!",
        "nginx listens on 0.0.0.0:8080/tcp",
    ),
    "an address of the host": Case(
        seen_there(
            facts(domain(nic(), forwards=(replace(WEB, listen=ip_address("10.0.0.1")),))),
            rules=LiveRules(addresses=frozenset({ip_address("10.0.0.2")})),
        ),
        "forward 10.0.0.1:8080:80/tcp: missing!",
        "10.0.0.1",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_thing_there(case: Case) -> None:
    kind, name, status = (case.said.partition(" ")[0], *case.said.split(" ", 1)[1].rsplit(": ", 1))
    check = compare(case.facts)
    (found,) = [each for each in check.items if (each.object, each.name) == (kind, name)]
    assert found.status + "!" * found.blocking == status
    assert case.cause in found.cause
    assert found.remedy == case.remedy
    assert (check.exit_code is ExitCode.REFUSED) >= found.blocking


@pytest.mark.parametrize(
    "known",
    [ON_LAB, ON_LAN, ON_BR0, ON_OVS, ON_ETH0, TAGGED, FILTERED],
    ids=["network", "LAN", "bridge", "Open vSwitch", "macvtap", "VLAN", "filter"],
)
def test_a_host_that_has_it_all(known: Facts) -> None:
    check = compare(known)
    assert check.exit_code is ExitCode.DONE
    assert {item.status for item in check.items} == {"ok"}
    assert check.remedies == ()
    assert check.after == ()


def test_what_makes_it_so_is_in_the_order_in_which_it_is_run() -> None:
    known = there(without_network(KEPT, "lab"), filters={})
    guest = replace(known.domain, nics=(seen_nic(nic(filter="mine"), nic(filter="mine")),))
    words = [each.split()[:5] for each in compare(replace(known, domain=guest)).remedies]
    assert [each[1] if each[0] == "vnetmgr" else each[4] for each in words] == [
        "create-network",
        "base",
        "mine",
        "reserve-address",
    ]


def test_forwards_are_made_anew_once_it_is_there() -> None:
    assert compare(FORWARDED).after == (
        "vnetmgr reconcile --host kvm1",
        "vnetmgr reconcile --host kvm2",
    )


def test_one_that_is_off_takes_its_config_along() -> None:
    known = facts(domain(nic(Mode.BRIDGE, "br7"), on=False))
    check = compare(known)
    assert check.exit_code is ExitCode.REFUSED
    assert not check.running
    assert "is off" in check.notes[0]


def test_a_running_one_takes_along_what_runs_and_what_its_next_start_needs() -> None:
    live, config = nic(Mode.BRIDGE, "br0"), nic(Mode.BRIDGE, "br7")
    later = nic(Mode.BRIDGE, "br8", name="later", mac=OTHER_MAC)
    card = nic(Mode.HOSTDEV, "0000:03:00.0", name="card")
    nics = (seen_nic(config, live), seen_nic(later, None), seen_nic(card, None))
    check = compare(replace(ON_BR0, domain=replace(ON_BR0.domain, nics=nics)))
    assert [
        (item.name, item.status, item.cause.startswith("from its next start on: "))
        for item in check.items
        if item.object in ("bridge", "device")
    ] == [
        ("br0", "ok", False),
        ("br7", "missing", True),
        ("br8", "missing", True),
        ("0000:03:00.0", "not-checked", True),
    ]
    assert check.exit_code is ExitCode.DONE
    assert [note.partition(":")[0] for note in check.notes] == [
        "bridge br7 on kvm2",
        "bridge br8 on kvm2",
    ]


def test_a_bridge_is_made_by_hand() -> None:
    (note,) = compare(facts(domain(nic(Mode.BRIDGE, "br7")))).notes
    assert "ip link add br7 type bridge" in note
    assert compare(facts(domain(replace(SWITCHED, source=Source(Mode.BRIDGE, "ovs7"))))).notes == ()


def test_what_others_have_chosen_is_shown_harmless() -> None:
    other = domain(nic(), name="a\x1b[2Jb", uuid=OTHER_UUID)
    shown = [item.cause for item in compare(seen_there(ON_LAB, domains=(other,))).items]
    assert not any("\x1b" in each for each in shown)
    words = compare(without_network(facts(domain(nic(on="a b;c"))), "a b;c")).remedies
    assert words == ()
