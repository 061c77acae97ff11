"""The host against a real libvirtd with real guests, and against what goes wrong with them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.lab import Lab, eventually, lab_unavailable
from tests.system.host.test_signals import stopped
from vnetmgr.errors import (
    ConnectionLostError,
    NotFoundError,
    NotReleasedError,
    RefusedError,
    VnetError,
)
from vnetmgr.host import Host
from vnetmgr.local.links import read_links
from vnetmgr.model.address import Address, Origin
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.seen.observed import Scope
from vnetmgr.model.state import State
from vnetmgr.model.values import Mac
from vnetmgr.model.writes import (
    AttachDevice,
    DefineDomain,
    DefineNetwork,
    DetachDevice,
    StartNetwork,
    StopNetwork,
    UndefineDomain,
    UndefineNetwork,
    UpdateDevice,
)
from vnetmgr.planner.nics.device_ops import LIVE_FIRST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab import Guest

pytestmark = pytest.mark.skipif(bool(lab_unavailable()), reason=str(lab_unavailable()))

NETWORK = """<network><name>lab</name><bridge name='virbr7'/>
  <ip address='192.168.177.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.177.10' end='192.168.177.20'/></dhcp></ip></network>"""


def _nic(mac: str, *, name: str | None = None, bridge: str = "br0", at: str = "") -> str:
    alias = f"<alias name='ua-{name}'/>" if name else ""
    return (
        f"<interface type='bridge'><mac address='{mac}'/><source bridge='{bridge}'/>"
        f"<model type='virtio'/>{alias}{at}</interface>"
    )


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


@pytest.fixture
def host(lab: Lab) -> Iterator[Host]:
    with Host.connect(lab.uri) as host:
        yield host


@contextmanager
def _guest(lab: Lab, name: str, **options: object) -> Iterator[Guest]:
    guest = lab.guest(name, **options)  # type: ignore[arg-type] # passed on as they are
    try:
        yield guest
    finally:
        guest.destroy()


def _see(host: Host, name: str) -> SeenDomain:
    seen = host.observe(Scope(domains=(name,))).domain(name)
    assert seen is not None
    return seen


def _off_domain(name: str, nics: str = "", extra: str = "") -> str:
    return (
        f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory>"
        f"<os><type arch='x86_64' machine='q35'>hvm</type></os>"
        f"<devices>{nics}{extra}</devices></domain>"
    )


@contextmanager
def _defined(host: Host, name: str, nics: str = "", extra: str = "") -> Iterator[None]:
    xml = _off_domain(name, nics, extra)
    host.do(DefineDomain(domain=name, xml=xml, expect=None))
    try:
        yield
    finally:
        host.do(UndefineDomain(domain=name))


def test_the_lab_counts_as_local(host: Host) -> None:
    assert host.is_local
    assert host.lock_key.startswith("qemu-system-")
    assert host.features.device_calls


def test_a_nic_comes_goes_and_is_one_in_both_states(lab: Lab, host: Host) -> None:
    mac = Mac("52:54:00:aa:00:01")
    with _guest(lab, "g1", root_ports=2) as guest:
        for state in LIVE_FIRST:
            host.do(AttachDevice(domain="g1", xml=_nic(mac, name="lan"), state=state))
        (nic,) = _see(host, "g1").nics
        assert nic.key == "g1/lan"
        assert nic.config is not None
        assert nic.live is not None
        assert nic.config.pci_address == nic.live.pci_address
        assert nic.live.target is not None

        before = host.transmitted_packets("g1", nic.live.target)
        _wait_until(lambda: mac in guest.links(), "the guest sees its new nic")
        guest.sh(f"ip link set {guest.link(mac)} up")
        assert before == 0
        # IPv6 asks for routers without being told to.
        target = nic.live.target
        _wait_until(lambda: (host.transmitted_packets("g1", target) or 0) > 0, "frames are sent")
        assert host.transmitted_packets("g1", "vnet999") is None

        moved = _nic(mac, name="lan", bridge="br1")
        for state in LIVE_FIRST:
            host.do(UpdateDevice(domain="g1", xml=moved, state=state))
        (nic,) = _see(host, "g1").nics
        assert nic.live is not None
        assert nic.live.bridge == "br1"

        for state in LIVE_FIRST:
            xml = nic.xml(state)
            assert xml is not None
            host.do(DetachDevice(domain="g1", xml=xml, state=state, label="lan"))
        assert _see(host, "g1").nics == ()
        _wait_until(lambda: mac not in guest.links(), "the guest has lost its nic")


def test_a_guest_that_does_not_let_go_is_said_so(lab: Lab, host: Host) -> None:
    mac = "52:54:00:aa:00:02"
    with _guest(lab, "g2", nics=[_nic(mac, name="lan")], paused=True):
        seen = _see(host, "g2")
        assert seen.paused
        (nic,) = seen.nics
        host.unplug_timeout_s = 6.0  # longer than libvirt waits
        started = time.monotonic()
        with pytest.raises(NotReleasedError, match="the guest has not let go of nic lan"):
            host.do(
                DetachDevice(domain="g2", xml=nic.live_xml or "", state=State.LIVE, label="nic lan")
            )
        assert 6.0 <= time.monotonic() - started < 10.0  # which it is where nobody says
        (nic,) = _see(host, "g2").nics
        assert nic.live is not None
        assert nic.config is not None


def test_only_the_very_nic_is_detached(host: Host) -> None:
    mac, other = "52:54:00:aa:00:03", "52:54:00:aa:00:04"
    with _defined(host, "d1", _nic(mac, name="lan") + _nic(mac, name="wan") + _nic(other)):

        def detach(xml: str) -> None:
            host.do(DetachDevice(domain="d1", xml=xml, state=State.CONFIG, label="nic x"))

        for xml in (
            _nic("52:54:00:aa:00:99"),  # no such MAC
            _nic(other, name="lan"),  # the name is another nic's
            _nic(mac),  # two of them
            "<interface type='user'/>",  # could be any
            _nic(other, at="<address type='pci' domain='0' bus='0x1f' slot='0' function='0'/>"),
        ):
            with pytest.raises(RefusedError, match=r"domain d1: .* that nic x could be"):
                detach(xml)
        assert len(_see(host, "d1").nics) == 3
        detach(_nic(mac, name="wan"))
        assert [nic.key for nic in _see(host, "d1").nics] == ["d1/lan", f"d1/{other}"]


def _attach(host: Host, domain: str, *nics: str) -> None:
    for xml in nics:
        host.do(AttachDevice(domain=domain, xml=xml, state=State.LIVE))


def test_errors_of_devices_have_remedies(lab: Lab, host: Host) -> None:
    absent = "<interface type='network'><source network='nope'/></interface>"
    many = [_nic(f"52:54:00:aa:01:{number:02}") for number in range(9)]
    with _guest(lab, "g3", paused=True, root_ports=1):
        with pytest.raises(VnetError, match=r"domain g3: .*network .* 'nope'") as caught:
            _attach(host, "g3", absent)
        assert "net-list" in (caught.value.hint or "")
        with pytest.raises(VnetError, match="No more available PCI slots") as caught:
            _attach(host, "g3", *many)
        assert "add-slots" in (caught.value.hint or "")
    with _defined(host, "d2"), pytest.raises(VnetError, match="not running"):
        _attach(host, "d2", many[0])


def test_a_transient_domain_and_a_saved_one(lab: Lab, host: Host) -> None:
    with _guest(lab, "g4", transient=True, paused=True):
        seen = _see(host, "g4")
        assert seen.active
        assert not seen.persistent
    with _guest(lab, "g5", paused=True) as guest:
        guest.domain.managedSave(0)
        assert _see(host, "g5").managed_save
        every = host.observe(Scope(all_domains=True))
        assert [domain.managed_save for domain in every.domains] == [True]
        guest.domain.managedSaveRemove(0)
        guest.domain.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)


def test_a_graphics_password_survives_a_change(lab: Lab, host: Host) -> None:
    vnc = "<graphics type='vnc' port='-1' passwd='secret12'/>"
    with _defined(host, "d3", extra=vnc):
        config = _see(host, "d3").config_xml or ""
        assert "<graphics type='vnc'" in config
        assert "secret12" not in config
        edited = config.replace("<devices>", "<devices>" + _nic("52:54:00:aa:00:06"))
        host.do(DefineDomain(domain="d3", xml=edited, expect=config))
        assert "secret12" not in (_see(host, "d3").config_xml or "")
        domain = lab.conn.lookupByName("d3")
        assert "passwd='secret12'" in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE)
        # Taken back behind somebody who has given it another one.
        other = vnc.replace("secret12", "other34")
        domain.updateDeviceFlags(other, libvirt.VIR_DOMAIN_AFFECT_CONFIG)
        host.do(DefineDomain(domain="d3", xml=config, expect=edited))
        assert "passwd='other34'" in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE)


def test_a_domain_that_goes_between_list_and_read_is_left_out(host: Host) -> None:
    names = [f"many{number:02}" for number in range(30)]
    for name in names:
        host.do(DefineDomain(domain=name, xml=_off_domain(name), expect=None))
    gone: list[str] = []

    def trace(text: str) -> None:
        if text.startswith("virDomain.XMLDesc") and not gone:
            gone.append("many29")
            host.do(UndefineDomain(domain="many29"))

    with Host.connect(host.uri, trace=trace) as other:
        seen = [domain.name for domain in other.observe(Scope(all_domains=True)).domains]
    assert sorted(seen) == names[:-1]
    for name in names[:-1]:
        host.do(UndefineDomain(domain=name))


def test_a_domain_that_was_deleted(lab: Lab, host: Host) -> None:
    with _guest(lab, "g6", paused=True):
        pass
    with pytest.raises(NotFoundError, match="domain g6: there is no such domain"):
        host.do(AttachDevice(domain="g6", xml=_nic("52:54:00:aa:00:07"), state=State.LIVE))


def test_bridges_as_seen_through_libvirt(host: Host) -> None:
    wanted = host.links(("br0",))
    assert wanted is not None
    assert wanted.bridges == {"br0"}
    assert wanted.ports is None
    every = host.links(("br0", "missing"))
    assert every is not None
    assert {"br0", "br1"} <= every.bridges
    assert "lo" not in every.bridges


def test_links_as_seen_in_the_lab(lab: Lab) -> None:
    program = "from vnetmgr.local.links import read_links; print(sorted(read_links().bridges))"
    result = lab.run([sys.executable, "-c", program])
    assert result.stdout == "['br0', 'br1']\n"
    assert "br0" not in read_links().bridges


def test_addresses_from_leases_and_agents(lab: Lab, host: Host) -> None:
    host.do(DefineNetwork(network="lab", xml=NETWORK))
    host.do(StartNetwork(network="lab"))
    mac, static = Mac("52:54:00:aa:00:08"), Mac("52:54:00:aa:00:09")
    nic = f"<interface type='network'><mac address='{mac}'/><source network='lab'/>"
    nics = [nic + "<model type='virtio'/></interface>", _nic(static)]
    try:
        with _guest(lab, "g7", flavour="agent", nics=nics) as guest:
            leased = guest.dhcp(mac)
            guest.sh(f"ip address add 10.9.8.7/24 dev {guest.link(static)}")
            _wait_until(lambda: _see(host, "g7").agent_connected, "the agent connects")
            seen = _see(host, "g7")
            book = host.addresses([seen], agent=True, timeout_s=10)
            lease = book.by_mac[mac][0]
            assert (lease.address, lease.prefix, lease.origin) == (leased, 24, Origin.LEASE)
            assert lease.network == "lab"
            assert lease.bridge == lab.conn.networkLookupByName("lab").bridgeName()
            known = Address(address="10.9.8.7", prefix=24, mac=static, origin=Origin.AGENT)
            assert known in book.by_mac[static]
            assert Mac("00:00:00:00:00:00") not in book.by_mac
            assert book.silent == ()
            assert book.not_asked is None

            unasked = host.addresses([seen], agent=False, timeout_s=10)
            assert static not in unasked.by_mac
            _check_silent_agent(host, guest, seen)
    finally:
        host.do(StopNetwork(network="lab"))
        host.do(UndefineNetwork(network="lab"))


def _wait_until(happened: Callable[[], bool], what: str) -> None:
    eventually(happened, what, timeout=60, every_s=0.1)


def _check_silent_agent(host: Host, guest: Guest, seen: SeenDomain) -> None:
    guest.sh("kill -STOP $(pidof qemu-ga)")
    book = host.addresses([seen], agent=True, timeout_s=1)
    assert book.silent == ("g7",)
    assert host._session.call.abandoned  # libvirt itself gives up after 5 s
    guest.sh("kill -CONT $(pidof qemu-ga)")


def test_another_user_is_denied_with_a_remedy(lab: Lab) -> None:
    program = (
        "import sys; from vnetmgr.host import Host\nfrom vnetmgr.errors import VnetError\n"
        f"try: Host.connect({lab.uri!r})\n"
        "except VnetError as error: print(error.message); print(error.hint)\n"
    )
    user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    result = lab.run([*user, sys.executable, "-c", program])
    assert "Permission denied" in result.stdout
    assert "sudo" in result.stdout
    assert result.stderr == ""


def test_a_daemon_that_dies_in_the_middle() -> None:
    with Lab() as lab, Host.connect(lab.uri) as host:
        host.observe(Scope(all_domains=True))
        lab.kill_libvirtd()
        for _ in range(2):  # the first call fails in another way than the next ones
            with pytest.raises(ConnectionLostError, match="the connection to libvirt was lost"):
                host.observe(Scope(all_domains=True))
        with pytest.raises(VnetError, match="cannot connect") as caught:
            Host.connect(lab.uri)
        assert "systemctl start libvirtd" in (caught.value.hint or "")
        lab.start_libvirtd()
        with Host.connect(lab.uri) as again:
            again.observe(Scope(all_domains=True))


def test_ctrl_c_ends_a_call_that_hangs(lab: Lab) -> None:
    """Of a libvirtd that has stopped: meanwhile Python alone runs no signal handler."""
    mac = "52:54:00:aa:00:0a"
    program = (
        "import sys; from vnetmgr.host import Host\n"
        "from vnetmgr.model.writes import DetachDevice; from vnetmgr.model.state import State\n"
        f"with Host.connect({lab.uri!r}) as host:\n"
        "    print('ready', flush=True); sys.stdin.readline()\n"
        f"    host.do(DetachDevice(domain='g8', xml={_nic(mac)!r},"
        " state=State.LIVE, label='x'))\n"
    )
    with _guest(lab, "g8", nics=[_nic(mac)], paused=True):
        _interrupt(lab, program)


def test_ctrl_c_ends_a_connect_that_hangs() -> None:
    """A stopped daemon: its socket takes the connection, and nobody answers."""
    with Lab() as lab:
        program = (
            "import sys; from vnetmgr.host import Host\n"
            "print('ready', flush=True); sys.stdin.readline()\n"
            f"Host.connect({lab.uri!r})\n"
        )
        _interrupt(lab, program)


def _interrupt(lab: Lab, program: str) -> None:
    """Have a program hang in libvirt, and end it by a signal: nothing else would."""
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    with stopped(lab):
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=40)  # who waits for the answer waits for 45 s
    assert stderr.rstrip().endswith("KeyboardInterrupt")
