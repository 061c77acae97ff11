"""What check-migration says is so: what it says is in the way, libvirt refuses or the guest would
lose; what it says is not, libvirt takes. Each guest is then really migrated, or tried to be."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import libvirt
import pytest

from tests.system.conftest import ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Host, Pair
    from tests.system.quick import Quick

MAC, OTHER_MAC = "52:54:00:00:19:01", "52:54:00:00:19:02"
UUID = "cccccccc-0000-4000-8000-000000000019"
MIGRATE = (
    libvirt.VIR_MIGRATE_LIVE
    | libvirt.VIR_MIGRATE_PEER2PEER
    | libvirt.VIR_MIGRATE_PERSIST_DEST
    | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE
)
LAB = """<network><name>lab</name><forward mode='nat'/>{more}
<ip address='192.168.{net}.1' netmask='255.255.255.0'>
<dhcp><range start='192.168.{net}.2' end='192.168.{net}.254'/>{host}</dhcp></ip></network>"""
LAN = "<network><name>lan</name><forward mode='bridge'/><bridge name='{}'/></network>"
FILTER = "<filter name='{}' chain='root'>{}</filter>"
RULE = "<rule action='{}' direction='inout'/>"


def nic(kind: str, source: str, more: str = "", mac: str = MAC) -> str:
    return (
        f"<interface type='{kind}'><mac address='{mac}'/><source {source}/>"
        f"<model type='virtio'/>{more}</interface>"
    )


BY_URI = ("qemu+tcp://kvm2/system", "-c", "qemu+tcp://kvm1/system")
BRIDGED = nic("bridge", "bridge='br0'")
ON_LAB = nic("network", "network='lab'")
ON_LAN = nic("network", "network='lan'")


def lab(*, net: int = 150, more: str = "", host: str = "") -> str:
    return LAB.format(net=net, more=more, host=host)


def domain(name: str, devices: str = "", uuid: str = "") -> str:
    return (
        f"<domain type='qemu'><name>{name}</name>{uuid and f'<uuid>{uuid}</uuid>'}"
        "<memory unit='MiB'>32</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>"
        f"<devices>{devices}<memballoon model='none'/></devices></domain>"
    )


class Case(NamedTuple):
    """A guest's nic, what both hosts have, and what is said to be in the way."""

    nic: str
    blocking: tuple[str, ...] = ()
    here: tuple[str, ...] = ()
    """Networks and filters."""
    there: tuple[str, ...] | None = None
    """None: the same."""
    off: tuple[str, ...] = ()
    """Networks there that do not run."""
    domains: tuple[str, ...] = ()
    """Those there that are off."""
    running: tuple[str, ...] = ()
    mended: bool = False
    """Whether the commands that are given take all of it out of the way."""
    lost: bool = False
    """Whether libvirt takes it all the same: the guest would lose its network."""


SEVERAL = (
    BRIDGED,
    ON_LAB,
    nic("bridge", "bridge='br0'", "<mtu size='9000'/>"),  # which no bridge carries
    nic("bridge", "bridge='br0'", "<target dev='mine'/>"),
    nic("direct", "dev='eth0' mode='bridge'"),
    f"<interface type='user'><mac address='{MAC}'/></interface>",
)
CASES = {
    "all that is there": Case(
        "".join(each.replace(MAC, f"{MAC[:-1]}{n}") for n, each in enumerate(SEVERAL)),
        here=(lab(),),
    ),
    "no bridge": Case(nic("bridge", "bridge='br1'"), ("bridge br1",)),
    "no network": Case(ON_LAB, ("network lab",), here=(lab(),), there=(), mended=True),
    "network that is off": Case(
        ON_LAB, ("network lab",), here=(lab(),), off=(lab(),), there=(), mended=True
    ),
    "another network": Case(
        ON_LAB, ("network lab",), here=(lab(),), there=(lab(net=151),), lost=True
    ),
    "a network on no bridge": Case(
        ON_LAN, ("bridge br7",), here=(LAN.format("br0"),), there=(LAN.format("br7"),)
    ),
    "the LAN by another bridge": Case(
        ON_LAN, here=(LAN.format("br1"),), there=(LAN.format("br0"),)
    ),
    "a lower MTU": Case(
        ON_LAB,
        ("mtu lab",),
        here=(lab(more="<mtu size='9000'/>"),),
        there=(lab(),),
        mended=True,
        lost=True,
    ),
    "no portgroup": Case(
        nic("network", "network='lab' portgroup='guests'"),
        here=(lab(more="<portgroup name='guests'/>"),),
        there=(lab(),),
        mended=True,
    ),
    "no filter": Case(
        nic("bridge", "bridge='br0'", "<filterref filter='outer'/>"),
        ("filter inner", "filter outer"),
        here=(
            FILTER.format("inner", RULE.format("accept")),
            FILTER.format("outer", "<filterref filter='inner'/>"),
        ),
        there=(),
        mended=True,
    ),
    "another filter": Case(
        nic("bridge", "bridge='br0'", "<filterref filter='inner'/>"),
        here=(FILTER.format("inner", RULE.format("accept")),),
        there=(FILTER.format("inner", RULE.format("drop")),),
    ),
    "packets that the bridge there loses": Case(
        nic("bridge", "bridge='big'"), ("mtu big",), lost=True
    ),
    "macvtap on nothing": Case(nic("direct", "dev='only' mode='bridge'"), ("link only",)),
    "a tap's name that is taken": Case(
        nic("bridge", "bridge='br0'", "<target dev='lan-kvm1'/>"), ("link lan-kvm1",)
    ),
    "left over": Case(BRIDGED, domains=(domain("mover", uuid=UUID),)),
    "another of its name": Case(BRIDGED, ("domain mover",), domains=(domain("mover"),)),
    "another of its UUID": Case(BRIDGED, ("domain mover",), domains=(domain("x", uuid=UUID),)),
    "runs there": Case(BRIDGED, ("domain mover",), running=(domain("mover", uuid=UUID),)),
    "its MAC runs there": Case(
        BRIDGED, (f"mac {MAC}",), running=(domain("twin", BRIDGED),), lost=True
    ),
}


@pytest.fixture
def quick(admins_vnetmgr: Quick) -> Quick:
    """vnetmgr on the administrator's machine."""
    return admins_vnetmgr


@pytest.fixture
def links(pair: Pair) -> Iterator[Pair]:
    """With a link that kvm1 alone has, and a bridge that carries more on it."""
    pair.kvm1.sh("ip link add only type veth peer name only-peer")
    for host, mtu in zip(pair.hosts, (9000, 1500), strict=True):
        host.sh(f"ip link add big type bridge && ip link set big mtu {mtu} up")
    yield pair
    pair.clear()
    pair.kvm1.sh("ip link delete only")
    for host in pair.hosts:
        host.sh("ip link delete big")


@pytest.fixture
def filters(pair: Pair) -> Iterator[None]:
    """They stay as long as a domain has one."""
    yield
    pair.clear()
    for host in pair.hosts:
        for name in ("outer", "inner"):
            with suppress(libvirt.libvirtError):
                host.conn.nwfilterLookupByName(name).undefine()


def make(host: Host, documents: tuple[str, ...], *, on: bool = True) -> None:
    for xml in documents:
        if xml.startswith("<filter"):
            host.conn.nwfilterDefineXML(xml)
        else:
            network = host.conn.networkDefineXML(xml)
            if on:
                network.create()


def start(host: Host, xml: str) -> libvirt.virDomain:
    found = host.conn.defineXML(xml)
    found.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
    return found


def prepared(case: Case, pair: Pair) -> libvirt.virDomain:
    make(pair.kvm1, case.here)
    make(pair.kvm2, case.here if case.there is None else case.there)
    make(pair.kvm2, case.off, on=False)
    for xml in case.domains:
        pair.kvm2.conn.defineXML(xml)
    for xml in case.running:
        start(pair.kvm2, xml)
    return start(pair.kvm1, domain("mover", case.nic, UUID))


def checked(quick: Quick, *words: object) -> tuple[int, dict[str, Any]]:
    """The exit code and the document, of what is called from the administrator's machine."""
    done = quick("check-migration", "mover", *words, "-o", "json")
    return done.returncode, json.loads(done.stdout)


def named(pair: Pair) -> tuple[object, ...]:
    """The words that name both hosts by a file."""
    return "kvm2", "--hosts", pair.hosts_file("tcp")


def blocking(document: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{item['object']} {item['name']}" for item in document["items"] if item["blocking"]
    )


def remedies(document: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(item["remedy"] for item in document["items"] if item["remedy"]))


def run(pair: Pair, command: str) -> None:
    """A command as it was shown, by a shell of the administrator's machine."""
    pair.admin.sh(command.replace("vnetmgr", f"{sys.executable} -m vnetmgr", 1))


def migrates(guest: libvirt.virDomain) -> bool:
    """What libvirt makes of it."""
    try:
        guest.migrateToURI3("qemu+tcp://kvm2/system", {}, MIGRATE)
    except libvirt.libvirtError:
        assert guest.isActive()
        return False
    return True


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.usefixtures("filters")
def test_it_is_as_it_says(case: Case, links: Pair, quick: Quick) -> None:
    guest = prepared(case, links)
    code, document = checked(quick, *named(links), "--host", "kvm1")
    assert blocking(document) == case.blocking
    assert code == (4 if case.blocking else 0)
    if case.mended:
        for command in remedies(document):
            run(links, command)
        code, document = checked(quick, *named(links), "--host", "kvm1")
        assert (code, blocking(document), remedies(document)) == (0, (), [])
    assert migrates(guest) is (not case.blocking or case.mended or case.lost)


def test_what_a_guest_has_of_its_network_is_made_there_before_it_comes(
    pair: Pair, quick: Quick
) -> None:
    """A reservation, and a forward, whose port must not be another guest's."""
    host = f"<host mac='{MAC}' ip='192.168.150.10'/>"
    make(pair.kvm1, (lab(host=host),))
    guest = start(pair.kvm1, domain("mover", ON_LAB, UUID))
    other = domain("twin", nic("network", "network='lab'", mac=OTHER_MAC))
    pair.kvm1.conn.defineXML(other)
    ok(pair.kvm1.vnetmgr("add-forward", "mover", "8080:80"))
    _, document = checked(quick, *BY_URI)
    items = {item["object"]: item for item in document["items"]}
    assert items["reservation"]["status"] == "missing"
    assert items["forward"]["status"] == "not-checked"
    for command in remedies(document):
        run(pair, command)
    code, document = checked(quick, *named(pair))
    items = {item["object"]: item for item in document["items"]}
    assert (code, items["reservation"]["status"]) == (0, "ok")
    assert "8080" not in pair.kvm2.sh("nft list ruleset")
    assert migrates(guest)
    assert document["after"] == [f"ssh {name} vnetmgr reconcile" for name in ("kvm1", "kvm2")]
    for command in document["after"]:
        pair.admin.sh(command)
    assert "192.168.150.10" not in pair.kvm1.sh("nft list ruleset")
    assert "192.168.150.10" in pair.kvm2.sh("nft list table inet vnetmgr")


LISTENING = "from socket import *; s = create_server(('', 8081)); print(flush=True); s.accept()"


def test_who_listens_there_the_vnetmgr_there_tells(pair: Pair, quick: Quick) -> None:
    """By ssh, or where it is called there; over libvirt alone nobody knows."""
    for host in pair.hosts:
        make(host, (lab(host=f"<host mac='{MAC}' ip='192.168.150.10'/>"),))
    start(pair.kvm1, domain("mover", ON_LAB, UUID))
    for port in ("8080:80", "8081:81"):
        ok(pair.kvm1.vnetmgr("add-forward", "mover", port))
    words = ("check-migration", "mover", pair.kvm2.uri, "-c", "qemu+tcp://kvm1/system")
    by_ssh = "kvm2", "--hosts", pair.hosts_file("ssh"), "--host", "kvm1"
    with pair.kvm2.popen([sys.executable, "-c", LISTENING]) as process:
        assert process.stdout is not None
        process.stdout.readline()
        far, asked = checked(quick, *BY_URI), checked(quick, *by_ssh)
        done = pair.kvm2.vnetmgr(*words, "-o", "json")
        process.kill_all()
    assert forwards(far[1]) == {"8080:80/tcp": "not-checked", "8081:81/tcp": "not-checked"}
    for code, document in (asked, (done.returncode, json.loads(done.stdout))):
        assert forwards(document) == {"8080:80/tcp": "ok", "8081:81/tcp": "differs"}
        assert (code, blocking(document)) == (4, ("forward 8081:81/tcp",))


def forwards(document: dict[str, Any]) -> dict[str, str]:
    found = [item for item in document["items"] if item["object"] == "forward"]
    return {item["name"]: item["status"] for item in found}


def test_nothing_is_touched(pair: Pair, quick: Quick) -> None:
    make(pair.kvm1, (lab(),))
    guest = start(pair.kvm1, domain("mover", ON_LAB, UUID))
    seen = guest.XMLDesc(0)
    code, _ = checked(quick, *BY_URI)
    assert code == 4
    assert guest.XMLDesc(0) == seen
    assert not pair.kvm2.conn.listAllDomains()
    assert not pair.kvm2.conn.listAllNetworks()


def test_a_host_that_cannot_be_reached(pair: Pair) -> None:
    start(pair.kvm1, domain("mover", BRIDGED, UUID))
    with pair.cut_off(pair.kvm2):
        done = pair.admin.vnetmgr(
            *("check-migration", "mover", "kvm2", "--hosts", pair.hosts_file("tcp")),
            *("--host", "kvm1", "--timeout", "4s", "-o", "json"),
        )
    assert done.returncode == 1
    error = json.loads(done.stdout)
    assert error["kind"] == "error"
    assert "kvm2" in error["message"]
