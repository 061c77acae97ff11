"""Bad input for networks: refused before anything is touched, with every problem named at once;
and the subnet that is chosen where none is given."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.system.conftest import forget_networks, ok, refused
from tests.system.host import test_remote
from tests.system.plugged import everything, make_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Lab

far = test_remote.far

BAD, UNSAFE = 2, 4
NEW = ("--subnet", "192.168.70.0/24")
NEW6 = ("--subnet", "fd00:70::/64")
RANGE = "192.168.70.5-192.168.70.9"


@pytest.fixture(scope="module")
def house(lab: Lab) -> Iterator[Lab]:
    """A host with what can be in the way: networks, a link, routes and an address."""
    forget_networks(lab)
    make_network(lab, "lab")
    ok(lab.vnetmgr("create-network", "ext", "--mode", "bridge", "--bridge", "br0"))
    lab.sh(
        """set -e
        ip link add link0 type veth peer name link1
        ip route add 10.99.0.0/16 via 10.11.0.1
        ip address add 10.98.0.5/32 dev br1
        ip -6 route add fd00:99::/48 dev br1"""
    )
    yield lab
    lab.sh(
        """ip link del link0
        ip route del 10.99.0.0/16
        ip address del 10.98.0.5/32 dev br1
        ip -6 route del fd00:99::/48 dev br1"""
    )
    forget_networks(lab)


CREATIONS: dict[str, list[tuple[tuple[str, ...], int, tuple[str, ...]]]] = {
    "subnets": [
        (
            ("--subnet", "192.168.70.5/24"),
            BAD,
            (
                "192.168.70.5/24 is an address in 192.168.70.0/24, not a network",
                "--subnet 192.168.70.0/24 --gateway 192.168.70.5",
            ),
        ),
        (("--subnet", "192.168.70.0"), BAD, ("no prefix length",)),
        (("--subnet", "192.168.70.0/33"), BAD, ("'192.168.70.0/33' is no subnet",)),
        (("--subnet", "10.0.0.0/31"), BAD, ("an IPv4 prefix length is 1 to 30",)),
        (("--subnet", "garden/24"), BAD, ("'garden/24' is no subnet",)),
        (("--subnet", "224.0.0.0/24"), BAD, ("multicast",)),
        (("--subnet", "127.1.0.0/16"), BAD, ("loopback",)),
        ((*NEW, *NEW), BAD, ("192.168.70.0/24 is given twice",)),
        (
            (*NEW, "--subnet", "192.168.70.128/25"),
            BAD,
            ("192.168.70.128/25 overlaps 192.168.70.0/24",),
        ),
    ],
    "gateways": [
        ((*NEW, "--gateway", "192.168.71.1"), BAD, ("192.168.71.1 is in none of the subnets",)),
        ((*NEW, "--gateway", "192.168.70.255"), BAD, ("is the broadcast address",)),
        ((*NEW, "--gateway", "192.168.70.0"), BAD, ("is the network address",)),
        (
            (*NEW, "--gateway", "192.168.70.1", "--gateway", "192.168.70.2"),
            BAD,
            ("192.168.70.1 and 192.168.70.2 are both in 192.168.70.0/24",),
        ),
        (("--gateway", "192.168.70.1"), BAD, ("192.168.70.1 is in none", "--subnet was not given")),
    ],
    "ranges": [
        ((*NEW, "--dhcp-range", "192.168.71.5-192.168.71.9"), BAD, ("is not within one of",)),
        ((*NEW, "--dhcp-range", "192.168.70.5-192.168.71.9"), BAD, ("is not within one of",)),
        ((*NEW, "--dhcp-range", "192.168.70.9-192.168.70.5"), BAD, ("runs backwards",)),
        (
            (*NEW, "--dhcp-range", "192.168.70.1-192.168.70.5"),
            BAD,
            ("contains the gateway 192.168.70.1",),
        ),
        (
            (*NEW, "--gateway", "192.168.70.7", "--dhcp-range", RANGE),
            BAD,
            ("contains the gateway 192.168.70.7",),
        ),
        (
            (*NEW, "--dhcp-range", "192.168.70.5-192.168.70.255"),
            BAD,
            ("192.168.70.255 is the broadcast address",),
        ),
        (
            (*NEW, "--dhcp-range", RANGE, "--dhcp-range", "192.168.70.9-192.168.70.20"),
            BAD,
            ("192.168.70.5-192.168.70.9 and 192.168.70.9-192.168.70.20 overlap",),
        ),
        ((*NEW, "--dhcp-range", "192.168.70.5"), BAD, ("'192.168.70.5' is not like",)),
        (("--dhcp-range", RANGE), BAD, (f"{RANGE} is in none", "--subnet was not given")),
        ((*NEW, "--dhcp-range", RANGE, "--no-dhcp"), BAD, ("does not go with --no-dhcp",)),
        ((*NEW, "--lease-time", "1m"), BAD, ("2 minutes",)),
        ((*NEW, "--lease-time", "soon"), BAD, ("'soon' is not a time",)),
        ((*NEW, "--lease-time", "1h", "--no-dhcp"), BAD, ("--lease-time: does not go with",)),
        ((*NEW6, "--lease-time", "1h"), BAD, ("--lease-time: it is that of a DHCP range",)),
    ],
    "IPv6": [
        (("--subnet", "fd00:70::1/64"), BAD, ("--subnet fd00:70::/64 --gateway fd00:70::1",)),
        (("--subnet", "fe80::/64"), BAD, ("link-local",)),
        (("--subnet", "fd00:70::/127"), BAD, ("an IPv6 prefix length is 1 to 126",)),
        (
            ("--subnet", "fd00:70::/48", "--dhcp-range", "fd00:70::5-fd00:70::9"),
            BAD,
            ("IPv6 subnets of /64 or longer, not fd00:70::/48",),
        ),
        ((*NEW6, "--dhcp-range", "fd00:71::5-fd00:71::9"), BAD, ("is not within one of",)),
        ((*NEW6, "--dhcp-range", "fd00:70::9-fd00:70::5"), BAD, ("runs backwards",)),
        ((*NEW6, "--dhcp-range", "fd00:70::1-fd00:70::5"), BAD, ("contains the gateway",)),
        ((*NEW6, "--dhcp-range", "192.168.70.5-fd00:70::5"), BAD, ("from IPv4 to IPv6",)),
        ((*NEW6, "--mtu", "1000"), BAD, ("1000 is too small for IPv6", "1280")),
        ((*NEW6, "--gateway", "fe80::1"), BAD, ("link-local",)),
    ],
    "links": [
        (("--bridge", "a234567890123456"), BAD, ("'a234567890123456'", "1 to 15 bytes")),
        (("--bridge", "a b"), BAD, ("'a b'", "space")),
        (("--bridge", "virbr%d"), BAD, ("no '%' in a name",)),
        (("--bridge", "virbr60"), UNSAFE, ("bridge virbr60 is network lab's",)),
        (("--bridge", "link0"), UNSAFE, ("link0 is the name of a link that the host has",)),
        (("--bridge", "br1"), UNSAFE, ("br1 is the name of a link that the host has",)),
        (("--forward-dev", "link9"), UNSAFE, ("link link9 does not exist. Did you mean link",)),
        (("--mode", "bridge"), BAD, ("--mode bridge needs --bridge",)),
        (
            ("--mode", "bridge", "--bridge", "br7"),
            UNSAFE,
            ("br7 does not exist", "ip link add br7 type bridge && ip link set br7 up"),
        ),
        (("--mode", "bridge", "--bridge", "link0"), UNSAFE, ("link0 is a link", "no Linux bridge")),
    ],
    "values": [
        (("--mtu", "67"), BAD, ("MTU '67'", "68 to 65535")),
        (("--mtu", "65536"), BAD, ("MTU '65536'", "68 to 65535")),
        (("--portgroup", "a", "--portgroup", "a,inbound=8mbit"), BAD, ("a is given twice",)),
        (
            ("--portgroup", "a,default", "--portgroup", "b,default"),
            BAD,
            ("one default, not a and b",),
        ),
        (("--portgroup", "a,colour=red"), BAD, ("'colour=red'", "inbound=")),
        (("--portgroup", "a,inbound=fast"), BAD, ("fast",)),
        (("--portgroup", "a,vlan=5"), BAD, ("a has a VLAN, and a nat network tags none",)),
        (("--portgroup", "a,vlan=5", "--mode", "bridge", "--bridge", "br1"), UNSAFE, ("a VLAN",)),
        (("--dns-domain", "a b"), BAD, ("'a b'",)),
        (("--dns-domain", "lab.test\nlog-queries"), BAD, ("DNS name",)),
        (("--dhcp-option", "nonsense"), BAD, ("'nonsense' is not like",)),
        (("--dhcp-option", "42,10.0.0.1\nlog-dhcp"), BAD, ("cannot hold",)),
        (("--template", "/nosuch.xml"), BAD, ("/nosuch.xml cannot be read",)),
    ],
    "modes": [
        (("--mode", "natt"), BAD, ("'natt' is not one of", "Did you mean nat?")),
        (
            ("--mode", "bridge", "--bridge", "br1", *NEW, "--mtu", "1400"),
            BAD,
            ("2 problems", "--subnet: a bridge network has none", "--mtu: a bridge network"),
        ),
        (("--mode", "isolated", "--forward-dev", "br1"), BAD, ("an isolated network has none",)),
        (("--mode", "open", "--forward-dev", "br1"), BAD, ("an open network has none",)),
        (("--mode", "routed", "--nat-ipv6"), BAD, ("--nat-ipv6: a routed network has none",)),
        (("--mode", "isolated", "--pf", "br1"), BAD, ("--pf: an isolated network has none",)),
    ],
    "overlaps": [
        (
            ("--subnet", "192.168.60.128/25"),
            UNSAFE,
            ("192.168.60.128/25 overlaps 192.168.60.0/24 of network lab",),
        ),
        (("--subnet", "192.168.0.0/16"), UNSAFE, ("overlaps 192.168.60.0/24 of network lab",)),
        (("--subnet", "10.99.5.0/24"), UNSAFE, ("this host's route 10.99.0.0/16 (br1)",)),
        (("--subnet", "10.98.0.0/24"), UNSAFE, ("contains this host's address 10.98.0.5",)),
        (("--subnet", "10.10.0.0/24"), UNSAFE, ("this host's route 10.10.0.0/24 (br0)",)),
        (("--subnet", "fd00:99:0:5::/64"), UNSAFE, ("this host's route fd00:99::/48 (br1)",)),
    ],
    "several at once": [
        (
            (
                *("--mode", "natt", "--bridge", "a234567890123456", "--subnet", "192.168.70.5/24"),
                *("--mtu", "5", "--no-dhcp", "--lease-time", "1h", "--dns-domain", "-"),
            ),
            BAD,
            ("6 problems", "--mode", "--bridge", "--subnet", "--mtu", "--lease-time", "--dns-dom"),
        ),
        (
            ("--subnet", "192.168.60.0/24", "--bridge", "virbr60", "--forward-dev", "nothere"),
            UNSAFE,
            ("3 problems", "of network lab", "virbr60 is network lab's", "nothere does not exist"),
        ),
        (
            ("--dhcp-range", RANGE, "--bridge", "virbr60", "--forward-dev", "nothere"),
            BAD,
            ("4 problems", RANGE, "virbr60 is network lab's", "nothere does not exist"),
        ),
    ],
}


@pytest.mark.parametrize("about", CREATIONS)
def test_create_network_refuses(house: Lab, about: str) -> None:
    before = state(house)
    for options, code, parts in CREATIONS[about]:
        said = refused(house.vnetmgr("create-network", "new", *options), code)
        for part in parts:
            assert part in said, options
        assert state(house) == before, options


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("", "is no name"),
        ("  ", "a name is"),
        ("a/b", "a name is printable text without '/'"),
        ("a\nb", "a name is printable text"),
        ("a\tb", "a name is printable text"),
        ("a\x01b", "a name is printable text"),
        ("x" * 201, "more than 200 bytes"),
    ],
    ids=["none", "blanks", "slash", "newline", "tab", "control character", "long"],
)
def test_create_network_refuses_a_name(house: Lab, name: str, part: str) -> None:
    before = state(house)
    assert part in refused(house.vnetmgr("create-network", name), BAD)
    assert state(house) == before


RESTART = ("--allow", "restart")
UPDATES: dict[str, list[tuple[tuple[str, ...], int, tuple[str, ...]]]] = {
    "in place": [
        (
            ("--dhcp-range", "192.168.61.5-192.168.61.9"),
            BAD,
            ("192.168.61.5-192.168.61.9 is in none of the subnets (192.168.60.0/24)",),
        ),
        (("--dhcp-range", "fd00:70::5-fd00:70::9"), BAD, ("is in none of the subnets",)),
        (("--dhcp-range", "192.168.60.9-192.168.61.5"), BAD, ("is not within one of",)),
        (("--dhcp-range", "192.168.60.9-192.168.60.5"), BAD, ("runs backwards",)),
        (("--dhcp-range", "192.168.60.1-192.168.60.5"), BAD, ("contains the gateway",)),
        (("--lease-time", "5s"), BAD, ("2 minutes",)),
        (("--lease-time", "1h", "--no-dhcp"), BAD, ("--lease-time: does not go with",)),
        (("--portgroup", "a", "--portgroup", "a"), BAD, ("a is given twice",)),
        (("--portgroup", "a", "--portgroup", "none"), BAD, ("goes with nothing else",)),
        (("--portgroup", "a,vlan=7"), BAD, ("a nat network tags none",)),
        (("--forward-dev", "link9"), UNSAFE, ("link9 does not exist",)),
    ],
    "by a restart": [
        (("--subnet", "192.168.70.5/24", *RESTART), BAD, ("not a network",)),
        (("--subnet", "none", *RESTART), BAD, ("--mode nat needs --subnet",)),
        (("--gateway", "192.168.61.1", *RESTART), BAD, ("192.168.61.1 is in none of",)),
        (
            ("--gateway", "192.168.60.2", "--gateway", "192.168.60.3", *RESTART),
            BAD,
            ("192.168.60.2 and 192.168.60.3 are both in 192.168.60.0/24",),
        ),
        (("--gateway", "192.168.60.150", *RESTART), BAD, ("contains the gateway 192.168.60.150",)),
        (("--mtu", "67", *RESTART), BAD, ("68 to 65535",)),
        (("--bridge", "a234567890123456", *RESTART), BAD, ("1 to 15 bytes",)),
        (("--bridge", "br0", *RESTART), UNSAFE, ("br0 is network ext's",)),
        (("--bridge", "link0", *RESTART), UNSAFE, ("link0 is the name of a link",)),
        (("--subnet", "10.10.0.0/24", *RESTART), UNSAFE, ("route 10.10.0.0/24 (br0)",)),
        (("--subnet", "10.99.5.0/24", *RESTART), UNSAFE, ("route 10.99.0.0/16 (br1)",)),
        (("--mode", "bridge", "--bridge", "br7", *RESTART), UNSAFE, ("ip link add br7",)),
        (("--mode", "open", "--forward-dev", "br1", *RESTART), BAD, ("an open network",)),
        (("--nat-ipv6", "--mode", "routed", *RESTART), BAD, ("a routed network has none",)),
        (("--mtu", "1400"), UNSAFE, ("mtu - -> 1400 [restart]", "--allow restart")),
        (("--mtu", "1400", "--live"), UNSAFE, ("cannot change while it runs",)),
        (
            ("--dhcp-range", "10.0.0.5-10.0.0.9", "--bridge", "br0", "--forward-dev", "link9"),
            BAD,
            ("3 problems", "10.0.0.5", "br0 is network ext's", "link9 does not exist"),
        ),
    ],
    "nothing": [((), BAD, ("nothing to change",))],
}


@pytest.mark.parametrize("about", UPDATES)
def test_update_network_refuses(house: Lab, about: str) -> None:
    before = state(house)
    for options, code, parts in UPDATES[about]:
        said = refused(house.vnetmgr("update-network", "lab", *options), code)
        for part in parts:
            assert part in said, options
        assert state(house) == before, options


@pytest.mark.parametrize(
    ("name", "options", "code", "part"),
    [
        ("labb", ("--mtu", "1400"), 1, "does not exist on .* Did you mean lab?"),
        ("ext", NEW, BAD, "--subnet: a bridge network has none"),
        ("ext", ("--lease-time", "1h"), BAD, "--lease-time: a bridge network has none"),
        ("ext", ("--bridge", "none"), BAD, "cannot be cleared"),
        ("ext", ("--bridge", "br7", *RESTART), UNSAFE, "ip link add br7 type bridge"),
        ("ext", ("--portgroup", "a,vlan=5"), UNSAFE, "a has a VLAN, and bridge br0 is a Linux"),
        ("ext", ("--mode", "nat", *RESTART), BAD, "--mode nat needs --subnet"),
    ],
)
def test_update_network_refuses_for_another(
    house: Lab, name: str, options: tuple[str, ...], code: int, part: str
) -> None:
    before = state(house)
    assert re.search(part, refused(house.vnetmgr("update-network", name, *options), code))
    assert state(house) == before


def state(lab: Lab) -> object:
    """What must not change."""
    return everything(lab), lab.sh("ls /sys/class/net; cat /proc/sys/net/ipv6/conf/all/forwarding")


def chosen(lab: Lab, name: str) -> str:
    """The subnet that a new network gets where none is asked for."""
    said = ok(lab.vnetmgr("create-network", name))
    (subnet,) = re.findall(r"nat, (\S+)\n", said)
    assert f"<ip address='{subnet[:-4]}1'" in lab.conn.networkLookupByName(name).XMLDesc(0)
    return str(subnet)


@pytest.fixture
def bare(lab: Lab) -> Iterator[Lab]:
    """A host without networks, before and after."""
    forget_networks(lab)
    yield lab
    forget_networks(lab)


def test_a_chosen_subnet_is_free_of_networks_routes_and_addresses(bare: Lab) -> None:
    lab = bare
    there = (
        *("route ACT 192.168.122.0/24 dev br1", "address ACT 192.168.123.7/32 dev br0"),
        *("route ACT 192.168.124.128/25 dev br1", "address ACT 192.168.126.1/23 dev br1"),
    )
    lab.sh("\n".join(("set -e", *(f"ip {each}" for each in there))).replace("ACT", "add"))
    try:
        assert chosen(lab, "one") == "192.168.125.0/24"
        # One that is off has its subnet all the same.
        lab.conn.networkLookupByName("one").destroy()
        assert chosen(lab, "two") == "192.168.128.0/24"
    finally:
        lab.sh("\n".join(f"ip {each}" for each in there).replace("ACT", "del"))
    assert chosen(lab, "three") == "192.168.122.0/24"


def test_from_afar_a_subnet_has_to_be_given(bare: Lab, far: str) -> None:
    said = refused(bare.vnetmgr("create-network", "new", "-c", far), BAD)
    assert "cannot be seen from here" in said
    assert "give one with --subnet" in said
    ok(bare.vnetmgr("create-network", "new", *NEW, "-c", far))
    assert bare.conn.networkLookupByName("new").isActive()


# RFC 4861: a router advertisement with one on-link prefix, sent from ra1 to ra0.
ADVERTISE = """
import socket, struct, time
from vnetmgr.local.routes import read_routes
router = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
prefix = struct.pack("!BBBBIII16s", 3, 4, 64, 0x80, 1800, 1800, 0,
                     socket.inet_pton(socket.AF_INET6, "fd00:98::"))
sender = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
end = time.monotonic() + 60
while not read_routes().ra_links:
    assert time.monotonic() < end
    try:
        sender.sendto(router + prefix, ("ff02::1", 0, 0, socket.if_nametoindex("ra1")))
    except OSError:  # no link-local address yet
        pass
    time.sleep(0.05)
"""


@contextmanager
def advertised(lab: Lab) -> Iterator[None]:
    """The link ra0 has a route from a router's advertisement."""
    lab.sh(
        """set -e
        cd /proc/sys/net/ipv6/conf
        echo 0 > all/forwarding
        ip link add ra0 type veth peer name ra1
        echo 1 > ra0/accept_ra
        echo 1 > ra0/accept_ra_from_local
        echo 0 > ra1/accept_ra
        ip link set ra0 up
        ip link set ra1 up"""
    )
    try:
        done = lab.run([sys.executable, "-c", ADVERTISE])
        assert done.returncode == 0, done.stderr
        yield
    finally:
        lab.sh("ip link del ra0")


def test_ipv6_forwarding_that_would_drop_advertised_routes_is_refused(bare: Lab) -> None:
    lab = bare
    with advertised(lab):
        before = state(lab)
        for mode in ("nat", "routed", "open"):
            said = refused(lab.vnetmgr("create-network", "new", "--mode", mode, *NEW6), UNSAFE)
            assert "link ra0 has routes from router advertisements" in said
            assert "sysctl net.ipv6.conf.ra0.accept_ra=2" in said
            assert state(lab) == before
        ok(lab.vnetmgr("create-network", "off", *NEW6, "--no-start"))
        assert "accept_ra=2" in refused(lab.vnetmgr("start-network", "off"), UNSAFE)
        ok(lab.vnetmgr("delete-network", "off"))
        ok(lab.vnetmgr("create-network", "alone", "--mode", "isolated", *NEW6))
        ok(lab.vnetmgr("create-network", "v4", *NEW))
        moved = ("update-network", "v4", "--subnet", "fd00:71::/64", *RESTART)
        assert "accept_ra=2" in refused(lab.vnetmgr(*moved), UNSAFE)
        lab.sh("echo 2 > /proc/sys/net/ipv6/conf/ra0/accept_ra")
        ok(lab.vnetmgr(*moved))
        ok(lab.vnetmgr("create-network", "new", "--subnet", "fd00:72::/64"))
        assert "fd00:98::/64" in lab.sh("ip -6 route show dev ra0")
