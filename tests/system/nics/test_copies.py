"""Copies of domains: with virt-clone, and with `virsh dumpxml` and define. What vnetmgr keeps of a
domain is that domain's alone, in whatever order libvirt lists them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import libvirt
import pytest

from tests.system.conftest import forget_networks, ok, refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab import Lab

MAC = "52:54:00:00:71:01"
NETWORK = (
    "<network><name>copy</name><forward mode='nat'/><bridge name='virbr71' stp='off' delay='0'/>"
    "<ip address='192.168.71.1' prefix='24'>"
    "<dhcp><range start='192.168.71.100' end='192.168.71.150'/></dhcp></ip></network>"
)
NIC = (
    "<interface type='network'><source network='copy'/>"
    f"<mac address='{MAC}'/><model type='virtio'/><alias name='ua-lan'/></interface>"
)
ELEMENT = libvirt.VIR_DOMAIN_METADATA_ELEMENT


@pytest.fixture
def web(lab: Lab) -> Iterator[libvirt.virDomain]:
    """A domain that runs, and waits; its network; and nothing of it or its copies afterwards."""
    forget_networks(lab)
    lab.vnetmgr("reconcile")  # what earlier tests have left of rules is none of this one's
    lab.conn.networkDefineXML(NETWORK).create()
    here = {domain.UUIDString() for domain in lab.conn.listAllDomains()}
    web = lab.conn.defineXML(document("web1"))
    web.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
    yield web
    for domain in lab.conn.listAllDomains():
        if domain.UUIDString() not in here:
            if domain.isActive():
                domain.destroy()
            domain.undefine()
    lab.vnetmgr("reconcile")
    forget_networks(lab)


def document(name: str) -> str:
    """A domain that needs nothing."""
    return (
        f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory>"
        f"<os><type machine='q35'>hvm</type></os><devices>{NIC}</devices></domain>"
    )


def copied(
    lab: Lab, domain: libvirt.virDomain, name: str, *, mac: bool = False
) -> libvirt.virDomain:
    """A copy, as people make them by hand: without the UUID, with or without the MAC."""
    text = re.sub("<uuid>.*?</uuid>", "", domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    text = re.sub("<name>.*?</name>", f"<name>{name}</name>", text)
    text = text if mac else re.sub("<mac address='.*?'/>", "", text)
    return lab.conn.defineXML(text)


def listed_both_ways(lab: Lab, domain: libvirt.virDomain, *, mac: bool) -> None:
    """Copies, until libvirt lists one before the domain and one after it: it goes by a hash."""
    for number in range(64):
        copied(lab, domain, f"clone{number}", mac=mac)
        names = [each.name() for each in lab.conn.listAllDomains()]
        places = [names.index(name) for name in names if name.startswith("clone")]
        if min(places) < names.index("web1") < max(places):
            return
    raise AssertionError("libvirt lists them in one order")


def unstamp(lab: Lab) -> None:
    """The metadata as versions wrote it that did not stamp it."""
    for domain in lab.conn.listAllDomains():
        for flag in (1, 2) if domain.isActive() else (2,):
            try:
                text = domain.metadata(ELEMENT, "urn:vnetmgr:1", flag)
            except libvirt.libvirtError:
                continue
            old = re.sub("""\\sdomain=['"][^'"]*['"]""", "", text)
            domain.setMetadata(ELEMENT, old, "vnetmgr", "urn:vnetmgr:1", flag)


def led_to(lab: Lab) -> list[str]:
    """Whose the rules in the kernel are."""
    return re.findall(r'comment "(\S+) ', lab.sh("nft list map inet vnetmgr port4", check=False))


def reserved(lab: Lab) -> int:
    """How many addresses the network keeps."""
    return lab.conn.networkLookupByName("copy").XMLDesc().count("<host mac=")


@pytest.mark.parametrize(
    "mac",
    [
        pytest.param(True, id="the same MAC"),
        pytest.param(False, id="another MAC", marks=pytest.mark.soak),
    ],
)
def test_a_copy_waits_and_takes_nothing(web: libvirt.virDomain, lab: Lab, *, mac: bool) -> None:
    ok(lab.vnetmgr("add-forward", "web1", "8080:80"))
    listed_both_ways(lab, web, mac=mac)
    for unstamped in (False, True):
        if unstamped:
            unstamp(lab)
        assert ok(lab.vnetmgr("reconcile")) == ""
        assert (led_to(lab), reserved(lab)) == ([web.UUIDString()], 1)
    lab.sh("nft delete table inet vnetmgr")
    assert "forward web1/8080/tcp: repaired" in ok(lab.vnetmgr("reconcile"))
    assert (led_to(lab), reserved(lab)) == ([web.UUIDString()], 1)
    assert web.UUIDString() in web.metadata(ELEMENT, "urn:vnetmgr:1", 2)
    listed = json.loads(ok(lab.vnetmgr("list-forwards", "-o", "json")))
    assert [row["domain"] for row in listed["items"]] == ["web1"]
    assert any("add-forward clone0 8080:80/tcp --nic lan" in note for note in listed["notes"])
    ok(lab.vnetmgr("remove-forward", "web1", "8080"))
    assert ok(lab.vnetmgr("reconcile")) == ""
    assert led_to(lab) == []


def test_nobody_is_preferred_where_nothing_tells(web: libvirt.virDomain, lab: Lab) -> None:
    ok(lab.vnetmgr("add-forward", "web1", "8080:80"))
    copy = copied(lab, web, "clone")
    web.destroy()
    unstamp(lab)
    lab.sh("nft delete table inet vnetmgr")
    result = lab.vnetmgr("reconcile")
    assert (result.returncode, led_to(lab)) == (4, [])
    for name in ("web1", "clone"):
        assert f"vnetmgr add-forward {name} 8080:80/tcp" in result.stderr
    ok(lab.vnetmgr("add-forward", "clone", "8080:80/tcp", "--nic", "lan"))
    assert led_to(lab) == [copy.UUIDString()]
    assert ok(lab.vnetmgr("reconcile")) == ""


def test_virt_clone(web: libvirt.virDomain, lab: Lab) -> None:
    ok(lab.vnetmgr("add-forward", "web1", "8080:80"))
    ok(lab.vnetmgr("hold", "web1", "--for", "1h"))
    web.destroy()
    lab.sh(f"virt-clone --connect '{lab.uri}' --original web1 --name web2 --auto-clone")
    web.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
    ok(lab.vnetmgr("reconcile"))
    assert (led_to(lab), reserved(lab)) == ([web.UUIDString()], 1)
    assert lab.vnetmgr("release", "web2").returncode == 1  # the hold is web1's
    ok(lab.vnetmgr("add-forward", "web2", "9090:90"))
    assert "8080" not in lab.conn.lookupByName("web2").XMLDesc()
    assert len(set(led_to(lab))) == 2


def test_two_that_run_with_one_mac_are_not_well(web: libvirt.virDomain, lab: Lab) -> None:
    copy = copied(lab, web, "web2", mac=True)
    assert {row["domain"]: row["mac"] for row in nics(lab)["items"]} == {"web1": MAC, "web2": MAC}
    assert not any("the MAC of" in note for note in nics(lab)["notes"])
    copy.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
    for names in ((), ("web1",), ("web2",)):
        assert "same MAC as web" in ok(lab.vnetmgr("list-nics", *names))
    assert any("web1: nic lan has the MAC of web2/lan" in n for n in nics(lab, "web1")["notes"])


def nics(lab: Lab, *names: str) -> Any:
    """What list-nics says."""
    return json.loads(ok(lab.vnetmgr("list-nics", *names, "-o", "json")))


def test_prune_takes_no_copy(lab: Lab, web: libvirt.virDomain, tmp_path: Path) -> None:
    web.destroy()
    spec = tmp_path / "spec.yaml"
    given = "given: {network: copy, mac: 52:54:00:00:71:77}"
    text = "version: 1\nprune: true\nnetworks: {own: {subnet: 192.168.72.0/24}}\n"
    spec.write_text(f"{text}domains: {{web1: {{nics: {{derived: {{network: copy}}, {given}}}}}}}\n")
    ok(lab.vnetmgr("apply", str(spec)))
    for name, mac in (("same", True), ("other", False)):
        copied(lab, web, name, mac=mac)
    own = lab.conn.networkLookupByName("own").XMLDesc(1)
    lab.conn.networkDefineXML(
        re.sub("<uuid>.*?</uuid>|<mac .*?/>", "", own)
        .replace("<name>own<", "<name>twin<")
        .replace("virbr", "virbr9")
    )
    ok(lab.vnetmgr("hold", "other", "--for", "1h"))  # a write of the copy's own
    ok(lab.vnetmgr("release", "other"))
    spec.write_text("version: 1\nprune: true\ndomains: {}\n")
    said = ok(lab.vnetmgr("apply", str(spec)))
    assert [row["name"] for row in nics(lab, "web1")["items"]] == ["lan"]
    assert [row["name"] for row in nics(lab, "same", "other")["items"]] == (
        ["lan", "derived", "given"] * 2
    ), said
    assert sorted(each.name() for each in lab.conn.listAllNetworks()) == ["copy", "twin"]
    assert "urn:vnetmgr" not in web.XMLDesc()


def test_no_address_is_kept_for_who_has_another_s_mac(web: libvirt.virDomain, lab: Lab) -> None:
    copied(lab, web, "web2", mac=True)
    for command in (
        ("reserve-address", "copy", "web2", "192.168.71.120"),
        ("release-address", "copy", "web2"),
        ("add-forward", "web2", "8080:80"),
    ):
        said = refused(lab.vnetmgr(*command), 4)
        assert "web1/lan" in said
    advice = re.search("vnetmgr (update-nic web2 lan --mac .*)", said)
    assert advice is not None
    ok(lab.vnetmgr(*advice[1].split()))
    ok(lab.vnetmgr("reserve-address", "copy", "web1", "192.168.71.119"))
    ok(lab.vnetmgr("reserve-address", "copy", "web2", "192.168.71.120"))


def test_a_port_that_was_closed_while_its_guest_was_saved_stays_closed(
    web: libvirt.virDomain, lab: Lab
) -> None:
    """libvirt restores the metadata of before, and has no other once the domain is undefined."""
    ok(lab.vnetmgr("add-forward", "web1", "8080:80"))
    web.managedSave()
    ok(lab.vnetmgr("remove-forward", "web1", "8080"))
    web.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
    assert lab.vnetmgr("reconcile", "--dry-run").returncode == 3
    assert ok(lab.vnetmgr("reconcile")) == "domain web1: repaired in live\n"
    assert ok(lab.vnetmgr("reconcile")) == ""
    text = web.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    web.undefine()
    try:
        assert ok(lab.vnetmgr("reconcile")) == ""
        assert led_to(lab) == []
    finally:
        lab.conn.defineXML(text)
