"""validate and schema, as they are called."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.spec.test_schema import spec_of
from tests.unit.spec.texts import nic, write
from vnetmgr.render.documents import KINDS, document


def run(
    *arguments: str, stdin: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run vnetmgr with its output in a pipe."""
    command = [sys.executable, "-m", "vnetmgr", *arguments]
    env = {**os.environ, **(env or {})}
    return subprocess.run(
        command, capture_output=True, text=True, input=stdin, check=False, env=env
    )


def test_a_good_spec(tmp_path: Path) -> None:
    (path,) = write(tmp_path, good="version: 1\nnetworks: {lab: {}}\ndomains: {a: {}, b: {}}\n")
    result = run("validate", path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "OK: 1 networks, 0 nics in 2 domains\n"
    result = run("validate", path, "-o", "json")
    found = json.loads(result.stdout)
    assert found == {"kind": "validation", "version": 1, "valid": True, "problems": []}


def test_a_bad_spec(tmp_path: Path) -> None:
    (path,) = write(tmp_path, bad=nic("{bridge: br0, mtu: x, mca: y}"))
    result = run("validate", path)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        f"{path}:5:31: mtu: MTU 'x' is not a whole number from 68 to 65535\n"
        f"{path}:5:34: mca is no key of a nic. Did you mean mac?\n"
    )
    result = run("validate", path, "-o", "json")
    assert (result.returncode, result.stderr) == (2, "")
    found = json.loads(result.stdout)
    assert (found["kind"], found["valid"]) == ("validation", False)
    assert found["problems"][1] == {
        "file": path,
        "line": 5,
        "column": 34,
        "message": "mca is no key of a nic. Did you mean mac?",
    }


def test_standard_input_is_read_once() -> None:
    text = nic("{bridge: br0}")
    result = run("validate", "-", stdin=text)
    assert result.stdout == "OK: 0 networks, 1 nics in 1 domains\n"
    # The test driver has no links of a host, and no network of this name.
    result = run("validate", "-", "-c", "test:///default", stdin=nic("{network: nope}"))
    assert result.returncode == 2
    assert result.stderr.startswith("<stdin>:5:7: network nope is neither in the spec nor on ")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = run("validate", str(tmp_path / "missing.yaml"))
    assert result.returncode == 2
    assert "missing.yaml cannot be read: No such file or directory" in result.stderr
    assert "hint: " in result.stderr


def test_schemas() -> None:
    assert json.loads(run("schema").stdout)["title"] == "vnetmgr spec"
    assert json.loads(run("schema", "nics").stdout) == document("nics").json_schema()
    result = run("schema", "nic")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("vnetmgr: there is no kind nic. Did you mean nics?\n")
    assert ", ".join(KINDS) in result.stderr


def test_the_example_is_a_spec() -> None:
    printed = run("example-spec")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert run("validate", "-", stdin=printed.stdout).stdout.startswith("OK: 1 networks, 3 nics ")
    commented = r"^( *)# (?=[ -]*(prune|gateways|dhcp_ranges|lease_time|forwards|- ))"
    whole = re.sub(commented, r"\1", printed.stdout, flags=re.MULTILINE)
    result = run("validate", "-", stdin=whole)
    assert result.stdout.startswith("OK: 1 networks, 3 nics "), result.stderr
    assert len(spec_of(whole)["domains"]["web1"]["forwards"]) == 2
    found = json.loads(run("example-spec", "-o", "json").stdout)
    assert (found["kind"], found["text"]) == ("spec", printed.stdout)


def test_completion_of_kinds() -> None:
    typed = {"COMP_WORDS": "vnetmgr schema ne", "COMP_CWORD": "2"}
    completed = run(env={"_VNETMGR_COMPLETE": "complete_bash", **typed}).stdout.split()
    assert completed == ["networks", "network"]


@pytest.mark.parametrize("module", ["libvirt", "lxml", "rich"])
def test_validate_needs_no_host(module: str, tmp_path: Path) -> None:
    (path,) = write(tmp_path, good=nic("{bridge: br0}"))
    code = (
        "import sys\nfrom vnetmgr.cli.app import app\n"
        f"app(['validate', {path!r}], standalone_mode=False)\n"
        f"assert {module!r} not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
