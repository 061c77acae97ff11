"""Several hosts, each of them libvirt's own test driver, and commands on them."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
import typer

from tests.documents import read_document
from vnetmgr.cli.app import app

if TYPE_CHECKING:
    from pathlib import Path

NODE = """<node>
<network><name>default</name><forward mode="nat"/><bridge name="virbr0"/>
<ip address="192.168.122.1" netmask="255.255.255.0"/></network>
<domain type="test"><name>{name}</name><memory>8192</memory><uuid>{uuid}</uuid>
<os><type arch="x86_64" machine="q35">hvm</type></os><devices>
<controller type="pci" model="pcie-root" index="0"/>
<interface type="network"><mac address="52:54:00:00:00:0{number}"/><source network="default"/>
</interface></devices></domain>{more}</node>"""
OTHER = """<network><name>lab</name><bridge name="virbr1"/>
<ip address="10.9.0.1" netmask="255.255.255.0"/></network>"""
UUID = "6695eb01-f6a4-8304-79aa-97f2502e193"
DEAD = "qemu+tcp://127.0.0.1:1/system"


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    """kvm1 has web1, kvm2 has db1 and network lab, old1 and old2 have two domains of one name; kvm9
    is off, and only there where it is named."""
    names = {"kvm1": ("web1", ""), "kvm2": ("db1", OTHER), "old1": ("app", ""), "old2": ("app", "")}
    lines = ["version: 1", "hosts:"]
    for number, (host, (name, more)) in enumerate(names.items(), 1):
        text = NODE.format(name=name, uuid=f"{UUID}{number}", number=number, more=more)
        (tmp_path / f"{host}.xml").write_text(text)
        lines.append(f"  {host}: {{connect: 'test://{tmp_path / host}.xml'}}")
    lines.append(f"  kvm9: {{connect: '{DEAD}'}}")
    (tmp_path / "hosts.yaml").write_text("\n".join(lines) + "\n")
    return tmp_path / "hosts.yaml"


class Ran(dict[str, Any]):
    """What a command came to: its document, where it is JSON, and what it printed."""

    code: int
    out: str
    said: str


def run(hosts: Path | None, words: str) -> Ran:
    """A command line, in this process; its workers are forks of it."""
    asked = [*words.split(), *([] if hosts is None else ["--hosts", str(hosts)])]
    out, said = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(said):
        code = typer.main.get_command(app).main(asked, standalone_mode=False)
    is_json = "-o json" in words and out.getvalue()
    ran = Ran(read_document(out.getvalue()) if is_json else {})
    ran.code, ran.out, ran.said = int(code or 0), out.getvalue(), said.getvalue()
    return ran
