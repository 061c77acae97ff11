"""What every command prints with --output json is one document, as its schema says.

In this process, so that the many calls take little. What libvirt's test driver has not
(rules of the kernel, PCI devices) is an error here; the lab reads what all system tests print so.
"""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

import pytest
import typer
import yaml

from tests.documents import read_document
from vnetmgr.cli.app import app
from vnetmgr.cli.catalogue import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path

MAC = "aa:bb:cc:dd:ee:ff"
# A host for each call: `test:///default` is one that all connections of a process share.
NODE = f"""<node>
<network><name>default</name><forward mode="nat"/><bridge name="virbr0"/>
<dns><host ip="192.168.122.9"><hostname>nas</hostname></host></dns>
<portgroup name="slow"/>
<ip address="192.168.122.1" netmask="255.255.255.0"><dhcp>
<range start="192.168.122.2" end="192.168.122.254"/>
<host mac="{MAC}" ip="192.168.122.40"/></dhcp></ip></network>
<domain type="test"><name>test</name><memory>8388608</memory>
<uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid><metadata>
<vnetmgr:data xmlns:vnetmgr="urn:vnetmgr:1" domain="6695eb01-f6a4-8304-79aa-97f2502e193f">
<vnetmgr:hold until="9999999999"/></vnetmgr:data></metadata>
<os><type arch="x86_64" machine="q35">hvm</type></os>
<devices><controller type="pci" model="pcie-root" index="0"/>
<interface type="network"><mac address="{MAC}"/><source network="default"/></interface>
</devices></domain></node>"""
SPECS = {
    "SPEC": """
version: 1
networks: {default: {dns_domain: lab.internal}}
domains: {test: {nics: {lan: {network: default}}}}
""",
    "BAD": "version: 2\n",
    "NOTHING": "version: 1\n",
}


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
    Call("list-domains", "domains"),
    Call("list-domains nobody", "error", 1),
    Call("list-nics", "nics"),
    Call("list-nics nobody", "error", 1),
    Call("add-slots test 1", "report"),
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
    Call(f"release-address default {MAC}", "report"),
    Call("list-leases", "leases"),
    Call("add-dns-record default --host nas --address 192.168.122.9", "report"),
    Call("remove-dns-record default --host nas", "report"),
    Call("add-forward test 8080:80", "error", 4),
    Call("remove-forward test 8080", "error", 1),
    Call("list-forwards", "forwards"),
    Call("list-host-devices", "error", 1),
    Call("validate SPEC", "validation"),
    Call("validate BAD", "validation", 2),
    Call("plan SPEC --check", "plan", 4),
    Call("plan BAD", "error", 2),
    Call("schema nobody", "error", 2),
    Call("example-spec", "spec"),
    Call("apply SPEC", "report", 4),
    Call("apply SPEC --allow restart", "report", 1),
    Call("reconcile SPEC", "report", 4),
    Call("reconcile SPEC --dry-run --allow restart", "plan", 3),
    Call("reconcile NOTHING --dry-run", "plan"),
    Call("reconcile NOTHING", "report"),
    Call("watch SPEC --dry-run", "plan", 4),
    Call("install-service --hook --directory NEW", "report"),
    Call("install-service --hook --directory NEW --dry-run", "plan"),
    Call("export", "spec"),
    Call("hold test --for 1h", "report"),
    Call("release test", "report"),
    Call("import-qemu -o json -- -nic user,model=e1000,hostfwd=tcp::8080-:80", "nics"),
    Call("show-qemu-args test", "qemu-args"),
    Call("list-models", "models"),
    Call("doctor", "findings"),
    Call("doctor test --fix", "findings"),
    Call("doctor test --fix --dry-run", "findings"),
    Call("doctor --facts BAD", "error", 2),
    Call("topology", "topology"),
    Call("topology test --file NEW/picture", "error", 2),
    Call("topology nosuch", "error", 1),
    Call("trace test 192.0.2.1:443", "trace", 1),
    Call("trace test nobody", "error", 2),
    Call("trace test/nothing gateway", "error", 1),
    Call("trace test gateway --facts BAD", "error", 2),
    Call("trace test gateway --facts BAD --live 1", "error", 2),
    Call("trace test 192.0.2.1:443 --live 1", "error", 4),
    Call("check-migration test test:///default", "migration-check", 4),
    Call("check-migration nobody test:///default", "error", 1),
    Call("check-migration test kvm2 --hosts BAD", "error", 2),
    Call("prepare-migration test kvm2", "report"),
    Call("prepare-migration test kvm2 --cancel", "report"),
    Call("prepare-migration test --cancel", "report"),
    Call("prepare-migration", "error", 2),
    Call("prepare-migration test", "error", 2),
    Call("prepare-migration test kvm2,kvm3", "error", 2),
    Call("prepare-migration nobody kvm2", "error", 1),
    Call("join-overlay --southbound tcp:192.0.2.1:6642", "error", 4),
    Call("join-overlay --encap-ip nowhere", "error", 2),
    Call("leave-overlay", "error", 4),
    Call("metrics", "metrics"),
    Call("metrics --public", "error", 2),
    Call("metrics --listen 0.0.0.0:9477", "error", 2),
)


def run(words: list[str]) -> tuple[object, str]:
    """A command's exit code and what it prints on standard output."""
    printed = StringIO()
    with redirect_stdout(printed), redirect_stderr(StringIO()):
        code = typer.main.get_command(app).main(words, standalone_mode=False)
    return code or 0, printed.getvalue()


def prepare(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of a command line, and what they name: a host, and files."""
    (tmp_path / "node.xml").write_text(NODE)
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", f"test://{tmp_path / 'node.xml'}")
    for name, text in SPECS.items():
        (tmp_path / name).write_text(text)
    paths = {name: str(tmp_path / name) for name in (*SPECS, "NEW")}
    return [paths.get(word, word) for word in words.split()]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.words)
def test_one_document(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = prepare(call.words, tmp_path, monkeypatch)
    words += [] if "json" in words else ["--output", "json"]
    code, printed = run(words)
    assert (code, read_document(printed)["kind"]) == (call.code, call.kind)


TOLD = ("list-nics", "list-nics nobody", "validate BAD", "plan SPEC --check", "export", "doctor")


@pytest.mark.parametrize("call", [each for each in CALLS if each.words in TOLD], ids=str)
def test_the_same_document_as_yaml(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = prepare(call.words, tmp_path, monkeypatch)
    code, printed = run([*words, "-o", "yaml"])
    assert code == call.code
    assert yaml.safe_load(printed) == json.loads(run([*words, "-o", "json"])[1])


NAMES = {
    "list-domains": ["test"],
    "list-nics": [f"test/{MAC}"],
    "list-networks": ["default"],
    "show-network default": ["default"],
    "list-leases": ["default/192.168.122.40"],
    "show-qemu-args test": [f"test/{MAC}"],
    "attach-nic test --network default --name lan": ["nic/test/lan"],
    "attach-nic test --network default --name lan --dry-run": ["nic/test/lan"],
    "attach-nic test --network default": [f"nic/test/{MAC}"],  # it is there already
    f"detach-nic test {MAC}": [f"nic/test/{MAC}"],
    "add-slots test 1": ["slots/test"],
    "create-domain new --memory 64MiB --nic nat --start": ["domain/new"],
    "create-network lab --mode nat --subnet 10.77.0.0/24": ["network/lab"],
    "hold test --for 1h": ["domain/test"],
    "reserve-address default test 192.168.122.50": [f"address/default/{MAC}"],
    "remove-dns-record default --host nas": ["record/default/host/nas"],
    "list-nics nobody": [],
}


@pytest.mark.parametrize("words", NAMES)
def test_names(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, printed = run([*prepare(words, tmp_path, monkeypatch), "-o", "name"])
    assert printed.splitlines() == NAMES[words]


def test_no_command_is_forgotten() -> None:
    alone = {"serve-ssh"}  # it prints what another command does
    assert {call.words.split()[0] for call in CALLS} == COMMANDS.keys() - alone
