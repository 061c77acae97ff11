"""Copies of domains: with virt-clone, and with `virsh dumpxml` and define. What vnetmgr keeps of a
domain is that domain's alone, in whatever order libvirt lists them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.system.conftest import forget_networks, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

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
