"""validate with a host says everything at once, whatever else is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

URI = "test:///default"
NIC = "{network: no-such}"


def validate(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vnetmgr", "validate", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "wrong",
    [
        "{bridge: br0, mtu: x}",
        "{bridge: br0, nosuch: 1}",
        "{network: default, vlan: [1, x]}",
        "{}",
        "{network: no-such-either, mtu: x}",
    ],
)
def test_a_missing_network_is_said_beside_a_mistake_in_another_nic(
    tmp_path: Path, wrong: str
) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(f"version: 1\ndomains:\n a:\n  nics:\n   x: {wrong}\n   y: {NIC}\n")
    result = validate("-c", URI, str(path))
    assert result.returncode == 2
    lines = result.stderr.splitlines()
    assert lines[-1].startswith(f"{path}:6:4: network no-such is neither in the spec nor on ")
    assert all(line.startswith(f"{path}:5:") for line in lines[:-1])
    assert len(lines) == (3 if "either" in wrong else 2)
    listed = json.loads(validate("-c", URI, str(path), "-o", "json").stdout)
    assert [each["line"] for each in listed["problems"]] == [5] * (len(lines) - 1) + [6]
    assert "neither" not in validate(str(path)).stderr


def test_a_file_that_is_no_yaml_may_have_the_network(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("version: 1\nnetworks: {no-such: [")
    (tmp_path / "b.yaml").write_text(f"version: 1\ndomains: {{a: {{nics: {{x: {NIC}}}}}}}\n")
    result = validate("-c", URI, str(tmp_path))
    assert result.returncode == 2
    assert "a.yaml:3:" in result.stderr
    assert "no-such is neither in what could be read of the spec nor on" in result.stderr


def test_a_host_that_is_not_there_hides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text("version: 1\nnetworks: {lab: {mode: x}}\n")
    result = validate("-c", "test:///no/such", str(path))
    assert result.returncode == 2
    assert "cannot connect" in result.stderr
    assert f"{path}:2:" in result.stderr
    path.write_text("version: 1\n")
    assert validate("-c", "test:///no/such", str(path)).returncode == 1
