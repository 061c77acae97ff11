"""Names and documents from outside: nothing of them is ever taken for XML, markup or options."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.lab import eventually
from tests.system.conftest import interfaces, ok, refused
from tests.system.running import one_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.lab import Lab
    from tests.system.conftest import Vm

# As far as libvirt itself takes them.
DOMAINS = ("<b>&amp;", "a & b", 'it\'s "quoted"', "größe-名前", "[red]x", "--live", "$(id)")
NETWORKS = ("<n>&lt;", 'it\'s "net"', "netz-ä", "[bold]", "a b")
BRIDGES = ("br<é", "b&r\"'", "br[b]", "-c")
METADATA = (
    "<metadata><a:x xmlns:a='urn:a'>one<!-- in metadata --><a:y b='&lt;&amp;'/></a:x>"
    "<b:z xmlns:b='http://b/'>ünï</b:z></metadata>"
)
WEIRD = "s3<&'ct"
RAW = (
    "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
    "<qemu:arg value='-name'/><qemu:arg value='x&lt;y,debug-threads=on'/>"
    "<qemu:env name='A' value='&quot;b&quot;'/></qemu:commandline>"
)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&apos;")


def nics(lab: Lab, domain: str) -> list[dict[str, object]]:
    listed = ok(lab.vnetmgr("list-nics", "--output", "json", "--", domain))
    items: list[dict[str, object]] = json.loads(listed)["items"]
    return items


@pytest.mark.parametrize("name", DOMAINS)
def test_a_domain_by_any_name(lab: Lab, off: Callable[..., str], name: str) -> None:
    off(escaped(name))
    ok(lab.vnetmgr("attach-nic", "--bridge", "br0", "--name", "lan", "--", name))
    ok(lab.vnetmgr("update-nic", "--bridge", "br1", "--", name, "lan"))
    ok(lab.vnetmgr("update-nic", "--name", "wan", "--", name, "lan"))
    ok(lab.vnetmgr("add-slots", "--", name, "1"))
    (nic,) = nics(lab, name)
    assert (nic["domain"], nic["name"], nic["source"]) == (name, "wan", "br1")
    assert name in ok(lab.vnetmgr("list-nics", "--", name))
    ok(lab.vnetmgr("detach-nic", "--", name, "wan"))
    assert nics(lab, name) == []
    assert name in one_error(lab.vnetmgr("detach-nic", "--", name, "wan"), 1)


@pytest.mark.parametrize("name", DOMAINS)
def test_a_new_domain_by_any_name(lab: Lab, name: str) -> None:
    try:
        ok(lab.vnetmgr("create-domain", "--nic", "bridge=br0,name=lan", "--", name))
        assert [nic["name"] for nic in nics(lab, name)] == ["lan"]
    finally:
        for domain in lab.conn.listAllDomains():
            if domain.name() == name:
                domain.undefine()


@pytest.fixture
def network(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    name: str = request.param
    made = lab.conn.networkDefineXML(
        f"<network><name>{escaped(name)}</name><bridge name='virbr8'/></network>"
    )
    made.create()
    yield name
    made.destroy()
    made.undefine()


@pytest.mark.parametrize("network", NETWORKS, indirect=True)
def test_a_network_by_any_name(vm: Vm, network: str) -> None:
    ok(vm("attach-nic", "--network", network, "--name", "lan"))
    nic = vm.nic("lan")
    assert (nic["source"], nic["in_live"], nic["pending"]) == (network, True, [])
    assert nic["orphan"] is False
    assert network in ok(vm.lab.vnetmgr("list-nics", vm.name))
    assert "is there already" in vm("attach-nic", "--network", network).stderr
    ok(vm("detach-nic", "lan"))


@pytest.fixture
def bridge(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    name: str = request.param
    made = lab.run(["ip", "link", "add", "name", name, "type", "bridge"])
    assert made.returncode == 0, made.stderr
    lab.run(["ip", "link", "set", "dev", name, "up"])
    yield name
    lab.run(["ip", "link", "del", "dev", name])


@pytest.mark.parametrize("bridge", BRIDGES, indirect=True)
def test_a_bridge_by_any_name(vm: Vm, bridge: str) -> None:
    ok(vm("attach-nic", f"--bridge={bridge}", "--name", "lan"))
    nic = vm.nic("lan")
    assert (nic["source"], nic["in_live"], nic["orphan"]) == (bridge, True, False)
    ok(vm("update-nic", "lan", "--bridge", "br0"))
    ok(vm("update-nic", "lan", f"--bridge={bridge}"))
    assert vm.nic("lan")["source"] == bridge
    said = refused(vm("attach-nic", "--bridge", "br9", "--name", "x"), 1)
    assert bridge in said


@pytest.fixture
def nwfilter(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    name: str = request.param
    made = lab.conn.nwfilterDefineXML(f"<filter name='{escaped(name)}' chain='root'/>")
    yield name
    made.undefine()


@pytest.mark.parametrize("nwfilter", ["filter ä", "[f]"], indirect=True)
def test_a_filter_by_any_name(vm: Vm, nwfilter: str) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lan", "--filter", nwfilter))
    ok(vm("update-nic", "lan", "--filter", "none"))
    ok(vm("update-nic", "lan", "--filter", nwfilter, "--filter-param", "IP=10.0.0.1"))
    vm.strip()  # or the filter stays in use


@pytest.mark.parametrize("nwfilter", ["<f>", "a&b"], indirect=True)
def test_a_filter_that_libvirt_itself_trips_over(vm: Vm, nwfilter: str) -> None:
    """libvirt does not escape a filter's name where it notes which nics use it (9.0, 11.3)."""
    before = vm.documents()
    result = vm("attach-nic", "--bridge", "br0", "--name", "lan", "--filter", nwfilter)
    if result.returncode:
        # 9.0 names its own document, 11.3 shows the place in it.
        assert re.search("nwfilterbinding|<filterref filter=", one_error(result, 1))
        assert vm.documents() == before
    else:
        assert vm.nic("lan")["in_live"]
        vm.strip()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--bridge", "br0'/><x y='"), "no '/'"),
        (("--bridge", "br 0"), "no '/', ':', space"),
        (("--bridge", "br\x010"), "control character"),
        (("--bridge", ""), "1 to 15 bytes"),
        (("--network", "a/b"), "without '/'"),
        (("--network", "a\nb"), "printable"),
        (("--bridge", "br0", "--name", "x'/><y a='"), "of the characters"),
        (("--bridge", "br0", "--name", "ü"), "of the characters"),
        (("--bridge", "br0", "--filter", "a\x1b[31m"), "printable"),
        (("--bridge", "br0", "--filter-param", "I<P=1", "--filter", "x"), "is not like"),
        (("--bridge", "br0", "--model", "virtio'/><x"), "is not known"),
    ],
)
def test_names_that_nothing_can_have(vm: Vm, options: tuple[str, ...], message: str) -> None:
    before = vm.documents()
    said = one_error(vm("attach-nic", *options), 2)
    assert message in said
    assert "\x1b" not in said
    assert vm.documents() == before


def test_a_forced_model_stays_a_value(lab: Lab, off: Callable[..., str]) -> None:
    name = off("plain")
    hostile = "x'/><y z='"
    lab.vnetmgr(
        *("attach-nic", name, "--bridge", "br0", "--allow", "force-model", "--model", hostile)
    )
    assert "<y" not in lab.conn.lookupByName(name).XMLDesc(0)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("<!DOCTYPE d [<!ENTITY a 'b'>]><domain>&a;</domain>", "document type"),
        (
            "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
            "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]><domain><name>&c;</name></domain>",
            "document type",
        ),
        ("<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain>&x;</domain>", "document"),
        ("<!DOCTYPE d SYSTEM 'http://127.0.0.1:1/x.dtd'><domain/>", "document type"),
        ("<domain>&undefined;</domain>", "does not parse"),
        ("this is no XML", "does not parse"),
        ("", "does not parse"),
        ("<domain", "does not parse"),
        ("\x00", "does not parse"),
        ("<network><name>x</name></network>", "not a <domain>"),
        ("<nic type='user'/>", "not a <domain>"),
        ("<domain type='qemu'><nonsense/></domain>", ""),
    ],
)
@pytest.mark.parametrize("kind", ["domain", "interface"])
def test_templates_that_are_none(
    lab: Lab, off: Callable[..., str], tmp_path: Path, document: str, message: str, kind: str
) -> None:
    name = off("bare")
    before = lab.conn.lookupByName(name).XMLDesc(0)
    document, message = (text.replace("domain", kind) for text in (document, message))
    if kind == "domain":
        template = tmp_path / "domain.xml"
        command = ["create-domain", "new", "--template", str(template)]
    else:
        template = tmp_path / "vnetmgr/templates/nic/bridge.xml"
        template.parent.mkdir(parents=True)
        command = ["attach-nic", name, "--bridge", "br0"]
    template.write_text(document)
    result = lab.vnetmgr(*command, env={"XDG_CONFIG_HOME": str(tmp_path)})
    said = one_error(result, 2)
    assert f"{template}" in said
    assert message in said
    assert "root:" not in said
    assert "new" not in [domain.name() for domain in lab.conn.listAllDomains()]
    assert lab.conn.lookupByName(name).XMLDesc(0) == before


def test_a_network_template_that_is_none(lab: Lab, nets: Vm, tmp_path: Path) -> None:
    template = tmp_path / "vnetmgr/templates/network/nat.xml"
    template.parent.mkdir(parents=True)
    template.write_text("<!DOCTYPE network><network/>")
    before = nets.documents()
    result = lab.vnetmgr("attach-nic", nets.name, "--nat", env={"XDG_CONFIG_HOME": str(tmp_path)})
    assert f"template {template}: the XML has a document type" in one_error(result, 2)
    assert nets.documents() == before
    assert lab.conn.listAllNetworks() == []


def without_nics_and_slots(document: str) -> list[str]:
    """A document's lines but for its nics and for buses, which attach and add-slots bring."""
    for nic in interfaces(document):
        document = document.replace(nic, "")
    lines = (line.strip() for line in document.splitlines())
    controllers = document.count("<controller type='pci'")
    assert controllers
    dropped = ("<controller type='pci'", "<address type='pci'", "<target chassis", "<model name=")
    return [line for line in lines if line and not line.startswith((*dropped, "</controller"))]


def test_what_vnetmgr_does_not_know_survives_every_way_of_writing(
    lab: Lab, off: Callable[..., str]
) -> None:
    """Metadata, raw QEMU arguments and a password, over device calls and whole definitions."""
    vnc = f"<graphics type='vnc' port='-1' passwd='{escaped(WEIRD)}'/>"
    odd = (
        "<interface type='bridge'><mac address='52:54:00:00:00:77'/><source bridge='br0'/>"
        "<script path='/x &lt;y'/><model type='virtio'/><driver name='qemu' txmode='iothread'/>"
        "<alias name='ua-odd'/></interface>"
    )
    name = off("rich", vnc + odd, head=METADATA)
    domain = lab.conn.lookupByName(name)
    document = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE)
    lab.conn.defineXML(document.replace("</domain>", f"{RAW}</domain>"))

    def read() -> str:
        return domain.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE)

    before = without_nics_and_slots(read())
    text = "\n".join(before)
    for part in ("in metadata", "ünï", "urn:a", "x&lt;y,debug-threads", "passwd="):
        assert part in text
    for command in (
        ("attach-nic", name, "--bridge", "br0", "--name", "lan"),
        ("update-nic", name, "lan", "--link", "down"),
        ("update-nic", name, "lan", "--name", "wan"),
        ("update-nic", name, "wan", "--mac", "52:54:00:00:00:78"),
        ("update-nic", name, "odd", "--bridge", "br1"),
        ("update-nic", name, "odd", "--name", "odder"),
        ("add-slots", name, "2"),
        ("detach-nic", name, "wan"),
    ):
        ok(lab.vnetmgr(*command))
        assert without_nics_and_slots(read()) == before, command
    (left,) = interfaces(read())
    for part in ("<script path='/x &lt;y'/>", "txmode='iothread'", "ua-odder", "br1"):
        assert part in left


def test_a_comment_in_a_template_harms_nothing(lab: Lab, tmp_path: Path) -> None:
    template = tmp_path / "mine.xml"
    template.write_text(
        "<?xml version='1.0' encoding='latin1'?>\n<!-- <!DOCTYPE x> --><domain type='qemu'>"
        "<!-- mine: < & > --><name>replaced</name><memory unit='MiB'>64</memory>"
        "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
        "<!-- here go nics --></devices></domain>\n<!-- the end -->\n"
    )
    try:
        ok(lab.vnetmgr("create-domain", "new", "--template", template, "--nic", "bridge=br0"))
        assert [nic["source"] for nic in nics(lab, "new")] == ["br0"]
    finally:
        lab.conn.lookupByName("new").undefine()


def test_a_host_name_that_a_guest_chose_acts_on_nobody(nets: Vm) -> None:
    """As dnsmasq and libvirt hand it on: what is before the first dot is checked by nobody."""
    lab, vm = nets.lab, nets
    ok(lab.vnetmgr("create-network", "lab", "--subnet", "192.168.150.0/24"))
    ok(vm("attach-nic", "--network", "lab", "--name", "lan"))
    link = vm.guest.link(mac := vm.nic("lan")["mac"])

    def begins_with(name: str) -> bool:
        listed = ok(lab.vnetmgr("list-leases", "-o", "json"))
        assert all(line.isprintable() for line in listed.split("\n"))
        return any(
            (each["hostname"] or "").startswith(name) for each in json.loads(listed)["items"]
        )

    for octal, name in (
        (r"a\033[2J\nlab forged", "a\x1b[2J\nlab"),
        (r"h\302\233\063\061m\342\200\256", "h\x9b31m\u202e"),
    ):
        vm.guest.sh(
            f"ip link set {link} up && udhcpc -n -q -i {link} -s /lib/lab/udhcpc -t 30 -T 1 "
            f"-x hostname:\"$(printf '{octal}')\"",
            60,
        )
        eventually(partial(begins_with, name), "its name is known")
        for command in (("list-leases",), ("show-network", "lab"), ("list-leases", "-v")):
            result = lab.vnetmgr(*command)
            assert result.returncode == 0
            for line in (result.stdout + result.stderr).split("\n"):
                assert line.isprintable(), ascii(line)
        assert len(ok(lab.vnetmgr("list-leases")).splitlines()) == 2
        assert mac in ok(lab.vnetmgr("list-leases")).splitlines()[1]
