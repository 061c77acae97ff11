"""Every write of every plan of networks is made to fail in turn: what was there is there after.

As tests/system/nics/test_undo.py does for nics; here the guest on the network has to be plugged in
as before, too.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.system.conftest import Vm, forget_networks, ok, refused
from tests.system.plugged import BRIDGE, everything

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import CompletedProcess

# Without NAT its firewall is small, which makes this quick.
CREATE = (
    *("create-network", "lab", "--mode", "isolated", "--subnet", "192.168.60.0/24"),
    *("--bridge", BRIDGE),
)
MAC = "52:54:00:00:60:77"
RANGE = ("--dhcp-range", "192.168.60.50-192.168.60.60")
SLOW = ("--portgroup", "name=slow,inbound=1mbit")


def update(*options: str) -> tuple[str, ...]:
    """A change of the network."""
    return ("update-network", "lab", *options)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A command, what goes before it, and how many writes it takes."""

    command: tuple[str, ...]
    writes: int
    before: tuple[tuple[str, ...], ...] = (CREATE,)
    port: bool = False
    """Whether a container's port is on the bridge."""


ROWS = {
    "create": Row(before=(), command=CREATE, writes=5),
    "create without a start": Row(before=(), command=(*CREATE, "--no-start"), writes=3),
    "update in place": Row(
        command=update(*RANGE, *SLOW, "--lease-time", "3h", "--no-autostart"), writes=4
    ),
    "another lease time": Row(command=update("--lease-time", "3h"), writes=3),
    "update where config and live differ": Row(
        before=(CREATE, update(*SLOW, "--live")),
        command=update("--portgroup", "name=slow,inbound=2mbit", *RANGE),
        writes=4,
    ),
    "update of a network that is off": Row(
        before=(CREATE, ("stop-network", "lab", "--force")),
        command=update("--mtu", "1400", "--no-autostart"),
        writes=2,
    ),
    "update and restart": Row(
        command=update("--subnet", "192.168.61.0/24", "--allow", "restart", "--no-autostart"),
        writes=6,
    ),
    "another bridge, with a port": Row(
        command=update("--bridge", "virbr61", "--allow", "restart"), writes=6, port=True
    ),
    "another mode": Row(
        command=update("--mode", "bridge", "--bridge", "br0", "--allow", "restart"), writes=5
    ),
    "update, restart and renew": Row(
        command=update("--mtu", "1400", "--allow", "restart", "--renew"), writes=6
    ),
    "restart": Row(command=("restart-network", "lab"), writes=4),
    "restart with a port": Row(command=("restart-network", "lab"), writes=5, port=True),
    "restart of what waits": Row(
        before=(CREATE, update("--mtu", "1400", "--config")),
        command=("restart-network", "lab"),
        writes=4,
    ),
    "start": Row(
        before=(CREATE, ("stop-network", "lab", "--force")),
        command=("start-network", "lab"),
        writes=2,
    ),
    "stop": Row(command=("stop-network", "lab", "--force"), writes=1, port=True),
    "delete": Row(command=("delete-network", "lab", "--force"), writes=2, port=True),
    "reserve": Row(command=("reserve-address", "lab", MAC, "192.168.60.77"), writes=1),
    "reserve where config and live differ": Row(
        before=(CREATE, ("reserve-address", "lab", MAC, "192.168.60.77", "--config")),
        command=("reserve-address", "lab", MAC, "192.168.60.78"),
        writes=2,
    ),
    "release": Row(
        before=(CREATE, ("reserve-address", "lab", MAC, "192.168.60.77")),
        command=("release-address", "lab", MAC),
        writes=1,
    ),
    "add a record": Row(
        command=("add-dns-record", "lab", "--host", "nas", "--address", "192.168.60.5"), writes=1
    ),
    "add an alias": Row(
        command=(
            *("add-dns-record", "lab", "--cname", "www.lab.test", "--target", "nas.lab.test"),
            *("--allow", "restart"),
        ),
        writes=5,
    ),
}


@pytest.fixture
def guest(nets: Vm) -> Iterator[Vm]:
    """The shared guest, with a nic on a network that is not there yet."""
    ok(nets.lab.vnetmgr(*CREATE))
    ok(nets("attach-nic", "--network", "lab", "--name", "lan"))
    yield nets
    nets.lab.sh("ip link del c0", check=False)


def prepare(guest: Vm, row: Row) -> None:
    """What there is before the command. A new network plugs the nic in again."""
    forget_networks(guest.lab)
    for command in row.before:
        ok(guest.lab.vnetmgr(*command))
    if row.port:
        guest.lab.sh(
            f"ip link del c0; ip link add c0 type veth peer name c1; "
            f"ip link set c0 master {BRIDGE} up"
        )


def stumble(
    guest: Vm, action: str, when: str, number: int, command: tuple[str, ...]
) -> CompletedProcess[str]:
    """Run a command whose n-th write meets something."""
    words = (action, when, str(number), *command, "-o", "json")
    return guest.lab.python("tests.system.stumble", *words)


@pytest.mark.next
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_whichever_write_fails_all_is_as_it_was(guest: Vm, row: Row) -> None:
    prepare(guest, row)
    before = everything(guest.lab)
    for number in range(1, row.writes + 1):
        result = stumble(guest, "fail", "before", number, row.command)
        said = refused(result, 1)
        assert everything(guest.lab) == before, f"write {number}: {said}{result.stdout}"
        assert said.count("vnetmgr: ") == 1
        assert f"write {number} was made to fail" in said
        report = json.loads(result.stdout)
        results = "".join(change["result"] + " " for change in report["changes"])
        assert re.fullmatch("(undone )*(failed )+(skipped )*", results)
        assert not any("could not be taken back" in note for note in report["notes"])
    refused(stumble(guest, "interrupt", "before", row.writes, row.command), 130)
    assert everything(guest.lab) == before
    # The table is right about the writes, and nothing is in the way of the command.
    ok(stumble(guest, "fail", "before", row.writes + 1, row.command))
    assert everything(guest.lab) != before or row.command[0] == "restart-network"


@pytest.mark.next
def test_a_transient_network_is_there_again_as_it_ran(guest: Vm) -> None:
    """libvirt forgets it while it is stopped."""
    lab = guest.lab
    forget_networks(lab)
    lab.conn.networkCreateXML(
        f"<network><name>lab</name><bridge name='{BRIDGE}'/><metadata><x xmlns='urn:x'/></metadata>"
        "</network>"
    )
    ok(lab.vnetmgr("start-network", "lab"))
    before = everything(lab)
    for number in range(1, 5):
        said = refused(stumble(guest, "fail", "before", number, ("restart-network", "lab")), 1)
        assert everything(lab) == before, f"write {number}: {said}"
    ok(stumble(guest, "fail", "before", 5, ("restart-network", "lab")))
    assert everything(lab) == before


def outline(guest: Vm) -> str:
    """Everything but for what libvirt makes up."""
    made_up = "<uuid>.*?</uuid>|<mac address=[^>]*>|vnet[0-9]+"
    return re.sub(made_up, "*", str(everything(guest.lab)))


NOWHERE = 0  # no write has this number: nothing is met
KILLED = (
    *("create", "create without a start", "update where config and live differ"),
    *("update and restart", "another bridge, with a port", "restart with a port"),
    *("another lease time", "update in place"),
    *("restart of what waits", "start", "add an alias"),
)


@pytest.mark.parametrize("row", [ROWS[name] for name in KILLED], ids=KILLED)
def test_after_a_kill_at_any_write_the_next_run_converges(guest: Vm, row: Row) -> None:
    prepare(guest, row)
    ok(stumble(guest, "fail", "after", NOWHERE, row.command))
    expected = outline(guest)
    for number in range(1, row.writes):
        prepare(guest, row)
        assert stumble(guest, "kill", "after", number, row.command).returncode == -9
        ok(stumble(guest, "fail", "after", NOWHERE, row.command))
        assert outline(guest) == expected, f"killed after write {number}"


READ_ONLY = {
    "in place": update(*RANGE),
    "whole": update("--mtu", "1400", "--allow", "restart"),
    "a new one": ("create-network", "other"),
    "no autostart": update("--no-autostart"),
    "a reservation": ("reserve-address", "lab", MAC, "192.168.60.77"),
    "none any more": ("delete-network", "lab", "--force"),
}


@pytest.mark.next
def test_where_libvirt_cannot_write_its_files_nothing_is_touched(guest: Vm) -> None:
    """libvirt would let go of a running network's config, and forget one that is off."""
    lab = guest.lab
    ok(lab.vnetmgr("create-network", "off", "--no-start"))
    before = everything(lab)
    lab.sh("mount --bind /etc/libvirt /etc/libvirt; mount -o remount,ro,bind /etc/libvirt")
    try:
        for command in (*READ_ONLY.values(), ("update-network", "off", "--mtu", "1400")):
            said = refused(lab.vnetmgr(*command), 1)
            assert "/etc/libvirt/qemu/networks is read-only" in said
            assert everything(lab) == before, command
    finally:
        lab.sh("umount /etc/libvirt")
    ok(lab.vnetmgr("delete-network", "off"))
