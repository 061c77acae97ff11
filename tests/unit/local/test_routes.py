"""Routes and addresses, from /proc/net as recorded and as the real kernel writes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vnetmgr.local.routes import read_gateways, read_routes
from vnetmgr.model.seen.observed import HostRoutes

# Linux 6.18, where rules have parted Main from Local; shortened, but no line is changed.
FIB_TRIE = """\
Id 200:
  |-- 10.8.0.0
     /16 link UNICAST
Main:
  +-- 0.0.0.0/4 2 0 2
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.0.0.0/9 2 1 2
        +-- 10.1.2.0/25 2 0 2
           |-- 10.1.2.0
              /24 link UNICAST
        |-- 10.7.0.0
           /16 universe UNICAST
        +-- 10.8.0.0/14 2 0 2
           |-- 10.9.0.0
              /16 universe BLACKHOLE
           |-- 10.11.0.0
              /16 universe UNREACHABLE
        |-- 10.66.0.2
           /32 link UNICAST
Local:
  +-- 0.0.0.0/1 2 0 2
     +-- 10.0.0.0/9 2 0 1
        +-- 10.0.0.0/13 2 0 2
           +-- 10.1.2.0/24 2 0 2
              |-- 10.1.2.3
                 /32 host LOCAL
              |-- 10.1.2.255
                 /32 link BROADCAST
           |-- 10.5.5.5
              /32 host LOCAL
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
        |-- 127.255.255.255
           /32 link BROADCAST
"""
ROUTE = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
v0\t00000000\t0102010A\t0003\t0\t0\t0\t00000000\t0\t0\t0
v0\t0002010A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
v0\t0000070A\t0902010A\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0
*\t0000090A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
*\t00000B0A\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0
v1\t0200420A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
"""
NONE = "00000000000000000000000000000000"
IPV6_ROUTE = f"""\
fd000001000000000000000000000000 40 {NONE} 00 {NONE} 00000100 00000003 00000000 00000001       v0
fd000002000000000000000000000000 30 {NONE} 00 fd000001000000000000000000000009 00000400 00000002 \
00000000 00000003       v0
fd000003000000000000000000000000 30 {NONE} 00 {NONE} 00000400 00000001 00000000 00200200       lo
fe800000000000000000000000000000 40 {NONE} 00 {NONE} 00000100 00000002 00000000 00000001       v1
{NONE} 00 {NONE} 00 fd000001000000000000000000000009 00000400 00000001 00000000 00000003       v0
00000000000000000000000000000001 80 {NONE} 00 {NONE} 00000000 00000002 00000000 80200001       lo
fd000001000000000000000000000001 80 {NONE} 00 {NONE} 00000000 00000002 00000000 80200001       v0
ff000000000000000000000000000000 08 {NONE} 00 {NONE} 00000100 00000003 00000000 00000001       v1
{NONE} 00 {NONE} 00 {NONE} ffffffff 00000001 00000000 00200200       lo
"""
IF_INET6 = """\
00000000000000000000000000000001 01 80 10 80       lo
fe8000000000000054120cfffe090904 03 40 20 c0       v0
fd000001000000000000000000000001 03 40 00 82       v0
"""


def _proc(root: Path, **files: str) -> Path:
    (root / "net").mkdir()
    for name, text in files.items():
        (root / "net" / name).write_text(text)
    return root


def _shown(found: HostRoutes) -> set[tuple[str, str | None]]:
    """Addresses without a prefix length."""
    shown = [
        (str(each.network.network_address if each.is_address else each.network), each.link)
        for each in found.routes
    ]
    assert len(shown) == len(set(shown))
    return set(shown)


def test_what_the_kernel_wrote(tmp_path: Path) -> None:
    proc = _proc(tmp_path, fib_trie=FIB_TRIE, route=ROUTE, ipv6_route=IPV6_ROUTE, if_inet6=IF_INET6)

    found = read_routes(proc)

    assert _shown(found) == {
        ("10.8.0.0/16", None),
        ("10.1.2.0/24", "v0"),
        ("10.7.0.0/16", "v0"),
        ("10.66.0.2/32", "v1"),
        ("10.1.2.3", "v0"),
        ("10.5.5.5", None),
        ("fd00:1::/64", "v0"),
        ("fd00:2::/48", "v0"),
        ("fd00:1::1", "v0"),
    }
    assert found.ra_links == ()


def test_one_trie_shown_twice_is_read_once(tmp_path: Path) -> None:
    trie = """\
  +-- 192.0.2.0/24 2 0 2
     |-- 192.0.2.0
        /24 link UNICAST
        /24 link UNICAST
     |-- 192.0.2.2
        /32 host LOCAL
"""
    proc = _proc(tmp_path, fib_trie=f"Main:\n{trie}Local:\n{trie}")

    assert len(read_routes(proc).routes) == 2


def test_a_prefix_on_two_links_is_a_route_on_each(tmp_path: Path) -> None:
    lines = "".join(
        f"{link}\t000200C0\t00000000\t0001\t0\t0\t{metric}\t00FFFFFF\t0\t0\t0\n"
        for link, metric in (("eth0", 100), ("wlan0", 600))
    )
    trie = "Main:\n  |-- 192.0.2.0\n     /24 link UNICAST\n     /24 link UNICAST\n"

    found = read_routes(_proc(tmp_path, fib_trie=trie, route=lines))

    assert _shown(found) == {("192.0.2.0/24", "eth0"), ("192.0.2.0/24", "wlan0")}


def test_default_routes_in_pieces_are_none(tmp_path: Path) -> None:
    trie = """\
Main:
  +-- 0.0.0.0/0 1 0 0
     |-- 0.0.0.0
        /0 universe UNICAST
        /1 universe UNICAST
     |-- 128.0.0.0
        /1 universe UNICAST tos=0x10
"""
    row = f"20000000000000000000000000000000 03 {NONE} 00 {NONE} 00000400 1 0 00000001 sit1\n"

    assert read_routes(_proc(tmp_path, fib_trie=trie, ipv6_route=row)).routes == ()


def test_a_local_network_is_a_route(tmp_path: Path) -> None:
    trie = "Local:\n  |-- 10.9.0.0\n     /24 host LOCAL\n"
    row = f"fd000009000000000000000000000000 40 {NONE} 00 {NONE} 0 1 0 80200001 lo\n"

    found = read_routes(_proc(tmp_path, fib_trie=trie, ipv6_route=row))

    assert _shown(found) == {("10.9.0.0/24", None), ("fd00:9::/64", "lo")}


def test_an_anycast_address_is_no_route_and_a_link_may_be_missing(tmp_path: Path) -> None:
    rows = (
        f"fd000001000000000000000000000000 80 {NONE} 00 {NONE} 0 1 0 00300001 v0\n"
        f"fd000002000000000000000000000000 40 {NONE} 00 {NONE} 0 1 0 00000001         \n"
    )

    assert _shown(read_routes(_proc(tmp_path, ipv6_route=rows))) == {("fd00:2::/64", None)}


@pytest.mark.parametrize(
    ("accept_ra", "links"), [("0", ("v0",)), ("1", ("v0",)), ("2", ()), (None, ("v0",))]
)
def test_routes_learnt_from_router_advertisements(
    tmp_path: Path, accept_ra: str | None, links: tuple[str, ...]
) -> None:
    rows = f"{NONE} 00 {NONE} 00 fe80000000000000000000000000000a 400 1 0 00450003 v0\n"
    rows += f"fd000001000000000000000000000000 40 {NONE} 00 {NONE} 100 1 0 000c0001 v0\n"
    rows += f"{NONE} 00 {NONE} 00 {NONE} 100 1 0 00040001 lo\n"
    proc = _proc(tmp_path, ipv6_route=rows)
    for name, value in (("v0", accept_ra), ("all", "2")):
        if value is not None:
            folder = proc / "sys/net/ipv6/conf" / name
            folder.mkdir(parents=True)
            (folder / "accept_ra").write_text(f"{value}\n")

    assert read_routes(proc).ra_links == links


def test_gateways(tmp_path: Path) -> None:
    proc = tmp_path / "net"
    proc.mkdir()
    rows = [
        *("v0\t00000000\t0102010A\t0003", "v0\t0000090A\t0202010A\t0003"),
        *("v0\t0002010A\t00000000\t0001", "*\t0000070A\t00000000\t0200"),
    ]
    masks = ("00000000", "0000FFFF", "00FFFFFF", "0000FFFF")
    lines = [f"{row}\t0\t0\t1\t{mask}\t0\t0\t0" for row, mask in zip(rows, masks, strict=True)]
    (proc / "route").write_text("\n".join((ROUTE.splitlines()[0], *lines)))
    none, via = "0" * 32, "fd006000" + "0" * 22 + "10"
    (proc / "ipv6_route").write_text(
        f"fd010000{'0' * 24} 30 {none} 00 {via} 00000001 00000001 00000000 00000003 v0\n"
        f"fd006000{'0' * 24} 40 {none} 00 {none} 00000100 00000001 00000000 00000001 v0\n"
    )
    assert {tuple(map(str, each)) for each in read_gateways(tmp_path)} == {
        ("v0", "0.0.0.0/0", "10.1.2.1"),
        ("v0", "10.9.0.0/16", "10.1.2.2"),
        ("v0", "fd01::/48", "fd00:6000::10"),
    }
    assert read_gateways(tmp_path / "none") == set()


def test_no_proc_is_nothing(tmp_path: Path) -> None:
    assert read_routes(tmp_path / "missing") == HostRoutes()


def test_a_thousand_routes_and_addresses_keep_their_links(tmp_path: Path) -> None:
    trie, rows = ["Main:"], []
    for number in range(1000):
        high, low = divmod(number, 250)
        trie += [f"  |-- 10.{high}.{low}.0", "     /24 link UNICAST"]
        trie += [f"  |-- 10.{high}.{low}.1", "     /32 host LOCAL"]
        rows += [f"v{number}\t00{low:02X}{high:02X}0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0"]
    proc = _proc(tmp_path, fib_trie="\n".join(trie), route="\n".join(rows))

    shown = _shown(read_routes(proc))

    assert len(shown) == 2000
    assert ("10.3.249.1", "v999") in shown


_NAMESPACE = """
set -e
cd /proc/sys/net/ipv6/conf
echo 0 > default/accept_dad
ip link set lo up
ip link add v0 type veth peer name v1
echo 0 > v0/forwarding
echo 1 > v0/accept_ra
echo 1 > v0/accept_ra_from_local
echo 0 > v1/accept_ra
ip address add 10.1.2.3/24 dev v0
ip -6 address add fd00:1::1/64 dev v0 nodad
ip link set v0 up
ip link set v1 up
ip address add 10.5.5.5/32 dev v1
ip route add default via 10.1.2.1
ip route add 10.7.0.0/16 via 10.1.2.9
ip route add 10.8.0.0/16 dev v0 table 200
ip route add blackhole 10.9.0.0/16
ip -6 route add fd00:2::/48 via fd00:1::9
ip -6 route add fd00:8::/64 dev v0 table 300
ip -6 route add default via fd00:1::9
cd "$2"
exec "$0" -c "$1"
"""
_READ = """
import json, socket, struct, time
from pathlib import Path
from vnetmgr.local.routes import read_gateways, read_routes

def shown():
    found = read_routes()
    return [
        [[str(r.network), r.link, r.is_address] for r in found.routes], list(found.ra_links)
    ]

before = shown()
# RFC 4861: a router advertisement with one on-link prefix, sent from v1 to v0.
router = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
prefix = struct.pack("!BBBBIII16s", 3, 4, 64, 0x80, 1800, 1800, 0,
                     socket.inet_pton(socket.AF_INET6, "fd00:99::"))
index = socket.if_nametoindex("v1")
sender = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
end = time.monotonic() + 10
while not (after := shown())[1] and time.monotonic() < end:
    try:
        sender.sendto(router + prefix, ("ff02::1", 0, 0, index))
    except OSError:  # no link-local address yet
        pass
    time.sleep(0.05)
Path("/proc/sys/net/ipv6/conf/v0/accept_ra").write_text("2")
print(json.dumps([before, after, shown()]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="makes a network namespace: root only")
def test_the_real_kernel(tmp_path: Path) -> None:
    command = ["unshare", "--net", "sh", "-c", _NAMESPACE, sys.executable, _READ, str(Path.cwd())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (routes, links), (learnt, ra_links), (_, no_links) = json.loads(done.stdout)

    assert sorted(routes, key=str) == [
        ["10.1.2.0/24", "v0", False],
        ["10.1.2.3/32", "v0", True],
        ["10.5.5.5/32", None, True],
        ["10.7.0.0/16", "v0", False],
        ["10.8.0.0/16", None, False],
        ["fd00:1::/64", "v0", False],
        ["fd00:1::1/128", "v0", True],
        ["fd00:2::/48", "v0", False],
        ["fd00:8::/64", "v0", False],
    ]
    assert links == []
    assert ["fd00:99::/64", "v0", False] in learnt
    assert ra_links == ["v0"]
    assert no_links == []
