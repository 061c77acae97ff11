"""What goes wrong in the middle: one line, a hint, the documented code; and the next run converges.

Nothing is played here: the daemon is killed, the domain is destroyed, the guest is paused.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import libvirt
import libvirt_qemu
import pytest

from tests.lab import Lab, eventually
from tests.system.conftest import Vm, element, interfaces, ok
from tests.system.running import NOBODY, held, one_error, tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ATTACH = ("attach-nic", "--bridge", "br0", "--name", "lan")


@contextmanager
def started(lab: Lab, name: str, **options: object) -> Iterator[Vm]:
    """A guest for one test."""
    try:
        yield Vm(lab, lab.guest(name, booted=True, **options))  # type: ignore[arg-type]  # as given
    finally:
        for domain in lab.conn.listAllDomains():
            if domain.name() == name:
                persistent = domain.isPersistent()
                if domain.isActive():
                    domain.destroy()
                if persistent:
                    domain.undefine()


@contextmanager
def without_libvirtd(lab: Lab) -> Iterator[None]:
    """Kill libvirtd; it runs again afterwards."""
    lab.kill_libvirtd()
    try:
        yield
    finally:
        lab.start_libvirtd()


def count(vm: Vm) -> tuple[int, int]:
    """How many nics there are in config and live."""
    config, live = (len(interfaces(document)) for document in vm.documents())
    return config, live


def test_libvirtd_killed_at_each_call_of_an_attach(lab: Lab) -> None:
    lost = 0
    with started(lab, "victim", root_ports=4) as vm:
        for number in range(1, 100):
            running = tracing(lab, ATTACH[0], vm.name, *ATTACH[1:])
            if not running.until(" (", times=number):
                assert running.end().returncode == 0
                break
            with without_libvirtd(lab):
                result = running.end()
            if result.returncode:
                said = one_error(result, 1)
                assert "connection to libvirt was lost" in said or "cannot connect" in said
                lost += 1
            again = vm(*ATTACH)
            if "Duplicate ID" in again.stderr:
                # Killed between QEMU's two halves of a hot-plug. libvirt forgets the first one,
                # QEMU does not, and there is no way to it but QEMU itself.
                assert "until the domain's next cold start" in one_error(again, 1)
                # The first half may have its slot as well: the next nic goes around it.
                ok(vm("attach-nic", "--bridge", "br0", "--name", "around"))
                ok(vm("detach-nic", "around"))
                start_cold(vm)
                again = vm(*ATTACH)
            ok(again)
            assert count(vm) == (1, 1)
            assert vm.nic("lan")["pending"] == []
            ok(vm("detach-nic", "lan"))
            assert count(vm) == (0, 0)
        assert lost > 5


def test_what_qemu_holds_and_libvirt_does_not_list_is_gone_around(lab: Lab) -> None:
    """As a killed libvirtd leaves it: a nic's name, and the slot that would be the next."""
    with started(lab, "halved", paused=True, root_ports=4) as vm:
        for number, name in enumerate(("nic0", "lan"), start=1):
            for command in (
                f"netdev_add user,id=hostua-{name}",
                f"device_add virtio-net-pci,id=ua-{name},netdev=hostua-{name},bus=pci.{number}",
            ):
                hmp = libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP
                assert not libvirt_qemu.qemuMonitorCommand(vm.guest.domain, command, hmp)
        said = one_error(vm(*ATTACH), 1)
        assert "use another --name until then, or --config" in said
        assert "device_del ua-lan" in said
        asked = vm("attach-nic", "--bridge", "br0", "--name", "x", "--pci-address", "0000:02:00.0")
        assert "another --pci-address" in one_error(asked, 1)
        assert count(vm) == (0, 0)
        report = json.loads(ok(vm("attach-nic", "--bridge", "br0", "-o", "json")))
        (change,) = report["changes"]
        assert (change["name"], change["result"]) == ("nic1", "done")
        assert [note.split(" at ")[1].split()[0] for note in report["notes"]] == [
            "0000:01:00.0",
            "0000:02:00.0",
        ]
        for document in vm.documents():
            assert "bus='0x03'" in element(document, vm.nic("nic1")["mac"])
        ok(vm("attach-nic", "--bridge", "br1"))
        # No slot is left that works.
        assert "--config" in one_error(vm("attach-nic", "--user"), 1)
        assert count(vm) == (2, 2)


def start_cold(vm: Vm) -> None:
    vm.guest.domain.destroy()
    vm.guest.domain.create()
    vm.guest.wait_ready()


@pytest.mark.next
def test_libvirtd_killed_while_a_detach_waits(lab: Lab) -> None:
    with started(lab, "victim", root_ports=4) as vm:
        ok(vm(*ATTACH))
        vm.guest.link(vm.nic("lan")["mac"])
        vm.guest.domain.suspend()
        running = tracing(lab, "detach-nic", vm.name, "lan")
        assert running.until("detachDeviceFlags")
        with without_libvirtd(lab):
            said = one_error(running.end(), 1)
        assert "connection to libvirt was lost" in said
        vm.guest.domain.resume()
        ok(vm("detach-nic", "lan"))
        assert count(vm) == (0, 0)


def destroy(domain: libvirt.virDomain) -> None:
    domain.destroy()


def undefine(domain: libvirt.virDomain) -> None:
    domain.undefine()


def forget(domain: libvirt.virDomain) -> None:
    domain.undefine()
    domain.destroy()


@pytest.mark.next
@pytest.mark.parametrize(
    ("meddle", "command", "code", "message"),
    [
        (destroy, ("attach-nic", "--bridge", "br1"), 1, "domain is not running"),
        (undefine, ("attach-nic", "--bridge", "br1"), 1, "transient domain"),
        (forget, ("attach-nic", "--bridge", "br1"), 1, "there is no such domain"),
        (destroy, ("update-nic", "old", "--bridge", "br1"), 1, "domain is not running"),
        (undefine, ("update-nic", "old", "--bridge", "br1"), 1, "transient domain"),
        (forget, ("update-nic", "old", "--bridge", "br1"), 1, "there is no such domain"),
        (destroy, ("detach-nic", "old"), 4, "no nic in live that nic old"),
        (forget, ("detach-nic", "old"), 1, "there is no such domain"),
        (forget, ("add-slots", "2"), 1, "there is no such domain"),
    ],
)
def test_the_domain_changes_in_the_middle(
    lab: Lab,
    meddle: Callable[[libvirt.virDomain], None],
    command: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    nic = (
        "<interface type='bridge'><source bridge='br0'/><model type='virtio'/>"
        "<alias name='ua-old'/></interface>"
    )
    with started(lab, "doomed", nics=[nic], root_ports=2, paused=True) as vm:
        domain = vm.guest.domain
        (before,) = interfaces(vm.documents()[0])
        running = held(lab, command[0], vm.name, *command[1:])
        meddle(domain)
        assert message in one_error(running.end(), code)
        for left in lab.conn.listAllDomains():
            if left.name() == vm.name:  # what is left of it is untouched
                assert interfaces(left.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)) == [before]


def test_the_domain_is_destroyed_while_a_detach_waits(lab: Lab) -> None:
    with started(lab, "doomed", root_ports=2, paused=True) as vm:
        ok(vm(*ATTACH))
        running = tracing(lab, "detach-nic", vm.name, "lan")
        assert running.until("detachDeviceFlags")
        vm.guest.domain.destroy()
        result = running.end()
        assert result.returncode in (0, 1)
        if result.returncode:
            one_error(result, 1)
            ok(vm("detach-nic", "lan"))
        assert vm.nics() == []


def unplug(domain: libvirt.virDomain) -> None:
    (nic,) = interfaces(domain.XMLDesc(0))
    domain.detachDeviceFlags(nic, libvirt.VIR_DOMAIN_AFFECT_LIVE)


@pytest.mark.parametrize("meddle", [destroy, forget])
@pytest.mark.parametrize("when", [("count", "1"), ("count", "2")], ids=" ".join)
def test_the_domain_goes_while_its_nic_is_waited_for(
    lab: Lab, meddle: Callable[[libvirt.virDomain], None], when: tuple[str, str]
) -> None:
    with started(lab, "doomed", root_ports=2, paused=True) as vm:
        # Longer than this test may take: who waits for the end of it fails.
        command = (ATTACH[0], vm.name, *ATTACH[1:], "--wait", "3600")
        running = held(lab, *command, when=when)
        meddle(vm.guest.domain)
        assert "nic lan was plugged in, but the domain stopped" in one_error(running.end(), 1)


@pytest.mark.parametrize(
    ("meddle", "message"),
    [(destroy, "domain doomed does not run"), (forget, "there is no domain doomed")],
)
def test_the_domain_goes_before_its_nic_is_looked_for(
    lab: Lab, meddle: Callable[[libvirt.virDomain], None], message: str
) -> None:
    with started(lab, "doomed", root_ports=2, paused=True) as vm:
        running = held(lab, ATTACH[0], vm.name, *ATTACH[1:], when=("after", "2"))
        meddle(vm.guest.domain)
        assert message in one_error(running.end(), 1)


def test_the_nic_goes_while_it_is_waited_for(lab: Lab, vm: Vm) -> None:
    running = held(lab, ATTACH[0], vm.name, *ATTACH[1:], "--wait", "3600", when=("count", "1"))
    unplug(vm.guest.domain)
    eventually(lambda: count(vm) == (1, 0), "the guest lets go")
    assert "the domain stopped or lost it" in one_error(running.end(), 1)


def test_the_network_vanishes_in_the_middle(lab: Lab) -> None:
    network = lab.conn.networkDefineXML(
        "<network><name>brief</name><bridge name='virbr9'/>"
        "<ip address='192.168.79.1' netmask='255.255.255.0'/></network>"
    )
    network.create()
    with started(lab, "doomed", root_ports=2, paused=True) as vm:
        running = held(lab, "attach-nic", vm.name, "--network", "brief")
        network.destroy()
        network.undefine()
        said = one_error(running.end(), 1)
        assert "brief" in said
        assert "vnetmgr list-networks" in said or "net-list" in said
        assert count(vm) == (0, 0)


def test_an_unknown_domain(lab: Lab, q35: Vm) -> None:
    for command in (
        ("attach-nic", "q53", "--bridge", "br0"),
        ("update-nic", "q53", "lan", "--link", "up"),
        ("detach-nic", "q53", "lan"),
        ("add-slots", "q53", "1"),
        ("list-nics", "q53"),
    ):
        said = one_error(lab.vnetmgr(*command), 1)
        assert "there is no domain q53" in said
        assert "Did you mean q35?" in said


@pytest.mark.parametrize(
    ("uri", "hint"),
    [
        ("qemu+unix:///system?socket=/no/such/socket", "systemctl start libvirtd"),
        ("qemu+tcp://127.0.0.1:1/system", "listens on 127.0.0.1"),
        ("qemu+warp:///system", "a URI is like"),
        ("garbage", "a URI is like"),
        ("qemu+unix://[::1/system", "a URI is like"),
        ("", "hint"),
    ],
)
def test_a_libvirt_that_is_not_there(lab: Lab, uri: str, hint: str) -> None:
    environment = {"LIBVIRT_DEFAULT_URI": uri or "warp:///system"}
    option = ["--connect", uri] if uri else []
    for command in (["list-nics"], ["attach-nic", "q35", "--bridge", "br0"]):
        said = one_error(lab.vnetmgr(*command, *option, env=environment), 1)
        assert f"cannot connect to {uri or 'warp:///system'}: " in said
        assert hint in said


def test_a_socket_that_may_not_be_opened(lab: Lab) -> None:
    for command in (["list-nics"], ["attach-nic", "q35", "--bridge", "br0"]):
        argv = [*NOBODY, sys.executable, "-m", "vnetmgr", *command]
        said = one_error(lab.run(argv), 1)
        assert "Permission denied" in said
        assert "group libvirt" in said


def test_a_read_only_connection_changes_nothing(lab: Lab, vm: Vm) -> None:
    uri = lab.uri.replace("libvirt-sock", "libvirt-sock-ro")
    assert uri != lab.uri
    ok(vm(*ATTACH))
    before = vm.documents()
    for command in (
        ("attach-nic", "q35", "--bridge", "br1"),
        ("update-nic", "q35", "lan", "--link", "down"),
        ("detach-nic", "q35", "lan"),
        ("add-slots", "q35", "1"),
    ):
        assert "read-only" in one_error(lab.vnetmgr(*command, "--connect", uri), 1)
    assert vm.documents() == before
    assert "lan" in ok(lab.vnetmgr("list-nics", "q35", "--connect", uri, "--readonly"))
    assert "lan" in ok(lab.vnetmgr("list-nics", "q35", "--readonly"))


def test_ctrl_c_while_a_detach_waits(lab: Lab) -> None:
    with started(lab, "victim", root_ports=4) as vm:
        ok(vm(*ATTACH))
        vm.guest.link(vm.nic("lan")["mac"])
        vm.guest.domain.suspend()
        running = tracing(lab, "detach-nic", vm.name, "lan")
        assert running.until("detachDeviceFlags")
        running.interrupt()
        assert one_error(running.end(), 130).startswith("vnetmgr: interrupted\n")
        vm.guest.domain.resume()
        result = vm("detach-nic", "lan")
        if result.returncode:  # the guest was as fast with what it was asked for before
            said = one_error(result, 1)
            assert "has no nic lan" in said or "changed meanwhile" in said
        eventually(lambda: count(vm) == (0, 0), "the nic is gone")


def test_ctrl_c_while_the_guest_is_waited_for(lab: Lab, vm: Vm) -> None:
    command = (*ATTACH[1:], "--wait", "60")
    running = tracing(lab, ATTACH[0], vm.name, *command)
    assert running.until("interfaceStats")
    running.interrupt()
    assert one_error(running.end(), 130).startswith("vnetmgr: interrupted\n")
    assert count(vm) == (1, 1)
    before = vm.documents()
    ok(vm(*ATTACH))
    assert vm.documents() == before


def test_an_unplug_that_comes_true_by_itself_is_what_was_asked_for(lab: Lab, vm: Vm) -> None:
    """As when the guest resumes that had been asked before."""
    ok(vm(*ATTACH))
    vm.guest.link(vm.nic("lan")["mac"])
    running = held(lab, "detach-nic", vm.name, "lan")
    xml = element(vm.documents()[1], vm.nic("lan")["mac"])
    vm.guest.domain.detachDeviceFlags(xml, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    eventually(lambda: count(vm) == (1, 0), "the guest lets go")
    result = running.end()
    assert result.returncode == 0, result.stderr
    assert count(vm) == (0, 0)


@pytest.mark.next
def test_a_paused_guest_holds_on_to_its_nic(lab: Lab) -> None:
    with started(lab, "victim", root_ports=4) as vm:
        ok(vm(*ATTACH))
        mac = vm.nic("lan")["mac"]
        vm.guest.link(mac)
        vm.guest.domain.suspend()
        result = vm("detach-nic", "lan")
        said = one_error(result, 1)
        assert "has not let go of nic lan" in said
        assert "config: removed" in said
        assert count(vm) == (0, 1)
        vm.guest.domain.resume()
        eventually(lambda: count(vm) == (0, 0), "the guest lets go")
        assert mac not in vm.guest.links()


@pytest.mark.next
def test_a_guest_that_has_not_booted_holds_on_to_its_nic(lab: Lab) -> None:
    """Paused in its firmware: there is no driver that could let go."""
    with started(lab, "early", root_ports=4, paused=True) as vm:
        ok(vm(*ATTACH))
        said = one_error(vm("detach-nic", "lan"), 1)
        assert "has not let go of nic lan" in said
        assert "still booting" in said
        assert count(vm) == (0, 1)
        again = one_error(vm("detach-nic", "lan"), 1)
        assert "has not let go of nic lan" in again or "at its next hot-plug" in again
        vm.guest.domain.resume()
        vm.guest.wait_ready()
        ok(vm("attach-nic", "--bridge", "br1", "--name", "next"))
        eventually(lambda: count(vm) == (1, 1), "the guest lets go")
        assert [nic["name"] for nic in vm.nics()] == ["next"]


@pytest.mark.parametrize("command", ["list-nics", "list-nics -o json", "--help", "list-nics -v"])
@pytest.mark.parametrize("reader", ["true", "head -c 1"])
def test_a_reader_that_leaves(lab: Lab, q35: Vm, command: str, reader: str) -> None:
    errors = lab.run(
        ["sh", "-c", f"{sys.executable} -m vnetmgr {command} | {reader} > /dev/null"]
    ).stderr
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors
    assert "vnetmgr: " not in errors


@pytest.mark.parametrize("command", ["list-nics", "list-nics -o json", "--version", "--help"])
def test_output_that_nobody_can_take(lab: Lab, command: str) -> None:
    program = f"{sys.executable} -m vnetmgr {command}"
    full = lab.run(["sh", "-c", f"{program} > /dev/full"])
    assert "cannot write the output: No space left" in one_error(full, 1)
    for closed in (">&-", ">&- 2>&-", "> /dev/full 2>&1"):
        result = lab.run(["sh", "-c", f"{program} {closed}"])
        assert result.returncode == (1 if "full" in closed else 0)
        assert result.stderr == ""


def test_a_host_without_domains_is_named() -> None:
    with Lab() as empty:
        result = empty.vnetmgr("list-nics")
        assert ok(result) == f"no nics on {empty.uri}\n"
        assert result.stderr == ""
