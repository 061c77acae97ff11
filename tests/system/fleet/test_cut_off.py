"""A host that is cut off in the middle: it holds up no other, nothing of it is taken for gone, and
the next run goes on from what is there."""

from __future__ import annotations

import json
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.lab import eventually
from tests.system.conftest import ok
from tests.system.fleet.conftest import TRANSPORTS, define
from tests.system.fleet.test_both import SPEC

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab import LabProcess
    from tests.system.fleet.conftest import Fleet

BOUND = "3s"
BOUND_OF_ALL = "15s"
"""Fifteen commands begin at the same time, each with as many on the hosts."""
LISTS = ("list-nics", "list-leases", "list-forwards")
READ = ("list-domains", "list-networks", "topology", "metrics")
OF_KVM2 = {"kind": "host", "name": "kvm2", "domain": None, "field": None}
# Of the bytes that it takes to read: so that some are cut off while they connect, some while they
# ask, and some are done before.
READING = {"tcp": (0, 1_500, 3_000), "ssh": (0, 9_000)}
# The same of an apply, whose writes come last.
APPLYING = {"tcp": (6_000, 12_000, 18_000), "ssh": (9_000,)}
KEPT = """
networks:
  lab: {mode: nat, subnet: 192.168.150.0/24, hosts: [kvm2]}
domains:
  web1: {host: kvm1, nics: {lan: {bridge: br0}}}
  db1: {host: kvm2, nics: {lan: {network: lab, address: 192.168.150.10}}}
"""
ON_LAB = "<interface type='network'><source network='lab'/><alias name='ua-lan'/></interface>"
# Of every host, of one domain, and changes: each of another object.
OF_ALL = ("plan", "reconcile", "validate", "export", "doctor", *LISTS)
OF_ONE = (("trace", "db1/lan", "gateway"), ("check-migration", "web1", "kvm2"))
CHANGES = (
    ("attach-nic", "empty", "--bridge", "br0", "--name", "lan"),
    ("detach-nic", "emptied", "lan"),
    ("update-nic", "changed", "lan", "--link", "down"),
    ("reserve-address", "lab", "52:54:00:00:00:77", "192.168.150.77", "--host", "kvm2"),
)
FORWARD = ("add-forward", "forwarded", "8080:80")  # which only the host itself can
# Of all the bytes of all of these at the same time.
DOING = {"tcp": 240_000, "ssh": 150_000}


def begun(fleet: Fleet, over: str, *words: object, bound: str = BOUND) -> LabProcess:
    """A command on both hosts that is under way."""
    hosts = ("--hosts", str(fleet.pair.hosts_file(over)))
    said = [*map(str, words), *hosts, "-o", "json", "--timeout", bound]
    return fleet.pair.admin.popen([sys.executable, "-m", "vnetmgr", *said])


def ended(process: LabProcess) -> bool:
    """It has ended: whether it knows nothing of kvm2, and of that host alone. It may have begun to
    change something there: then it says how far that went."""
    with process:
        out, err = process.communicate(timeout=120)
    one, other = json.loads(out)["items"]
    assert "result" in one, out
    assert "Traceback" not in err
    assert process.returncode == other["exit_code"], (out, err)
    if "error" in other:
        assert other["exit_code"] == 1
        assert other["error"]["about"] == OF_KVM2, other
    return "error" in other


@pytest.mark.parametrize("over", TRANSPORTS)
def test_what_reads(fleet: Fleet, over: str) -> None:
    """Several at the same time, so that each is cut off at another moment."""
    for moment in READING[over]:
        with fleet.pair.cut_off(fleet.pair.kvm2, after_bytes=len(READ) * moment):
            unknown = [ended(each) for each in [begun(fleet, over, each) for each in READ]]
        assert all(unknown) or moment, unknown
    fleet.leaves_nothing()


def heard(process: LabProcess) -> tuple[int, str, str]:
    """The exit code of a command that ends, and what it has said."""
    with process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def told(code: int, out: str, err: str, *, of_all: bool) -> bool:
    """As ended(), of any command: it may be of one host, or have no items at all."""
    assert "Traceback" not in err
    document = json.loads(out)
    items = {item["host"]: item for item in document.get("items", ()) if "host" in item}
    assert not of_all or "result" in items["kvm1"], out
    errors = [item["error"] for item in items.values() if "error" in item]
    errors += [document] if document["kind"] == "error" else document.get("errors", ())
    unknown = OF_KVM2 in [error["about"] for error in errors]
    # A trace that has its answer may be of a packet that gets nowhere.
    whole = not errors and (code == 0 or "kvm1" not in items)
    assert whole or (unknown and code == 1), (code, out, err)
    return unknown


@pytest.mark.soak  # it takes a minute
@pytest.mark.parametrize("over", TRANSPORTS)
def test_any_other(fleet: Fleet, over: str) -> None:
    """At the same time, too; what changes something does all of it, or nothing."""
    define(fleet.pair.kvm1, "web1")
    define(fleet.pair.kvm2, "db1")
    spec = fleet.write(KEPT)
    ok(fleet("apply", spec))
    for name in ("emptied", "changed", "forwarded"):
        define(fleet.pair.kvm2, name, ON_LAB)
    define(fleet.pair.kvm2, "empty")
    some = [*OF_ONE, *CHANGES, *((FORWARD,) if over == "ssh" else ())]
    with fleet.pair.cut_off(fleet.pair.kvm2, after_bytes=DOING[over]):
        begin = partial(begun, fleet, over, bound=BOUND_OF_ALL)
        of_all = [begin(each, *_of(each, spec)) for each in OF_ALL]
        under_way = [*of_all, *(begin(*words) for words in some)]
        said = [heard(each) for each in under_way]
    unknown = [told(*each, of_all=at < len(of_all)) for at, each in enumerate(said)]
    assert any(unknown)
    eventually(lambda: not fleet.at_work(fleet.pair.kvm2), "what goes on there ends")
    nothing_is_half_done(fleet)
    assert fleet("reconcile", spec).stdout == ""
    fleet.leaves_nothing()


def _of(command: str, spec: Path) -> tuple[Path, ...]:
    return (spec,) if command in {"plan", "reconcile", "validate"} else ()


def nothing_is_half_done(fleet: Fleet) -> None:
    found = {command: fleet.items(command)["kvm2"]["result"]["items"] for command in LISTS}
    nics = {row["domain"]: row for row in found["list-nics"]}
    assert not [row for row in nics.values() if row["pending"]]
    assert nics.keys() | {"empty", "emptied"} == {
        *("db1", "changed", "forwarded", "empty", "emptied")
    }
    assert all(row["active"] for row in found["list-forwards"]), found


@pytest.mark.parametrize("over", TRANSPORTS)
def test_an_apply(fleet: Fleet, over: str) -> None:
    for host, name in zip(fleet.pair.hosts, ("web1", "db1"), strict=True):
        define(host, name)
    spec = fleet.write(SPEC)
    for moment in APPLYING[over]:
        with fleet.pair.cut_off(fleet.pair.kvm2, after_bytes=moment):
            ended(begun(fleet, over, "apply", spec))
        eventually(lambda: not fleet.at_work(fleet.pair.kvm2), "what goes on there ends")
        # Whatever came of it, the next one makes it right.
        ok(fleet("apply", spec, over=over))
        ok(fleet("plan", spec, "--check", over=over))
        names = ok(fleet("list-nics", "-o", "name", over=over)).splitlines()
        assert names == ["kvm1/web1/lan", "kvm1/web1/mgmt", "kvm2/db1/lan"]
        ok(fleet("detach-nic", "db1", "lan", over=over))
    fleet.leaves_nothing()


def test_it_is_unknown_and_not_gone(fleet: Fleet) -> None:
    """Nothing that is kept for its domains is taken away, also not by --prune."""
    define(fleet.pair.kvm1, "web1")
    define(fleet.pair.kvm2, "db1")
    wandering = SPEC.replace("host: kvm2, ", "").replace(", hosts: [kvm1]", "")
    spec = fleet.write(wandering)
    ok(fleet("apply", spec))
    networks = fleet.items("list-networks")
    with fleet.pair.cut_off(fleet.pair.kvm2):
        result = fleet("apply", spec, "--prune", "--timeout", BOUND)
        assert result.returncode == 1, result.stderr
        assert "kvm2" in result.stderr + result.stdout
    assert fleet.items("list-networks") == networks
    assert fleet("reconcile", spec).stdout == ""


def test_a_hung_libvirtd_holds_up_no_other(fleet: Fleet) -> None:
    daemon = fleet.pair.kvm2.sh("cat /run/libvirtd.pid").strip()
    fleet.pair.kvm2.sh(f"kill -STOP {daemon}")
    try:
        commands = [begun(fleet, over, "list-domains") for over in TRANSPORTS]
        assert [ended(each) for each in commands] == [True, True]
    finally:
        fleet.pair.kvm2.sh(f"kill -CONT {daemon}")
    fleet.leaves_nothing()


def test_it_is_said_on_a_terminal(fleet: Fleet) -> None:
    with fleet.pair.cut_off(fleet.pair.kvm2):
        result = fleet("list-domains", "--timeout", BOUND)
    assert result.returncode == 1
    assert result.stdout.startswith("kvm1:\n")
    assert "kvm2" in result.stderr
    assert "Traceback" not in result.stderr
