"""What a shell is told of a line: asked as the scripts ask."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.driver.completion.host import (
    HOSTILE,
    LAN_MAC,
    MGMT_MAC,
    OTHER_MAC,
    UNSEEN,
    WEB_UUID,
    write_host,
)
from vnetmgr.cli.completion.answer import answer

BREAKS = " \t\n\"'@><=;|&(:"


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_host(tmp_path_factory.mktemp("host"), names=[*HOSTILE, UNSEEN])


def fish(line: str) -> list[str]:
    """What fish is told of a line that begins as its last word does; fish itself also takes what is
    like it."""
    first, *rest = answer("fish", [f"vnetmgr {line}"]) or ["words"]
    found = [each.partition("\t")[0] for each in rest] if first == "words" else [first]
    return [each for each in found if first != "words" or each.startswith(line.split(" ")[-1])]


VALUES = {
    "detach-nic web1 ": ["lan", MGMT_MAC],
    "detach-nic web1 52:54:00:12": [LAN_MAC, MGMT_MAC],
    "detach-nic web1 lan --li": ["--live"],
    f"detach-nic {WEB_UUID} ": ["lan", MGMT_MAC],
    f"detach-nic {WEB_UUID[:9]}": [WEB_UUID],
    "doctor web1/": ["web1/lan", f"web1/{MGMT_MAC}"],
    "doctor db1 db": [],
    "attach-nic web1 --network lab --portgroup ": ["guests", "staff"],
    "update-nic web1 lan --portgroup ": ["guests", "staff"],
    "update-network lab --remove-portgroup g": ["guests"],
    "create-network new --portgroup a,inbound=1mbit,p": ["a,inbound=1mbit,peak="],
    "create-network new --portgroup a,virtualport=o": ["a,virtualport=openvswitch"],
    "update-network lab --portgroup gu": ["guests"],
    "create-domain new --nic network=lab,portgroup=s": ["network=lab,portgroup=staff"],
    "create-domain new --nic network=lab,mode": ["network=lab,model="],
    "attach-nic web1 --inbound 1mbit,p": ["1mbit,peak="],
    "attach-nic web1 --direct-mode v": ["vepa"],
    "update-nic web1 lan --virtualport ": ["openvswitch", "none"],
    "attach-nic web1 --extra driver.txmode=i": ["driver.txmode=iothread"],
    "attach-nic web1 --filter-param CTRL_IP_LEARNING=d": ["CTRL_IP_LEARNING=dhcp"],
    "attach-nic web1 --model=e1000-8": ["--model=e1000-82544gc", "--model=e1000-82545em"],
    "apply s.yaml --allow restart,re": ["restart,replug"],
    "create-network new --mode i": ["isolated"],
    "create-network new --dns ": ["on", "off"],
    "release-address lab 52": [LAN_MAC, OTHER_MAC],
    "release-address lab web1/lan ": ["192.168.150.10"],
    f"release-address lab {OTHER_MAC} ": ["192.168.150.20"],
    "release-address lab --hostname ": ["web1"],
    "add-forward web1 80:80 --guest-address ": ["192.168.150.10"],
    "remove-dns-record lab --host ": ["nas"],
    "remove-dns-record lab --host nas --address ": ["192.168.150.5"],
    "remove-dns-record lab --txt ": ["note"],
    "add-dns-record lab --srv ldap --protocol ": ["tcp", "udp"],
    "trace web1 gateway/": ["gateway/tcp", "gateway/udp", "gateway/icmp"],
    "list-networks lab ": ["plain"],
    "schema nic": ["nics"],
    "help attach": ["attach-nic"],
    "list-nics -o n": ["name"],
    "list-nics --columns mac,mt": ["mac,mtu"],
    "list-leases --columns host": ["hostname", "host"],
    "list-networks --columns autos": ["autostart"],
    "list-forwards --columns proto": ["protocol"],
    "list-models --columns pci": ["pci_id"],
    "list-host-devices --columns drive": ["driver"],
    "topology --output s": ["svg"],
    "-o js": ["json"],
    "-c test:///default list-nics ": ["test"],
    "-vc test:///default -o json list-nics ": ["test"],
    "list-nics -ctest:///default ": ["test"],
    "list-nics --connect=test:///default ": ["test"],
    "attach-nic -- -d": ["-dash"],
    "attach-nic --network lab -- -d": ["-dash"],
    "no-such-command ": [],
    "attach-nic --no-such x --netw": ["--network"],
    "attach-nic --connect nowhere:// ": [],
    # Nobody knows, and no file is meant.
    "create-domain ": [],
    "attach-nic web1 --name ": [],
    "hold web1 --for ": [],
    "apply ": ["files"],
    "topology --file ": ["files"],
    "doctor --save=": ["files"],
    "import-qemu -- q ": ["files"],
    "create-network new --tftp-root ": ["folders"],
    "install-service --directory ": ["folders"],
}


@pytest.mark.parametrize("line", VALUES)
def test_what_a_value_may_be(line: str, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", uri)
    assert fish(line) == VALUES[line]


def test_zsh_and_fish_match_as_their_users_like(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", uri)
    assert "web1\t" in answer("fish", ["vnetmgr list-nics eb"])
    assert " web1\t" in answer("zsh", ["3", "WE", "vnetmgr", "list-nics", "WE"])
    line = "vnetmgr list-nics eb"
    assert answer("bash", [line, str(len(line)), BREAKS]) == ["words"]


def test_names_that_cannot_be_seen_or_are_options_are_left_out(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", uri)
    assert set(fish("list-nics ")) == {"web1", "db1", *HOSTILE}
    assert set(fish("list-nics web1 ")) == {"db1", *HOSTILE}


def test_a_word_that_the_shell_makes_something_else_of_is_left_alone(
    uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`"a$(` would become `"a$(touch x)"`, and be run."""
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", uri)
    for word in ('"a$(', '"a$', "a`", "$a"):
        line = f"vnetmgr list-nics {word}"
        assert answer("bash", [line, str(len(line)), BREAKS]) in ([], ["words"])
    assert fish('list-nics "a$') == []


def ask(line: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """As bash asks, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "vnetmgr", line, str(len(line)), BREAKS],
        capture_output=True,
        env={**os.environ, **env, "_VNETMGR_COMPLETE": "bash"},
        timeout=60,
    )


def test_a_libvirt_that_does_not_answer_is_waited_for_in_vain_but_not_for_long(
    tmp_path: Path,
) -> None:
    place = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen()  # and nobody accepts
        uri = f"qemu+unix:///system?socket={place}"
        silent = ask(f"vnetmgr list-nics -c {uri} ")
        static = ask(f"vnetmgr attach-nic vm1 -c {uri} --direct-mode v")
    assert (silent.returncode, silent.stderr) == (0, b"")
    assert silent.stdout.strip() in (b"words", b"")  # the bound of all may have come first
    assert static.stdout == b"words\nvepa\n"


@pytest.mark.parametrize(
    "line", ["vnetmgr list-nics \udcff", "vnetmgr list-nics --connect \udcff "]
)
def test_bytes_of_another_encoding_are_nothing_that_is_there(line: str, uri: str) -> None:
    told = ask(line, LIBVIRT_DEFAULT_URI=uri)
    assert (told.returncode, told.stdout.strip(), told.stderr) == (0, b"words", b"")


def test_names_that_the_shells_encoding_lacks_are_left_out(uri: str) -> None:
    told = ask("vnetmgr list-nics a", LIBVIRT_DEFAULT_URI=uri, PYTHONIOENCODING="latin1")
    assert b"a\\ b" in told.stdout.splitlines()
    assert b"\xdf" not in told.stdout  # of aß€


@pytest.mark.parametrize("asked", ["", "tcsh", "complete_zsh", "bash"])
def test_what_nobody_understands_is_not_answered(asked: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "vnetmgr", "x"],
        capture_output=True,
        env={**os.environ, "_VNETMGR_COMPLETE": asked},
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, b"", b"")


@pytest.fixture
def hosts(uri: str, tmp_path: Path) -> Path:
    """A file of two hosts, of which one is there; its program is not to be run."""
    file = tmp_path / "hosts.yaml"
    file.write_text(
        "version: 1\ninventory: /no/such/program\n"
        f"hosts: {{kvm1: {{connect: '{uri}'}}, kvm2: {{connect: 'test:///no/such'}}}}\n"
    )
    return file


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("list-nics --hosts FILE --host ", ["kvm1", "kvm2"]),
        ("list-nics --hosts FILE --host kvm1,", ["kvm1,kvm2"]),
        ("--hosts FILE --host kvm2 list-nics --host k", ["kvm1", "kvm2"]),
        ("add-dns-record --hosts FILE lab --host nas --on-host k", ["kvm1", "kvm2"]),
        ("detach-nic --hosts FILE --host kvm1 web1 l", ["lan"]),
        ("detach-nic --hosts FILE web1 l", []),  # one of several
        ("detach-nic --hosts FILE --host kvm2 web1 l", []),
        ("detach-nic --hosts /no/such --host kvm1 web1 l", []),
        ("list-nics --hosts /no/such --host ", []),
        ("check-migration --hosts FILE --host kvm1 web1 k", ["kvm1", "kvm2"]),
    ],
)
def test_hosts_of_a_file_and_what_is_on_the_one_that_is_chosen(
    line: str, offered: list[str], hosts: Path, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", uri)  # which is not the one that is meant
    assert fish(line.replace("FILE", str(hosts))) == offered
