"""Overlays and several hosts: who asks OVN's database is the vnetmgr that is there, which is told
where it is; but for a socket, which is on this machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.driver.fleet.conftest import run
from vnetmgr import __version__

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

SPEC = "version: 1\ndomains: {web1: {host: kvm1}}\n"
GREETING = json.dumps({"kind": "session", "version": 1, "vnetmgr": __version__})
_PLAN = {"kind": "plan", "version": 1, "host": "kvm1", "changes": [], "waiting": [], "notes": []}
ANSWERS = {
    "list-domains": {"kind": "domains", "version": 1, "items": [], "notes": []},
    "list-networks": {"kind": "networks", "version": 1, "items": [], "notes": []},
    "plan": _PLAN,
    "reconcile": {**_PLAN, "kind": "report", "facts": []},
}


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    """A host on which a vnetmgr answers that has nothing; what it was called with is kept."""
    program, cases = tmp_path / "ssh", []
    for command, answer in ANSWERS.items():
        (tmp_path / command).write_text(f"{json.dumps(answer)}\n")
        cases.append(f'*"vnetmgr {command} "*) cat {command};;')
    program.write_text(
        '#!/bin/sh\nfor command; do :; done; cd "$(dirname "$0")"; echo "$command" >> called\n'
        f"case $command in vnetmgr*) echo '{GREETING}'; read line;; esac\n"
        f'case $command in {" ".join(cases)} *) echo "no such thing" >&2; exit 1;; esac\n'
    )
    program.chmod(0o755)
    file = tmp_path / "hosts.yaml"
    file.write_text(
        f"version: 1\nhosts:\n  kvm1: {{connect: 'qemu+ssh://kvm1/system?command={program}'}}\n"
    )
    (tmp_path / "spec.yaml").write_text(SPEC)
    return file


def called(hosts: Path, command: str) -> list[list[str]]:
    """The options that the vnetmgr there was given, each time that it was asked to do that."""
    file = hosts.parent / "called"
    lines = file.read_text().split("\n") if file.exists() else []
    words = [line.split() for line in lines if line.startswith(f"vnetmgr {command} ")]
    return [[word for word in each if word.startswith(("--ovn", "--rev"))] for each in words]


TOLD = "--ovn-nb=tcp:10.0.0.1:6641"


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("list-networks", []),
        ("list-networks --ovn-nb tcp:10.0.0.1:6641", [TOLD]),
        ("plan SPEC", []),
        ("plan SPEC --ovn-nb tcp:10.0.0.1:6641 --revision 42", ["--revision=42", TOLD]),
        ("reconcile SPEC --revision 0", ["--revision=0"]),
        ("reconcile SPEC --ovn-nb=tcp:10.0.0.1:6641", [TOLD]),
    ],
)
def test_the_vnetmgr_there_is_told_what_this_one_is(
    hosts: Path, words: str, options: list[str]
) -> None:
    ran = run(hosts, words.replace("SPEC", str(hosts.parent / "spec.yaml")))
    assert ran.code in (0, 1), ran.said
    assert called(hosts, words.split()[0]) == [options]


@pytest.mark.parametrize(
    ("words", "spec", "options"),
    [
        ("list-networks", "", [TOLD]),
        ("list-networks --ovn-nb tcp:10.0.0.9:6641", "", ["--ovn-nb=tcp:10.0.0.9:6641"]),
        ("plan SPEC", "", [TOLD]),
        ("plan SPEC", "ovn: {fleet: prod}\n", [TOLD]),
        ("plan SPEC", "ovn: {northbound: 'tcp:10.0.0.9:6641'}\n", []),
    ],
)
def test_what_the_environment_says_here_counts_there(
    hosts: Path, monkeypatch: pytest.MonkeyPatch, words: str, spec: str, options: list[str]
) -> None:
    monkeypatch.setenv("OVN_NB_DB", "tcp:10.0.0.1:6641")
    path = hosts.parent / "spec.yaml"
    path.write_text(SPEC + spec)
    run(hosts, words.replace("SPEC", str(path)))
    assert called(hosts, words.split()[0]) == [options]


def test_so_it_does_where_only_the_options_that_are_named_are_made(
    hosts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVN_NB_DB", "tcp:10.0.0.1:6641")
    words = ("list-networks", "lab", "--hosts", str(hosts))
    subprocess.run([sys.executable, "-m", "vnetmgr", *words], check=True, capture_output=True)
    assert called(hosts, "list-networks") == [[TOLD]]


@pytest.mark.parametrize("words", ["list-networks", "plan SPEC"])
def test_a_socket_in_the_environment_is_this_machines_alone(
    hosts: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setenv("OVN_NB_DB", "unix:/run/x")
    run(hosts, words.replace("SPEC", str(hosts.parent / "spec.yaml")))
    assert called(hosts, words.split()[0]) == [[]]


@pytest.mark.parametrize(
    ("words", "spec"),
    [
        ("list-networks --ovn-nb unix:/run/x", ""),
        ("plan SPEC --ovn-nb tcp:a:1,unix:/run/x", ""),
        ("plan SPEC", "ovn: {northbound: 'unix:/run/x'}\n"),
    ],
)
def test_a_socket_is_asked_from_here(hosts: Path, words: str, spec: str) -> None:
    path = hosts.parent / "spec.yaml"
    path.write_text(SPEC + spec)
    ran = run(hosts, f"{words.replace('SPEC', str(path))} -o json")
    assert called(hosts, words.split()[0]) == []
    (item,) = ran["items"]
    assert "kvm1" in item["error"]["message"]  # whom this libvirt cannot reach so


def test_what_is_said_counts_before_what_the_spec_says(hosts: Path) -> None:
    path = hosts.parent / "spec.yaml"
    path.write_text(f"{SPEC}ovn: {{northbound: 'unix:/run/x'}}\n")
    run(hosts, f"plan {path} --ovn-nb tcp:10.0.0.1:6641")
    assert called(hosts, "plan") == [[TOLD]]


@pytest.mark.parametrize("words", ["list-networks --ovn-nb x", "plan SPEC --revision=-1"])
def test_what_is_wrong_is_told_before_anybody_is_asked(hosts: Path, words: str) -> None:
    ran = run(hosts, words.replace("SPEC", str(hosts.parent / "spec.yaml")))
    assert ran.code == 2
    assert "--ovn-nb: 'x'" in ran.said or "--revision: '-1'" in ran.said
    assert not (hosts.parent / "called").exists()


@pytest.mark.parametrize(
    ("remote", "found"),
    [("tcp:10.0.0.1:6641", [["--revision", TOLD]]), ("unix:/run/x", [])],
    ids=["tcp", "a socket"],
)
def test_a_watch_tells_it_as_well(hosts: Path, remote: str, found: list[list[str]]) -> None:
    spec = str(hosts.parent / "spec.yaml")
    words = ("watch", spec, "--hosts", str(hosts), "--ovn-nb", remote, "--revision", "42")
    process = subprocess.Popen(
        [sys.executable, "-m", "vnetmgr", *words], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        next(line for line in process.stderr if "kvm1: " in line)  # it has been tried
    finally:
        process.terminate()
        process.communicate()
    assert called(hosts, "watch")[:1] == found
