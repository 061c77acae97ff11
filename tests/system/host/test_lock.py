"""Several vnetmgr at once on one host: they take turns, nothing is lost, nobody is stuck."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.lab import Lab
from tests.system.conftest import ok, refused
from tests.system.running import NOBODY, Running, held, one_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.system.conftest import Vm

VNETMGR = (sys.executable, "-m", "vnetmgr")


def test_the_second_waits_and_then_succeeds(lab: Lab, vm: Vm) -> None:
    first = held(lab, "attach-nic", vm.name, "--bridge", "br0", "--name", "first")
    second = Running(
        lab,
        [*VNETMGR, "attach-nic", vm.name, "--bridge", "br1", "--name", "second", "--verbose"],
    )
    assert second.until("getLibVersion")  # connected, and then there is only the lock
    assert vm.nics() == []
    assert first.end().returncode == 0
    assert second.end().returncode == 0
    assert [nic["name"] for nic in vm.nics()] == ["first", "second"]


def test_who_does_not_wait_is_told_who_holds_it(lab: Lab, vm: Vm) -> None:
    first = held(lab, "attach-nic", vm.name, "--bridge", "br0", "--name", "first")
    for command in (
        ("attach-nic", "--bridge", "br1"),
        ("update-nic", "first", "--link", "down"),
        ("detach-nic", "first"),
        ("add-slots", "1"),
    ):
        said = one_error(vm(*command, "--lock-timeout", "0"), 75)
        assert "another run of vnetmgr is at work on this host: process " in said
        assert f"attach-nic {vm.name} --bridge br0 --name first" in said
        assert "--lock-timeout" in said.partition("hint: ")[2]
    assert first.end().returncode == 0
    assert [nic["name"] for nic in vm.nics()] == ["first"]


def test_who_only_reads_needs_no_lock(lab: Lab, vm: Vm) -> None:
    first = held(lab, "attach-nic", vm.name, "--bridge", "br0")
    assert vm.nics() == []
    planned = ok(vm("attach-nic", "--bridge", "br1", "--dry-run", "--lock-timeout", "0"))
    assert "bridge br1" in planned
    assert first.end().returncode == 0


def test_a_killed_holder_frees_it(lab: Lab, vm: Vm) -> None:
    first = held(lab, "attach-nic", vm.name, "--bridge", "br0")
    first.kill()
    assert first.end().returncode == -9
    ok(vm("attach-nic", "--bridge", "br0", "--lock-timeout", "0"))


def test_eight_at_once_on_one_domain(lab: Lab, vm: Vm) -> None:
    names, patience = [f"n{number}" for number in range(8)], ("--lock-timeout", "120")
    running = [
        Running(
            lab,
            [*VNETMGR, "attach-nic", vm.name, *("--bridge", "br0", "--name", name, *patience)],
        )
        for name in names
    ]
    results = [each.end() for each in running]
    assert [result.returncode for result in results] == [0] * 8, results
    nics = vm.nics()
    assert sorted(nic["name"] for nic in nics) == names
    assert all(nic["in_config"] and nic["in_live"] and not nic["pending"] for nic in nics)
    assert max(Counter(nic["mac"] for nic in nics).values()) == 1


def test_more_at_once_than_there_are_slots(lab: Lab) -> None:
    """q35 as libvirt lays it out has one spare port, and one in the config."""
    guest = lab.guest("tight", root_ports=2, paused=True)
    attach = ("attach-nic", "tight", "--bridge", "br0")
    try:
        running = [
            Running(lab, [*VNETMGR, *attach, "--name", f"n{each}", "--lock-timeout", "120"])
            for each in range(5)
        ]
        results = [each.end() for each in running]
        done = sum(result.returncode == 0 for result in results)
        assert 0 < done < 5
        for result in results:
            if result.returncode:
                assert "there is no free hot-plug slot" in one_error(result, 4)
        listed = ok(lab.vnetmgr("list-nics", "tight")).splitlines()
        assert len(listed) == 1 + done
    finally:
        guest.destroy()


def test_two_hosts_do_not_wait_for_each_other(lab: Lab, vm: Vm) -> None:
    first = held(lab, "attach-nic", vm.name, "--bridge", "br0")
    options = ["--network", "default", "--name", "x", "--lock-timeout", "0"]
    ok(lab.vnetmgr("attach-nic", "test", *options, "--connect", "test:///default"))
    assert first.end().returncode == 0


@pytest.fixture
def group_socket(lab: Lab) -> Iterator[None]:
    """Members of a group may talk to libvirtd, as those of group libvirt may."""
    socket = "/run/libvirt/libvirt-sock"
    mode = lab.sh(f"stat -c '%a %g' {socket}").split()
    lab.sh(f"chgrp 4242 {socket}; chmod 770 {socket}; chmod 755 /run/libvirt")
    yield
    lab.sh(f"chmod {mode[0]} {socket}; chgrp {mode[1]} {socket}")


MEMBER = ("setpriv", "--reuid=65534", "--regid=65534", "--groups=4242")


@pytest.mark.usefixtures("group_socket")
@pytest.mark.parametrize(("holder", "other"), [((), MEMBER), (MEMBER, ())])
def test_root_and_a_member_of_the_group_share_it(
    lab: Lab, vm: Vm, holder: tuple[str, ...], other: tuple[str, ...]
) -> None:
    lab.sh("rm -rf /run/vnetmgr")
    ok(vm("attach-nic", "--bridge", "br0", "--name", "first"))  # root's run makes the folder
    ok(vm("detach-nic", "first"))
    lab.sh("rm -f /run/vnetmgr/*")  # whoever comes first makes the lock
    first = held(lab, "attach-nic", vm.name, "--bridge", "br0", "--name", "first", user=holder)
    second = [*other, *VNETMGR, "attach-nic", vm.name, "--bridge", "br1", "--name", "second"]
    said = refused(lab.run([*second, "--lock-timeout", "0"]), 75)
    assert "--name first" in said
    assert first.end().returncode == 0
    ok(lab.run(second))
    assert [nic["name"] for nic in vm.nics()] == ["first", "second"]


def test_nobody_cannot_hold_it(lab: Lab, vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "first"))
    found = lab.sh("ls /run/vnetmgr").split()
    assert found
    for path in ("/run/vnetmgr", f"/run/vnetmgr/{found[0]}"):
        assert lab.run([*NOBODY, "flock", "-n", path, "true"]).returncode != 0, path
    ok(vm("detach-nic", "first", "--lock-timeout", "0"))
