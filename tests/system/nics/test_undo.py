"""Every write of every plan is made to fail in turn: what was there before is there after.

The writes are done by the real host on a real guest; tests/system/stumble.py makes one fail.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.system.conftest import interfaces, ok, refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import CompletedProcess

    from tests.lab import Lab
    from tests.system.conftest import Vm

ATTACH = ("attach-nic", "--bridge", "br0", "--name", "lan")
SECOND = ("attach-nic", "--bridge", "br1", "--name", "second")
ONLY_LIVE_DOWN = ("update-nic", "lan", "--link", "down", "--live")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A command, what goes before it, and how many writes it takes."""

    command: tuple[str, ...]
    writes: int
    before: tuple[tuple[str, ...], ...] = ()
    replugs: bool = False
    """Whether taking it back plugs a nic in again: libvirt then names tap and port anew."""
    stranded: int = 0
    """The write after which a run that is killed leaves a domain that is defined and not started;
    the next run says that it exists, and starts nothing of somebody else's."""


ROWS = {
    "attach": Row(command=ATTACH, writes=2),
    "attach and make the network": Row(command=("attach-nic", "--nat"), writes=6),
    "update in place": Row(
        before=(ATTACH, SECOND), command=("update-nic", "lan", "--bridge", "br1"), writes=3
    ),
    "update where config and live differ": Row(
        before=(ATTACH, SECOND, ONLY_LIVE_DOWN),
        command=("update-nic", "lan", "--bridge", "br1"),
        writes=2,
    ),
    "update and make the network": Row(
        before=(ATTACH,), command=("update-nic", "lan", "--nat"), writes=7
    ),
    "update by re-plug": Row(
        before=(ATTACH, SECOND),
        command=("update-nic", "lan", "--mtu", "1400", "--allow", "replug"),
        writes=3,
        replugs=True,
    ),
    "another name": Row(before=(ATTACH,), command=("update-nic", "lan", "--name", "x"), writes=1),
    "another name by re-plug": Row(
        before=(ATTACH, SECOND),
        command=("update-nic", "lan", "--name", "x", "--allow", "replug"),
        writes=3,
        replugs=True,
    ),
    "another MAC by re-plug": Row(
        before=(ATTACH, SECOND),
        command=("update-nic", "lan", "--mac", "52:54:00:00:00:09", "--allow", "replug"),
        writes=3,
        replugs=True,
    ),
    "detach": Row(before=(ATTACH, SECOND), command=("detach-nic", "lan"), writes=2, replugs=True),
    "detach where config and live differ": Row(
        before=(ATTACH, SECOND, ONLY_LIVE_DOWN),
        command=("detach-nic", "lan"),
        writes=2,
        replugs=True,
    ),
    "attach with vectors": Row(command=(*ATTACH, "--vectors", "2", "--allow", "taint"), writes=3),
    "update in place and vectors": Row(
        before=(ATTACH, SECOND),
        command=("update-nic", "lan", "--bridge", "br1", "--vectors", "2", "--allow", "taint"),
        writes=4,
    ),
    "detach with vectors": Row(
        before=((*ATTACH, "--vectors", "2", "--allow", "taint"), SECOND),
        command=("detach-nic", "lan"),
        writes=3,
        replugs=True,
    ),
    "add slots": Row(command=("add-slots", "2"), writes=1),
    "create a domain": Row(
        command=(
            *("create-domain", "--memory", "64MiB", "--nic", "nat", "--nic", "bridge=br0"),
            "--start",
        ),
        writes=6,
        stranded=5,
    ),
}


@dataclass(frozen=True)
class Everything:
    """All that libvirt and the kernel have; equal when nothing has changed."""

    domains: dict[str, tuple[str, ...]]
    networks: dict[str, tuple[str, ...]]
    ports: tuple[str, ...] = field(default=())
    """Each bridge with the number of its ports."""


def see(lab: Lab, *, replugged: bool = False) -> Everything:
    """Read everything. `replugged`: but for what libvirt makes anew when it plugs a nic in."""
    normal = _normal if replugged else str
    inactive = libvirt.VIR_DOMAIN_XML_INACTIVE
    return Everything(
        domains={
            each.name(): (
                normal(each.XMLDesc(inactive)),
                normal(each.XMLDesc(0)),
                f"{each.state()} {each.isPersistent()} {each.autostart()}",
            )
            for each in lab.conn.listAllDomains()
        },
        networks={
            each.name(): (
                each.XMLDesc(libvirt.VIR_NETWORK_XML_INACTIVE),
                each.XMLDesc(0),
                f"{each.isActive()} {each.isPersistent()} {each.autostart()}",
            )
            for each in lab.conn.listAllNetworks()
        },
        ports=tuple(
            lab.sh("cd /sys/class/net; for b in */brif; do echo $b $(ls $b | wc -l); done").split(
                "\n"
            )
        ),
    )


def _normal(document: str) -> str:
    nics = sorted(re.sub(r"dev='vnet\d+'|portid='[^']*'", "*", nic) for nic in interfaces(document))
    rest = re.sub(r"<interface .*?</interface>\s*", "", document, flags=re.DOTALL)
    return "\n".join((rest, *nics))


def stumble(
    vm: Vm, action: str, when: str, number: int, command: tuple[str, ...]
) -> CompletedProcess[str]:
    """Run a command whose n-th write meets something."""
    name, *options = command
    domain = "made" if name == "create-domain" else vm.name
    words = (action, when, str(number), name, domain, *options, "-o", "json")
    return vm.lab.python("tests.system.stumble", *words)


def results(result: CompletedProcess[str]) -> str:
    """What the report says of each change, in order."""
    return "".join(change["result"] + " " for change in json.loads(result.stdout)["changes"])


def forget(vm: Vm) -> None:
    """Take away what the commands of the table make."""
    vm.strip()
    conn = vm.lab.conn
    for domain in conn.listAllDomains():
        if domain.name() == "made":
            persistent = domain.isPersistent()
            if domain.isActive():
                domain.destroy()
            if persistent:
                domain.undefine()
    for network in conn.listAllNetworks():
        if network.name() == "default":
            persistent = network.isPersistent()
            if network.isActive():
                network.destroy()
            if persistent:
                network.undefine()


@pytest.fixture
def clean(vm: Vm) -> Iterator[Vm]:
    """The shared guest; whatever a command made is gone afterwards, its slots as well."""
    config = vm.documents()[0]
    yield vm
    forget(vm)
    vm.lab.conn.defineXML(config)


@pytest.mark.next
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_whichever_write_fails_all_is_as_it_was(clean: Vm, row: Row) -> None:
    for command in row.before:
        ok(clean(*command))
    for number in range(1, row.writes + 1):
        for action, code in (("fail", 1), ("interrupt", 130)):
            before = see(clean.lab, replugged=row.replugs)
            result = stumble(clean, action, "before", number, row.command)
            said = refused(result, code)
            assert see(clean.lab, replugged=row.replugs) == before, f"{action} at {number}: {said}"
            assert said.count("vnetmgr: ") == 1
            if action == "fail":
                assert f"write {number} was made to fail" in said
                assert re.fullmatch("(undone )*(failed )(skipped )*", results(result))
    # The table is right about the writes, and nothing is in the way of the command.
    ok(stumble(clean, "fail", "before", row.writes + 1, row.command))


def outline(vm: Vm) -> tuple[list[object], ...]:
    """What counts in the end: nics but for their taps, and which networks and domains there are."""
    nics = [{**nic, "target": None, "addresses": None} for nic in vm.nics()]
    conn = vm.lab.conn
    networks = sorted((each.name(), each.isActive()) for each in conn.listAllNetworks())
    domains = sorted((each.name(), each.isActive()) for each in conn.listAllDomains())
    return sorted(nics, key=str), [*networks], [*domains]


def start_again(vm: Vm, row: Row) -> None:
    """What there is before the command."""
    forget(vm)
    for command in row.before:
        ok(vm(*command))


NOWHERE = 0  # no write has this number: nothing is met


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_after_a_kill_at_any_write_the_next_run_converges(clean: Vm, row: Row) -> None:
    start_again(clean, row)
    ok(stumble(clean, "fail", "after", NOWHERE, row.command))
    expected = outline(clean)
    for number in range(1, row.writes + 1):
        start_again(clean, row)
        assert stumble(clean, "kill", "after", number, row.command).returncode == -9
        again = stumble(clean, "fail", "after", NOWHERE, row.command)
        if number == row.stranded:
            assert outline(clean) != expected
            clean.lab.conn.lookupByName("made").create()
        elif again.returncode:  # the last write was the last thing to do
            assert number == row.writes
            assert "has no nic lan" in again.stderr or "made exists already" in again.stderr
        assert outline(clean) == expected, f"killed after write {number}"


@pytest.mark.next
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_a_write_that_says_it_failed_and_did_not_is_a_failure_with_true_facts(
    clean: Vm, row: Row
) -> None:
    """An undo cannot know of it; but the report never calls it done, and reads back what is."""
    for number in range(1, row.writes + 1):
        start_again(clean, row)
        result = stumble(clean, "fail", "after", number, row.command)
        assert f"write {number} was made to fail" in refused(result, 1)
        assert re.fullmatch("(undone )*(failed )(skipped )*", results(result))
        nics, gone = clean.nics(), {"in_config": False, "in_live": False, "orphan": False}
        for fact in json.loads(result.stdout)["facts"]:
            # It is called as its config has it, and listed as it runs.
            same = (nic for nic in nics if fact["name"] == nic["name"] or fact["mac"] == nic["mac"])
            nic = next(same, gone)
            assert fact["configured"] is nic["in_config"]
            # A tap whose network was taken back is plugged into nothing.
            assert fact["plugged"] is (nic["in_live"] and not nic["orphan"])
