"""What every command prints with --output json is one document, as its schema says.

In this process, so that the many calls take little. What libvirt's test driver has not (rules of
the kernel, PCI devices) is an error here; `lab.vnetmgr` reads all documents of the system tests.
"""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

import pytest
import typer

from tests.documents import read_document
from vnetmgr.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

URI = "test:///default"
MAC = "aa:bb:cc:dd:ee:ff"
SPEC = """
version: 1
networks: {default: {dns_domain: lab.internal}}
domains: {test: {nics: {lan: {network: default}}}}
"""


class Call(NamedTuple):
    """A command line without its --output json, and what comes of it."""

    words: str
    kind: str
    code: int = 0


CALLS = (
    Call("attach-nic test --network default --name lan", "report"),
    Call("attach-nic test --network default --name lan --dry-run", "plan"),
    Call(f"update-nic test {MAC} --link down", "report"),
    Call(f"detach-nic test {MAC}", "report"),
    Call("list-nics", "nics"),
    Call("create-domain new --memory 64MiB --nic nat --start", "report"),
    Call("create-network lab --mode nat --subnet 10.77.0.0/24", "report"),
    Call("update-network default --portgroup name=a,inbound=10mbit", "report"),
    Call("delete-network default --force", "report"),
    Call("start-network default", "report"),
    Call("stop-network default --force", "report"),
    Call("restart-network default --dry-run", "plan"),
    Call("restart-network default", "report", 1),
    Call("list-networks", "networks"),
    Call("show-network default", "network"),
    Call("reserve-address default test 192.168.122.50", "report"),
    Call("list-leases", "leases"),
    Call("add-dns-record default --host nas --address 192.168.122.9", "report"),
    Call("list-forwards", "forwards"),
    Call("validate SPEC", "validation"),
    Call("validate BAD", "validation", 2),
    Call("plan SPEC --check", "plan", 4),
    Call("apply SPEC", "report", 4),
    Call("apply SPEC --allow restart", "report", 1),
    Call("reconcile SPEC", "report", 4),
    Call("reconcile SPEC --dry-run --allow restart", "plan", 3),
    Call("reconcile NOTHING", "report"),
    Call("watch SPEC --dry-run", "plan", 4),
    Call("install-service --hook --directory NEW", "report"),
    Call("install-service --hook --directory NEW --dry-run", "plan"),
    Call("export", "spec"),
    Call("hold test --for 1h", "report"),
    Call("import-qemu -o json -- -nic user,model=e1000,hostfwd=tcp::8080-:80", "nics"),
    Call("show-qemu-args test", "qemu-args"),
    Call("list-models", "models"),
)


def run(words: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[object, str]:
    """A command's exit code and what it prints on standard output."""
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", URI)
    printed = StringIO()
    with redirect_stdout(printed), redirect_stderr(StringIO()):
        code = typer.main.get_command(app).main(words, standalone_mode=False)
    return code or 0, printed.getvalue()


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.words)
def test_one_document(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"SPEC": SPEC, "BAD": "version: 2\n", "NOTHING": "version: 1\n"}
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    paths = {name: str(tmp_path / f"{name}.yaml") for name in texts} | {"NEW": str(tmp_path)}
    words = [paths.get(word, word) for word in call.words.split()]
    words += [] if "json" in words else ["--output", "json"]
    code, printed = run(words, monkeypatch)
    assert (code, read_document(printed)["kind"]) == (call.code, call.kind)
