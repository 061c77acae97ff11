"""What a key of ssh's may run that is for vnetmgr alone."""

from __future__ import annotations

import pytest
from typer.core import TyperCommand

from vnetmgr.cli.app import load
from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.cli.forced import CHANGES, READS, REFUSED, judged
from vnetmgr.errors import RefusedError

NEVER = {
    *("check-migration", "import-qemu", "install-service", "schema", "example-spec", "serve-ssh"),
    "join-overlay",  # it has the host believe a database somewhere else
    "leave-overlay",  # and this one takes it from all of its guests
}


def test_what_a_new_command_may_is_decided() -> None:
    assert {*READS, *CHANGES, *NEVER} == COMMANDS.keys()
    assert len(READS) + len(CHANGES) + len(NEVER) == len(COMMANDS)


def test_no_option_that_names_a_file_is_forgotten() -> None:
    named = {
        param.name
        for name in READS | CHANGES
        for param in load(name, TyperCommand).params
        if str(getattr(param, "metavar", None)) in ("FILE", "DIR", "SCRIPT")
    }
    assert named - REFUSED.keys() == {"bootp"}  # of the TFTP server's


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vnetmgr --version", ["--version"]),
        ("vnetmgr list-nics", ["list-nics"]),
        ("vnetmgr -o json list-nics web1", ["list-nics", "-o", "json", "web1"]),
        ("vnetmgr list-nics -- 'a b'", ["list-nics", "--", "a b"]),
        ("vnetmgr list-nics -c qemu:///session", ["list-nics", "-c", "qemu:///session"]),
        ("vnetmgr plan - --session --output=json", ["plan", "-", "--session", "--output=json"]),
        (
            "vnetmgr plan --this-host=kvm1 --session -",
            ["plan", "--this-host=kvm1", "--session", "-"],
        ),
        ("vnetmgr plan - --this-host", ["plan", "-", "--this-host="]),
        ("vnetmgr --this-host list-nics -q", ["list-nics", "--this-host=", "-q"]),
        ("vnetmgr doctor web1/lan", ["doctor", "web1/lan"]),
        ("vnetmgr apply - --dry-run", ["apply", "-", "--dry-run"]),
        ("vnetmgr detach-nic --dry-run web1 lan", ["detach-nic", "--dry-run", "web1", "lan"]),
    ],
)
def test_what_both_run(text: str, words: list[str], read_only: object) -> None:
    assert judged(text, read_only=bool(read_only)) == words


@pytest.mark.parametrize(
    "text",
    [
        "vnetmgr attach-nic web1 --bridge br0",
        "vnetmgr apply - --yes",
        "vnetmgr doctor --fix",
        "vnetmgr doctor --probe web1",
        "vnetmgr list-nics --probe",
        "vnetmgr trace web1 10.0.0.1 --live 3",
        "vnetmgr watch - --session",
        "vnetmgr hold web1",
    ],
)
def test_what_only_one_runs_that_may_change_something(text: str) -> None:
    assert judged(text, read_only=False)
    with pytest.raises(RefusedError):
        judged(text, read_only=True)


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "vnetmgr",
        "sh",
        "./vnetmgr list-nics",
        "vnetmgr list-nics 'unclosed",
        "vnetmgr --help",
        "vnetmgr --version; sh",
        "vnetmgr serve-ssh",
        "vnetmgr install-service --cron a.yaml",
        "vnetmgr check-migration web1 'qemu+ext:///system?command=/tmp/x'",
        "vnetmgr import-qemu --file /etc/shadow",
        "vnetmgr schema",
        "vnetmgr list-nics -v",
        "vnetmgr -v list-nics",
        "vnetmgr list-nics -ojson -v",
        "vnetmgr list-nics -vojson",
        "vnetmgr list-nics -c 'qemu+ext:///system?command=/tmp/x'",
        "vnetmgr list-nics --connect=qemu+ssh://kvm2/system",
        "vnetmgr list-nics -cqemu:///system?socket=/tmp/x",
        "vnetmgr list-nics -c test:///etc/shadow",
        "vnetmgr list-nics -c qemu:///system -c qemu+tcp://kvm2/system",
        "vnetmgr list-nics --host kvm2",
        "vnetmgr list-nics --hosts /tmp/hosts.yaml",
        "vnetmgr validate /etc/shadow",
        "vnetmgr list-networks --ovn-nb unix:/run/x",
        "vnetmgr plan - --ovn-nb=tcp:a:1,unix:/run/x",
        "vnetmgr plan - /etc/shadow",
        "vnetmgr plan -- /etc/shadow",
        "vnetmgr reconcile - --report-file /etc/cron.d/x --dry-run",
        "vnetmgr reconcile --metrics-file=/etc/cron.d/x --dry-run",
        "vnetmgr topology --file /etc/cron.d/x",
        "vnetmgr export --file /etc/cron.d/x",
        "vnetmgr doctor --save /etc/cron.d/x",
        "vnetmgr doctor --facts /etc/shadow",
        "vnetmgr metrics --listen 80",
        "vnetmgr create-domain web1 --disk /dev/sda --dry-run",
        "vnetmgr create-network lab --mode nat --template /etc/shadow --dry-run",
        "vnetmgr create-network lab --mode nat --tftp-root /etc --dry-run",
        "vnetmgr list-nics --this-host --connect=test+ext:///x?command=/tmp/x",
        "vnetmgr -o json --this-host list-nics --connect=qemu+tcp://kvm2/system",
        "vnetmgr plan - --this-host --hosts=/tmp/hosts.yaml",
        "vnetmgr reconcile - --this-host --report-file=/etc/cron.d/x --dry-run",
        "vnetmgr reconcile - --dry-run --timeout --report-file=/etc/cron.d/x",
        "vnetmgr reconcile - --dry-run --timeout --metrics=/etc/cron.d/x",
    ],
)
def test_what_none_runs(text: str, read_only: object) -> None:
    with pytest.raises(RefusedError):
        judged(text, read_only=bool(read_only))


@pytest.mark.parametrize("text", ["vnetmgr list-nics --hos x", "vnetmgr list-nics -c"])
def test_what_is_no_option_is_said_to_be_none(text: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - click's, inside or beside typer
        judged(text, read_only=False)
    assert hasattr(caught.value, "format_message")
