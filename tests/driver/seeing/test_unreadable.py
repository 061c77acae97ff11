"""A domain of which libvirt hands out no XML: what only shows goes on, names it and ends with 1;
what has to know all domains refuses by its name."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

NIC = (
    "<interface type='bridge'><mac address='52:54:00:00:00:02'/><source bridge='br0'/>"
    "<virtualport type='openvswitch'><parameters profileid='a&lt;b'/></virtualport></interface>"
)
ODD = (
    "<domain type='test'><name>odd one</name><memory>8192</memory>"
    "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
    f"<controller type='pci' model='pcie-root' index='0'/>{NIC}</devices></domain>"
)
PROGRAM = f"""
import libvirt, sys
kept = libvirt.open("test:///default")  # what it defines is there as long as it is open
kept.defineXML({ODD!r})
from vnetmgr.__main__ import main
sys.exit(main())
"""
NAMED = "domain odd one: libvirt's document of it cannot be read"


def vnetmgr(*words: str) -> subprocess.CompletedProcess[str]:
    """Where there are `test`, which runs, and `odd one`: libvirt does not escape a profileid."""
    command = [sys.executable, "-c", PROGRAM, *words, "-c", "test:///default"]
    return subprocess.run(command, capture_output=True, text=True)


def document(*words: str) -> tuple[int, dict[str, Any]]:
    done = vnetmgr(*words, "-o", "json")
    return done.returncode, json.loads(done.stdout)


LISTS = {
    "list-nics": ["test"],
    "list-domains": ["test"],
    "list-networks": ["default"],
    "list-leases": [],
}


@pytest.mark.parametrize("command", LISTS)
def test_a_list_goes_on_and_names_it(command: str) -> None:
    done = vnetmgr(command)
    assert done.returncode == 1
    assert NAMED in done.stderr
    assert (
        "it is not looked at here: look for the place in `virsh dumpxml 'odd one'`" in done.stderr
    )
    assert all(each in done.stdout for each in LISTS[command])
    code, found = document(command)
    assert code == 1
    assert len(found["items"]) == len(LISTS[command])
    assert NAMED in found["notes"][0]


def test_a_pattern_that_means_it_goes_on_too() -> None:
    code, found = document("list-nics", "*t*", "odd*")
    assert (code, [each["domain"] for each in found["items"]]) == (1, ["test"])


def test_who_asks_for_others_alone_hears_nothing_of_it() -> None:
    done = vnetmgr("list-domains", "test")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["list-nics", "list-domains", "doctor"])
def test_who_asks_for_it_is_told_why_not(command: str) -> None:
    done = vnetmgr(command, "odd one")
    assert (done.returncode, done.stdout) == (1, "")
    assert NAMED in done.stderr


def test_doctor_says_it_of_the_domain() -> None:
    code, found = document("doctor")
    assert code == 1
    (odd,) = (each for each in found["items"] if each["domain"] == "odd one")
    assert (odd["check"], odd["status"], odd["nic"]) == ("domain-unreadable", "broken", None)
    assert NAMED in odd["cause"]
    assert odd["remedy"] == "virsh edit 'odd one'"
    assert {each["domain"] for each in found["items"]} == {"test", "odd one"}


def test_what_is_drawn_names_it() -> None:
    done = vnetmgr("topology")
    assert done.returncode == 1
    assert "test" in done.stdout
    assert NAMED in done.stdout + done.stderr
    code, found = document("topology")
    assert code == 1
    assert any(NAMED in each for each in found["notes"])


def test_metrics_tell_that_they_have_nothing_of_its_nics() -> None:
    lines = vnetmgr("metrics").stdout.splitlines()
    assert "vnetmgr_libvirt_up 1.0" in lines
    assert 'vnetmgr_domain_readable{domain="test"} 1.0' in lines
    assert 'vnetmgr_domain_readable{domain="odd one"} 0.0' in lines
    (nic,) = (line for line in lines if line.startswith("vnetmgr_nic_info{"))
    assert 'domain="test"' in nic


@pytest.mark.parametrize(
    "words",
    [
        ("delete-network", "default"),
        ("export",),
        ("list-forwards",),
        ("show-network", "default"),
        ("detach-nic", "odd one", "52:54:00:00:00:02"),
    ],
)
def test_what_has_to_know_all_refuses_by_its_name(words: tuple[str, ...]) -> None:
    done = vnetmgr(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert NAMED in done.stderr


def test_changes_of_other_domains_go_on() -> None:
    done = vnetmgr("attach-nic", "test", "--bridge", "br1", "--config", "--dry-run")
    assert done.returncode == 0, done.stderr
