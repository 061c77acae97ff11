"""Port forwards into user mode: QEMU itself listens, told by libvirt, and only where allowed."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import libvirt
import libvirt_qemu
import pytest

from tests.lab.waiting import eventually
from tests.system.conftest import BOTH, ROOT_PORTS, Vm, ok, refused
from tests.system.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import CompletedProcess

    from tests.lab import Lab

pytestmark = pytest.mark.next

ALLOWED = ("--allow", "taint")
MAC = "52:54:00:00:0d:01"
PAGE = "from the guest"
TAINTED = "custom monitor control commands issued"
SPEC = f"""
version: 1
domains:
  usermode:
    nics:
      net: {{user: true, mac: {MAC}}}
    forwards:
      - {{host_port: 8080, guest_port: 80, nic: net}}
"""


@pytest.fixture
def fresh(lab: Lab) -> Iterator[Vm]:
    """A guest just started, without nics, metadata and taint."""
    guest = lab.guest("usermode", root_ports=ROOT_PORTS, booted=True)
    vm = Vm(lab, guest)
    assert not is_tainted(vm)
    yield vm
    guest.destroy()


def is_tainted(vm: Vm) -> bool:
    """Whether somebody has used its monitor."""
    messages = vm.guest.domain.messages(libvirt.VIR_DOMAIN_MESSAGE_TAINTING)
    return any(TAINTED in each for each in messages)


def serve(vm: Vm) -> None:
    """Bring the nic up in the guest, and serve a page."""
    assert vm.guest.dhcp(MAC) == "10.0.2.15"
    vm.guest.sh(f"mkdir -p /www && echo '{PAGE}' > /www/index.html && httpd -p 80 -h /www")


def page(vm: Vm, port: int, address: str = "127.0.0.1") -> str:
    """What the host gets on one of its own ports; nothing where nobody answers."""
    request = r"printf 'GET / HTTP/1.0\r\n\r\n'"
    answer = vm.lab.sh(f"{request} | busybox nc -w 40 {address} {port}", check=False)
    return answer.replace("\r\n", "\n").partition("\n\n")[2].strip()


def usernet(vm: Vm) -> str:
    """What QEMU says for itself."""
    flag = libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP
    return libvirt_qemu.qemuMonitorCommand(vm.guest.domain, "info usernet", flag)


def listed(vm: Vm, *options: str) -> dict[int, dict[str, Any]]:
    """What list-forwards says of it, by host port."""
    said = json.loads(ok(vm.lab.vnetmgr("list-forwards", vm.name, *options, "-o", "json")))
    return {each["host_port"]: each for each in said["items"]}


def attach(vm: Vm, *options: str) -> CompletedProcess[str]:
    """A nic in user mode."""
    return vm("attach-nic", "--user", "--name", "net", "--mac", MAC, *options)


def test_a_guest_in_user_mode_is_reached_and_is_no_more(fresh: Vm) -> None:
    ok(attach(fresh))
    serve(fresh)
    assert page(fresh, 8080) == ""
    ok(fresh("add-forward", "8080:80", *ALLOWED))
    assert page(fresh, 8080) == PAGE
    row = listed(fresh)[8080]
    assert (row["guest_address"], row["active"], row["problems"]) == ("10.0.2.15", True, [])
    assert "already" in fresh("add-forward", "8080:80", *ALLOWED).stderr
    ok(fresh("add-forward", "8100-8102:80-82", *ALLOWED))
    assert page(fresh, 8100) == PAGE
    ok(fresh("add-forward", "127.0.0.1:8090:80", *ALLOWED))
    assert page(fresh, 8090) == PAGE
    assert page(fresh, 8090, "10.10.0.2") == ""
    assert page(fresh, 8080, "10.10.0.2") == PAGE
    assert listed(fresh)[8090]["active"] is True
    ok(fresh("remove-forward", "127.0.0.1:8090", *ALLOWED))
    assert usernet(fresh).count("HOST_FORWARD") == 4
    ok(fresh("remove-forward", "8080", *ALLOWED))
    assert page(fresh, 8080) == ""
    ok(fresh("remove-forward", "8100-8102", *ALLOWED))
    assert "HOST_FORWARD" not in usernet(fresh)
    assert listed(fresh) == {}
    assert "urn:vnetmgr" not in "".join(fresh.documents())


def test_nothing_is_touched_that_nobody_allowed(fresh: Vm) -> None:
    ok(attach(fresh))
    before = fresh.documents()
    said = refused(fresh("add-forward", "8080:80"), 4)
    assert "--allow taint" in said
    assert "NAT network" in said
    assert fresh.documents() == before
    ok(fresh("add-forward", "8080:80", *ALLOWED, "--dry-run"))
    assert fresh.documents() == before
    assert not is_tainted(fresh)
    assert fresh.guest.domain.XMLDesc(0).count("<interface") == 1


def test_a_removal_has_to_be_allowed_while_the_domain_runs(fresh: Vm) -> None:
    ok(attach(fresh, "--forward", "8080:80", *ALLOWED))
    before = fresh.documents()
    assert "--allow taint" in refused(fresh("remove-forward", "8080"), 4)
    assert fresh.documents() == before
    assert usernet(fresh).count("HOST_FORWARD") == 1
    fresh.guest.domain.destroy()
    row = listed(fresh)[8080]
    assert (row["active"], row["problems"]) == (False, ["the domain is off"])
    ok(fresh("remove-forward", "8080"))
    assert listed(fresh) == {}


def test_a_start_loses_them_and_reconcile_brings_them_back(fresh: Vm) -> None:
    lab, path = fresh.lab, fresh.lab.directory / "user.yaml"
    path.write_text(SPEC)
    assert "--allow taint" in refused(lab.vnetmgr("apply", path), 4)
    ok(lab.vnetmgr("apply", path, *ALLOWED))
    assert lab.vnetmgr("plan", path, "--check", *ALLOWED).returncode == 0
    fresh.guest.domain.destroy()
    off = lab.vnetmgr("reconcile", path, *ALLOWED)
    assert (off.returncode, off.stdout, off.stderr) == (0, "", "")
    fresh.guest.domain.create()
    fresh.guest.wait_ready()
    serve(fresh)
    assert page(fresh, 8080) == ""
    ok(lab.vnetmgr("reconcile", path))  # nobody allows it here
    assert listed(fresh)[8080]["active"] is None
    assert not is_tainted(fresh)
    assert page(fresh, 8080) == ""
    assert "repaired in live" in ok(lab.vnetmgr("reconcile", path, *ALLOWED))
    assert page(fresh, 8080) == PAGE
    assert listed(fresh)[8080]["active"] is True
    assert listed(fresh, "--readonly")[8080]["active"] is None
    again = lab.vnetmgr("reconcile", path, *ALLOWED)
    assert (again.returncode, again.stdout) == (0, "")


@pytest.mark.parametrize("named", [True, False])
def test_a_watch_brings_them_back_at_the_start(fresh: Vm, *, named: bool) -> None:
    """Also those of a domain that its spec does not name, or says nothing of the forwards of."""
    lab, path = fresh.lab, fresh.lab.directory / "watch.yaml"
    nic = f"net: {{user: true, mac: '{MAC}'}}" if named else "lan: {bridge: br0}"
    path.write_text(
        f"version: 1\ndomains: {{{'usermode' if named else 'elsewhere'}: {{nics: {{{nic}}}}}}}\n"
    )
    ok(attach(fresh, "--forward", "8080:80", *ALLOWED))
    fresh.guest.domain.destroy()
    watching = Watching(lab, path, *ALLOWED, "--verbose")
    try:
        eventually(lambda: watching.err, "it has begun")
        watching.quiet()
        fresh.guest.domain.create()
        put_back = "forward usermode/8080/tcp: repaired in live"
        eventually(lambda: any(put_back in line for line in watching.out), "QEMU listens")
        fresh.guest.wait_ready()
        serve(fresh)
        assert page(fresh, 8080) == PAGE
        # A nic that a colleague takes out and puts in again.
        element = fresh.documents()[0].partition("<interface")[2].partition("</interface>")[0]
        colleagues = f"<interface{element}</interface>"
        live = libvirt.VIR_DOMAIN_AFFECT_LIVE
        said = len(watching.out)
        fresh.guest.domain.detachDeviceFlags(colleagues, live)
        if named:  # the watch puts in the nic itself, as soon as the guest has let go
            eventually(lambda: "".join(watching.out[said:]).count(put_back), "it is put in")
        else:
            eventually(lambda: "HOST_FORWARD" not in usernet(fresh), "the guest lets go")
            fresh.guest.domain.attachDeviceFlags(colleagues, live)
        eventually(lambda: usernet(fresh).count("HOST_FORWARD") == 1, "QEMU listens")
    finally:
        watching.kill()


def test_a_nic_that_is_plugged_in_anew_keeps_its_forwards(fresh: Vm) -> None:
    ok(attach(fresh, "--forward", "8080:80", "--forward", "8100-8101:80-81", *ALLOWED))
    serve(fresh)
    said = ok(fresh("update-nic", "net", "--model", "e1000e", "--allow", "replug,taint"))
    assert "forward usermode/8080/tcp: repaired in live" in said
    assert fresh.guest.dhcp(MAC) == "10.0.2.15"
    assert fresh.guest.driver(MAC) == "e1000e"
    assert page(fresh, 8080) == PAGE
    assert page(fresh, 8100) == PAGE
    path = fresh.lab.directory / "user.yaml"
    path.write_text(SPEC.replace("user: true", "user: true, model: virtio"))
    ok(fresh.lab.vnetmgr("apply", path, "--allow", "replug,taint"))
    assert fresh.guest.dhcp(MAC) == "10.0.2.15"
    assert page(fresh, 8080) == PAGE
    assert usernet(fresh).count("HOST_FORWARD") == 1  # the spec has but one
    again = fresh.lab.vnetmgr("reconcile", path, "--allow", "replug,taint")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_without_taint_a_replug_says_what_is_lost(fresh: Vm) -> None:
    ok(attach(fresh, "--forward", "8080:80", *ALLOWED))
    said = fresh("update-nic", "net", "--model", "e1000e", "--allow", "replug")
    assert "are lost where nic net" in ok(said) + said.stderr
    assert "--allow taint alone: 8080/tcp" in said.stdout + said.stderr
    assert "HOST_FORWARD" not in usernet(fresh)
    assert "repaired in live" in ok(fresh.lab.vnetmgr("reconcile", *ALLOWED))
    assert usernet(fresh).count("HOST_FORWARD") == 1


def test_a_nic_without_a_name_is_called_otherwise_when_it_is_back(fresh: Vm) -> None:
    nics = (f"<mac address='{MAC}'/>", "<mac address='52:54:00:00:0d:02'/>")
    for mac in nics:
        model = "<model type='virtio'/>"
        fresh.guest.domain.attachDeviceFlags(
            f"<interface type='user'>{mac}{model}</interface>", BOTH
        )
    ok(fresh("add-forward", "8080:80", "--nic", MAC, *ALLOWED))
    assert "(hostnet0)" in usernet(fresh)
    ok(fresh("update-nic", MAC, "--model", "e1000e", "--allow", "replug,taint"))
    serve(fresh)
    assert page(fresh, 8080) == PAGE
    assert "(hostnet0)" not in usernet(fresh)


def test_a_replug_that_is_undone_has_the_forwards_back(fresh: Vm) -> None:
    ok(attach(fresh, "--forward", "8080:80", *ALLOWED))
    before, quiet = usernet(fresh), subprocess.DEVNULL
    # A forward that cannot be had any more: a start has lost it, and another took the port.
    ok(fresh("add-forward", "8081:81", *ALLOWED))
    flag = libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP
    libvirt_qemu.qemuMonitorCommand(fresh.guest.domain, "hostfwd_remove hostua-net tcp::8081", flag)
    listen = ["busybox", "nc", "-l", "-p", "8081"]
    with fresh.lab.popen(listen, stdin=quiet, stdout=quiet, stderr=quiet) as listener:
        fresh.lab.sh("until ss -Hltn sport = 8081 | grep -q 8081; do sleep 0.1; done")
        said = fresh("update-nic", "net", "--model", "e1000e", "--allow", "replug,taint")
        listener.kill()
    assert "Could not set up host forwarding rule" in refused(said, 1)
    assert fresh.nic("net")["model"] == "virtio"
    assert fresh.documents()[1].count("e1000e") == 0
    assert usernet(fresh).count("8080") == before.count("8080") == 1
    assert "could not be taken back" in said.stderr  # of 8081, which was not there before either


def test_a_nic_comes_with_its_forwards(fresh: Vm) -> None:
    before = fresh.documents()
    refused(attach(fresh, "--forward", "8080:80"), 4)
    assert fresh.documents() == before
    said = refused(fresh("attach-nic", "--bridge", "br0", "--forward", "8080:80"), 2)
    assert "--user" in said
    ok(attach(fresh, "--forward", "8080:80", "--forward", "8053:53/udp", *ALLOWED))
    serve(fresh)
    assert page(fresh, 8080) == PAGE
    assert {port: each["protocol"] for port, each in listed(fresh).items()} == {
        8080: "tcp",
        8053: "udp",
    }
    ok(attach(fresh, "--forward", "8080:80", *ALLOWED))


QEMU = (
    *("qemu-system-x86_64", "-m", "512", "-device", f"virtio-net-pci,netdev=net,mac={MAC}"),
    *("-netdev", "user,id=net,hostfwd=tcp:127.0.0.1:8080-:80,guestfwd=tcp:10.0.2.100:9-cmd:cat"),
    *("-device", "e1000e,netdev=second", "-netdev", "user,id=second,hostfwd=tcp::8022-:22"),
    *("-redir", "tcp:8081::80"),
)


def test_the_forwards_of_a_qemu_command_come_with_its_nics(fresh: Vm) -> None:
    lab, before = fresh.lab, fresh.documents()
    run = ("import-qemu", "--attach", fresh.name)
    unasked = lab.vnetmgr(*run, "--", *QEMU)
    assert (unasked.returncode, "--allow taint" in unasked.stderr) == (4, True)
    assert fresh.documents() == before
    assert not is_tainted(fresh)
    result = lab.vnetmgr(*run, *ALLOWED, "--", *QEMU)
    ok(result)
    assert "guestfwd=tcp:10.0.2.100:9-cmd:cat: " in result.stderr
    serve(fresh)
    assert (page(fresh, 8080), page(fresh, 8080, "10.10.0.2")) == (PAGE, "")
    assert (page(fresh, 8081), page(fresh, 8081, "10.10.0.2")) == (PAGE, PAGE)
    assert {port: (row["nic"], row["active"]) for port, row in listed(fresh).items()} == {
        8080: ("net", True),
        8081: ("net", True),
        8022: ("second", True),
    }
    again = lab.vnetmgr(*run, *ALLOWED, "--", *QEMU)
    assert "nothing to do" in ok(again) + again.stderr
    assert len(fresh.nics()) == 2


def test_a_port_that_is_taken_leaves_everything_as_it_was(fresh: Vm) -> None:
    before = fresh.documents()
    quiet = subprocess.DEVNULL
    listen = ["busybox", "nc", "-l", "-p", "8080"]
    with fresh.lab.popen(listen, stdin=quiet, stdout=quiet, stderr=quiet) as listener:
        fresh.lab.sh("until ss -Hltn sport = 8080 | grep -q 8080; do sleep 0.1; done")
        said = refused(attach(fresh, "--forward", "8080:80", *ALLOWED), 4)
        assert "listens on" in said
        assert fresh.documents() == before
        assert not is_tainted(fresh)
        listener.kill()
    # An address that is none of the host's, which only QEMU finds out.
    said = refused(
        attach(fresh, "--forward", "8081:80", "--forward", "10.99.0.1:8082:80", *ALLOWED), 1
    )
    assert "Could not set up host forwarding rule" in said
    assert fresh.nics() == []
    assert "urn:vnetmgr" not in "".join(fresh.documents())


@pytest.mark.parametrize(
    ("forward", "options", "named"),
    [
        ("[fd00::1]:8080:80", (), "IPv4 alone"),
        ("8080:80", ("--allow-from", "10.0.0.0/8"), "allow_from"),
        ("8080:80", ("--guest-address", "fd00::2"), "IPv4 alone"),
    ],
)
def test_what_user_mode_cannot_do_is_refused_by_name(
    lab: Lab, forward: str, options: tuple[str, ...], named: str
) -> None:
    name = "cannot"
    lab.conn.defineXML(
        f"<domain type='qemu'><name>{name}</name><memory unit='MiB'>64</memory>"
        "<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"
    )
    try:
        ok(lab.vnetmgr("attach-nic", name, "--user"))
        said = refused(lab.vnetmgr("add-forward", name, forward, *options, *ALLOWED), 4)
        assert named in said
    finally:
        lab.conn.lookupByName(name).undefine()
