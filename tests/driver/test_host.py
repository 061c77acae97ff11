"""The host against libvirt's own test driver: what it has of connections, domains, networks."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.lab import eventually
from vnetmgr.errors import NotFoundError, RefusedError, VnetError
from vnetmgr.host import Host
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.seen.observed import EVERY, Scope
from vnetmgr.model.state import State
from vnetmgr.model.writes import (
    AttachDevice,
    AutostartNetwork,
    DefineDomain,
    DefineNetwork,
    SetMetadata,
    StartDomain,
    StartNetwork,
    StopNetwork,
    UndefineDomain,
    UndefineNetwork,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

URI = "test:///default"
NIC = (
    "<interface type='network'><mac address='52:54:00:00:00:01'/>"
    "<source network='default'/></interface>"
)
NETWORK = "<network><name>lab</name><bridge name='virbr7'/></network>"


def _domain(name: str, *, memory: int = 1024, nics: str = "") -> str:
    return (
        f"<domain type='test'><name>{name}</name><memory>{memory}</memory>"
        f"<os><type>hvm</type></os><devices>{nics}</devices></domain>"
    )


@pytest.fixture
def host() -> Iterator[Host]:
    """A host of its own: what a connection of the test driver defines ends with it."""
    with Host.connect(URI) as host:
        yield host


def _see(host: Host, name: str) -> SeenDomain:
    seen = host.observe(Scope(domains=(name,))).domain(name)
    assert seen is not None
    return seen


def test_what_a_connection_is(host: Host) -> None:
    assert host.uri == URI
    assert host.name
    assert not host.is_local
    assert not host.features.host_links
    assert host.lock_key.startswith("test-default-")


def test_an_empty_scope_reads_nothing(host: Host) -> None:
    observed = host.observe(Scope())
    assert (observed.domains, observed.networks, observed.links) == ((), (), None)
    assert observed.uri == URI


def test_a_running_domain_has_both_documents(host: Host) -> None:
    seen = _see(host, "test")
    assert seen.active
    assert seen.persistent
    assert not seen.paused
    assert " id=" in (seen.live_xml or "")


def test_a_defined_domain_has_a_config_alone(host: Host) -> None:
    host.do(DefineDomain(domain="off", xml=_domain("off", nics=NIC), expect=None))
    seen = _see(host, "off")
    assert seen.persistent
    assert not seen.active
    assert [nic.key for nic in seen.nics] == ["off/52:54:00:00:00:01"]
    host.do(StartDomain(domain="off"))
    (nic,) = _see(host, "off").nics
    assert nic.config is not None
    assert nic.live is not None


@pytest.mark.parametrize("count", [3, 40])
def test_all_domains_in_libvirts_order(host: Host, count: int) -> None:
    for number in range(count):
        name = f"vm{number:02}"
        host.do(DefineDomain(domain=name, xml=_domain(name), expect=None))
    listed = [domain.name for domain in host.observe(Scope(all_domains=True)).domains]
    assert sorted(listed) == ["test", *(f"vm{number:02}" for number in range(count))]
    wanted = ("vm02", "vm00")
    assert [d.name for d in host.observe(Scope(domains=wanted)).domains] == list(wanted)


def test_many_named_domains_come_in_the_order_asked_for(host: Host) -> None:
    names = [f"vm{number:02}" for number in range(30)]
    for name in names:
        host.do(DefineDomain(domain=name, xml=_domain(name), expect=None))
    wanted = tuple(reversed(names))
    assert [d.name for d in host.observe(Scope(domains=wanted)).domains] == list(wanted)


def test_all_missing_domains_are_named_at_once_with_a_near_one(host: Host) -> None:
    with pytest.raises(NotFoundError) as caught:
        host.observe(Scope(domains=("tets", "test", "nothing-like-it")))
    assert caught.value.message == (
        f"2 problems:\n  - there is no domain tets on {URI}. Did you mean test?\n"
        f"  - there is no domain nothing-like-it on {URI}"
    )
    assert caught.value.hint


def test_a_new_domain_may_be_missing(host: Host) -> None:
    observed = host.observe(Scope(domains=("test",), new_domains=("new",)))
    assert [domain.name for domain in observed.domains] == ["test"]


def test_a_domain_whose_document_is_no_xml_is_named(host: Host) -> None:
    """libvirt 9.0 takes a profileid with a `<`, and hands it out as it is."""
    nic = (
        "<interface type='bridge'><source bridge='br0'/><virtualport type='openvswitch'>"
        "<parameters profileid='a&lt;b'/></virtualport></interface>"
    )
    host.do(DefineDomain(domain="odd one", xml=_domain("odd one", nics=nic), expect=None))
    with pytest.raises(VnetError, match="domain odd one: libvirt's document of it") as raised:
        host.observe(Scope(all_domains=True))
    assert "virsh dumpxml 'odd one'" in (raised.value.hint or "")
    assert _see(host, "test").name == "test"


def test_networks(host: Host) -> None:
    host.do(DefineNetwork(network="lab", xml=NETWORK))
    observed = host.observe(Scope(networks=("lab", "missing")))
    (lab,) = observed.networks
    assert lab.config is not None
    assert lab.live is None
    assert not lab.autostart
    host.do(StartNetwork(network="lab"))
    host.do(AutostartNetwork(network="lab", autostart=True))
    every = host.observe(Scope(networks=("*",)))
    assert [network.name for network in every.networks] == ["default", "lab"]
    lab = every.networks[1]
    assert lab.live is not None
    assert lab.live.bridge == "virbr7"
    assert lab.autostart
    host.do(StopNetwork(network="lab"))
    host.do(UndefineNetwork(network="lab"))
    assert host.observe(Scope(networks=("lab",))).networks == ()


def test_a_network_that_has_stopped_and_is_about_to_go_is_not_there(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What libvirt 9.0 answers of a transient network that it has stopped and not yet forgotten."""
    monkeypatch.setattr(libvirt.virNetwork, "isPersistent", lambda _self: 0)
    monkeypatch.setattr(libvirt.virNetwork, "isActive", lambda _self: 0)
    assert host.observe(Scope(networks=(EVERY,))).networks == ()
    assert host.observe(Scope(networks=("default",))).networks == ()


def test_a_domain_that_is_renamed_while_it_is_read_is_not_the_one_that_was_asked_for(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.do(DefineDomain(domain="old", xml=_domain("old"), expect=None))
    ask = libvirt.virDomain.isPersistent

    def rename(handle: libvirt.virDomain) -> int:
        if handle.name() == "old":
            handle.rename("new", 0)
        return ask(handle)

    monkeypatch.setattr(libvirt.virDomain, "isPersistent", rename)
    with pytest.raises(NotFoundError, match="domain old: its name is new by now"):
        host.observe(Scope(domains=("old",)))


def test_a_domain_that_is_started_from_its_save_while_it_is_read_runs(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.do(DefineDomain(domain="saved", xml=_domain("saved"), expect=None))
    started: list[str] = []

    def start(handle: libvirt.virDomain, flags: int) -> str:
        started.append(handle.name())
        handle.create()
        raise libvirt.libvirtError("domain has no managed save image")

    monkeypatch.setattr(libvirt.virDomain, "hasManagedSaveImage", lambda *_: not started)
    monkeypatch.setattr(libvirt.virDomain, "managedSaveGetXMLDesc", start)
    (domain,) = host.observe(Scope(domains=("saved",), saved_nics=True)).domains
    assert (started, domain.active, domain.managed_save) == (["saved"], True, False)


def test_a_network_that_goes_while_its_leases_are_read_has_none(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = {"ipaddr": "192.168.122.5", "prefix": 24, "mac": "52:54:00:00:00:01"}

    def goes(network: libvirt.virNetwork) -> list[dict[str, object]]:
        network.destroy()
        network.undefine()
        return [lease]

    monkeypatch.setattr(libvirt.virNetwork, "DHCPLeases", goes)
    assert host.addresses([], agent=False, timeout_s=1.0).by_mac == {}


def test_a_new_domain_is_refused_when_there_is_one_of_that_name(host: Host) -> None:
    with pytest.raises(RefusedError, match="domain test: there is one"):
        host.do(DefineDomain(domain="test", xml=_domain("test"), expect=None))


def test_a_new_domain_is_validated(host: Host) -> None:
    xml = _domain("new").replace("<devices>", "<nonsense/><devices>")
    with pytest.raises(VnetError, match=r"domain new: .*nonsense"):
        host.do(DefineDomain(domain="new", xml=xml, expect=None))


def test_a_config_that_changed_since_it_was_read_is_not_overwritten(host: Host) -> None:
    before = _see(host, "test").config_xml
    assert before is not None
    edited = before.replace("<on_crash>destroy</on_crash>", "<on_crash>restart</on_crash>")
    assert edited != before
    host.do(DefineDomain(domain="test", xml=edited, expect=before))
    assert "<on_crash>restart" in (_see(host, "test").config_xml or "")
    with pytest.raises(RefusedError, match="changed since it was read"):
        host.do(DefineDomain(domain="test", xml=before, expect=before))


def test_the_undo_of_a_define_is_not_stale(host: Host) -> None:
    """libvirt writes our document down in its own way; that is no change by somebody else."""
    before = _see(host, "test").config_xml
    assert before is not None
    edited = before.replace("<devices>", f"<devices>{NIC}")
    host.do(DefineDomain(domain="test", xml=edited, expect=before))
    assert _see(host, "test").config_xml != edited
    host.do(DefineDomain(domain="test", xml=before, expect=edited))
    assert _see(host, "test").config_xml == before


def test_undefine(host: Host) -> None:
    host.do(DefineDomain(domain="new", xml=_domain("new"), expect=None))
    host.do(UndefineDomain(domain="new"))
    assert host.observe(Scope(new_domains=("new",))).domains == ()


def test_a_domain_that_was_made_anew_under_the_name_is_not_written(host: Host) -> None:
    host.do(DefineDomain(domain="new", xml=_domain("new"), expect=None))
    _see(host, "new")
    host.do(UndefineDomain(domain="new"))
    host.do(DefineDomain(domain="new", xml=_domain("new"), expect=None))
    hold = "<vnetmgr:data xmlns:vnetmgr='urn:vnetmgr:1'/>"
    write = SetMetadata(domain="new", xml=hold, states=frozenset({State.CONFIG}))
    with pytest.raises(NotFoundError, match="domain new: there is no such domain"):
        host.do(write)
    assert _see(host, "new").data_xml is None
    host.do(write)
    assert _see(host, "new").data_xml is not None


def test_errors_name_the_object(host: Host) -> None:
    with pytest.raises(NotFoundError, match="domain nope: there is no such domain"):
        host.do(StartDomain(domain="nope"))
    with pytest.raises(NotFoundError, match="network nope: there is no such network"):
        host.do(StartNetwork(network="nope"))
    with pytest.raises(VnetError, match=r"network default: .*already"):
        host.do(StartNetwork(network="default"))
    with pytest.raises(VnetError, match=r"domain test: .*already running"):
        host.do(StartDomain(domain="test"))


def test_device_calls_that_the_driver_lacks(host: Host) -> None:
    if host.features.device_calls:
        pytest.skip("this libvirt's test driver has them")
    # 11.3's has the call, and not for the config.
    with pytest.raises(VnetError, match=r"domain test: (this libvirt cannot|unsupported flags)"):
        host.do(AttachDevice(domain="test", xml=NIC, state=State.CONFIG))


def test_no_counters_and_no_leases_here(host: Host) -> None:
    assert host.transmitted_packets("test", "vnet0") is None
    book = host.addresses([_see(host, "test")], agent=True, timeout_s=1)
    assert (book.by_mac, book.silent) == ({}, ())
    assert host.links(("br0",)) is None


def test_a_readonly_connection_reads_and_does_not_write() -> None:
    with Host.connect(URI, readonly=True) as host:
        seen = _see(host, "test")
        with pytest.raises(VnetError, match="domain test: a read-only connection"):
            host.do(DefineDomain(domain="test", xml="<x/>", expect=seen.config_xml))
        book = host.addresses([seen], agent=True, timeout_s=1)
        assert book.not_asked == "read-only connection"


def test_the_trace_has_every_call_and_the_exact_xml() -> None:
    lines: list[str] = []
    with Host.connect(URI, trace=lines.append) as host:
        host.do(DefineNetwork(network="lab", xml=NETWORK))
    assert lines[0] == f"open ('{URI}')"
    assert f"virConnect.networkDefineXML (<xml>)\n{NETWORK}" in lines


@pytest.mark.parametrize(
    ("uri", "message", "hint"),
    [
        ("qemu+unix:///system?socket=/no/such/socket", "No such file", "systemctl start libvirtd"),
        ("qemu+tcp://127.0.0.1:1/system", "Connection refused", "runs and listens on 127.0.0.1"),
        ("qemu+tcp://no-host.invalid/system", "resolve", "check the host name no-host.invalid"),
        ("qemu+ssh://127.0.0.1:1/system", "", "ssh 127.0.0.1 virsh list"),
        ("qemu+warp:///system", "transport", "a URI is like"),
        ("nonsense", "driver", "a URI is like"),
        ("warp:///system", "", "vnetmgr manages QEMU"),
    ],
)
def test_no_connection(uri: str, message: str, hint: str) -> None:
    with pytest.raises(VnetError, match=f"(?s)cannot connect to .*{message}") as caught:
        Host.connect(uri)
    assert uri in caught.value.message
    assert "\n" not in caught.value.message
    assert hint in (caught.value.hint or "")


def test_libvirt_itself_prints_nothing() -> None:
    program = (
        "from vnetmgr.host import Host\nfrom vnetmgr.errors import VnetError\n"
        "try: Host.connect('qemu+unix:///system?socket=/no/such')\nexcept VnetError: pass\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert (result.stdout, result.stderr) == ("", "")


def test_a_connection_that_nobody_waits_for_any_more_is_let_go() -> None:
    """The test driver forgets what was defined with its last connection."""

    def fail() -> None:
        raise VnetError("what is wanted cannot be read")

    with pytest.raises(VnetError):
        Host.connect(URI, meanwhile=fail)
    with Host.connect(URI) as host:
        host.do(DefineNetwork(network="lab", xml=NETWORK))
    eventually(lambda: "lab" not in names_now(), "nothing holds a connection")


def names_now() -> list[str]:
    gc.collect()
    with Host.connect(URI) as host:
        return host.network_names()
