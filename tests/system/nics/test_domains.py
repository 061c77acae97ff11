"""add-slots and create-domain on a real libvirt."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.system.conftest import interfaces, ok, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab import Lab

pytestmark = pytest.mark.next


@pytest.fixture
def created(lab: Lab) -> Iterator[str]:
    """A name for a domain that is forgotten afterwards."""
    yield "made"
    for domain in lab.conn.listAllDomains():
        if domain.name() == "made":
            if domain.isActive():
                domain.destroy()
            domain.undefine()


@pytest.mark.parametrize(
    ("machine", "model", "controller", "count"),
    [
        ("q35", "virtio", "pcie-root-port", 3),
        ("q35", "e1000", "pcie-to-pci-bridge", 1),
        ("pc", "virtio", "pci-bridge", 1),
    ],
)
def test_slots_are_added_and_can_be_used(
    lab: Lab, off: Callable[..., str], machine: str, model: str, controller: str, count: int
) -> None:
    # Without ACPI an i440fx has no hot-plug at all.
    name = off("slots", machine=machine, head="<features><acpi/></features>")
    domain = lab.conn.lookupByName(name)
    before = domain.XMLDesc(0).count(f"model='{controller}'")
    ok(lab.vnetmgr("add-slots", name, "3", "--model", model))
    assert domain.XMLDesc(0).count(f"model='{controller}'") == before + count
    domain.createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
    for number in range(3):
        options = ("--bridge", "br0", "--model", model, "--name", f"n{number}")
        ok(lab.vnetmgr("attach-nic", name, *options))
    config, live = (domain.XMLDesc(flag) for flag in (libvirt.VIR_DOMAIN_XML_INACTIVE, 0))
    assert len(interfaces(config)) == len(interfaces(live)) == 3


def test_slots_of_a_running_domain_come_with_its_next_start(lab: Lab) -> None:
    guest = lab.guest("slots", paused=True)
    try:
        result = lab.vnetmgr("add-slots", "slots", "2", "-o", "json")
        (change,) = json.loads(ok(result))["changes"]
        assert (change["scope"], change["disruption"]) == (["config"], "next-start")
        assert "transient" not in result.stderr
    finally:
        guest.destroy()


def test_slots_for_a_transient_domain_are_refused(lab: Lab) -> None:
    guest = lab.guest("slots", paused=True, transient=True)
    try:
        assert "is transient" in refused(lab.vnetmgr("add-slots", "slots", "2"), 4)
    finally:
        guest.destroy()


@pytest.mark.parametrize("machine", ["q35", "pc"])
def test_a_created_domain_has_what_was_asked_for_and_room_for_more(
    lab: Lab, created: str, machine: str
) -> None:
    ok(
        lab.vnetmgr(
            *("create-domain", created, "--machine", machine, "--memory", "128MiB"),
            *("--vcpus", "1", "--nic", "bridge=br0,model=e1000e,name=lan,mtu=1400"),
            *("--nic", "user,mac=52:54:00:aa:00:01", "--start"),
        )
    )
    domain = lab.conn.lookupByName(created)
    assert domain.isActive()
    assert domain.maxMemory() == 128 * 1024
    listed = json.loads(ok(lab.vnetmgr("list-nics", created, "-o", "json")))["items"]
    assert [(nic["name"], nic["mode"], nic["model"], nic["mtu"]) for nic in listed] == [
        ("lan", "bridge", "e1000e", 1400),
        ("nic0", "user", "virtio", None),
    ]
    assert listed[1]["mac"] == "52:54:00:aa:00:01"
    for number in range(3):
        ok(lab.vnetmgr("attach-nic", created, "--bridge", "br1", "--name", f"more{number}"))
    said = refused(lab.vnetmgr("create-domain", created), 4)
    assert "exists already" in said


def test_a_disk_and_a_kernel_go_where_they_belong(lab: Lab, created: str) -> None:
    ok(
        lab.vnetmgr(
            *("create-domain", created, "--disk", "/var/tmp/d.qcow2"),  # noqa: S108
            *("--kernel", "/boot/k", "--initrd", "/boot/i", "--cmdline", "a <b> 'c'"),
        )
    )
    document = lab.conn.lookupByName(created).XMLDesc(0)
    for part in (
        "<driver name='qemu' type='qcow2'/>",
        "<source file='/var/tmp/d.qcow2'/>",
        "<kernel>/boot/k</kernel>",
        "<initrd>/boot/i</initrd>",
        "<cmdline>a &lt;b&gt; &apos;c&apos;</cmdline>",
    ):
        assert part in document
    assert not lab.conn.lookupByName(created).isActive()


def test_a_template_of_the_users_own(lab: Lab, created: str) -> None:
    template = lab.directory / "mine.xml"
    template.write_text(
        "<domain type='qemu'><name>x</name><title>kept</title><memory unit='MiB'>64</memory>"
        "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>"
    )
    ok(lab.vnetmgr("create-domain", created, "--template", template, "--memory", "96MiB"))
    domain = lab.conn.lookupByName(created)
    assert "<title>kept</title>" in domain.XMLDesc(0)
    assert domain.maxMemory() == 96 * 1024


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--memory", "lots"), 2, "size 'lots'"),
        (("--nic", "bridge=br9"), 1, "bridge br9 does not exist"),
        (("--nic", "bridge=br0,modle=x", "--nic", "mtu=1"), 2, "3 problems"),
        (("--nic", "user,name=a", "--nic", "user,name=a"), 4, "two of its nics"),
        (("--machine", "vax"), 2, "templates are for q35 and pc"),
        (("--template", "/nosuch.xml"), 2, "cannot be read"),
        (("--nic", "bridge=br0,model=virtoi"), 2, "Did you mean virtio"),
    ],
)
def test_bad_input_makes_nothing(
    lab: Lab, created: str, options: tuple[str, ...], code: int, message: str
) -> None:
    assert message in refused(lab.vnetmgr("create-domain", created, *options), code)
    assert created not in [domain.name() for domain in lab.conn.listAllDomains()]


def test_a_domain_that_cannot_start_is_not_left_behind(lab: Lab, created: str) -> None:
    said = refused(lab.vnetmgr("create-domain", created, "--disk", "/nosuch.img", "--start"), 1)
    assert "/nosuch.img" in said
    assert created not in [domain.name() for domain in lab.conn.listAllDomains()]
