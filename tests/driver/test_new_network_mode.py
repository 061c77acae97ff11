"""What a new mode of networks takes: its row, how a document says it, and what a new one starts
from.

It is added to a copy of the package in just these files, and works there all the way.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.driver.changed_copy import Copy, Run

NEW = [
    ("model/network.py", '    OTHER = "other"\n', '    PRIVATE = "private"\n'),
    (
        "model/network.py",
        "    NetworkMode.OTHER: ModeKind(",
        "    NetworkMode.PRIVATE: ModeKind(\n"
        "        on_link=True,\n"
        '        needs="forward_devs",\n'
        '        lacks=_IP_SIDE | _NOT_NAT | {"bridge", "isolated_ports"},\n'
        "    ),\n",
    ),
    (
        "libvirt_xml/networks/places.py",
        '}\n"""Those that can be written."""',
        '    NetworkMode.PRIVATE: Forward("private"),\n',
    ),
    (
        "templates/network/private.xml",
        "",
        "<network>\n  <name>private</name>\n  <forward mode='private'/>\n</network>\n",
    ),
]
URI = "test:///default"
NETWORK = (
    "<network><name>lab</name><forward mode='private' dev='eth0'><interface dev='eth0'/></forward>"
    "</network>"
)
BRIDGED = (
    "<network><name>old</name><forward mode='bridge'/><bridge name='br0'/>"
    "<portgroup name='a' default='yes'/></network>"
)
NAT = (
    "<network><name>nat</name><forward mode='nat'><nat><port start='1024' end='65535'/></nat>"
    "</forward><bridge name='virbr9' stp='on' delay='0'/><domain name='x.test'/>"
    "<ip address='10.9.0.1' prefix='24'><dhcp><range start='10.9.0.2' end='10.9.0.9'/></dhcp></ip>"
    "</network>"
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the package that has the mode."""
    return Copy(tmp_path_factory.mktemp("copy"), NEW)


@pytest.fixture
def run(copy: Copy, tmp_path: Path) -> Run:
    """Run the copy."""
    return copy.run_in(tmp_path)


@pytest.fixture
def node(tmp_path: Path) -> str:
    """The URI of a host that has a network of the mode, and others."""
    (tmp_path / "node.xml").write_text(f"<node>{NETWORK}{BRIDGED}{NAT}</node>")
    return f"test://{tmp_path}/node.xml"


def test_it_takes_three_files(copy: Copy) -> None:
    assert copy.changed() == {name for name, _, _ in NEW}
    assert len(copy.changed()) == 3
    assert sum(lines.count("\n") for _, _, lines in NEW) == 11


def test_it_is_created(run: Run) -> None:
    create = ("create-network", "lab", "--mode", "private", "-c", URI)
    assert "private" in run("create-network", "--help").stdout
    done = run(*create, "--forward-dev", "eth0", "-v")
    defined = done.stderr.partition("networkDefineXML")[2].partition("</network>")[0]
    assert '<forward mode="private" dev="eth0"' in defined.replace("'", '"')
    assert "<bridge" not in defined
    assert "<ip" not in defined
    wrong = run(*create, code=2)
    assert "--mode private needs --forward-dev" in wrong.stderr
    misfit = run(*create, "--forward-dev", "eth0", "--subnet", "10.0.0.0/24", code=2)
    assert "--subnet: a private network has none" in misfit.stderr


def test_it_is_shown(run: Run, node: str) -> None:
    listed = json.loads(run("list-networks", "-c", node, "-o", "json").stdout)["items"]
    assert {each["name"]: each["mode"] for each in listed} == {
        "lab": "private",
        "old": "bridge",
        "nat": "nat",
    }
    assert json.loads(run("show-network", "lab", "-c", node, "-o", "json").stdout)["mode"] == (
        "private"
    )


def test_a_network_becomes_one(run: Run, node: str) -> None:
    for name in ("old", "nat"):
        mode = ("--mode", "private", "--forward-dev", "eth0", "--allow", "restart")
        done = run("update-network", name, *mode, "--dry-run", "-o", "json", "-c", node)
        (change,) = json.loads(done.stdout)["changes"]
        fields = {each["field"]: each["after"] for each in change["fields"]}
        assert (fields["mode"], fields["forward_devs"]) == ("private", "eth0")
    missing = run("update-network", "nat", "--mode", "private", "-c", node, code=2)
    assert "--mode private needs --forward-dev" in missing.stderr


def test_a_spec_has_it(run: Run, node: str, tmp_path: Path) -> None:
    schema = json.loads(run("schema").stdout)["properties"]["networks"]["additionalProperties"]
    assert "private" in json.dumps(schema["properties"]["mode"])
    exported = run("export", "-c", node).stdout
    assert "mode: private" in exported
    spec = tmp_path / "spec.yaml"
    spec.write_text(exported)
    assert json.loads(run("plan", str(spec), "-c", node, "-o", "json").stdout)["changes"] == []
    spec.write_text("version: 1\nnetworks:\n  lab: {mode: private, subnet: 10.0.0.0/24}\n")
    problem = run("validate", str(spec), code=2).stderr
    assert f"{spec}:3:" in problem
    assert "a private network has none" in problem
