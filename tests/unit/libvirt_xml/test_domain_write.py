"""Filling templates in, and what is refused of whole-document edits."""

from __future__ import annotations

import pytest

from tests.unit.libvirt_xml.samples import CONFIG, template
from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.documents import parse
from vnetmgr.libvirt_xml.domain_read import read_domain, read_machine
from vnetmgr.libvirt_xml.domain_write import (
    fill_domain,
    insert_nic,
    remove_nic,
    replace_nic,
)
from vnetmgr.model.desired import DomainFields

NIC = "<interface type='user'><mac address='52:54:00:00:00:07'/></interface>"


def test_a_nic_that_is_not_there() -> None:
    with pytest.raises(VnetError, match="not in the definition of domain t"):
        remove_nic(CONFIG, NIC)
    with pytest.raises(VnetError, match="not in the definition"):
        replace_nic("<domain><name>x</name></domain>", NIC, NIC)


def test_a_nic_that_is_there_twice() -> None:
    domain = insert_nic(insert_nic("<domain><name>x</name></domain>", NIC), NIC)
    _, nic = read_domain(domain).nics[0]
    with pytest.raises(VnetError, match="more than once"):
        remove_nic(domain, nic)


def test_inserted_and_removed_again_is_as_before() -> None:
    before = insert_nic("<domain>\n  <name>x</name>\n</domain>", NIC)
    new = NIC.replace("07'", "08'")
    after = insert_nic(before, new)
    assert remove_nic(after, read_domain(after).nics[-1][1]) == before


def test_replaced_and_back_again_is_as_before() -> None:
    before = insert_nic(CONFIG, NIC)
    _, old = read_domain(before).nics[2]
    after = replace_nic(before, old, NIC.replace("07'", "08'"))
    _, new = read_domain(after).nics[2]
    assert replace_nic(after, new, old) == before


@pytest.mark.parametrize("name", ["q35", "pc"])
def test_only_a_name(name: str) -> None:
    text = template(f"domain/{name}.xml")
    filled = fill_domain(text, DomainFields(name="a<b>&'ü"))
    start = text.index("<domain")
    expected = text[start:].strip().replace("'", '"')
    assert filled == expected.replace(">template<", ">a&lt;b&gt;&amp;'ü<")


def test_every_field() -> None:
    fields = DomainFields(
        name="web",
        uuid="6f6b85e6-5ba2-498d-a1f1-093c7ccd92ec",
        memory_bytes=512 * 2**20 + 1,
        vcpus=3,
        machine="pc-q35-7.2",
        disk="/images/web & co.qcow2",
        disk_format="qcow2",
        kernel="/boot/k",
        initrd="/boot/i",
        cmdline="console=ttyS0 quiet",
        virt_type="qemu",
    )
    xml = fill_domain(template("domain/q35.xml"), fields, [NIC])
    root = parse(xml)
    texts = [root.findtext(f"os/{tag}") for tag in ("kernel", "initrd", "cmdline")]
    assert texts == ["/boot/k", "/boot/i", "console=ttyS0 quiet"]
    assert (root.findtext("memory"), root.findtext("vcpu")) == ("524289", "3")
    assert root.get("type") == "qemu"
    assert root.findtext("uuid") == "6f6b85e6-5ba2-498d-a1f1-093c7ccd92ec"
    assert read_machine(xml) == ("x86_64", "pc-q35-7.2")
    assert len(read_domain(xml).nics) == 1
    assert (
        '    <disk device="disk" type="file">\n'
        '      <driver name="qemu" type="qcow2"/>\n'
        '      <source file="/images/web &amp; co.qcow2"/>\n'
        '      <target dev="vda" bus="virtio"/>\n'
        "    </disk>\n"
    ) in xml


def test_a_block_device_goes_into_the_disk_of_the_template() -> None:
    text = (
        "<domain type='kvm'><name>x</name><uuid>u</uuid><memory>1</memory>"
        "<currentMemory>1</currentMemory><vcpu current='1'>2</vcpu><devices>"
        "<disk type='file' device='cdrom'><target dev='sda'/></disk>"
        "<disk type='file'><driver name='qemu' type='qcow2' cache='none'/><source file='x'/>"
        "<target dev='sdb' bus='sata'/></disk></devices></domain>"
    )
    fields = DomainFields(name="y", disk="/dev/vg/y", memory_bytes=1024, vcpus=1)
    xml = fill_domain(text, fields)
    assert '<disk type="block"><driver name="qemu" type="qcow2" cache="none"/>' in xml
    assert '<source dev="/dev/vg/y"/><target dev="sdb" bus="sata"/>' in xml
    for gone in ("uuid", "currentMemory", "current="):
        assert gone not in xml


def test_a_new_domain_takes_no_metadata_of_vnetmgr_s_along() -> None:
    ours = "<v:data xmlns:v='urn:vnetmgr:1' domain='u'><v:forward host_port='1'/></v:data>"
    other = "<o:note xmlns:o='urn:other'>kept</o:note>"
    text = "<domain type='qemu'><name>t</name><metadata>{}</metadata></domain>"
    for inside, left in ((ours + other, True), (ours, False), (other, True)):
        filled = fill_domain(text.format(inside), DomainFields(name="x"))
        assert "vnetmgr" not in filled
        assert ("kept" in filled) == ("<metadata>" in filled) == left
