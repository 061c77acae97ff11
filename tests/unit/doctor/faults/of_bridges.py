"""Faults between a tap and the LAN."""

from __future__ import annotations

from ipaddress import ip_address

from tests.unit.doctor import hosts
from tests.unit.doctor.faults.fault import (
    LAN,
    NAT,
    PLUG_LAN,
    PLUG_NAT,
    RESTART,
    Fault,
    bonded,
    down,
    nested,
    shut_off,
    twin,
    two_bridges,
    vlan_link,
    wifi,
)
from tests.unit.doctor.hosts import (
    MAC,
    bridge_host,
    chained,
    direct_host,
    filtering_host,
    switch_host,
    with_agent,
    with_link,
    with_links,
    with_nic,
    with_port,
    without_link,
)
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.path.domains import GuestLink
from vnetmgr.model.path.finding import Status
from vnetmgr.model.path.links import FdbEntry, Neighbour, PortVlan
from vnetmgr.model.record import replace

FAULTS: dict[str, Fault] = {
    # Tap and bridge.
    "orphaned tap": Fault(
        NAT,
        lambda facts: with_link(facts, "vnet0", master=None, port=None),
        "tap-not-on-bridge",
        "link vnet0",
        PLUG_NAT,
        fixable=True,
    ),
    "a repair that was cut short": Fault(
        NAT,
        lambda facts: with_nic(
            with_link(facts, "vnet0", master=None, port=None),
            config=False,
            source=Source(Mode.NETWORK, "vnetmgr-hop-lab"),
            bridge="vnetmgr-hop0",
        ),
        "tap-not-on-bridge",
        "link vnet0",
        PLUG_NAT,
        fixable=True,
    ),
    "orphaned tap of a bridge": Fault(
        LAN,
        lambda facts: with_link(facts, "vnet0", master=None, port=None),
        "tap-not-on-bridge",
        "link vnet0",
        PLUG_LAN,
        fixable=True,
    ),
    "orphaned port of Open vSwitch": Fault(
        switch_host,
        lambda facts: replace(facts, switch_ports={}),
        "tap-not-on-bridge",
        "link vnet0",
        "vnetmgr update-nic web1 lan --bridge ovsbr0",
        fixable=True,
    ),
    "tap on the wrong bridge": Fault(
        LAN,
        lambda facts: with_links(facts, hosts.bridge("br9"), hosts.port("vnet0", "br9")),
        "tap-on-wrong-bridge",
        "link vnet0",
        PLUG_LAN,
        fixable=True,
    ),
    "no such bridge": Fault(
        LAN,
        chained(shut_off, lambda facts: without_link(facts, "br0")),
        "bridge-missing",
        "the host's network configuration",
        "ip link add br0 up type bridge",
    ),
    "bridge of a network deleted": Fault(
        NAT,
        chained(
            lambda facts: without_link(facts, "virbr0"),
            lambda facts: with_link(facts, "vnet0", master=None, port=None),
        ),
        "bridge-missing",
        "libvirt's network lab",
        RESTART,
        fixable=True,
    ),
    "tap gone": Fault(
        LAN,
        lambda facts: without_link(facts, "vnet0"),
        "tap-missing",
        "domain web1",
        "virsh shutdown web1",
    ),
    "tap down": Fault(LAN, down("vnet0"), "tap-down", "link vnet0", "ip link set vnet0 up"),
    "tap that nobody holds": Fault(
        LAN,
        lambda facts: with_link(facts, "vnet0", carrier=False),
        "tap-no-carrier",
        "domain web1",
        "virsh shutdown web1",
    ),
    "bridge down": Fault(
        NAT, down("virbr0"), "bridge-down", "link virbr0", "ip link set virbr0 up"
    ),
    "bridge down, so that DHCP is silent": Fault(
        LAN,
        chained(down("br0"), lambda facts: with_agent(facts, GuestLink(name="eth0", mac=MAC))),
        "bridge-down",
        "link br0",
        "ip link set br0 up",
    ),
    "port blocked": Fault(
        LAN,
        lambda facts: with_port(facts, "vnet0", state="blocking"),
        "port-blocked",
        "bridge br0",
        "bridge link set dev vnet0 state 3",
    ),
    "port that learns yet": Fault(
        LAN,
        lambda facts: with_port(facts, "vnet0", state="learning"),
        "port-blocked",
        "bridge br0",
        "ip link set br0 type bridge forward_delay 200",
        status=Status.WARNING,
    ),
    "uplink blocked": Fault(
        LAN,
        lambda facts: with_port(facts, "eth0", state="blocking"),
        "uplink-blocked",
        "bridge br0",
        "bridge link set dev eth0 state 3",
    ),
    "uplink that learns yet": Fault(
        LAN,
        lambda facts: with_port(facts, "eth0", state="learning"),
        "uplink-blocked",
        "bridge br0",
        None,
        status=Status.WARNING,
    ),
    "tap and uplink isolated": Fault(
        LAN,
        chained(
            lambda facts: with_port(facts, "vnet0", isolated=True),
            lambda facts: with_port(facts, "eth0", isolated=True),
        ),
        "port-isolated",
        "bridge br0, port eth0",
        "bridge link set dev eth0 isolated off",
    ),
    "port that neither learns nor floods": Fault(
        LAN,
        lambda facts: with_port(facts, "vnet0", learning=False, flood=False),
        "port-deaf",
        "bridge br0, port vnet0",
        "bridge link set dev vnet0 learning on flood on",
    ),
    "duplicate MAC of two domains": Fault(
        LAN,
        twin,
        "mac-duplicate",
        "web2/lan",
        "vnetmgr update-nic web2 lan --mac 52:54:00:6d:97:df --allow replug",
    ),
    "MAC of the host's own card": Fault(
        LAN,
        lambda facts: with_link(facts, "eth0", mac=MAC),
        "mac-of-host",
        "link eth0",
        "vnetmgr update-nic web1 lan --mac 52:54:00:b7:8d:3a --allow replug",
    ),
    "MAC behind another port": Fault(
        LAN,
        lambda facts: replace(facts, fdb=(FdbEntry(mac=MAC, link="eth0", bridge="br0"),)),
        "mac-elsewhere",
        "whoever is behind eth0",
        f"bridge fdb show br br0 | grep {MAC}",
    ),
    # VLANs.
    "tap in no VLAN": Fault(
        filtering_host,
        lambda facts: replace(
            facts, vlans=tuple(each for each in facts.vlans or () if each.link != "vnet0")
        ),
        "vlan-none",
        "bridge br0, port vnet0",
        "bridge vlan add dev vnet0 vid 1 pvid untagged",
    ),
    "tap in another VLAN": Fault(
        lambda: filtering_host(30),
        lambda facts: with_nic(facts, vlan=(40,)),
        "vlan-other",
        "bridge br0, port vnet0",
        "bridge vlan add dev vnet0 vid 40 pvid untagged",
    ),
    "VLAN that the uplink lacks": Fault(
        lambda: filtering_host(30),
        lambda facts: replace(
            facts,
            vlans=(
                *(each for each in facts.vlans or () if each.link != "eth0"),
                PortVlan(link="eth0", first=1, last=29),
            ),
        ),
        "vlan-not-on-uplink",
        "bridge br0, port eth0",
        "bridge vlan add dev eth0 vid 30",
    ),
    "VLAN that nobody applies": Fault(
        LAN,
        lambda facts: with_nic(facts, vlan=(30,)),
        "vlan-not-applied",
        "bridge br0",
        "ip link set br0 type bridge vlan_filtering 1",
        status=Status.WARNING,
    ),
    # Uplinks.
    "uplink without carrier": Fault(
        LAN,
        lambda facts: with_link(facts, "eth0", carrier=False),
        "uplink-no-carrier",
        "link eth0",
        "ethtool eth0",
    ),
    "uplink down": Fault(LAN, down("eth0"), "uplink-down", "link eth0", "ip link set eth0 up"),
    "card below a VLAN without carrier": Fault(
        vlan_link,
        chained(
            lambda facts: with_link(facts, "eth0.30", carrier=False),
            lambda facts: with_link(facts, "eth0", carrier=False),
        ),
        "uplink-no-carrier",
        "link eth0",
        "ethtool eth0",
    ),
    "all cards of a bond without carrier": Fault(
        bonded,
        chained(
            *(
                lambda facts, name=name: with_link(facts, name, carrier=False)
                for name in ("bond0", "eth0", "eth1")
            )
        ),
        "uplink-no-carrier",
        "link eth1",
        "ethtool eth1",
    ),
    "one card of a bond without carrier": Fault(
        bonded,
        lambda facts: with_link(facts, "eth1", carrier=False),
        "bond-degraded",
        "bond bond0",
        "cat /proc/net/bonding/bond0",
        status=Status.WARNING,
    ),
    "bond that answers ARP with its cards' MACs": Fault(
        bonded,
        lambda facts: with_link(facts, "bond0", bond_mode="balance-alb"),
        "bond-degraded",
        "bond bond0",
        "ip link set bond0 type bond mode active-backup  # with the bond down",
        status=Status.WARNING,
    ),
    "the next bridge down": Fault(
        two_bridges, down("br1"), "uplink-down", "link br1", "ip link set br1 up"
    ),
    "the next bridge's card without carrier": Fault(
        two_bridges,
        lambda facts: with_link(facts, "eth0", carrier=False),
        "uplink-no-carrier",
        "link eth0",
        "ethtool eth0",
    ),
    "macvtap on a card without carrier": Fault(
        direct_host,
        lambda facts: with_link(facts, "eth0", carrier=False),
        "uplink-no-carrier",
        "link eth0",
        "ethtool eth0",
    ),
    "macvtap on a link that is gone": Fault(
        direct_host,
        lambda facts: without_link(facts, "eth0"),
        "direct-link-missing",
        "the host's network configuration",
        None,
    ),
    "macvtap on Wi-Fi": Fault(
        direct_host,
        wifi,
        "uplink-foreign-mac",
        "link eth0: the access point",
        "vnetmgr update-nic web1 lan --nat",
    ),
    "bridge on Wi-Fi": Fault(
        LAN,
        wifi,
        "uplink-foreign-mac",
        "link eth0: the access point",
        "vnetmgr update-nic web1 lan --nat",
    ),
    "nested uplink that takes no foreign MAC": Fault(
        LAN,
        nested,
        "uplink-foreign-mac",
        "link eth0: Hyper-V",
        "vnetmgr update-nic web1 lan --nat",
    ),
    "host's address left on the uplink": Fault(
        LAN,
        lambda facts: with_link(facts, "eth0", addresses=(hosts.address("192.0.2.10/24"),)),
        "uplink-has-address",
        "the host's network configuration",
        "ip address del 192.0.2.10/24 dev eth0 && ip address add 192.0.2.10/24 dev br0",
        status=Status.WARNING,
    ),
    "LAN's router silent to the host": Fault(
        LAN,
        lambda facts: replace(
            facts,
            neighbours=(
                Neighbour(address=ip_address("192.0.2.1"), link="br0", mac=None, state="failed"),
            ),
        ),
        "router-no-answer",
        "the LAN behind br0",
        "arping -c 3 -I br0 192.0.2.1",
        status=Status.WARNING,
    ),
    # MTU.
    "MTU of guest and tap": Fault(
        LAN,
        lambda facts: with_nic(facts, mtu=9000),
        "mtu-guest-tap",
        "link vnet0",
        "ip link set vnet0 mtu 9000",
    ),
    "MTU of tap and guest that was told nothing": Fault(
        LAN,
        lambda facts: with_link(facts, "vnet0", mtu=1400),
        "mtu-guest-tap",
        "link vnet0",
        "ip link set vnet0 mtu 1500",
    ),
    "MTU of tap and bridge": Fault(
        LAN,
        lambda facts: with_link(facts, "br0", mtu=1400),
        "mtu-tap-bridge",
        "bridge br0",
        "ip link set br0 mtu 1500",
    ),
    "MTU of bridge and a smaller tap": Fault(
        lambda: bridge_host(mtu=9000),
        lambda facts: with_nic(with_link(facts, "vnet0", mtu=1500), mtu=1500),
        "mtu-tap-bridge",
        "link vnet0",
        "vnetmgr update-nic web1 lan --mtu 9000 --allow replug",
        status=Status.WARNING,
    ),
    "MTU of the uplink, which its bridge has taken over": Fault(
        lambda: bridge_host(mtu=9000),
        lambda facts: with_link(with_link(facts, "eth0", mtu=1500), "br0", mtu=1500),
        "mtu-uplink",
        "link eth0",
        "vnetmgr update-nic web1 lan --mtu 1500 --allow replug",
    ),
    "MTU of tap and uplink": Fault(
        lambda: bridge_host(mtu=9000),
        lambda facts: with_link(facts, "eth0", mtu=1500),
        "mtu-uplink",
        "link eth0",
        "vnetmgr update-nic web1 lan --mtu 1500 --allow replug",
    ),
}
